"""The one service, with a clock that stands still and real files."""

import json
import random
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pr_sessions.core.models import Basis, Completion, PullRequest, State
from pr_sessions.errors import CannotWrite, InvalidValue, NotFound, Paused, PrSessionsError, UnreadableFile
from pr_sessions.git.repository import Repository
from pr_sessions.maintenance.backup import back_up, list_backups, restore
from pr_sessions.storage.files.marker import Marker, read_marker, write_marker
from pr_sessions.tracker import Tracker
from scene import START, Clock, auto, git, ids, look, minute, on_disk, overview, tracker_at

MANUAL = PullRequest(number="1", title="Billing", author="ada")


@pytest.fixture
def tracker(clone: Path, clock: Clock) -> Tracker:
    return tracker_at(clone, clock)


@pytest.fixture
def other_tree(clone: Path) -> Path:
    """A second worktree of the clone."""
    git(clone, "worktree", "add", "-q", "../other", "-b", "other")
    return clone.parent / "other"


def configure(root: Path, text: str) -> None:
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(text)


def marker_of(tracker: Tracker) -> Marker | None:
    return read_marker(tracker.repository.marker, UTC)


def completion(tracker: Tracker, session_id: str) -> Completion | None:
    return tracker.session(session_id).completion


def file_of(tracker: Tracker) -> dict[str, object]:
    told: dict[str, object] = json.loads(on_disk(tracker.repository.session_file).read_bytes())
    return told


