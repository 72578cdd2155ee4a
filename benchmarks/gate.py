"""What a workflow waits for: `pr-sessions gate decide` as a process of its own, with 1,000 open pull requests."""

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.past_forge import PastForge, Stream
from pr_sessions.core.models import PullRequest, State

OPEN = 1_000
ROUNDS = 7
SECONDS = 2.0
TOKEN = "ghp_a-secret-of-the-tests"  # noqa: S105 - the fake's

Row = tuple[str, float, float, float]


def rows(folder: Path) -> Iterator[Row]:
    """Name, floor, ours and target of each figure."""
    for name, authors in (("of 1,000 authors", OPEN), ("of 50 authors", 50), ("in one session", 1)):
        forge = PastForge(_stream(authors))
        with forge.running():
            ours = _median(forge, folder)
        assert not forge.broken, forge.broken[:3]
        yield f"pr-sessions gate decide, {OPEN:,} open, {name} / two seconds", SECONDS, ours, 1


def _stream(authors: int) -> Stream:
    now = datetime.now(UTC).replace(microsecond=0)
    told = (
        PullRequest(
            number=str(number),
            title=f"auto-pr: step {number}",
            author=f"ann-{number % authors}",
            state=State.OPEN,
            branch=f"work-{number}",
            created=now - timedelta(seconds=5 * (OPEN - number)),
        )
        for number in range(1, OPEN + 1)
    )
    return Stream("a thousand open ones", tuple(told))


def _median(forge: PastForge, folder: Path) -> float:
    event, outputs = folder / "event.json", folder / "outputs"
    event.write_text(json.dumps(_payload(forge)))
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": forge.repository,
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_API_URL": forge.url,
        "GH_TOKEN": TOKEN,
    }
    command = Path(sysconfig.get_path("scripts")) / "pr-sessions"
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        subprocess.run([command, "gate", "decide"], env=environ, check=True, capture_output=True, cwd=folder)
        times.append(perf_counter() - began)
    assert b"is_auto_pr" in outputs.read_bytes()
    return median(times)


def _payload(forge: PastForge) -> dict[str, object]:
    return {
        "action": "synchronize",
        "repository": {"full_name": forge.repository},
        "pull_request": forge.as_it_was(OPEN),
        "sender": {"login": "ann-0", "id": 1, "type": "User"},
    }
