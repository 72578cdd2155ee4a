"""A session file of a newer version, and one with holes, as the commands show them."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, day

NEWER: dict[str, Any] = {
    "session_id": "s",
    "author": "ada",
    "started": "2025-11-22T10:00:00Z",
    "last_activity": "2025-11-22T10:05:00Z",
    "prs": ["7"],
    "status": "active",
    "metadata": {
        "pull_requests": {
            "7": {
                "state": "queued",
                "is_auto": True,
                "agents": [{"name": "codex", "role": "piloted", "confidence": "proven", "cost": 1.5}],
                "placement": {"rung": "orbit", "at": "2025-11-22T10:00:00Z", "detail": "x", "angle": 3},
            }
        }
    },
}
HOLES: dict[str, Any] = {
    "session_id": "holes",
    "prs": ["8"],
    "completion_trigger": "manual",
    "status": "completed",
    "metadata": {"pull_requests": {"8": {"state": 5, "created": "soon", "files_changed": "many"}}},
}


@pytest.fixture
def newer(repo: Path, cli: Cli) -> Path:
    path = repo / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"version": "1.0", "active_sessions": {"s": NEWER}, "completed_sessions": [HOLES]}
    path.write_text(json.dumps(whole))
    return path


def told(raw: dict[str, Any]) -> dict[str, Any]:
    (record,) = raw["metadata"]["pull_requests"].values()
    return {key: record[key] for key in record if key in ("state", "agents", "placement", "created", "files_changed")}


def test_words_of_a_newer_version_are_shown_as_unknown(newer: Path, cli: Cli) -> None:
    header, row = cli("show", "s").out.splitlines()[-2:]
    cells = [row[header.index(name) :].split("  ")[0] for name in ("PR", "state", "agents", "placed by")]
    assert cells == ["7", "unknown (queued)", "codex (unknown (piloted))", "unknown (orbit)"]
    explained = cli("explain", "7").out
    assert "because a newer version put it there for a reason that this one does not know: orbit." in explained
    assert "unknown (piloted)" in explained
    assert "unknown (proven)" in explained


def test_in_json_they_stand_as_they_are_written(newer: Path, cli: Cli) -> None:
    record = cli("show", "s", "--json").json["pull_requests"]["7"]
    assert record == NEWER["metadata"]["pull_requests"]["7"]
    explained = cli("explain", "7", "--json").json
    assert (explained["placement"]["rung"], explained["agents"][0]["role"]) == ("orbit", "piloted")


def test_what_a_record_lacks_is_unknown_and_shown_so(newer: Path, cli: Cli) -> None:
    shown = cli("show", "holes").out
    assert "completed      - after unknown\n" in shown
    assert shown.endswith("  8   -      -      -      -     -       -       -\n")
    for command in (["list"], ["status"], ["find", "8"], ["explain", "8"], ["doctor"], ["report", "--json"]):
        assert cli(*command).code == 0


def test_the_report_counts_them_as_unknown_and_never_as_zero(newer: Path, cli: Cli) -> None:
    figures = cli("report", "--json").json
    assert (figures["states"]["unknown"], figures["placements"]["unknown"]) == (2, 2)
    assert (figures["duration_distribution"]["unknown"], figures["duration_distribution"]["0-30"]) == (1, 0)
    assert (figures["summary"]["unknown_durations"], figures["summary"]["avg_session_duration"]) == (1, None)


def test_writes_to_both_sessions_keep_every_word(newer: Path, cli: Cli) -> None:
    cli("add", "9", "--title", "auto-pr: x", "--author", "ada", "--session", "s", "--at", day("10:06"))
    cli("add", "7", "--title", "auto-pr: y", "--author", "ada", "--files", "3", "--at", day("10:07"))
    cli("link", "10", "holes")
    cli("complete", "s")
    whole = json.loads(newer.read_text())
    assert whole["active_sessions"] == {}
    after = {raw["session_id"]: raw for raw in whole["completed_sessions"]}
    assert after["s"]["prs"] == ["7", "9"]
    assert after["s"]["metadata"]["pull_requests"]["7"] | told(NEWER) == after["s"]["metadata"]["pull_requests"]["7"]
    assert (
        after["holes"]["metadata"]["pull_requests"]["8"] | told(HOLES)
        == after["holes"]["metadata"]["pull_requests"]["8"]
    )
    assert "completed" not in after["holes"]
