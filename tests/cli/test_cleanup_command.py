import json
from pathlib import Path

import pytest
from command_line import Cli, ago


@pytest.fixture
def three(repo: Path) -> Path:
    """Three active sessions as another tool left them: idle for two hours, for 50 minutes and for one."""
    active = {
        name: {"session_id": name, "author": "ada", "started": ago(minutes), "last_activity": ago(minutes)}
        for name, minutes in (("older", 120), ("old", 50), ("fresh", 1))
    }
    file = repo / "docs/metrics/auto_pr_sessions.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": "1.0", "active_sessions": active, "completed_sessions": []}))
    return file


def test_cleanup_completes_what_has_run_out(three: Path, cli: Cli) -> None:
    result = cli("cleanup")

    assert (result.code, result.err) == (0, "")
    assert result.out == "Completed 2 sessions that had run out\n  old\n  older\n"
    assert [s["session_id"] for s in cli("list", "--status", "active", "--json").json["sessions"]] == ["fresh"]


def test_cleanup_as_json(three: Path, cli: Cli) -> None:
    assert cli("cleanup", "--json").json == {"completed": ["old", "older"], "count": 2}
    assert cli("cleanup", "--json").json == {"completed": [], "count": 0}


def test_each_ends_at_its_last_activity_and_the_timeout(three: Path, cli: Cli) -> None:
    cli("cleanup")

    ended = cli("list", "--status", "completed", "--json").json["sessions"]
    assert [(s["completion_trigger"], s["duration_minutes"]) for s in ended] == [("timeout", 30), ("timeout", 30)]


@pytest.mark.parametrize("age", ["1.5", "90m", "1h30m", "1H30M"])
def test_max_age_takes_only_older_ones(three: Path, cli: Cli, age: str) -> None:
    assert cli("cleanup", "--max-age", age, "--json").json["completed"] == ["older"]


def test_nothing_to_clean_up_changes_no_byte(three: Path, cli: Cli) -> None:
    cli("cleanup")
    stored = three.read_bytes()

    assert cli("cleanup").out == "No session has run out\n"
    assert three.read_bytes() == stored


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "1e300", "soon", "0h", "999999w", "yesterday", ""])
def test_an_absurd_age_is_wrong_usage(three: Path, cli: Cli, hours: str) -> None:
    assert cli("cleanup", "--max-age", hours).code == 2
