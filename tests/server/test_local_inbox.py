"""The inbox of a clone: what its forge said last, with what was recorded since; asked again while somebody looks."""

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

import inboxes
import scene
from pr_sessions.core.policy import Policy
from pr_sessions.errors import ForgeFailed
from pr_sessions.gate.open_pull_requests import FetchedInbox
from pr_sessions.gate.repositories import FetchedRepositories
from pr_sessions.look.inbox import Reading
from pr_sessions.look.inbox_source import Source
from pr_sessions.server.backend import InboxFilter
from pr_sessions.server.local.backend import LocalBackend

EVERYTHING = InboxFilter()


class Forge:
    """A forge on which 1 and 2 are open.

    Attributes:
        asked: how often.
        refuses: why it gives no answer; empty where it does.
        requests: how many it says it took.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.refuses = ""
        self.requests = 3

    async def fetch(
        self, _: Source, _reading: Reading, _environ: Mapping[str, str], _root: Path
    ) -> FetchedRepositories:
        self.asked += 1
        if self.refuses:
            raise ForgeFailed(self.refuses, "ask again")
        prs = tuple(inboxes.open_pr(number) for number in (1, 2))
        return FetchedRepositories(
            (
                FetchedInbox(
                    repository=inboxes.REPOSITORY,
                    pull_requests=prs,
                    policy=Policy(),
                    unknowns=(),
                    requests=self.requests,
                    viewer="ada",
                ),
            )
        )


@pytest.fixture
def forge() -> Forge:
    return Forge()


@pytest.fixture
def backend(clone: Path, clock: scene.Clock, forge: Forge) -> LocalBackend:
    scene.git(clone, "remote", "add", "origin", f"https://github.com/{inboxes.REPOSITORY}.git")
    return LocalBackend(clone, {}, clock, forge.fetch)


def rows(backend: LocalBackend) -> list[tuple[str, ...]]:
    return sorted(stored.row.numbers for stored in backend.inbox(EVERYTHING).items)


def asked(forge: Forge, times: int) -> bool:
    """Whether the forge was asked so often within ten seconds; a thread does it."""
    ends = time.monotonic() + 10
    while forge.asked < times and time.monotonic() < ends:
        time.sleep(0.01)
    return forge.asked == times


def test_what_the_forge_says_has_its_name_and_time(backend: LocalBackend, forge: Forge, clock: scene.Clock) -> None:
    backend.read_again()
    clock.set(1)
    inbox = backend.inbox_summary(EVERYTHING)

    assert (inbox.source, inbox.made, inbox.unknowns) == ("GitHub", scene.START, ())
    assert (rows(backend), forge.asked) == ([("1",), ("2",)], 1)


def test_what_is_recorded_later_shows_without_asking_again(backend: LocalBackend, forge: Forge) -> None:
    backend.read_again()
    tracker = backend.tracker("")
    session = tracker.start(author="ada").session
    for number in ("1", "2"):
        tracker.record(scene.auto(number))
        tracker.link(number, session.id)
    together = rows(backend)
    tracker.move("2")

    assert together == [("1", "2")]
    assert (rows(backend), forge.asked) == ([("1",), ("2",)], 1)


def test_what_it_said_before_stays_where_it_refuses_later(backend: LocalBackend, forge: Forge) -> None:
    backend.read_again()
    forge.refuses = "GitHub answered 502"
    with pytest.raises(ForgeFailed):
        backend.read_again()
    inbox = backend.inbox_summary(EVERYTHING)

    assert (inbox.source, inbox.made, inbox.unknowns) == ("GitHub", scene.START, ("GitHub answered 502; ask again",))
    assert backend.repository("").problem == "GitHub answered 502; ask again"
    assert rows(backend) == [("1",), ("2",)]


@pytest.mark.parametrize(("requests", "minutes"), [(3, 3), (500, 30)])
def test_it_is_asked_again_while_somebody_looks_but_takes_few_requests(
    backend: LocalBackend, forge: Forge, clock: scene.Clock, requests: int, minutes: int
) -> None:
    forge.requests = requests
    backend.read_again()
    clock.set(minutes - 0.1)
    backend.changed_since(clock())
    backend.inbox(EVERYTHING)
    before = forge.asked
    clock.set(minutes)
    backend.changed_since(clock())

    assert before == 1
    assert asked(forge, 2)


def test_an_answer_is_a_change(backend: LocalBackend, forge: Forge, clock: scene.Clock) -> None:
    now = clock.set(60 * 24 * 365 * 10)
    backend.read_again()

    assert backend.changed_since(now - timedelta(seconds=1)) == {inboxes.REPOSITORY: now}
