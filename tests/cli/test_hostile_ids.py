"""Ids of old files may hold anything; a terminal must never obey them."""

import json
from pathlib import Path

import pytest
from command_line import Cli, day

HOSTILE = "ev\x1b[31mil\n\x07"


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("status", HOSTILE),
        ("list",),
        ("show", HOSTILE),
        ("show", "alias\x1b[0m"),
        ("explain", "7"),
        ("add", "7"),
        ("classify", "--pr-number", "8", "--title", "wip: x", "--author", "ada", "--at", day("10:05")),
        ("complete", HOSTILE),
        ("cleanup",),
        ("start",),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_no_control_character_of_an_id_reaches_the_terminal(repo: Path, cli: Cli, arguments: tuple[str, ...]) -> None:
    session = {
        "session_id": HOSTILE,
        "author": "ada",
        "started": day("10:00"),
        "last_activity": day("10:10"),
        "prs": ["7"],
        "metadata": {"aliases": ["alias\x1b[0m"]},
    }
    path = repo / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": "1.0", "active_sessions": {HOSTILE: session}}))

    result = cli(*arguments)

    assert (result.code, [c for c in result.out + result.err if not c.isprintable() and c != "\n"]) == (0, [])
