"""Sessions that ended long ago stand in monthly archives, and every way to ask or to change sees them once."""

import json
from pathlib import Path

import pytest

from pr_sessions.errors import UnreadableFile
from pr_sessions.maintenance.backup import back_up, restore
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.sync import sync
from scene import START, Clock, auto, committed, git, look, minute, on_disk, overview, tracker_at

DAY = 24 * 60
OLD, YOUNG = "ada-20251122-1000", "ada-20260120-1000"
IN_NOVEMBER = "auto_pr_sessions-2025-11.json"
HERE = "docs/metrics/archive"


def with_setting(root: Path, text: str = "keep_days: 30\n") -> None:
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(text)


def told_in(path: Path) -> set[str]:
    """Ids of the sessions of one document, as another program reads it."""
    value = json.loads(path.read_bytes())
    return {*value["active_sessions"], *(session["session_id"] for session in value["completed_sessions"])}


def all_archives(tracker: Tracker) -> list[Path]:
    state = tracker.repository.state
    assert state is not None
    return [on_disk(tracker.repository.archive / IN_NOVEMBER), on_disk(state / "archive" / IN_NOVEMBER)]


@pytest.fixture
def tracker(clone: Path, clock: Clock) -> Tracker:
    """One session of November, archived by a pull request of January."""
    with_setting(clone)
    tracker = tracker_at(clone, clock)
    tracker.record(auto(1, created=START), use_workspace_session=False)
    clock.set(59 * DAY)
    tracker.record(auto(2), use_workspace_session=False)
    return tracker


def test_an_old_session_moves_to_its_month_in_every_place(tracker: Tracker) -> None:
    assert [told_in(path) for path in all_archives(tracker)] == [{OLD}, {OLD}]
    assert [told_in(on_disk(place)) for place in tracker.repository.documents] == [{YOUNG}, {YOUNG}]
    assert overview(tracker) == {YOUNG: (("2",), ""), OLD: (("1",), "timeout")}


def test_nothing_moves_while_it_is_off(clone: Path, clock: Clock) -> None:
    tracker = tracker_at(clone, clock)
    tracker.record(auto(1), use_workspace_session=False)
    clock.set(400 * DAY)
    tracker.cleanup()
    assert not on_disk(tracker.repository.archive).exists()


def test_archives_are_read_after_it_was_switched_off(tracker: Tracker, clone: Path, clock: Clock) -> None:
    with_setting(clone, "keep_days: off\n")
    again = tracker_at(clone, clock)
    again.record(auto(3), use_workspace_session=False)
    assert overview(again) == {YOUNG: (("2", "3"), ""), OLD: (("1",), "timeout")}
    assert OLD not in told_in(on_disk(again.repository.session_file))


def test_a_second_cleanup_changes_no_byte(tracker: Tracker, clone: Path) -> None:
    tracker.cleanup()
    before = look(clone)
    tracker.cleanup()
    assert look(clone) == before


def test_an_archived_pull_request_told_again_stays_where_it_is(tracker: Tracker, clone: Path) -> None:
    tracker.cleanup()
    before = look(clone)
    added = tracker.record(auto(1, created=START), use_workspace_session=False)
    assert (added.recorded.is_new, added.recorded.session and added.recorded.session.id) == (False, OLD)
    assert {k: v for k, v in look(clone).items() if "policy" not in k} == before


def test_a_late_pull_request_joins_its_archived_session(tracker: Tracker) -> None:
    tracker.record(auto(9, created=minute(20)), use_workspace_session=False)
    assert overview(tracker) == {YOUNG: (("2",), ""), OLD: (("1", "9"), "timeout")}
    assert [told_in(on_disk(place)) for place in tracker.repository.documents] == [{YOUNG}, {YOUNG}]


DAMAGES = [b"", b"{", b"<<<<<<< ours\n", b'{"version": "2.0"}', b'{"completed_sessions": 7}']


@pytest.mark.parametrize("data", DAMAGES)
def test_a_damaged_archive_is_named_by_who_needs_it(tracker: Tracker, data: bytes) -> None:
    path = on_disk(tracker.repository.archive / IN_NOVEMBER)
    path.write_bytes(data)
    backdated = auto(5, created=START)
    for operation in (
        tracker.sessions,
        lambda: back_up(tracker),
        lambda: tracker.record(backdated, use_workspace_session=False),
    ):
        with pytest.raises(UnreadableFile, match=IN_NOVEMBER):
            operation()
    assert path.read_bytes() == data


@pytest.mark.parametrize("data", DAMAGES)
def test_a_damaged_archive_stops_nobody_who_needs_it_not(tracker: Tracker, clock: Clock, data: bytes) -> None:
    """Neither the first write of a day, which takes a backup, nor one that archives another month, touches it."""
    path, own = all_archives(tracker)
    path.write_bytes(data)
    sound = own.read_bytes()
    clock.set(60 * DAY)
    tracker.record(auto(77), use_workspace_session=False)
    clock.set(100 * DAY)
    tracker.cleanup()
    assert (path.read_bytes(), own.read_bytes()) == (data, sound)
    january = tracker.repository.archive / "auto_pr_sessions-2026-01.json"
    assert told_in(on_disk(january)) == {YOUNG, "ada-20260121-1000"}


@pytest.mark.parametrize("places", [("tree",), ("tree", "own")])
def test_nothing_moves_to_a_month_that_cannot_be_read(tracker: Tracker, clock: Clock, places: tuple[str, ...]) -> None:
    late = auto(5, author="bob", created=minute(15))
    tracker.record(late, use_workspace_session=False)
    for path in all_archives(tracker)[: len(places)]:
        path.write_bytes(b"{")
    on_disk(tracker.repository.session_file).write_bytes(SESSION_OF_CLEO)
    tracker.cleanup()
    assert "cleo-20251122-1000" in told_in(on_disk(tracker.repository.session_file))
    assert [path.read_bytes() for path in all_archives(tracker)[: len(places)]] == [b"{"] * len(places)


