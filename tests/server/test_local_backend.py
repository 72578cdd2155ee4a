"""The files of a clone as pages and API see them."""

from datetime import timedelta
from pathlib import Path

import pytest

import scene
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.models import State
from pr_sessions.errors import InvalidValue, NotARepository, NotFound, PrSessionsError
from pr_sessions.server.backend import InboxFilter, RepositoryLine
from pr_sessions.server.local.backend import LocalBackend
from pr_sessions.storage.queries import Page, SessionFilter
from pr_sessions.tracker import Tracker

EVERYTHING = InboxFilter()


@pytest.fixture
def backend(clone: Path, clock: scene.Clock) -> LocalBackend:
    """A clone of a repository on a forge that nobody asks: there is no token."""
    scene.git(clone, "remote", "add", "origin", "https://github.com/shop/web.git")
    return LocalBackend(clone / "deep/er", {"PATH": ""}, clock)


@pytest.fixture
def tracker(backend: LocalBackend) -> Tracker:
    """Two open pull requests in a session, one in another."""
    tracker = backend.tracker("shop/web")
    session = tracker.start(author="ada").session
    for number, author in (("1", "ada"), ("2", "bob"), ("3", "eve")):
        tracker.record(scene.auto(number, author, state=State.OPEN), session_id=session.id)
    tracker.move("3")
    return tracker


class TestRepository:
    @pytest.mark.usefixtures("tracker")
    def test_it_has_the_name_of_its_forge(self, backend: LocalBackend) -> None:
        (line,) = backend.repositories().items

        assert (line.name, line.active_sessions, line.mode) == ("shop/web", 2, "")

    def test_without_a_remote_it_has_the_name_of_its_folder(self, clone: Path, clock: scene.Clock) -> None:
        assert LocalBackend(clone, {}, clock).repositories().items == (RepositoryLine(name="clone"),)

    def test_another_one_is_not_found(self, backend: LocalBackend) -> None:
        for call in (backend.tracker, backend.revision, backend.audit, backend.storage, backend.read_again):
            with pytest.raises(NotFound, match="no repository shop/other"):
                call("shop/other")

    def test_a_folder_in_no_clone_is_refused(self, tmp_path: Path, clock: scene.Clock) -> None:
        with pytest.raises(NotARepository):
            LocalBackend(tmp_path, {}, clock)

    def test_people_read_pull_requests_on_the_forge(self, backend: LocalBackend) -> None:
        assert backend.pull_request_page("shop/web") == "https://github.com/shop/web/pull/"


class TestInbox:
    @pytest.mark.usefixtures("tracker")
    def test_what_was_recorded_shows_at_once_and_says_why_no_forge_was_asked(
        self, backend: LocalBackend, clock: scene.Clock
    ) -> None:
        with pytest.raises(PrSessionsError, match="no token"):
            backend.read_again()
        inbox = backend.inbox_summary(EVERYTHING)

        assert (inbox.made, inbox.source, inbox.counts) == (clock.now, "this clone", {Section.UNKNOWN: 2})
        assert inbox.unknowns[0].startswith("GitHub was not asked: no token; set GH_TOKEN")

    @pytest.mark.usefixtures("tracker")
    def test_rows_come_page_by_page(self, backend: LocalBackend) -> None:
        first = backend.inbox(EVERYTHING, limit=1)
        second = backend.inbox(EVERYTHING, first.next, limit=1)

        assert [row.row.numbers for page in (first, second) for row in page.items] == [("1", "2"), ("3",)]
        assert {row.repository for row in first.items} == {"shop/web"}
        assert second.next == ""

    def test_a_cursor_that_is_none_is_refused(self, backend: LocalBackend) -> None:
        with pytest.raises(InvalidValue, match="not a place in the inbox"):
            backend.inbox(EVERYTHING, "x")

    @pytest.mark.parametrize(
        ("wanted", "numbers"),
        [
            (InboxFilter(login="BOB"), [("1", "2")]),
            (InboxFilter(login="nobody"), []),
            (InboxFilter(repository="Shop/Web", login="eve"), [("3",)]),
            (InboxFilter(session_id="none"), []),
        ],
    )
    @pytest.mark.usefixtures("tracker")
    def test_rows_are_filtered(
        self, backend: LocalBackend, wanted: InboxFilter, numbers: list[tuple[str, ...]]
    ) -> None:
        assert [row.row.numbers for row in backend.inbox(wanted).items] == numbers

    def test_the_rows_of_a_session_are_those_with_its_pull_requests(
        self, backend: LocalBackend, tracker: Tracker
    ) -> None:
        wanted = InboxFilter(session_id=tracker.find("1").id)

        assert [row.row.numbers for row in backend.inbox(wanted).items] == [("1", "2")]

    @pytest.mark.usefixtures("tracker")
    def test_a_correction_shows_at_once(self, backend: LocalBackend) -> None:
        backend.tracker("shop/web").move("2", by="Ada at a page")

        assert sorted(row.row.numbers for row in backend.inbox(EVERYTHING).items) == [("1",), ("2",), ("3",)]
        (moved, *_) = backend.audit("shop/web").items
        assert (moved.operation, moved.by) == ("move", "Ada at a page")


class TestChanges:
    def test_the_revision_follows_every_change_and_nothing_else(self, backend: LocalBackend, tracker: Tracker) -> None:
        first = backend.revision("shop/web")
        tracker.sessions()
        assert backend.revision("shop/web") == first
        tracker.record(scene.auto("9"))

        assert backend.revision("shop/web") != first

    def test_lists_follow_every_change(self, backend: LocalBackend, tracker: Tracker, clock: scene.Clock) -> None:
        before = backend.queries.counts().active
        clock.set(1)
        tracker.complete(tracker.find("1").id)
        ended = backend.queries.sessions(SessionFilter(is_active=False)).items

        assert (before, backend.queries.counts().active) == (2, 1)
        assert [line.id for line in ended] == [tracker.find("1").id]

    @pytest.mark.usefixtures("tracker")
    def test_what_changed_after_a_time_is_known_by_the_files(self, backend: LocalBackend) -> None:
        changed = backend.changed_since(scene.START)["shop/web"]

        assert backend.changed_since(changed - timedelta(microseconds=1)) == {"shop/web": changed}
        assert backend.changed_since(changed) == {}


class TestAudit:
    def test_it_comes_page_by_page_the_newest_first(self, backend: LocalBackend, tracker: Tracker) -> None:
        tracker.unlink("1")
        tracker.unlink("2")
        first = backend.audit("shop/web", limit=1)
        second = backend.audit("shop/web", first.next, limit=1)

        assert [entry.details["pr"] for page in (first, second) for entry in page.items] == ["2", "1"]

    def test_a_place_that_is_gone_is_said_to_be(self, backend: LocalBackend) -> None:
        with pytest.raises(InvalidValue, match="this part of the log is gone"):
            backend.audit("shop/web", "gone")


@pytest.mark.usefixtures("tracker")
def test_it_says_where_everything_is_stored(backend: LocalBackend, clone: Path) -> None:
    lines = {Path(line.where).name: line for line in backend.storage()}

    assert lines["sessions.json"].count == 2
    assert lines["sessions.json"].size == (clone / ".git/pr-sessions/sessions.json").stat().st_size


def test_nothing_is_delivered_to_it(backend: LocalBackend) -> None:
    assert backend.deliveries() == Page(())
    with pytest.raises(NotFound, match="no delivery '7'"):
        backend.redeliver("7", "ada")
