"""`AutoPRSessionManager` as teams' own code and tests call it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from pr_sessions.compat import auto_pr_session_manager as module
from pr_sessions.compat.auto_pr_session_manager import AutoPRSessionManager, Session, SessionConfig
from pr_sessions.core.evidence_text import Form, Mark, find_mark, render_full
from pr_sessions.core.times import read_time, write_time

AUTO = {"pr_title": "auto-pr: x", "pr_body": "", "author": "bob", "files_changed": 2}


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def record(session_id: str, last: datetime, **others: Any) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "author": "bob",
        "started": write_time(last - timedelta(minutes=5)),
        "last_activity": write_time(last),
        "prs": [],
        "total_files_changed": 0,
        "test_files_added": 0,
        "status": "active",
        **others,
    }


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session file that stands alone, outside git, as callers' tests have it."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "alone/sessions.json"
    monkeypatch.setattr(module, "SESSION_DATA_FILE", path)
    monkeypatch.setattr(module, "CONFIG_FILE", tmp_path / "alone/config.yaml")
    return path


def stored(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def test_adding_keeps_totals_once_however_often_it_is_told(alone: Path) -> None:
    manager = AutoPRSessionManager()
    skip, session_id, session = manager.add_to_session("1", AUTO)
    again = manager.add_to_session(1, AUTO)
    assert (skip, session["prs"], again) == (True, ["1"], (True, session_id, session))
    manager.add_to_session("2", {**AUTO, "files_changed": ["a.py"], "test_files_added": 1, "docs_updated": True})
    kept = manager.sessions["active_sessions"][session_id]
    assert kept is session
    assert (kept["prs"], kept["total_files_changed"]) == (["1", "2"], 3)
    assert (kept["test_files_added"], kept["docs_updated"]) == (1, True)
    assert stored(alone)["active_sessions"] == manager.sessions["active_sessions"]


def test_what_lies_beside_a_file_that_stands_alone(alone: Path) -> None:
    AutoPRSessionManager().add_to_session("1", AUTO)
    assert sorted(p.name for p in alone.parent.iterdir()) == ["sessions.json", "sessions.json.lock"]


def test_adding_a_pull_request_that_is_not_automatic_keeps_it(alone: Path) -> None:
    skip, session_id, session = AutoPRSessionManager().add_to_session("1", {**AUTO, "pr_title": "Fix"})
    assert (skip, session["prs"], session["session_id"]) == (False, ["1"], session_id)


def test_two_authors_have_two_sessions_in_one_working_tree(repo: Path) -> None:
    manager = AutoPRSessionManager()
    _, bobs, _ = manager.add_to_session("1", AUTO)
    _, anns, _ = manager.add_to_session("2", {**AUTO, "author": "ann"})
    assert sorted(manager.sessions["active_sessions"]) == sorted([bobs, anns])
    assert (repo / ".cursor/.session_id").exists()


def test_a_named_session_holds_it(alone: Path) -> None:
    _, session_id, session = AutoPRSessionManager().add_to_session("1", AUTO, "team-20251122-1000")
    assert (session_id, session["prs"]) == ("team-20251122-1000", ["1"])


@pytest.mark.parametrize("name", ["../../etc", "a|b", "x" * 5000, ""])
def test_an_id_that_is_none_is_not_looked_at(alone: Path, name: str) -> None:
    _, session_id, _ = AutoPRSessionManager().add_to_session("1", AUTO, name)
    assert session_id.startswith("bob-")


def test_extract_takes_the_mark_then_the_live_session_then_a_fresh_id(alone: Path) -> None:
    manager = AutoPRSessionManager()
    fresh = manager.extract_session_id("auto-pr: x", "", "bob", ago(minutes=9))
    _, live, _ = manager.add_to_session("1", {**AUTO, "timestamp": ago(minutes=10)})
    assert manager.extract_session_id("auto-pr: x", "", "bob", datetime.now(UTC)) == live
    assert manager.extract_session_id("x", render_full("ann-20251122-1000"), "bob") == "ann-20251122-1000"
    assert fresh == f"bob-{ago(minutes=9):%Y%m%d-%H%M}"
    assert manager.extract_session_id("x", "", "carl", ago(days=2)).startswith("carl-")


@pytest.mark.parametrize(
    ("timestamp", "instant"),
    [
        (datetime(2025, 11, 22, 10, 0), "2025-11-22T15:00:00Z"),  # noqa: DTZ001 - naive is the case
        ("2025-11-22T10:00:00.500000", "2025-11-22T15:00:00.500000Z"),
        (datetime(2025, 11, 22, 10, 0, tzinfo=UTC), "2025-11-22T10:00:00Z"),
        ("2025-11-22T10:00:00+01:00", "2025-11-22T09:00:00Z"),
        ("2025-11-22T10:00:00Z", "2025-11-22T10:00:00Z"),
    ],
)
def test_times_are_read_in_any_spelling(alone: Path, timestamp: Any, instant: str) -> None:
    alone.parent.mkdir()
    module.CONFIG_FILE.write_text("time_zone: America/New_York\n")
    _, _, session = AutoPRSessionManager().add_to_session("1", {**AUTO, "timestamp": timestamp})
    assert session["started"] == instant


@pytest.mark.parametrize("timestamp", ["soon", 5, "9999-12-31T23:59:59-10:00", "2099-01-01T00:00:00Z", object()])
def test_a_time_that_cannot_be_is_now(alone: Path, timestamp: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, session = AutoPRSessionManager().add_to_session("1", {**AUTO, "timestamp": timestamp})
    assert datetime.now(UTC) - read_time(session["started"]) < timedelta(minutes=5)
    assert "now counts" in capsys.readouterr().err


@pytest.mark.parametrize(
    "data", [None, "text", {}, {"pr_title": None, "pr_body": None, "author": None, "commit_messages": None}]
)
def test_data_that_says_nothing_is_of_an_unknown_author(alone: Path, data: Any) -> None:
    skip, session_id, session = AutoPRSessionManager().add_to_session("1", data)
    assert (skip, session["author"], session["prs"]) == (False, "unknown", ["1"])
    assert session_id.startswith("unknown-")


def test_a_number_that_is_none_stores_nothing(alone: Path) -> None:
    skip, session_id, session = AutoPRSessionManager().add_to_session("one", AUTO)
    assert (skip, session_id[:4], session, alone.exists()) == (True, "bob-", {}, False)


def test_sessions_show_what_another_manager_added_after_the_next_call(alone: Path) -> None:
    one, other = AutoPRSessionManager(), AutoPRSessionManager()
    seen = one.sessions
    _, session_id, _ = other.add_to_session("1", AUTO)
    one.get_session_status()
    assert seen is one.sessions
    assert list(seen["active_sessions"]) == [session_id]


def test_what_a_caller_puts_is_kept_and_what_others_added_too(alone: Path) -> None:
    one, other = AutoPRSessionManager(), AutoPRSessionManager()
    one.sessions["active_sessions"]["mine-1"] = record("mine-1", ago(minutes=1), extra={"kept": True})
    _, theirs, _ = other.add_to_session("1", AUTO)
    one.save_sessions()
    kept = stored(alone)["active_sessions"]
    assert sorted(kept) == sorted(["mine-1", theirs])
    assert kept["mine-1"]["extra"] == {"kept": True}
    assert kept == one.sessions["active_sessions"]


def test_what_a_caller_changes_counts_before_it_is_saved(alone: Path) -> None:
    manager = AutoPRSessionManager()
    _, session_id, _ = manager.add_to_session("1", AUTO)
    before = alone.read_bytes()
    manager.sessions["active_sessions"][session_id]["last_activity"] = write_time(ago(minutes=40))
    manager.sessions["active_sessions"][session_id]["started"] = write_time(ago(minutes=45))
    assert manager.should_complete_session(session_id, AUTO) == (True, "timeout")
    assert manager.get_session_status(session_id)["status"] == "idle"
    assert alone.read_bytes() == before
    manager.save_sessions()
    assert AutoPRSessionManager().get_session_status(session_id)["status"] == "idle"


def test_a_change_is_joined_where_somebody_else_changed_the_same_session(alone: Path) -> None:
    one, other = AutoPRSessionManager(), AutoPRSessionManager()
    _, session_id, _ = one.add_to_session("1", AUTO)
    one.sessions["active_sessions"][session_id]["final_score"] = 7
    other.add_to_session("2", AUTO)
    one.save_sessions()
    kept = stored(alone)["active_sessions"][session_id]
    assert (kept["prs"], kept["final_score"]) == (["1", "2"], 7)


def test_nothing_is_deleted_by_absence(alone: Path) -> None:
    manager = AutoPRSessionManager()
    _, session_id, _ = manager.add_to_session("1", AUTO)
    manager.sessions = {"version": "1.0", "active_sessions": {}, "completed_sessions": []}
    manager.save_sessions()
    assert list(manager.sessions["active_sessions"]) == [session_id]


@pytest.mark.parametrize("junk", [None, 5, {"started": 5}, {"session_id": 5}, {"started": "soon"}, {"prs": {1, 2}}])
def test_a_session_that_is_none_harms_no_other(alone: Path, junk: Any) -> None:
    manager = AutoPRSessionManager()
    manager.sessions["active_sessions"]["junk"] = junk
    _, session_id, _ = manager.add_to_session("1", AUTO)
    manager.save_sessions()
    assert session_id in stored(alone)["active_sessions"]


def test_a_caller_may_move_a_session_to_the_completed_ones(alone: Path) -> None:
    manager = AutoPRSessionManager()
    _, session_id, _ = manager.add_to_session("1", AUTO)
    ended = manager.sessions["active_sessions"].pop(session_id)
    ended |= {"status": "completed", "completed": write_time(datetime.now(UTC)), "completion_trigger": "manual"}
    manager.sessions["completed_sessions"].append(ended)
    manager.save_sessions()
    status = manager.get_session_status()
    assert (status["active"], status["completed"]) == (0, 1)
    assert status["recent_completed"][0]["completion_trigger"] == "manual"


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ({"pr_title": "auto-pr: last [ready]"}, (True, "explicit_marker: [ready]")),
        ({"pr_body": "Ready for review"}, (True, "explicit_marker: ready for review")),
        ({"pr_title": "auto-pr: incomplete, not finished", "pr_body": "complete_orphaned_sessions.py"}, (False, None)),
        ({"test_files_added": 1, "docs_updated": True}, (False, None)),
        ({"timestamp": datetime.now(UTC) + timedelta(minutes=1)}, (False, None)),
    ],
)
def test_what_completes_a_session(alone: Path, data: dict[str, Any], answer: tuple[bool, str | None]) -> None:
    manager = AutoPRSessionManager()
    _, session_id, _ = manager.add_to_session("1", AUTO)
    assert manager.should_complete_session(session_id, {**AUTO, **data}) == answer


def test_a_marker_still_answers_after_adding_it_has_completed_the_session(alone: Path) -> None:
    manager = AutoPRSessionManager()
    data = {**AUTO, "pr_title": "auto-pr: x [ready]"}
    _, session_id, session = manager.add_to_session("1", data)
    assert session["completion_trigger"] == "explicit_marker: [ready]"
    assert manager.should_complete_session(session_id, data) == (True, "explicit_marker: [ready]")
    assert manager.complete_session(session_id, "manual")["completion_trigger"] == "explicit_marker: [ready]"


def test_the_heuristic_is_the_teams_choice(alone: Path) -> None:
    manager = AutoPRSessionManager()
    manager.config.enable_heuristic_completion = True
    _, session_id, _ = manager.add_to_session("1", AUTO)
    data = {**AUTO, "test_files_added": 1, "docs_updated": True}
    assert manager.should_complete_session(session_id, data) == (True, "heuristic_tests_docs")


def test_no_session_should_be_completed_that_is_unknown(alone: Path) -> None:
    assert AutoPRSessionManager().should_complete_session("nobody-1", AUTO) == (False, None)


def test_complete_takes_any_trigger(alone: Path) -> None:
    manager = AutoPRSessionManager()
    _, session_id, _ = manager.add_to_session("1", AUTO)
    done = manager.complete_session(session_id, trigger="label: reviewed")
    assert (done["status"], done["completion_trigger"]) == ("completed", "label: reviewed")
    assert manager.sessions["completed_sessions"] == [done]
    assert manager.complete_session("nobody-1") == {"error": "no session nobody-1"}
    assert "error" in manager.complete_session("../x")


def test_only_cleanup_sweeps_and_only_what_is_older(alone: Path) -> None:
    manager = AutoPRSessionManager()
    for name, hours in (("old-1", 30), ("late-1", 2)):
        manager.sessions["active_sessions"][name] = record(name, ago(hours=hours))
    manager.add_to_session("1", AUTO)
    assert len(manager.sessions["active_sessions"]) == 3
    assert manager.cleanup_orphaned_sessions() == ["old-1"]
    assert manager.cleanup_orphaned_sessions(max_age_hours=1) == ["late-1"]
    assert {s["completion_trigger"] for s in manager.sessions["completed_sessions"]} == {"timeout"}


def looked(manager: AutoPRSessionManager) -> None:
    assert manager.sessions["version"] == "1.0"


def not_looked(manager: AutoPRSessionManager) -> None:
    """Nothing: the mapping of all sessions is not made yet."""


@pytest.mark.parametrize("look", [looked, not_looked])
@pytest.mark.parametrize("by", [AutoPRSessionManager, None], ids=["a new manager", "the same manager"])
def test_a_session_that_was_made_old_in_the_returned_dictionary_is_cleaned_up(
    alone: Path, look: Callable[[AutoPRSessionManager], None], by: Callable[[], AutoPRSessionManager] | None
) -> None:
    manager = AutoPRSessionManager()
    look(manager)
    _, session_id, session = manager.add_to_session("326", AUTO)
    session["last_activity"] = (datetime.now() - timedelta(hours=25)).isoformat()  # noqa: DTZ005 - as the original does
    manager.save_sessions()
    assert (by() if by else manager).cleanup_orphaned_sessions(max_age_hours=24) == [session_id]


def test_a_change_of_a_returned_session_is_kept_with_the_next_call_and_only_once(alone: Path) -> None:
    manager = AutoPRSessionManager()
    _, session_id, session = manager.add_to_session("1", AUTO)
    session["final_score"] = 7
    _, _, again = manager.add_to_session("2", AUTO)
    assert again is session
    assert (session["prs"], session["final_score"]) == (["1", "2"], 7)
    done = manager.complete_session(session_id)
    done["final_score"] = 8
    manager.save_sessions()
    (kept,) = stored(alone)["completed_sessions"]
    assert (kept["prs"], kept["final_score"]) == (["1", "2"], 8)
    before = alone.read_bytes()
    manager.save_sessions()
    assert alone.read_bytes() == before


@pytest.mark.parametrize("age", [-1, "a day", float("nan"), float("inf"), None])
def test_an_age_that_cannot_be_is_a_day(alone: Path, age: Any) -> None:
    manager = AutoPRSessionManager()
    for name, hours in (("old-1", 30), ("late-1", 2)):
        manager.sessions["active_sessions"][name] = record(name, ago(hours=hours))
    assert manager.cleanup_orphaned_sessions(age) == ["old-1"]


@pytest.mark.parametrize(("idle", "status"), [(1, "active"), (20, "warning"), (40, "idle")])
def test_status_is_the_one_of_now(alone: Path, idle: float, status: str) -> None:
    manager = AutoPRSessionManager()
    manager.sessions["active_sessions"]["bob-1"] = record("bob-1", ago(minutes=idle))
    assert manager.get_session_status()["active_sessions"]["bob-1"]["status"] == status


def test_recent_completed_are_the_last_ten(alone: Path) -> None:
    manager = AutoPRSessionManager()
    for day in range(1, 13):
        at = datetime(2025, 11, day, tzinfo=UTC)
        ended = record(f"bob-{day}", at, completed=write_time(at), completion_trigger="manual", status="completed")
        manager.sessions["completed_sessions"].append(ended)
    manager.save_sessions()
    status = manager.get_session_status()
    assert status["completed"] == 12
    assert [s["session_id"] for s in status["recent_completed"]] == [f"bob-{day}" for day in range(3, 13)]


def test_metadata_names_the_session(alone: Path) -> None:
    manager = AutoPRSessionManager()
    block = manager.generate_session_metadata("bob-20251122-1000")
    assert find_mark("", f"Text\n\n{block}") == Mark("bob-20251122-1000", Form.FULL)
    assert manager.generate_session_metadata("<b>") == ""


def test_an_id_that_is_a_number_counts_as_its_text(alone: Path) -> None:
    manager, number = AutoPRSessionManager(), cast("str", 5)
    assert manager.generate_session_metadata(number) == manager.generate_session_metadata("5") != ""


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (("auto-pr: x", "", [], 3), True),
        (("Fix", "", ["wip: y"], 3), True),
        (("Fix", None, None, None), False),
        (("Fix", "", [], 1), False),
        ((None, None, "checkpoint: z", ["a.py"]), True),
    ],
)
def test_is_auto_pr(alone: Path, arguments: tuple[Any, ...], verdict: bool) -> None:
    assert AutoPRSessionManager().is_auto_pr(*arguments) is verdict


CORRUPT = {
    "no JSON": b'{"active_sessions": {',
    "empty": b"",
    "UTF-16": '{"version": "1.0"}'.encode("utf-16"),
    "conflict": b"{\n<<<<<<< HEAD\n=======\n>>>>>>> other\n}\n",
    "a list": b"[]",
    "newer": b'{"version": "2.0"}',
    "wrong type": b'{"active_sessions": [1]}',
}
ENTRANCES: dict[str, Callable[[AutoPRSessionManager], Any]] = {
    "sessions": lambda m: m.sessions,
    "load_sessions": lambda m: m.load_sessions(),
    "save_sessions": lambda m: m.save_sessions(),
    "is_auto_pr": lambda m: m.is_auto_pr("auto-pr: x", "", [], 1),
    "extract_session_id": lambda m: m.extract_session_id("auto-pr: x", "", "bob", datetime.now(UTC)),
    "add_to_session": lambda m: m.add_to_session("1", AUTO),
    "should_complete_session": lambda m: m.should_complete_session("bob-1", AUTO),
    "complete_session": lambda m: m.complete_session("bob-1"),
    "cleanup_orphaned_sessions": lambda m: m.cleanup_orphaned_sessions(),
    "get_session_status": lambda m: m.get_session_status(),
    "generate_session_metadata": lambda m: m.generate_session_metadata("bob-1"),
}


@pytest.mark.parametrize("data", CORRUPT.values(), ids=CORRUPT)
@pytest.mark.parametrize("place", ["alone", "repository"])
def test_what_cannot_be_read_is_never_overwritten(
    place: str, data: bytes, request: pytest.FixtureRequest, repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = request.getfixturevalue("alone") if place == "alone" else repo / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    for name, entrance in ENTRANCES.items():
        manager = AutoPRSessionManager()
        entrance(manager)
        manager.save_sessions()
        assert path.read_bytes() == data, name
        assert "warning:" in capsys.readouterr().err, name
    assert [p.name for p in path.parent.iterdir() if p.name not in (path.name, f"{path.name}.lock")] == []


@pytest.mark.parametrize("entrance", ENTRANCES.values(), ids=ENTRANCES)
def test_a_session_that_cannot_be_understood_stays_as_it_is(alone: Path, entrance: Any) -> None:
    alone.parent.mkdir()
    alone.write_bytes(b'{"active_sessions": {"a": {"session_id": "a", "started": 5}}}')
    entrance(AutoPRSessionManager())
    assert stored(alone)["active_sessions"]["a"] == {"session_id": "a", "started": 5}


def test_what_was_added_in_memory_is_kept_once_the_file_can_be_read(alone: Path) -> None:
    alone.parent.mkdir()
    alone.write_bytes(b"{")
    manager = AutoPRSessionManager()
    _, session_id, session = manager.add_to_session("1", AUTO)
    assert (session["prs"], manager.get_session_status()["active"]) == (["1"], 1)
    alone.unlink()
    manager.add_to_session("2", AUTO)
    assert stored(alone)["active_sessions"][session_id]["prs"] == ["1", "2"]


def test_off_means_that_nothing_is_stored(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PR_SESSIONS", "0")
    _, _, session = AutoPRSessionManager().add_to_session("1", AUTO)
    assert (session["prs"], (repo / "docs").exists()) == (["1"], False)


def test_outside_any_repository_it_works_in_memory(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    manager = AutoPRSessionManager()
    manager.add_to_session("1", AUTO)
    assert manager.get_session_status()["active"] == 1
    assert "not in a git repository" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["timeout_minutes: -5\n", "timeout_minutes: soon\n", "nonsense: 1\n", "{", "auto_pr_patterns: ['(a+']\n", "\x00"],
)
def test_a_wrong_configuration_warns_and_the_defaults_count(
    alone: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alone.parent.mkdir()
    module.CONFIG_FILE.write_text(text)
    manager = AutoPRSessionManager()
    assert manager.config == SessionConfig()
    assert "warning:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeout_minutes", -1),
        ("timeout_minutes", 1e300),
        ("timeout_minutes", "30"),
        ("timeout_minutes", float("nan")),
        ("auto_pr_patterns", ["(", "^auto-pr:"]),
        ("completion_markers", None),
        ("time_zone", "Mars/Base"),
        ("min_files_for_manual", "few"),
        ("share", "all"),
    ],
)
def test_an_absurd_setting_warns_and_work_goes_on(
    alone: Path, field: str, value: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    manager = AutoPRSessionManager()
    setattr(manager.config, field, value)
    skip, _, session = manager.add_to_session("1", {**AUTO, "timestamp": "2025-11-22T10:00:00"})
    assert (skip, session["prs"]) == (True, ["1"])
    assert ("warning:" in capsys.readouterr().err) is (field != "share")


def test_a_missing_configuration_that_was_named_warns(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert AutoPRSessionManager(config_path="/nowhere/x.yaml").config == SessionConfig()
    assert "no configuration /nowhere/x.yaml" in capsys.readouterr().err


def test_a_configuration_is_saved_and_read_back(alone: Path, tmp_path: Path) -> None:
    manager = AutoPRSessionManager()
    manager.config.timeout_minutes = 45
    manager.config.auto_pr_patterns.append(r"^bot's:")
    manager.save_config(manager.config, tmp_path / "new/config.yaml")
    assert manager.load_config(tmp_path / "new/config.yaml") == manager.config


def test_a_configuration_that_cannot_be_read_is_not_overwritten(alone: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("{")
    AutoPRSessionManager().save_config(SessionConfig(), path)
    assert path.read_text() == "{"


def test_an_absolute_path_to_the_repositorys_own_file_means_the_repository(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SESSION_DATA_FILE", repo / "docs/metrics/auto_pr_sessions.json")
    AutoPRSessionManager().add_to_session("1", AUTO)
    assert (repo / ".git/pr-sessions/sessions.json").exists()


def test_session_is_a_record_by_the_files_names() -> None:
    assert Session("bob-1", author="bob").prs == []
