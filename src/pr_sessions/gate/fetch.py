"""Fetch the team's files, and what matters about one pull request, all open ones, or recent sessions; bounded."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from pr_sessions.config import file as configuration
from pr_sessions.config.cache import load_ruleset
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.models import Session, State, in_stack
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import Policy, Ruleset, Share
from pr_sessions.errors import PrSessionsError, UnreadableFile
from pr_sessions.forges.base import ForgeReader, InboxReader, Show
from pr_sessions.gate.builder import CommentPages, PullRequestPages, SnapshotBuilder
from pr_sessions.gate.commands import CommandKind, CommentReader, parse_commands
from pr_sessions.gate.event import Event
from pr_sessions.gate.file_lists import MOST_FILE_LISTS, FileLists
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot, approvers, rebuild, unverified_logins
from pr_sessions.gate.stacks import stack_of
from pr_sessions.gate.status import undecided
from pr_sessions.git.repository import CONFIG
from pr_sessions.io.files import MIB
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker import warn, zone_of

MOST_PEOPLE, MOST_PEOPLE_IN_ALL = 5, 50
MOST_FILE_LISTS_IN_ALL = 300
# A budget is exceeded long before; more open ones than that change nothing.
PAGES_FOR_BUDGET = 4
_PAGES_OF_OPEN = 30

# What was fetched, and the sessions that are rebuilt from it.
Fetched = tuple[Snapshot, RebuiltSessions]
Since = Callable[[RebuiltSessions], datetime | None]
Numbers = Callable[[RebuiltSessions], Collection[str]]


async def fetch_for_event(
    forge: ForgeReader,
    event: Event,
    rules: Ruleset,
    now: datetime,
    most_people: int = MOST_PEOPLE,
    reader: CommentReader | None = None,
    lists: FileLists | None = None,
) -> Fetched:
    """Fetch what is needed to assess the event's pull request.

    That is the pull request, its session, reviews, comments, files, and who may write. It takes at most ten requests,
    one for each page of pull requests and comments within the session's time, and one for each open pull request of the
    session, then of other sessions on these pages, of at most `MOST_FILE_LISTS`. What GitHub refuses becomes an
    unknown.

    Args:
        forge: the repository.
        event: the authors of commands in its comment are the first whose write access is checked.
        rules: the team's.
        now: the time of the assessment.
        most_people: how many people's write access is checked at most; more people are an unknown.
        reader: of the job's comments; a new one if not given.
        lists: the job's, where it looks at several sessions.
    """
    fetcher = Fetcher(forge, rules, now, most_people, reader)
    builder, number = fetcher.builder, event.number
    if not number:
        return fetcher.fetched()
    may_be_open = event.pull_request is None or event.pull_request.pull_request.state in (State.OPEN, None)
    # Outsiders who wrote commands earlier must not use up the places of those who do now.
    writers = [command.by for command in parse_commands([event.comment])] if event.comment else []
    await asyncio.gather(
        builder.fetch_pull_request(number),
        builder.fetch_files(number),
        *([builder.fetch_reviews(number)] if may_be_open else ()),
        *map(builder.fetch_write_access, builder.unchecked_people(writers)),
        fetcher.fetch_sessions(),
        fetcher.pull_request_pages.fetch(lambda: now),
    )
    _add_event(builder, event)
    await _fetch_stack(builder, number)
    commented = event.comment.created if event.comment else None

    def since(rebuilt: RebuiltSessions) -> datetime | None:
        session, pr = rebuilt.session_of(number), builder.pull_requests.get(number)
        # One that was moved may have comments about an earlier session.
        times = (session.started, pr.pull_request.created if pr else None) if session else (commented,)
        return min((time for time in times if time), default=None)

    rebuilt = await fetcher.fetch_until_complete(lambda _: [number], since)
    more = []
    if rules.policy.open_budget is not None and not fetcher.pull_request_pages.has_all:
        more.append(builder.fetch_open_list(PAGES_FOR_BUDGET))
    session = rebuilt.session_of(number)
    others = [n for n in _open_numbers(builder, session.prs if session else ()) if n != number][: MOST_FILE_LISTS - 1]
    await asyncio.gather(*more, *map(builder.fetch_files, others))
    neighbours = _neighbours(builder, rebuilt, number, len(others) + 1)
    await builder.fetch_neighbour_files(neighbours, lists or FileLists())
    if rules.policy.open_budget is not None:
        await fetcher.fetch_openers()
    return fetcher.fetched()


async def fetch_open(
    forge: ForgeReader,
    rules: Ruleset,
    now: datetime,
    show: Show = lambda _done, _of: None,
    most_file_lists: int = MOST_FILE_LISTS_IN_ALL,
) -> Fetched:
    """Fetch all open pull requests with the files that they change, and everything back to the start of their sessions.

    Only for sessions that go on is the start looked for: all others have ended whatever came before.

    Args:
        forge: the repository.
        rules: the team's.
        now: the time of the assessment.
        show: called with how many lists of files were fetched, and of how many.
        most_file_lists: for how many the files are fetched, one request each, the newest first.
    """
    fetcher = Fetcher(forge, rules, now, MOST_PEOPLE_IN_ALL)
    builder = fetcher.builder
    complete, *_ = await asyncio.gather(
        builder.fetch_open_list(_PAGES_OF_OPEN),
        fetcher.fetch_sessions(),
        fetcher.pull_request_pages.fetch(lambda: now),
    )
    if not complete:
        builder.add_unknown(f"there are more than {_PAGES_OF_OPEN} pages of open pull requests")
    await builder.fetch_open_stacks()
    numbers = _open_numbers(builder, builder.pull_requests)

    def since(rebuilt: RebuiltSessions) -> datetime | None:
        sessions = [session for n in numbers if (session := rebuilt.session_of(n)) and not session.completion]
        return min((session.started for session in sessions if session.started), default=None)

    await fetcher.fetch_until_complete(lambda _: numbers, since)
    # Without a token GitHub allows 60 requests an hour, and some have to be left.
    wanted = numbers[: most_file_lists if forge.has_credential else min(most_file_lists, MOST_FILE_LISTS)]
    done = 0

    async def fetch_files(number: str) -> None:
        nonlocal done
        await builder.fetch_files(number)
        done += 1
        show(done, len(wanted))

    await asyncio.gather(*map(fetch_files, wanted))
    return fetcher.fetched()


async def fetch_recent(
    forge: ForgeReader, rules: Ruleset, now: datetime, back: timedelta, reader: CommentReader | None = None
) -> Fetched:
    """Fetch the sessions that go on or ended within `back`, without any list of files.

    It takes about five requests, one for each further page within the time of these sessions, and one for each person
    whose write access decides about one.
    """
    fetcher = Fetcher(forge, rules, now, MOST_PEOPLE_IN_ALL, reader)
    builder = fetcher.builder
    await asyncio.gather(fetcher.fetch_sessions(), fetcher.pull_request_pages.fetch(lambda: now))

    def numbers(rebuilt: RebuiltSessions) -> Collection[str]:
        sessions = ((number, rebuilt.session_of(number)) for number in builder.pull_requests)
        return [number for number, session in sessions if session and is_recent(session, now, back)]

    def since(rebuilt: RebuiltSessions) -> datetime | None:
        sessions = map(rebuilt.session_of, numbers(rebuilt))
        return min((session.started for session in sessions if session and session.started), default=None)

    await fetcher.fetch_until_complete(numbers, since)
    if rules.policy.open_budget is not None and not fetcher.pull_request_pages.has_all:
        await builder.fetch_open_list(PAGES_FOR_BUDGET)
    return fetcher.fetched()


def is_recent(session: Session, now: datetime, back: timedelta) -> bool:
    """Return whether a session goes on, or ended within `back`."""
    end = session.completion
    return end is None or (end.at is not None and now - end.at <= back)


class Fetcher:
    """Fetches from one repository until the sessions that matter are complete."""

    def __init__(
        self,
        forge: ForgeReader,
        rules: Ruleset,
        now: datetime,
        most_people: int,
        reader: CommentReader | None = None,
        directory: InboxReader | None = None,
    ) -> None:
        self.builder = SnapshotBuilder(forge, most_people, reader, directory)
        self.pull_request_pages = PullRequestPages(self.builder)
        self._comment_pages = CommentPages(self.builder)
        self._rules, self._now = rules, now
        self._last: tuple[tuple[Any, ...], RebuiltSessions] | None = None

    def fetched(self) -> Fetched:
        """Return everything that was fetched so far, with its sessions."""
        return self.builder.snapshot(), self._rebuild()

    async def fetch_sessions(self) -> None:
        """Fetch the synced sessions."""
        sessions = fetch_sessions(self.builder.forge, self._rules.policy)
        self.builder.sessions = await self.builder.attempt("the synced sessions", sessions)

    async def fetch_openers(self) -> None:
        """Fetch the write access of those whose open pull requests count for a budget only with it."""
        people = undecided(*self.fetched())
        await asyncio.gather(
            *map(self.builder.fetch_write_access, self.builder.unchecked_people(people, all_matter=False))
        )

    async def fetch_until_complete(self, numbers: Numbers, since: Since) -> RebuiltSessions:
        """Fetch in rounds, since every response may show that a session began earlier.

        Args:
            numbers: returns the pull requests that matter, by what is known so far.
            since: returns when what matters began, by what is known so far.
        """
        builder = self.builder
        while True:
            rebuilt = self._rebuild()
            wanted, began, snapshot = numbers(rebuilt), since(rebuilt), builder.snapshot()
            sessions = [session for number in wanted if (session := rebuilt.session_of(number))]
            in_sessions = {*wanted, *(number for session in sessions for number in session.prs)}
            deciding = (login for number in wanted for login in _deciding(number, snapshot, rebuilt, self._now))
            people = builder.unchecked_people([*deciding, *builder.unread_authors(in_sessions)])
            named = builder.unfetched(n for number in wanted for n in _named_in_moves(number, rebuilt))
            requests = [builder.fetch_all_write_access(people)] if people else []
            requests += map(builder.fetch_named, named)
            if began and self.pull_request_pages.may_miss(began - self._rules.policy.timeout):
                requests.append(self.pull_request_pages.fetch(self._earliest(began, rebuilt, wanted)))
            elif began and self._comment_pages.may_miss(began):
                requests.append(self._comment_pages.fetch(began))
            if not requests:
                builder.report_unread(in_sessions)
                return rebuilt
            await asyncio.gather(*requests)

    def _earliest(self, began: datetime, rebuilt: RebuiltSessions, numbers: Collection[str]) -> Callable[[], datetime]:
        """Return a function for how far back a session may reach, without rebuilding the sessions for every page.

        What its authors opened within the timeout before is likely to be in it. Of many sessions that says nothing.
        """
        session = rebuilt.session_of(next(iter(numbers))) if len(numbers) == 1 else None
        prs, timeout = self.builder.pull_requests, self._rules.policy.timeout
        authors = {prs[n].author.login for n in (session.prs if session else ()) if n in prs}

        def earliest() -> datetime:
            start = began
            times = (pr.pull_request.created for pr in prs.values() if pr.author.login in authors)
            for time in sorted((time for time in times if time), reverse=True):
                if start - timeout <= time < start:
                    start = time
            return start - timeout

        return earliest

    def _rebuild(self) -> RebuiltSessions:
        """Return the sessions, and the last ones where nothing new changes them, as with most comments."""
        snapshot = self.builder.snapshot()
        commands = parse_commands(snapshot.comments)
        key = (dict(snapshot.pull_requests), commands, dict(snapshot.writers), snapshot.sessions)
        if self._last is None or self._last[0] != key:
            self._last = (key, rebuild(snapshot, self._rules, self._now))
        return self._last[1]


def _deciding(number: str, snapshot: Snapshot, rebuilt: RebuiltSessions, now: datetime) -> Iterator[str]:
    """Yield the logins whose write access decides about a pull request and is not known."""
    yield from unverified_logins(snapshot, rebuilt, number)
    if pr := snapshot.pull_requests.get(number):
        approving = approvers(pr, snapshot.reviews.get(number, ()), now)
        yield from (login for login in approving if login not in snapshot.writers)


def _named_in_moves(number: str, rebuilt: RebuiltSessions) -> Iterator[str]:
    """Yield the pull requests that commands move into the session of this one, or name as where one of it belongs."""
    session = rebuilt.session_of(number)
    numbers = {number, *(session.prs if session else ())}
    targets = {f"#{n}" for n in numbers} | ({session.id} if session else set())
    for command in rebuilt.commands:
        if command.kind is CommandKind.MOVE and command.target in targets:
            yield command.number
        elif command.kind is CommandKind.MOVE and command.number in numbers and command.target.startswith("#"):
            yield command.target.removeprefix("#")


async def _fetch_stack(builder: SnapshotBuilder, number: str) -> None:
    """Fetch the stack of a pull request, and those open ones of it that no list has shown."""
    pr = builder.pull_requests.get(number)
    if pr is None or in_stack(pr.pull_request.stack) is None:
        return
    await builder.fetch_stack(number)
    stack = stack_of(number, builder.stacks.values())
    members = [member.number for member in stack.members if member.state is State.OPEN] if stack else []
    missing = [n for n in members if n not in builder.pull_requests][:MOST_FILE_LISTS]
    await asyncio.gather(*map(builder.fetch_pull_request, missing))


def _add_event(builder: SnapshotBuilder, event: Event) -> None:
    """Add what the event itself reports, where GitHub did not."""
    if event.pull_request:
        builder.add_listed([event.pull_request])
    if event.comment and event.action != "deleted":
        builder.add_comments([event.comment])
    reviews = builder.reviews.get(event.number, ())
    if event.review and event.action == "submitted" and event.review.id not in {review.id for review in reviews}:
        builder.reviews[event.number] = (*reviews, event.review)


def _neighbours(builder: SnapshotBuilder, rebuilt: RebuiltSessions, number: str, fetched: int) -> list[str]:
    """Return the newest open ones of other sessions of which files may be fetched, for one that is in a session."""
    its_session = rebuilt.session_of(number)
    if its_session is None:
        return []
    others = (
        n
        for n in _open_numbers(builder, builder.pull_requests)
        if (s := rebuilt.session_of(n)) and s.id != its_session.id
    )
    return list(islice(others, MOST_FILE_LISTS - fetched))


def _open_numbers(builder: SnapshotBuilder, numbers: Collection[str]) -> list[str]:
    """Return those that are open, the newest first."""
    prs = builder.pull_requests
    open_numbers = [n for n in numbers if n in prs and prs[n].pull_request.state is State.OPEN]
    return sorted(open_numbers, key=int, reverse=True)


_MOST_MISTAKES = 5
UNREAD = "no configuration, all is as by default"


@runtime_checkable
class TeamSource(Protocol):
    """A repository whose rules and sessions are kept elsewhere than in its files, as a server keeps them."""

    async def team_rules(self) -> tuple[Ruleset, tuple[str, ...]]:
        """Return the rules, and what is unknown about them, as `fetch_ruleset` does."""

    async def team_sessions(self) -> SessionCollection:
        """Return all sessions that are kept."""


async def fetch_ruleset(forge: ForgeReader) -> tuple[Ruleset, tuple[str, ...]]:
    """Return the rules of the repository's default branch, and what is unknown about them.

    A configuration that is missing is all defaults; one that cannot be used is all defaults and an unknown.
    """
    if isinstance(forge, TeamSource):
        return await forge.team_rules()
    try:
        data = await forge.file(CONFIG)
        return load_ruleset(_policy(data) if data is not None else Policy(), None), ()
    except PrSessionsError as error:
        mistakes = str(error).splitlines()[:_MOST_MISTAKES]
        return load_ruleset(Policy(), None), tuple(f"{UNREAD}: {mistake}" for mistake in mistakes)


async def fetch_sessions(forge: ForgeReader, policy: Policy) -> SessionCollection | None:
    """Return the sessions of the server, of the sync branch or of the default branch; `None` where there is no file.

    Raises:
        UnreadableFile: it is no session file, or not all of it is understood; that must not delay a check.
        ForgeFailed: GitHub refuses, or cannot be reached.
    """
    if isinstance(forge, TeamSource):
        return await forge.team_sessions()
    if policy.share is Share.LOCAL:
        return None
    data = await forge.file(SESSION_FILE, policy.sync_branch) if policy.share is Share.BRANCH else None
    if data is None:
        data = await forge.file(SESSION_FILE)
    if data is None:
        return None
    sessions = FileSessions(parse(data, SESSION_FILE), zone_of(policy))
    sessions.check_understood()
    return sessions


def _policy(data: bytes) -> Policy:
    if len(data) > MIB:
        raise UnreadableFile(f"{CONFIG} has more than a megabyte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{CONFIG} is not UTF-8 text") from None
    parsed = configuration.parse(text, CONFIG)
    for problem, hint in configuration.unknown_settings(parsed):
        warn(problem, hint)
    return configuration.valid_policy(parsed)
