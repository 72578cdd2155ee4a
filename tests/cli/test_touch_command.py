import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from command_line import Cli, ago


def test_touch_slides_the_marker(repo: Path, cli: Cli) -> None:
    started = cli("start", "--author", "ada", "--at", ago(20), "--json").json["session"]
    touched = datetime.fromisoformat(ago(5))

    data = cli("touch", "--at", touched.isoformat(), "--json").json

    assert data["session_id"] == started["session_id"]
    assert datetime.fromisoformat(data["last_activity"]) == touched
    assert datetime.fromisoformat(data["expires"]) == touched + timedelta(minutes=30)
    marker = json.loads((repo / ".cursor/.session_id").read_text())
    assert datetime.fromisoformat(marker["last_updated"]) == touched
    assert cli("status", "--json").json["current"]["status"] == "active"


def test_touch_says_until_when_the_session_is_good(repo: Path, cli: Cli) -> None:
    session_id = cli("start", "--json").json["session"]["session_id"]

    result = cli("touch")

    assert result.code == 0
    assert result.out.startswith(f"Activity in {session_id}, good until 20")


def test_an_older_touch_does_not_move_time_backwards(repo: Path, cli: Cli) -> None:
    cli("start", "--at", ago(5))
    marker = (repo / ".cursor/.session_id").read_text()

    cli("touch", "--at", ago(10))

    assert (repo / ".cursor/.session_id").read_text() == marker


def test_touch_without_a_current_session_does_nothing_and_says_so(repo: Path, cli: Cli) -> None:
    result = cli("touch", "--json")

    assert (result.code, result.json) == (0, {"session_id": None, "last_activity": None, "expires": None})
    assert result.err == "no session is current in this working tree; begin one: pr-sessions start\n"
    assert not (repo / ".cursor").exists()


def test_touch_does_nothing_while_tracking_is_off(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("start", "--at", ago(5))
    marker = (repo / ".cursor/.session_id").read_text()
    monkeypatch.setenv("PR_SESSIONS", "0")

    result = cli("touch", "--json")

    assert (result.code, result.json) == (0, {"paused": True})
    assert (repo / ".cursor/.session_id").read_text() == marker
