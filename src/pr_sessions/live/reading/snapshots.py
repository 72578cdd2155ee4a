"""Asks GitHub for what matters about one pull request, or about all open ones; bounded, and never more than needed."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from pr_sessions.errors import UnreadableFile
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.budget import undecided
from pr_sessions.live.commands import Ask, commands_in
from pr_sessions.live.reading.reaching_back import CommentsBack, PullRequestsBack
from pr_sessions.live.reading.team import team_document
from pr_sessions.live.reading.telling import Telling
from pr_sessions.live.rebuild import Live, rebuild, unasked
from pr_sessions.live.runner.event import Event
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.standings import approvers
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import State

MOST_PEOPLE, MOST_PEOPLE_IN_ALL = 5, 50
MOST_FILE_LISTS, MOST_FILE_LISTS_IN_ALL = 30, 300
# A budget is exceeded long before; more open ones than that change nothing.
PAGES_FOR_BUDGET = 4
_PAGES_OF_OPEN = 30

Since = Callable[[Live], datetime | None]
Numbers = Callable[[Live], Collection[str]]
Show = Callable[[int, int], None]


def _silent(_done: int, _of: int) -> None:
    pass


async def read_around(
    github: GitHub, event: Event, policy: Policy, now: datetime, most_people: int = MOST_PEOPLE
) -> Snapshot:
    """What is needed to judge the event's pull request: itself, its session, reviews, comments, files, who may write.

    At most ten requests, and one for each page of the list of pull requests and of comments within the session's time,
    and one for each pull request of the session. What GitHub refuses becomes a doubt.

    Args:
        github: the repository.
        event: who asks for something there is the first of whom it is asked whether they may.
        policy: the team's.
        now: the time of looking.
        most_people: of how many it is asked whether they may write; that there are more is a doubt.
    """
    reading = Reading(github, policy, now, most_people)
    if not event.number:
        return reading.telling.snapshot()
    telling, number = reading.telling, event.number
    await asyncio.gather(
        telling.ask_pull_request(number),
        telling.ask_files(number),
        *([telling.ask_reviews(number)] if _may_be_open(event) else ()),
        *map(telling.ask_person, telling.to_ask_about(_asking(event))),
        reading.ask_document(),
        reading.older.ask(lambda: now),
    )
    _take_event(telling, event)
    said = event.comment.created if event.comment else None

    def since(live: Live) -> datetime | None:
        home, one = live.home(number), telling.pull_requests.get(number)
        # One that moved may carry what was said of an earlier session.
        moments = (home.started, one.pull_request.created if one else None) if home else (said,)
        return min((moment for moment in moments if moment), default=None)

    live = await reading.until_nothing_lacks(lambda _: [number], since)
    beside = [] if policy.open_budget is None or reading.older.reaches_all else [telling.ask_open(PAGES_FOR_BUDGET)]
    home = live.home(number)
    others = [one for one in _open(telling, home.prs if home else ()) if one != number][: MOST_FILE_LISTS - 1]
    await asyncio.gather(*beside, *map(telling.ask_files, others))
    if policy.open_budget is not None:
        await reading.ask_openers()
    return telling.snapshot()


async def read_open(
    github: GitHub,
    policy: Policy,
    now: datetime,
    show: Show = _silent,
    most_file_lists: int = MOST_FILE_LISTS_IN_ALL,
) -> Snapshot:
    """All open pull requests with what they change, and what their sessions reach back to.

    Only of sessions that go on it is sought when they began: all others have ended whatever came before.

    Args:
        github: the repository.
        policy: the team's.
        now: the time of looking.
        show: is told how many lists of files were read, and of how many.
        most_file_lists: of how many it is read what they change, one request each; the last ones first.
    """
    reading = Reading(github, policy, now, MOST_PEOPLE_IN_ALL)
    telling = reading.telling
    complete, *_ = await asyncio.gather(
        telling.ask_open(_PAGES_OF_OPEN), reading.ask_document(), reading.older.ask(lambda: now)
    )
    if not complete:
        telling.doubt(f"there are more than {_PAGES_OF_OPEN} pages of open pull requests")
    numbers = _open(telling, telling.pull_requests)

    def since(live: Live) -> datetime | None:
        homes = [home for number in numbers if (home := live.home(number)) and not home.completion]
        return min((home.started for home in homes if home.started), default=None)

    await reading.until_nothing_lacks(lambda _: numbers, since)
    # Of the 60 requests an hour that nobody in particular is allowed, some have to be left.
    wanted = numbers[: most_file_lists if github.has_credential else min(most_file_lists, MOST_FILE_LISTS)]
    done = 0

    async def ask(number: str) -> None:
        nonlocal done
        await telling.ask_files(number)
        done += 1
        show(done, len(wanted))

    await asyncio.gather(*map(ask, wanted))
    return telling.snapshot()


class Reading:
    """One reading of a repository, until the sessions that are looked at are whole."""

    def __init__(self, github: GitHub, policy: Policy, now: datetime, most_people: int) -> None:
        self.telling = Telling(github, most_people)
        self.older, self.comments = PullRequestsBack(self.telling), CommentsBack(self.telling)
        self._policy, self._now = policy, now
        self._last: tuple[tuple[Any, ...], Live] | None = None

    async def ask_document(self) -> None:
        """The synced session file."""
        asked = team_document(self.telling.github, self._policy)
        self.telling.document = await self.telling.attempt("the synced sessions", asked)

    async def ask_openers(self) -> None:
        """Whether those may write whose open pull requests count for a budget only then; as many as can be asked."""
        people = undecided(self.telling.snapshot(), self._rebuilt())
        asked = self.telling.to_ask_about(people, all_matter=False)
        await asyncio.gather(*map(self.telling.ask_person, asked))

    async def until_nothing_lacks(self, looked_at: Numbers, since: Since) -> Live:
        """Asks in rounds, since every answer may make a session reach back further.

        Args:
            looked_at: the pull requests that are looked at, by what is known so far.
            since: when what matters began, by what is known so far.
        """
        while True:
            live = self._rebuilt()
            numbers, began, snapshot = looked_at(live), since(live), self.telling.snapshot()
            people = self.telling.to_ask_about(
                login for number in numbers for login in _with_a_say(number, snapshot, live, self._now)
            )
            named = self.telling.to_ask_for(n for number in numbers for n in _moved(number, live))
            asked = [*map(self.telling.ask_person, people), *map(self.telling.ask_named, named)]
            if began and self.older.lacks(began - self._policy.timeout):
                asked.append(self.older.ask(self._reach(began, live, numbers)))
            elif began and self.comments.lacks(began):
                asked.append(self.comments.ask(began))
            if not asked:
                return live
            await asyncio.gather(*asked)

    def _reach(self, began: datetime, live: Live, numbers: Collection[str]) -> Callable[[], datetime]:
        """How far back a session may reach, without putting all together again for every page.

        What its authors opened within the timeout before is likely to be its own. Of many sessions that says nothing.
        """
        home = live.home(next(iter(numbers))) if len(numbers) == 1 else None
        told, timeout = self.telling.pull_requests, self._policy.timeout
        authors = {told[n].author.login for n in (home.prs if home else ()) if n in told}

        def reach() -> datetime:
            earliest = began
            times = (one.pull_request.created for one in told.values() if one.author.login in authors)
            for moment in sorted((at for at in times if at), reverse=True):
                if earliest - timeout <= moment < earliest:
                    earliest = moment
            return earliest - timeout

        return reach

    def _rebuilt(self) -> Live:
        """The sessions; those of the last time where nothing was told since that changes them, as most comments do."""
        snapshot = self.telling.snapshot()
        told = (dict(snapshot.pull_requests), commands_in(snapshot.comments), dict(snapshot.writers), snapshot.document)
        if self._last is None or self._last[0] != told:
            self._last = (told, self._put_together(snapshot))
        return self._last[1]

    def _put_together(self, snapshot: Snapshot) -> Live:
        try:
            return rebuild(snapshot, self._policy, self._now)
        except UnreadableFile as error:
            # A session file is understood only where somebody looks into it.
            self.telling.document = None
            self.telling.doubt(f"the synced sessions: {error}")
            return rebuild(self.telling.snapshot(), self._policy, self._now)


def _with_a_say(number: str, snapshot: Snapshot, live: Live, now: datetime) -> Iterator[str]:
    """Those whose right to write decides about a pull request."""
    yield from unasked(snapshot, live, number)
    if one := snapshot.pull_requests.get(number):
        known = snapshot.writers
        yield from (login for login in approvers(one, snapshot.reviews.get(number, ()), now) if login not in known)


def _moved(number: str, live: Live) -> Iterator[str]:
    """The pull requests that commands move into its session, or name to say where one of its session belongs."""
    home = live.home(number)
    ours = {number, *(home.prs if home else ())}
    names = {f"#{one}" for one in ours} | ({home.id} if home else set())
    for command in live.commands:
        if command.ask is Ask.MOVE and command.target in names:
            yield command.number
        elif command.ask is Ask.MOVE and command.number in ours and command.target.startswith("#"):
            yield command.target.removeprefix("#")


def _asking(event: Event) -> list[str]:
    """Whoever asks for something in the event's comment: strangers who asked before take nobody's place."""
    return [command.by for command in commands_in([event.comment])] if event.comment else []


def _may_be_open(event: Event) -> bool:
    return event.pull_request is None or event.pull_request.pull_request.state in (State.OPEN, None)


def _take_event(telling: Telling, event: Event) -> None:
    """What the event itself tells, where GitHub does not."""
    if event.pull_request:
        telling.take_listed([event.pull_request])
    if event.comment and event.action != "deleted":
        telling.comments.setdefault(event.comment.id, event.comment)
    known = telling.reviews.get(event.number, ())
    if event.review and event.action == "submitted" and event.review.id not in {review.id for review in known}:
        telling.reviews[event.number] = (*known, event.review)


def _open(telling: Telling, numbers: Collection[str]) -> list[str]:
    """Those that are open, the last ones first."""
    told = telling.pull_requests
    found = [n for n in numbers if n in told and told[n].pull_request.state is State.OPEN]
    return sorted(found, key=int, reverse=True)
