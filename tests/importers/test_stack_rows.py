"""The place in a stack in a row of GitHub's API."""

from datetime import UTC
from typing import Any

import pytest
from msgspec import json

from pr_sessions.core.models import NO_STACK, Stack
from pr_sessions.importers.rows import read_row

PLACE = {"id": 1, "number": 50, "size": 5, "position": 2, "base": {"ref": "main", "sha": "a" * 40}}


@pytest.mark.parametrize(
    ("told", "stack"),
    [
        ({"stack": PLACE}, Stack(50, 2, 5, "main")),
        ({"stack": {"number": 50, "position": 2}}, Stack(50, 2)),
        ({"stack": None}, NO_STACK),
        ({}, None),
        # What another program means by the word is passed over.
        ({"stack": "python"}, None),
        ({"stack": ["a"]}, None),
        ({"stack": {**PLACE, "position": 0}}, None),
        ({"stack": {**PLACE, "number": 10**15}}, None),
    ],
)
def test_a_row_says_its_place(told: dict[str, Any], stack: Stack | None) -> None:
    assert read_row(json.encode({"number": 7, **told}), UTC).pull_request.stack == stack