class TestStart:
    def test_begins_a_session_in_the_marker_and_the_file(self, tracker: Tracker) -> None:
        tracker.start("ada", "Billing")
        assert marker_of(tracker) == Marker("ada-20251122-1000", "ada", START, START)
        assert file_of(tracker) == {
            "version": "1.0",
            "last_updated": "2025-11-22T10:00:00Z",
            "active_sessions": {
                "ada-20251122-1000": {
                    "session_id": "ada-20251122-1000",
                    "author": "ada",
                    "started": "2025-11-22T10:00:00Z",
                    "last_activity": "2025-11-22T10:00:00Z",
                    "prs": [],
                    "total_files_changed": 0,
                    "test_files_added": 0,
                    "docs_updated": False,
                    "status": "active",
                    "metadata": {"title": "Billing"},
                }
            },
            "completed_sessions": [],
        }

    def test_completes_the_current_session_first(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(7)
        started = tracker.start("bob")
        assert (started.session.id, ids(*started.ended)) == ("bob-20251122-1007", ["ada-20251122-1000"])
        assert completion(tracker, "ada-20251122-1000") == Completion(minute(7), "restart_cleanup")

    def test_a_session_that_ran_out_ended_by_its_timeout(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(45)
        assert ids(*tracker.start("ada").ended) == ["ada-20251122-1000"]
        assert completion(tracker, "ada-20251122-1000") == Completion(minute(30), "timeout")

    def test_two_in_one_minute_have_two_ids(self, tracker: Tracker) -> None:
        assert [tracker.start("ada").session.id for _ in range(3)] == [
            "ada-20251122-1000",
            "ada-20251122-1000-2",
            "ada-20251122-1000-3",
        ]

    def test_the_id_is_in_utc_whatever_the_zone_of_the_time(self, tracker: Tracker) -> None:
        at = datetime(2025, 11, 22, 18, 58, tzinfo=timezone(timedelta(hours=9)))
        assert tracker.start("ada", at=at).session.id == "ada-20251122-0958"

    def test_leaves_the_session_of_another_worktree_alone(
        self, tracker: Tracker, clock: Clock, other_tree: Path
    ) -> None:
        tracker.start("ada")
        tracker_at(other_tree, clock).start("bob")
        found = {current.root.name: current.session.id for current in tracker.everywhere()}
        assert found == {"clone": "ada-20251122-1000", "other": "bob-20251122-1000"}

    def test_a_title_is_one_bounded_line(self, tracker: Tracker) -> None:
        title = tracker.start("ada", "a\nb\x1b[0m" + "x" * 5000).session.title
        assert (title[:8], len(title)) == ("a b [0mx", 1000)


class TestAuthor:
    def test_the_argument_counts_most(self, clone: Path, clock: Clock) -> None:
        tracker = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="env")
        assert tracker.start(" bob ").session.author == "bob"

    @pytest.mark.parametrize("argument", [None, "", "  \n"])
    def test_then_the_environment(self, clone: Path, clock: Clock, argument: str | None) -> None:
        git(clone, "config", "user.name", "git")
        assert tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="env").start(argument).session.author == "env"

    @pytest.mark.parametrize("environ", [{}, {"AUTO_PR_SESSION_AUTHOR": " "}])
    def test_then_git(self, clone: Path, clock: Clock, environ: dict[str, str]) -> None:
        git(clone, "config", "user.name", "Émile Zola")
        session = tracker_at(clone, clock, **environ).start().session
        assert (session.author, session.id) == ("Émile Zola", "Emile-Zola-20251122-1000")

    def test_then_the_user(self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOGNAME", "grace")
        assert tracker.author() == "grace"


class TestTouch:
    def test_slides_the_marker(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(20)
        assert tracker.touch() == Marker("ada-20251122-1000", "ada", START, minute(20))
        assert marker_of(tracker) == Marker("ada-20251122-1000", "ada", START, minute(20))

    def test_keeps_the_session_alive_as_often_as_it_comes(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        for minutes in (25, 50, 75, 100):
            clock.set(minutes)
            tracker.touch()
        clock.set(130)
        assert overview(tracker) == {"ada-20251122-1000": ((), "")}
        assert tracker.session("ada-20251122-1000").last_activity == minute(100)

    def test_never_moves_time_backwards(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(20)
        tracker.touch()
        assert tracker.touch(at=minute(5)) == Marker("ada-20251122-1000", "ada", START, minute(20))

    def test_without_a_current_session_creates_none(self, tracker: Tracker) -> None:
        assert tracker.touch() is None
        assert (marker_of(tracker), overview(tracker)) == (None, {})

    def test_comes_too_late_for_a_session_that_ran_out(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(31)
        assert tracker.touch() is None
        assert overview(tracker) == {"ada-20251122-1000": ((), "timeout")}


class TestMarker:
    def test_is_good_until_the_timeout_after_the_last_activity(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(30)
        assert tracker.current() is not None
        clock.set(30.1)
        assert tracker.current() is None

    def test_goes_with_completion(self, tracker: Tracker) -> None:
        tracker.start("ada")
        tracker.complete()
        assert marker_of(tracker) is None

    def test_goes_with_a_completion_from_another_worktree(
        self, tracker: Tracker, clock: Clock, other_tree: Path
    ) -> None:
        session = tracker.start("ada").session
        tracker_at(other_tree, clock).complete(session.id)
        assert marker_of(tracker) is None

    def test_goes_with_a_completion_marker_in_a_pull_request(self, tracker: Tracker) -> None:
        tracker.start("ada")
        tracker.record(auto(1, title="auto-pr: last one [session-complete]"))
        assert marker_of(tracker) is None
        assert overview(tracker) == {"ada-20251122-1000": (("1",), "explicit_marker: [session-complete]")}

    @pytest.mark.parametrize(
        "write",
        [
            lambda tracker: tracker.touch(),
            lambda tracker: tracker.cleanup(),
            lambda tracker: tracker.record(MANUAL),
            lambda tracker: tracker.record_all([]),
        ],
        ids=["touch", "cleanup", "record", "record_all"],
    )
    @pytest.mark.parametrize("where", ["clone", "other"])
    def test_goes_with_the_first_writer_that_finds_it_expired(
        self, tracker: Tracker, clock: Clock, other_tree: Path, write: Callable[[Tracker], object], where: str
    ) -> None:
        tracker.start("ada")
        clock.set(31)
        write(tracker_at(other_tree.parent / where, clock))
        assert marker_of(tracker) is None
        assert overview(tracker) == {"ada-20251122-1000": ((), "timeout")}

    def test_is_left_alone_by_readers(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(31)
        assert (tracker.current(), tracker.everywhere()) == (None, ())
        assert marker_of(tracker) is not None

    def test_of_an_unknown_session_makes_it_known(self, tracker: Tracker) -> None:
        write_marker(tracker.repository.marker, Marker("bob-20251122-0950", "bob", minute(-10), minute(-2)))
        tracker.touch()
        tracker.keep()
        found = tracker.session("bob-20251122-0950")
        assert (found.author, found.started, found.last_activity) == ("bob", minute(-10), START)
        assert "bob-20251122-0950" in str(file_of(tracker)["active_sessions"])

    def test_of_an_unknown_session_that_ran_out_is_not_lost(self, tracker: Tracker) -> None:
        write_marker(tracker.repository.marker, Marker("bob-1", "bob", minute(-90), minute(-80)))
        tracker.touch()
        assert completion(tracker, "bob-1") == Completion(minute(-50), "timeout")

    def test_slid_by_somebody_else_keeps_the_session_alive(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        write_marker(tracker.repository.marker, Marker("ada-20251122-1000", "ada", START, minute(95)))
        clock.set(100)
        tracker.record(auto(1))
        assert overview(tracker) == {"ada-20251122-1000": (("1",), "")}

    def test_of_another_worktree_keeps_its_session_alive_when_this_one_sweeps(
        self, tracker: Tracker, clock: Clock, other_tree: Path
    ) -> None:
        there = tracker_at(other_tree, clock)
        there.start("bob")
        write_marker(there.repository.marker, Marker("bob-20251122-1000", "bob", START, minute(20)))
        clock.set(40)
        assert tracker.cleanup() == ()
        assert overview(tracker) == {"bob-20251122-1000": ((), "")}

    def test_from_a_clock_that_runs_ahead_keeps_nothing_alive(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        write_marker(tracker.repository.marker, Marker("ada-20251122-1000", "ada", START, minute(1000)))
        clock.set(31)
        assert tracker.current() is None
        tracker.cleanup()
        assert (overview(tracker), marker_of(tracker)) == ({"ada-20251122-1000": ((), "timeout")}, None)

    def test_that_is_corrupt_is_named_and_stays(self, tracker: Tracker) -> None:
        on_disk(tracker.repository.marker.parent).mkdir()
        on_disk(tracker.repository.marker).write_bytes(b"{")
        for attempt in (tracker.sessions, tracker.touch, tracker.start, lambda: tracker.record(auto(1))):
            with pytest.raises(UnreadableFile, match="session_id"):
                attempt()
        assert on_disk(tracker.repository.marker).read_bytes() == b"{"

    def test_that_cannot_be_written_is_an_error_and_the_pull_request_is_safe(self, tracker: Tracker) -> None:
        (tracker.repository.root / ".cursor").write_text("in the way")
        with pytest.raises(CannotWrite, match="session_id") as caught:
            tracker.record(auto(1))
        assert caught.value.hint
        assert overview(tracker) == {"ada-20251122-1000": (("1",), "")}

    def test_that_cannot_be_written_makes_start_fail(self, tracker: Tracker) -> None:
        (tracker.repository.root / ".cursor").write_text("in the way")
        with pytest.raises(CannotWrite, match="session_id"):
            tracker.start("ada")


class TestRecord:
    def test_the_first_automatic_one_makes_its_session_current(self, tracker: Tracker) -> None:
        added = tracker.record(auto(7))
        assert added.recorded.session is not None
        assert overview(tracker) == {"ada-20251122-1000": (("7",), "")}
        assert marker_of(tracker) == Marker("ada-20251122-1000", "ada", START, START)

    def test_one_of_another_repository_makes_no_session_current(self, tracker: Tracker) -> None:
        tracker.record(auto("org/a#7"))
        assert overview(tracker) == {"ada-20251122-1000-org-a": (("org/a#7",), "")}
        assert marker_of(tracker) is None

    def test_one_of_another_repository_does_not_go_into_the_session_of_the_working_tree(self, tracker: Tracker) -> None:
        tracker.start("ada")
        tracker.record(auto("org/a#7"))
        tracker.record(auto(8))
        assert overview(tracker) == {
            "ada-20251122-1000": (("8",), ""),
            "ada-20251122-1000-org-a": (("org/a#7",), ""),
        }

    @pytest.mark.parametrize(
        ("ci", "current"), [("true", False), ("1", False), ("", True), ("false", True), ("0", True)]
    )
    def test_in_ci_no_session_becomes_current(self, clone: Path, clock: Clock, ci: str, current: bool) -> None:
        tracker = tracker_at(clone, clock, CI=ci)
        tracker.record(auto(7))
        assert (overview(tracker), marker_of(tracker) is not None) == ({"ada-20251122-1000": (("7",), "")}, current)

    def test_a_manual_one_is_not_kept(self, tracker: Tracker) -> None:
        assert tracker.record(MANUAL).recorded.session is None
        assert (overview(tracker), marker_of(tracker)) == ({}, None)

    def test_a_manual_one_goes_where_a_hand_puts_it(self, tracker: Tracker) -> None:
        session = tracker.start("ada").session
        tracker.record(MANUAL, session_id=session.id)
        assert overview(tracker) == {"ada-20251122-1000": (("1",), "")}

    def test_of_the_past_makes_no_session_current(self, tracker: Tracker) -> None:
        tracker.record(auto(7), at=minute(-31))
        assert (overview(tracker), marker_of(tracker)) == ({"ada-20251122-0929": (("7",), "timeout")}, None)

    def test_slides_the_marker(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(12)
        tracker.record(auto(7))
        assert marker_of(tracker) == Marker("ada-20251122-1000", "ada", START, minute(12))

    def test_goes_into_the_session_of_the_working_tree(self, tracker: Tracker, clock: Clock, other_tree: Path) -> None:
        there = tracker_at(other_tree, clock)
        tracker.start("ada")
        there.start("bob")
        tracker.record(auto(1, author="bot"))
        there.record(auto(2, author="bot"))
        assert overview(tracker) == {"ada-20251122-1000": (("1",), ""), "bob-20251122-1000": (("2",), "")}

    def test_the_same_again_changes_no_byte(self, tracker: Tracker, clock: Clock) -> None:
        told = auto(7, files_changed=3, created=START)
        tracker.start("ada")
        tracker.record(told)
        before = look(tracker.repository.root / "docs"), look(tracker.repository.root / ".cursor")
        clock.set(5)
        tracker.record(told)
        assert (look(tracker.repository.root / "docs"), look(tracker.repository.root / ".cursor")) == before

    def test_an_update_counts_once(self, tracker: Tracker, clock: Clock) -> None:
        tracker.record(auto(7, files_changed=3, test_files_added=1))
        clock.set(5)
        tracker.record(auto(7, files_changed=5, state=State.MERGED))
        session = tracker.find(7)
        record = session.pull_requests["7"]
        assert (session.totals.files_changed, session.totals.test_files_added, record.state) == (5, 1, "merged")

    @pytest.mark.parametrize("number", ["42", " 42 ", "#42", "042", 42])
    def test_a_number_is_the_same_however_it_is_written(self, tracker: Tracker, number: str | int) -> None:
        tracker.record(auto(42))
        tracker.record(PullRequest(number=number, title="auto-pr: x", author="ada"))  # type: ignore[arg-type]
        assert overview(tracker) == {"ada-20251122-1000": (("42",), "")}
        assert tracker.find(number).id == "ada-20251122-1000"

    def test_late_activity_reopens_a_session_that_ran_out(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(40)
        tracker.cleanup()
        tracker.record(auto(1), at=minute(25))
        assert overview(tracker) == {"ada-20251122-1000": (("1",), "")}

    def test_late_activity_moves_a_timeout(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(100)
        tracker.cleanup()
        tracker.record(auto(1), at=minute(25))
        assert completion(tracker, "ada-20251122-1000") == Completion(minute(55), "timeout")

    def test_sweeps_before_it_records(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(31)
        assert ids(*tracker.record(auto(1)).ended) == ["ada-20251122-1000"]
        assert overview(tracker) == {"ada-20251122-1000": ((), "timeout"), "ada-20251122-1031": (("1",), "")}

    def test_an_id_that_is_none_changes_nothing(self, tracker: Tracker) -> None:
        tracker.start("ada")
        before = look(tracker.repository.root)
        with pytest.raises(InvalidValue, match="not a session id"):
            tracker.record(auto(1), session_id="../x")
        assert look(tracker.repository.root / "docs") == {
            name.removeprefix("docs/"): value for name, value in before.items() if name.startswith("docs/")
        }


class TestTimes:
    def test_the_future_is_refused(self, tracker: Tracker) -> None:
        for attempt in (
            lambda at: tracker.start("ada", at=at),
            tracker.touch,
            lambda at: tracker.check(auto(1), at),
            lambda at: tracker.record(auto(1), at=at),
            lambda at: tracker.record(auto(1, created=at)),
            lambda at: tracker.record_all([auto(1, created=at)]),
            lambda at: tracker.complete("x", at=at),
            lambda at: tracker.cleanup(at=at),
        ):
            with pytest.raises(InvalidValue, match="lies in the future"):
                attempt(minute(5.1))
        assert overview(tracker) == {}

    def test_a_little_ahead_of_us_is_now(self, tracker: Tracker) -> None:
        tracker.start("ada", at=minute(5))
        assert marker_of(tracker) == Marker("ada-20251122-1000", "ada", START, START)

    def test_without_a_zone_a_time_is_refused(self, tracker: Tracker) -> None:
        naive = datetime(2025, 11, 22, 10)  # noqa: DTZ001 - what is refused
        for attempt in (
            lambda: tracker.start("ada", at=naive),
            lambda: tracker.record(auto(1, created=naive)),
            lambda: tracker.record(auto(1, merged=naive)),
            lambda: tracker.record_all([auto(1, created=naive), auto(2, created=START)]),
        ):
            with pytest.raises(InvalidValue, match="has no time zone"):
                attempt()

    @pytest.mark.parametrize("year", [1, 1969])
    def test_before_all_pull_requests_is_refused(self, tracker: Tracker, year: int) -> None:
        with pytest.raises(InvalidValue, match="outside the years"):
            tracker.record(auto(1), at=datetime(year, 1, 1, tzinfo=UTC))

    def test_before_its_session_began_moves_nothing(self, tracker: Tracker) -> None:
        session = tracker.start("ada").session
        tracker.record(auto(1), session_id=session.id, at=minute(-500))
        found = tracker.session(session.id)
        assert (found.started, found.last_activity, found.prs) == (START, START, ("1",))


class TestCheck:
    def test_stores_nothing(self, tracker: Tracker) -> None:
        before = look(tracker.repository.root)
        checked = tracker.check(auto(1))
        assert (checked.verdict.is_auto, checked.session is not None) == (True, True)
        assert look(tracker.repository.root) == before

    def test_tells_what_recording_comes_to(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(5)
        checked = tracker.check(auto(1))
        assert checked.result.attribution is not None
        assert (checked.result.session_id, checked.result.attribution.basis) == ("ada-20251122-1000", Basis.WORKSPACE)
        recorded = tracker.record(auto(1)).recorded
        assert (recorded.result, recorded.session) == (checked.result, checked.session)

    def test_a_session_that_ran_out_is_no_home(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(31)
        session = tracker.check(auto(1)).session
        assert session is not None
        assert session.id == "ada-20251122-1031"


class TestComplete:
    def test_ends_the_current_session(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(21)
        done = tracker.complete()
        assert (done.asked, done.session.completion) == (True, Completion(minute(21), "manual_cli"))
        assert "'duration_minutes': 21" in str(file_of(tracker)["completed_sessions"])

    def test_any_trigger_is_one_line_of_text(self, tracker: Tracker) -> None:
        session = tracker.start("ada").session
        tracker.complete(session.id, trigger="because\nof\udcff me")
        assert completion(tracker, session.id) == Completion(START, "because of  me")

    def test_of_a_session_that_ran_out_records_the_timeout(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(90)
        done = tracker.complete()
        assert (done.asked, done.session.completion) == (False, Completion(minute(30), "timeout"))
        assert (overview(tracker), marker_of(tracker)) == ({"ada-20251122-1000": ((), "timeout")}, None)

    @pytest.mark.parametrize("swept", [True, False])
    def test_asked_before_it_ran_out_beats_the_timeout(self, tracker: Tracker, clock: Clock, swept: bool) -> None:
        session = tracker.start("ada").session
        clock.set(90)
        if swept:
            tracker.cleanup()
        done = tracker.complete(session.id, at=minute(10))
        assert (done.asked, done.session.completion) == (True, Completion(minute(10), "manual_cli"))

    def test_twice_keeps_the_first(self, tracker: Tracker, clock: Clock) -> None:
        session = tracker.start("ada").session
        tracker.complete()
        clock.set(5)
        done = tracker.complete(session.id, trigger="manual")
        assert (done.asked, done.session.completion) == (False, Completion(START, "manual_cli"))

    def test_without_a_current_session_asks_for_a_name(self, tracker: Tracker) -> None:
        with pytest.raises(NotFound, match="no session is current"):
            tracker.complete()

    @pytest.mark.parametrize(("name", "error"), [("nobody", NotFound), ("../x", InvalidValue), ("", InvalidValue)])
    def test_of_no_session_is_an_error(self, tracker: Tracker, name: str, error: type[PrSessionsError]) -> None:
        with pytest.raises(error):
            tracker.complete(name)


class TestCleanup:
    def test_ends_what_ran_out_at_its_expiry_whoever_notices_when(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(500)
        assert ids(*tracker.cleanup()) == ["ada-20251122-1000"]
        assert completion(tracker, "ada-20251122-1000") == Completion(minute(30), "timeout")

    @pytest.mark.parametrize(
        ("hours", "ended"), [(24, []), (8, []), (7.9, ["ada-20251122-1000"]), (0, ["ada-20251122-1000"])]
    )
    def test_with_an_age_takes_only_older_ones(
        self, tracker: Tracker, clock: Clock, hours: float, ended: list[str]
    ) -> None:
        tracker.start("ada")
        clock.set(8 * 60)
        assert ids(*tracker.cleanup(timedelta(hours=hours))) == ended

    def test_leaves_the_living_alone(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(30)
        assert tracker.cleanup(timedelta()) == ()
        assert marker_of(tracker) is not None

    def test_keeps_a_backup_of_what_was_before(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        before = on_disk(tracker.repository.session_file).read_bytes()
        clock.set(31)
        tracker.cleanup()
        assert [on_disk(backup.path).read_bytes() for backup in list_backups(tracker)] == [before]

    def test_again_changes_nothing(self, tracker: Tracker, clock: Clock) -> None:
        tracker.start("ada")
        clock.set(31)
        tracker.cleanup()
        before = look(tracker.repository.root)
        clock.set(62)
        assert tracker.cleanup() == ()
        assert look(tracker.repository.root) == before


class TestPaused:
    WRITES: tuple[Callable[[Tracker], object], ...] = (
        lambda tracker: tracker.start("ada"),
        lambda tracker: tracker.touch(),
        lambda tracker: tracker.record(auto(1)),
        lambda tracker: tracker.record_all([auto(1)]),
        lambda tracker: tracker.complete("x"),
        lambda tracker: tracker.cleanup(),
        back_up,
    )

    def test_by_the_environment_nothing_is_written(self, clone: Path, clock: Clock) -> None:
        tracker = tracker_at(clone, clock, PR_SESSIONS="0")
        before = look(clone)
        for write in self.WRITES:
            with pytest.raises(Paused, match="PR_SESSIONS=0"):
                write(tracker)
        assert look(clone) == before

    def test_by_hand_nothing_is_written_in_any_worktree(self, tracker: Tracker, clock: Clock, other_tree: Path) -> None:
        tracker.start("ada")
        on_disk(tracker.repository.paused).touch()
        before = look(tracker.repository.root)
        for write in self.WRITES:
            with pytest.raises(Paused, match="pr-sessions pause"):
                write(tracker_at(other_tree, clock))
        assert look(tracker.repository.root) == before

    def test_reading_goes_on(self, clone: Path, clock: Clock) -> None:
        tracker_at(clone, clock).start("ada")
        tracker = tracker_at(clone, clock, PR_SESSIONS="0")
        assert overview(tracker) == {"ada-20251122-1000": ((), "")}
        assert tracker.check(auto(1)).verdict.is_auto


class TestMinimalMetadata:
    @pytest.fixture
    def tracker(self, clone: Path, clock: Clock) -> Tracker:
        configure(clone, "minimal_metadata: true\n")
        tracker = tracker_at(clone, clock)
        tracker.record(auto(326))
        tracker.record(auto(327))
        return tracker

    def index(self, tracker: Tracker) -> dict[str, object]:
        told: dict[str, object] = json.loads(on_disk(tracker.repository.pr_index).read_bytes())
        return told

    def test_keeps_the_index(self, tracker: Tracker) -> None:
        assert self.index(tracker) == {
            "version": "1.0",
            "last_updated": "2025-11-22T10:00:00Z",
            "pr_to_session": {"326": "ada-20251122-1000", "327": "ada-20251122-1000"},
            "session_to_prs": {"ada-20251122-1000": ["326", "327"]},
            "session_metadata": {
                "ada-20251122-1000": {"author": "ada", "timestamp": "2025-11-22T10:00:00Z", "title": ""}
            },
        }

    def test_is_off_by_default(self, clone: Path, clock: Clock) -> None:
        tracker = tracker_at(clone, clock)
        tracker.record(auto(1))
        assert not on_disk(tracker.repository.pr_index).exists()

    @pytest.mark.parametrize(
        "spoilt",
        [
            None,
            b"{}",
            b'{"pr_to_session": {"326": "nobody", "327": ["x"]}}',
            b'{"pr_to_session": {"326": "../../x"}}',
            b'{"pr_to_session": {"326": "bob-1"}}',
        ],
    )
    def test_a_spoilt_index_misleads_nobody_and_is_mended_by_the_next_write(
        self, tracker: Tracker, spoilt: bytes | None
    ) -> None:
        index = self.index(tracker)
        if spoilt is None:
            on_disk(tracker.repository.pr_index).unlink()
        else:
            on_disk(tracker.repository.pr_index).write_bytes(spoilt)
        assert [tracker.find(number).id for number in (326, "327")] == ["ada-20251122-1000"] * 2
        tracker.keep()
        assert self.index(tracker) == index

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"name": "x", "version": "1.0"}', b'{"pr_to_session": []}'])
    def test_what_is_no_index_is_an_error_before_anything_changes(self, tracker: Tracker, data: bytes) -> None:
        on_disk(tracker.repository.pr_index).write_bytes(data)
        before = look(tracker.repository.root)
        with pytest.raises(UnreadableFile, match=re.escape(f"cannot read {tracker.repository.pr_index}: ")):
            tracker.record(auto(9))
        assert look(tracker.repository.root) == before
        assert tracker.find("326").id == "ada-20251122-1000"


class TestFind:
    def test_gives_the_session_that_holds_the_pull_request(self, tracker: Tracker) -> None:
        tracker.record(auto(7))
        assert tracker.find("7").id == "ada-20251122-1000"

    def test_of_an_unknown_one_is_an_error(self, tracker: Tracker) -> None:
        with pytest.raises(NotFound, match="no session holds pull request 7"):
            tracker.find(7)

    @pytest.mark.parametrize("number", ["", "../7", "7|8", "<b>", "-7", "7.0", "٧", "9" * 5000, True])
    def test_of_no_number_is_an_error(self, tracker: Tracker, number: str) -> None:
        with pytest.raises(InvalidValue, match="not a pull request number"):
            tracker.find(number)


class TestBackups:
    def test_of_nothing_there_is_none(self, tracker: Tracker) -> None:
        assert (back_up(tracker), list_backups(tracker)) == (None, ())

    def test_restoring_adds_what_is_missing_and_removes_nothing(self, tracker: Tracker, clock: Clock) -> None:
        tracker.record(auto(1))
        name = back_up(tracker)
        assert name is not None
        assert tracker.repository.clone_sessions is not None
        on_disk(tracker.repository.clone_sessions).unlink()
        on_disk(tracker.repository.session_file).unlink()
        on_disk(tracker.repository.marker).unlink()
        clock.set(5)
        tracker.record(auto(2, author="bob"))
        restored = restore(tracker, name.name)
        assert (restored.backup.name, restored.added, restored.updated) == (name.name, ("ada-20251122-1000",), ())
        assert overview(tracker) == {"ada-20251122-1000": (("1",), ""), "bob-20251122-1005": (("2",), "")}

    def test_restoring_what_is_known_changes_no_byte(self, tracker: Tracker, clock: Clock) -> None:
        tracker.record(auto(1))
        back_up(tracker)
        before = look(tracker.repository.root / "docs")
        clock.set(5)
        restored = restore(tracker)
        assert (restored.added, restored.updated) == ((), ())
        assert look(tracker.repository.root / "docs") == before

    def test_a_copy_is_kept_before_restoring_what_is_news(self, tracker: Tracker, clock: Clock) -> None:
        tracker.record(auto(1))
        back_up(tracker)
        for document in tracker.repository.documents:
            on_disk(document).unlink()
        tracker.record(auto(2, "bob"))
        clock.set(5)
        kinds = [str(backup.kind) for backup in list_backups(tracker)]
        restore(tracker, "auto_pr_sessions.20251122T100000Z.manual.json")
        assert [str(backup.kind) for backup in list_backups(tracker)] == ["restore", *kinds]
        restore(tracker, "auto_pr_sessions.20251122T100000Z.manual.json")
        assert [str(backup.kind) for backup in list_backups(tracker)] == ["restore", *kinds]

    def test_the_specified_backup_is_recognised(self, tracker: Tracker) -> None:
        tracker.record(auto(1))
        session_file = on_disk(tracker.repository.session_file)
        session_file.rename(session_file.with_name("auto_pr_sessions.backup.20251122.json"))
        assert [backup.name for backup in list_backups(tracker)] == ["auto_pr_sessions.backup.20251122.json"]
        assert restore(tracker, "auto_pr_sessions.backup.20251122.json").updated == ()

    def test_a_corrupt_backup_changes_nothing(self, tracker: Tracker) -> None:
        tracker.record(auto(1))
        path = back_up(tracker)
        assert path is not None
        on_disk(path).write_bytes(b"{")
        before = look(tracker.repository.root)
        with pytest.raises(UnreadableFile, match=path.name):
            restore(tracker)
        assert look(tracker.repository.root) == before

    def test_an_unknown_backup_is_an_error(self, tracker: Tracker) -> None:
        with pytest.raises(NotFound):
            restore(tracker, "auto_pr_sessions.backup.20200101.json")


def past() -> list[PullRequest]:
    """Two authors, three stretches of work, a manual one, a branch that comes back, an update."""
    minutes = (-600, -590, -561, -500, -499, -480, -400, -399, -371, -342)
    told = [auto(n, author="ada" if n % 3 else "bob", created=minute(at)) for n, at in enumerate(minutes, start=1)]
    told += [
        PullRequest(number="50", title="By hand", author="ada", created=minute(-595)),
        auto(51, author="", created=minute(-598)),
        auto(52, author="cid", branch="topic", created=minute(-300)),
        auto(53, author="eve", branch="topic", created=minute(-299)),
        auto(54, author="ada", created=minute(-350), title="auto-pr: x [ready]"),
        auto(1, author="ada", created=minute(-600), state=State.OPEN),
        auto(1, author="ada", created=minute(-600), state=State.MERGED, merged=minute(-580), files_changed=4),
    ]
    return told


class TestImport:
    def test_a_branch_shows_an_agent_among_others_of_its_author(self, tracker: Tracker) -> None:
        helped = ("x\n\nCo-authored-by: Claude <noreply@anthropic.com>",)
        one = PullRequest(number="1", author="ada", branch="claude/x", created=START)
        two = PullRequest(number="2", author="ada", commit_messages=helped, created=START)
        alone = PullRequest(number="3", author="bob", branch="claude/y", created=START)
        assert tracker.record_all([one, alone]).automatic == 0
        assert tracker.record_all([one, two, alone]).automatic == 1

    def test_says_what_became_of_all(self, tracker: Tracker) -> None:
        done = tracker.record_all(past())
        assert (done.read, done.automatic, done.attributed, done.unattributed, done.added) == (17, 16, 15, 1, 14)
        assert done.changed

    def test_a_gap_beyond_the_timeout_begins_another_session(self, tracker: Tracker) -> None:
        tracker.record_all([auto(n, created=minute(at)) for n, at in enumerate((-120, -90, -59, -29), 1)])
        assert overview(tracker) == {
            "ada-20251122-0800": (("1", "2"), "timeout"),
            "ada-20251122-0901": (("3", "4"), ""),
        }

    def test_twice_is_once(self, tracker: Tracker, clock: Clock) -> None:
        tracker.record_all(past())
        before = look(tracker.repository.root)
        clock.set(500)
        done = tracker.record_all(past())
        assert (done.added, done.changed) == (0, False)
        assert look(tracker.repository.root) == before

    def test_any_order_gives_the_same_bytes(self, make_repo: Callable[[str], Path], clock: Clock) -> None:
        found = set()
        for seed in range(10):
            told = past()
            random.Random(seed).shuffle(told)  # noqa: S311 - an order, no secret
            tracker = tracker_at(make_repo(f"r{seed}"), clock)
            tracker.record_all(told)
            found.add(on_disk(tracker.repository.session_file).read_bytes())
        assert len(found) == 1

    def test_ignores_and_makes_no_marker(self, tracker: Tracker) -> None:
        tracker.record_all([auto(1, created=START)])
        assert marker_of(tracker) is None
        tracker.start("bob")
        tracker.record_all([auto(2, created=START)])
        assert overview(tracker) == {"ada-20251122-1000": (("1", "2"), ""), "bob-20251122-1000": ((), "")}

    def test_later_news_of_a_pull_request_win(self, tracker: Tracker) -> None:
        created = minute(-100)
        tracker.record_all([auto(1, created=created, state=State.OPEN)])
        tracker.record_all([auto(1, created=created, state=State.MERGED, merged=minute(-50))])
        tracker.record_all([auto(1, created=created, state=State.OPEN)])
        assert tracker.find(1).pull_requests["1"].state is State.MERGED

    def test_one_that_cannot_be_used_stores_none(self, tracker: Tracker) -> None:
        with pytest.raises(InvalidValue):
            tracker.record_all([auto(1, created=START), auto("x|y", created=START)])
        assert overview(tracker) == {}

    @pytest.mark.parametrize("seed", range(5))
    def test_one_by_one_in_any_order_gives_the_same_groups(self, tracker: Tracker, seed: int) -> None:
        told = [auto(n, created=minute(-600 + at)) for n, at in enumerate((0, 29, 58, 95, 120, 200, 229), 1)]
        random.Random(seed).shuffle(told)  # noqa: S311 - an order, no secret
        for pull_request in told:
            tracker.record_all([pull_request])
        groups = sorted(session.prs for session in tracker.sessions())
        assert groups == [("1", "2", "3"), ("4", "5"), ("6", "7")]


class TestWorktrees:
    def test_share_all_sessions(self, tracker: Tracker, clock: Clock, other_tree: Path) -> None:
        tracker.record(auto(1))
        there = tracker_at(other_tree, clock)
        there.record(auto(2, author="bob"))
        assert overview(tracker) == overview(there)
        assert overview(tracker) == {"ada-20251122-1000": (("1",), ""), "bob-20251122-1000": (("2",), "")}

    def test_have_their_own_markers(self, tracker: Tracker, clock: Clock, other_tree: Path) -> None:
        tracker.start("ada")
        assert tracker_at(other_tree, clock).current() is None
        assert tracker.view().current(other_tree) is None
        assert read_marker(Repository(other_tree).marker, UTC) is None


class TestOutsideGit:
    def test_the_session_file_stands_alone(self, tmp_path: Path, clock: Clock) -> None:
        configure(tmp_path, "timeout_minutes: 30\n")
        tracker = tracker_at(tmp_path, clock, AUTO_PR_SESSION_AUTHOR="ada")
        tracker.start()
        tracker.record(auto(1))
        assert overview(tracker) == {"ada-20251122-1000": (("1",), "")}
        assert sorted(name for name in look(tmp_path) if not name.endswith((".lock", "Z.json"))) == [
            ".cursor/.session_id",
            ".cursor/config/session_config.yaml",
            "docs/metrics/auto_pr_sessions.journal.jsonl",
            "docs/metrics/auto_pr_sessions.json",
        ]

    def test_the_author_is_not_git_s(self, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOGNAME", "grace")
        configure(tmp_path, "timeout_minutes: 30\n")
        assert tracker_at(tmp_path, clock).author() == "grace"


def kept_texts(values: Iterable[object]) -> str:
    return " ".join(map(str, values))


def test_words_of_a_pull_request_are_never_stored(tracker: Tracker) -> None:
    tracker.record(auto(1, title="auto-pr: hush", body="a secret", commit_messages=("auto-pr: whisper",)))
    everything = kept_texts(data for data, _ in look(tracker.repository.root).values())
    assert [word for word in ("hush", "secret", "whisper") if word in everything] == []
