"""Times without a zone are this machine's, by the rules of their own day."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("zone", "at", "stored"),
    [
        ("Europe/Berlin", "2025-11-22T10:00", "2025-11-22T09:00:00Z"),
        ("Europe/Berlin", "2025-07-22T10:00", "2025-07-22T08:00:00Z"),
        ("Europe/Berlin", "2025-07-22T10:00Z", "2025-07-22T10:00:00Z"),
        ("<+03>-3", "2025-07-22T10:00", "2025-07-22T07:00:00Z"),
        ("UTC", "2025-07-22", "2025-07-22T00:00:00Z"),
    ],
)
def test_a_time_is_of_the_zone_of_its_day(
    repo: Path, spawn: Callable[..., subprocess.Popen[bytes]], zone: str, at: str, stored: str
) -> None:
    process = spawn("start", "--author", "ada", "--at", at, "--json", TZ=zone)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["session"]["started"] == stored