SESSION_OF_CLEO = json.dumps(
    {
        "version": "1.0",
        "active_sessions": {},
        "completed_sessions": [
            {
                "session_id": "cleo-20251122-1000",
                "author": "cleo",
                "started": "2025-11-22T10:00:00Z",
                "completed": "2025-11-22T10:30:00Z",
                "completion_trigger": "manual_cli",
                "prs": ["6"],
            }
        ],
    }
).encode()


def test_the_backup_of_a_day_holds_the_archives_that_can_be_read(tracker: Tracker, clock: Clock) -> None:
    path, _ = all_archives(tracker)
    path.with_name("auto_pr_sessions-2025-10.json").write_bytes(b"{")
    clock.set(60 * DAY)
    tracker.record(auto(77), use_workspace_session=False)
    assert told_in(max(on_disk(tracker.repository.backups).iterdir())) == {OLD, YOUNG}


def test_an_archive_that_a_checkout_took_away_comes_back_with_the_next_write(tracker: Tracker) -> None:
    here, own = all_archives(tracker)
    here.unlink()
    assert OLD in overview(tracker)
    tracker.record(auto(3), use_workspace_session=False)
    assert here.read_bytes() == own.read_bytes()


def test_what_a_colleague_archived_gets_into_the_clone(tracker: Tracker) -> None:
    here, own = all_archives(tracker)
    own.unlink()
    tracker.record(auto(3), use_workspace_session=False)
    assert told_in(own) == {OLD}
    assert here.read_bytes() == own.read_bytes()


def test_a_session_in_both_is_one_and_the_next_write_finishes_the_move(tracker: Tracker) -> None:
    """As after a crash between archive and session file, or a checkout of an older branch."""
    file = on_disk(tracker.repository.session_file)
    archived = all_archives(tracker)[0].read_bytes()
    file.write_bytes(archived)
    assert list(overview(tracker)) == [YOUNG, OLD]
    tracker.cleanup()
    assert OLD not in told_in(file)
    assert all_archives(tracker)[0].read_bytes() == archived


def test_corrections_reach_archived_sessions_and_stay(tracker: Tracker) -> None:
    corrections = tracker
    corrections.move(1, YOUNG)
    assert {i: prs for i, (prs, _) in overview(tracker).items()} == {OLD: (), YOUNG: ("1", "2")}
    corrections.undo()
    assert {i: prs for i, (prs, _) in overview(tracker).items()} == {OLD: ("1",), YOUNG: ("2",)}
    corrections.merge(OLD, YOUNG)
    assert overview(tracker) == {OLD: (("1", "2"), "")}
    tracker.cleanup()
    assert overview(tracker) == {OLD: (("1", "2"), "")}


def test_an_import_of_archived_pull_requests_changes_nothing(tracker: Tracker) -> None:
    before = tracker.sessions().to_bytes()
    done = tracker.record_all([auto(1, created=START)])
    assert (done.added, done.changed) == (0, False)
    assert tracker.sessions().to_bytes() == before


def test_a_backup_holds_archived_sessions_and_restores_them(tracker: Tracker) -> None:
    backup = back_up(tracker)
    assert backup is not None
    assert told_in(on_disk(backup)) == {OLD, YOUNG}
    for path in all_archives(tracker):
        path.unlink()
    assert restore(tracker, backup.name).added == (OLD,)
    assert [told_in(path) for path in all_archives(tracker)] == [{OLD}, {OLD}]


def test_the_index_of_pull_requests_knows_archived_ones(tracker: Tracker, clone: Path, clock: Clock) -> None:
    with_setting(clone, "keep_days: 30\nminimal_metadata: true\n")
    again = tracker_at(clone, clock)
    again.record(auto(3), use_workspace_session=False)
    index = json.loads(on_disk(again.repository.pr_index).read_bytes())
    assert index["pr_to_session"] == {"1": OLD, "2": YOUNG, "3": YOUNG}


@pytest.mark.parametrize("archiving", [("one", "two"), ("one",), ("two",)])
def test_clones_converge_to_the_same_bytes_whoever_archives(
    tmp_path: Path, clock: Clock, archiving: tuple[str, ...]
) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare")
    trackers = []
    for minutes, name in enumerate(("one", "two"), start=1):
        root = committed(tmp_path / name)
        git(root, "remote", "add", "origin", str(tmp_path / "bare"))
        with_setting(root, "share: branch\n" + ("keep_days: 30\n" if name in archiving else ""))
        clock.set(minutes)
        tracker = tracker_at(root, clock)
        tracker.record(auto(minutes, author=name), use_workspace_session=False)
        trackers.append(tracker)
    clock.set(50 * DAY)
    for tracker in trackers:
        tracker.cleanup()
    for tracker in (*trackers, *trackers):
        sync(tracker, pause=lambda _: None)
    one, two = trackers
    assert one.sessions().to_bytes() == two.sessions().to_bytes()
    shared = git(tmp_path / "bare", "show", "pr-sessions:docs/metrics/auto_pr_sessions.json").encode() + b"\n"
    assert one.sessions().to_bytes() == shared
    assert [on_disk(t.repository.archive).exists() for t in trackers] == [name in archiving for name in ("one", "two")]
    assert len(FileSessions(parse(shared, "shared"))) == 2
