"""The marker by way of `cursor_session_hook` and `session_cli`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pr_sessions.compat import cursor_session_hook as hook
from pr_sessions.compat import session_cli
from pr_sessions.core.evidence_text import Form, Mark, find_mark
from pr_sessions.core.times import write_time
from pr_sessions.tracker import open_tracker

MARKER = ".cursor/.session_id"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A marker that stands alone, outside git."""
    path = tmp_path / "alone/marker"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hook, "SESSION_MARKER_FILE", path)
    return path


def write(path: Path, last: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    times = {"created": write_time(last), "last_updated": write_time(last)}
    path.write_text(json.dumps({"session_id": "bob-1", "author": "bob", **times}))


def read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = session_cli.main(arguments)
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


def test_the_first_call_begins_a_session_and_later_ones_join_it(repo: Path) -> None:
    first = hook.get_or_create_session_id("mary-jane")
    assert hook.get_or_create_session_id("somebody else") == first
    assert first.startswith("mary-jane-")
    assert read(repo / MARKER)["session_id"] == first
    assert open_tracker(repo).sessions().active_ids() == [first]


def test_the_author_is_told_by_the_environment(repo: Path) -> None:
    assert hook.get_or_create_session_id().startswith("ada-")


def test_a_subfolder_has_the_same_session(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = hook.get_or_create_session_id()
    monkeypatch.chdir(repo / "deep/er")
    assert hook.get_or_create_session_id() == first
    assert not (repo / "deep/er/.cursor").exists()


def test_clearing_takes_the_marker_and_leaves_the_session(repo: Path) -> None:
    first = hook.get_or_create_session_id()
    assert (hook.clear_session(), hook.clear_session()) == (True, False)
    assert not (repo / MARKER).exists()
    assert open_tracker(repo).sessions().active_ids() == [first]


def test_clearing_where_nothing_is_creates_nothing(repo: Path) -> None:
    assert hook.clear_session() is False
    assert not (repo / ".git/pr-sessions").exists()


@pytest.mark.parametrize("data", [b"{", b"", b"[]", b'{"session_id": "../x"}'])
def test_a_corrupt_marker_is_not_overwritten_and_can_be_cleared(
    repo: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / MARKER).write_bytes(data)
    assert hook.get_or_create_session_id("bob").startswith("bob-")
    assert (repo / MARKER).read_bytes() == data
    assert "warning:" in capsys.readouterr().err
    assert hook.clear_session() is True
    assert not (repo / MARKER).exists()


def test_a_marker_that_stands_alone_slides(alone: Path) -> None:
    last = datetime.now(UTC) - timedelta(minutes=29)
    write(alone, last)
    assert hook.get_or_create_session_id("ann") == "bob-1"
    assert read(alone)["created"] == write_time(last)
    assert read(alone)["last_updated"] > write_time(last + timedelta(minutes=28))


def test_a_marker_that_stands_alone_expires(alone: Path) -> None:
    write(alone, datetime.now(UTC) - timedelta(minutes=31))
    assert hook.get_or_create_session_id("ann").startswith("ann-")
    assert read(alone)["author"] == "ann"


@pytest.mark.parametrize(("seconds", "joins"), [(3600, True), (60, False), ("soon", True), (float("nan"), True)])
def test_the_timeout_is_read_when_called(
    alone: Path, monkeypatch: pytest.MonkeyPatch, seconds: Any, joins: bool
) -> None:
    monkeypatch.setattr(hook, "SESSION_TIMEOUT_SECONDS", seconds)
    write(alone, datetime.now(UTC) - timedelta(minutes=20))
    assert (hook.get_or_create_session_id("ann") == "bob-1") is joins


def test_clearing_a_marker_that_stands_alone(alone: Path) -> None:
    hook.get_or_create_session_id("ann")
    assert (hook.clear_session(), hook.clear_session(), alone.exists()) == (True, False, False)


@pytest.mark.parametrize(
    ("title", "marked"), [("Fix", "🤖 Fix"), ("auto-pr: fix", "auto-pr: fix"), ("🤖 Fix", "🤖 Fix"), (None, "🤖 ")]
)
def test_the_title_is_marked_and_the_block_names_the_session(alone: Path, title: Any, marked: str) -> None:
    found, block = hook.format_session_metadata("bob-20251122-1000", title)
    assert found == marked
    assert find_mark(found, f"Last words{block}") == Mark("bob-20251122-1000", Form.FULL)


def test_an_id_that_is_none_marks_nothing(alone: Path) -> None:
    assert hook.format_session_metadata("--> <script>", "Fix") == ("Fix", "")


def test_status_begins_no_session(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "status") == (0, {"current": None, "active": 0, "completed": 0})
    assert not (repo / ".git/pr-sessions").exists()


def test_a_session_by_hand_from_start_to_end(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, first = run(capsys, "start", "--author", "bob")
    _, second = run(capsys, "start", "--author", "bob")
    _, status = run(capsys, "status")
    _, done = run(capsys, "complete")
    assert (first["author"], second["session_id"]) == ("bob", f"{first['session_id']}-2")
    assert status == {"current": {**second, "status": "active"}, "active": 1, "completed": 1}
    assert (done["session_id"], done["completion_trigger"]) == (second["session_id"], "manual_cli")
    assert not (repo / MARKER).exists()


def test_completing_without_a_session_says_so(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session_cli.main(["complete"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0]) == ("", "error: no session is current in this working tree")


def test_starting_fails_where_nothing_can_be_stored(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = repo / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")
    assert run(capsys, "start") == (1, None)
    assert path.read_bytes() == b"{"
    assert not (repo / MARKER).exists()


def test_off_is_no_failure(repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PR_SESSIONS", "0")
    assert run(capsys, "start") == (0, None)
