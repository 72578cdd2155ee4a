"""Fetch what is open in repositories as reviewers meet it, with the sessions it belongs to; for the inbox."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, merge_agents
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.detection import detect
from pr_sessions.core.gate import decide
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.ids import number_order, repository_of
from pr_sessions.core.models import Basis, PullRequest, PullRequestRecord, Session, State, in_stack, is_put
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest
from pr_sessions.core.policy import People, Policy, Ruleset, Track
from pr_sessions.core.relations import stacks
from pr_sessions.core.work import work_of
from pr_sessions.forges.base import ForgePullRequest, InboxReader, OpenDetails, Show
from pr_sessions.gate.builder import MOST_FILES, SnapshotBuilder
from pr_sessions.gate.fetch import Fetcher
from pr_sessions.gate.file_lists import MOST_FILE_LISTS
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot
from pr_sessions.gate.status import as_historic, pull_request_status
from pr_sessions.tracker.environment import tidy

RECENTLY = timedelta(days=7)
_MOST_PEOPLE = 3_000
_MOST_FILE_PAGES = 10
_FILES_ON_A_PAGE = 100
_NO_TIME = datetime.fromtimestamp(0, UTC)


class WaitingSession(Struct, frozen=True):
    """A session for whose end checks wait; it may be inferred.

    Attributes:
        open: numbers of its open pull requests.
        waiting: numbers of those whose checks wait.
    """

    open: tuple[str, ...]
    waiting: tuple[str, ...]


class FetchedInbox(Struct, frozen=True, kw_only=True):
    """What is open in one repository.

    Attributes:
        repository: its name of today.
        policy: the team's; it has the budget of open pull requests.
        unknowns: what could not be read, in words.
        requests: how many were sent for it, and for other repositories that are read over the same connection.
        viewer: login of the account that reads; empty if not known.
        waiting: the sessions for whose end checks wait.
    """

    repository: str
    pull_requests: tuple[OpenPullRequest, ...]
    policy: Policy
    unknowns: tuple[str, ...]
    requests: int
    viewer: str
    waiting: tuple[WaitingSession, ...] = ()


def _nothing(_done: int, _of: int) -> None:
    pass


async def fetch_open_pull_requests(
    forge: InboxReader, rules: Ruleset, now: datetime, show: Show = _nothing, *, elsewhere: bool = False
) -> FetchedInbox:
    """Return what is open in a repository. What cannot be read is unknown, and named.

    With 1,000 open pull requests it takes about 50 requests.

    Args:
        forge: the repository.
        rules: the team's.
        now: the time of reading.
        show: called with how many pull requests were read, and of how many.
        elsewhere: whether to ask for what people without write access opened in other repositories.

    Raises:
        ForgeFailed: not even the list can be read.
    """
    # Nothing is stored: work with an agent is shown whatever the team tracks.
    rules = replace(rules, policy=replace(rules.policy, track=Track.AGENTS, people=People.SHOWN))
    fetcher = Fetcher(forge, rules, now, _MOST_PEOPLE, directory=forge)
    builder = fetcher.builder
    others = asyncio.gather(fetcher.fetch_sessions(), fetcher.pull_request_pages.fetch(lambda: now))
    try:
        listed = await forge.open_details(show)
    finally:
        await others  # They must not outlive the connection.
    builder.add_details(listed.pull_requests if builder.sessions else _without_own_commits(listed.pull_requests))
    authors = [each.view.author for each in listed.pull_requests if not each.view.is_bot]
    await asyncio.gather(
        builder.fetch_open_stacks(),
        builder.fetch_all_write_access(builder.unchecked_people(filter(None, authors))),
        *map(builder.fetch_files, _with_readable_files(listed.pull_requests, has_credential=forge.has_credential)),
    )
    rebuilt = await _fetch_sessions(fetcher, listed.pull_requests)
    snapshot = builder.snapshot()
    prs = _views(listed.pull_requests, snapshot, rebuilt, rules, now)
    if elsewhere:
        prs = await _with_elsewhere(prs, builder, forge, now)
    return FetchedInbox(
        repository=listed.repository,
        pull_requests=prs,
        policy=rules.policy,
        unknowns=(*listed.unknowns, *builder.snapshot().unknowns, *_unread_files(prs)),
        requests=forge.requests_sent,
        viewer=listed.viewer,
        waiting=_waiting(prs, snapshot, rebuilt, rules.policy, now),
    )


def _without_own_commits(details: Sequence[OpenDetails]) -> Iterator[OpenDetails]:
    """Yield them without the commits that no other one has: comparing a thousand of those takes seconds, for nothing.

    Where sessions are synced, one of them may have such a commit.
    """
    counts = Counter(sha for each in details for sha in each.pull_request.pull_request.commits)
    for each in details:
        reported = each.pull_request
        shared = tuple(sha for sha in reported.pull_request.commits if counts[sha] > 1)
        pull_request = replace(reported.pull_request, commits=shared)
        yield replace(each, pull_request=replace(reported, pull_request=pull_request))


def _waiting(
    prs: Iterable[OpenPullRequest], snapshot: Snapshot, rebuilt: RebuiltSessions, policy: Policy, now: datetime
) -> tuple[WaitingSession, ...]:
    """Return the sessions for whose end checks wait. What was not read of others is no reason to run those of one."""
    known = replace(snapshot, unknowns=())
    numbers: dict[str, list[str]] = defaultdict(list)
    waiting: dict[str, list[str]] = defaultdict(list)
    for pr in sorted(prs, key=lambda pr: number_order(pr.number)):
        if session := rebuilt.session_of(pr.number):
            numbers[session.id].append(pr.number)
            status = pull_request_status(pr.number, known, rebuilt, policy, now)
            if decide(status, policy).skip and not pr.is_approved and pr.checks is not Checks.PASSING:
                waiting[session.id].append(pr.number)
    return tuple(WaitingSession(tuple(numbers[key]), tuple(waits)) for key, waits in waiting.items())


async def _fetch_sessions(fetcher: Fetcher, details: Iterable[OpenDetails]) -> RebuiltSessions:
    """Return the sessions, read back to the start of those that go on: all others have ended whatever came before."""
    numbers = [each.view.number for each in details]

    def since(rebuilt: RebuiltSessions) -> datetime | None:
        sessions = [session for n in numbers if (session := rebuilt.session_of(n)) and not session.completion]
        return min((session.started for session in sessions if session.started), default=None)

    return await fetcher.fetch_until_complete(lambda _: numbers, since)


def _with_readable_files(details: Iterable[OpenDetails], *, has_credential: bool) -> list[str]:
    """Return the numbers of those whose files take a request of their own: those with the fewest files first.

    GitHub shows no more than `MOST_FILES` of one. Without a token nobody knows how many there are, and few requests are
    allowed.
    """
    unread = [each.view for each in details if each.files is None]
    if not has_credential:
        return [view.number for view in unread[:MOST_FILE_LISTS]]
    numbers, room = [], _MOST_FILE_PAGES
    for view in sorted(unread, key=lambda view: (view.file_count or 0, number_order(view.number))):
        pages = -(-(view.file_count or 0) // _FILES_ON_A_PAGE)
        if view.file_count is not None and view.file_count < MOST_FILES and pages <= room:
            numbers.append(view.number)
            room -= pages
    return numbers


def _unread_files(prs: Iterable[OpenPullRequest]) -> tuple[str, ...]:
    count = sum(pr.files is None for pr in prs)
    if count == 1:
        return ("the files of 1 pull request were not read: it shares none with others here",)
    return (f"the files of {count} pull requests were not read: they share none with others here",) if count else ()


def _views(
    details: Iterable[OpenDetails], snapshot: Snapshot, rebuilt: RebuiltSessions, rules: Ruleset, now: datetime
) -> tuple[OpenPullRequest, ...]:
    known = [each for each in details if each.view.number in snapshot.pull_requests]
    historic = [as_historic(snapshot.pull_requests[each.view.number], snapshot) for each in known]
    below = _below(historic)
    return tuple(_view(each, snapshot, rebuilt, below, rules, now) for each in known)


def _view(
    details: OpenDetails,
    snapshot: Snapshot,
    rebuilt: RebuiltSessions,
    below: Mapping[str, str],
    rules: Ruleset,
    now: datetime,
) -> OpenPullRequest:
    number = details.view.number
    reported = snapshot.pull_requests[number]
    holder = rebuilt.session_of(number)
    record = holder.pull_requests.get(number) if holder else None
    files = snapshot.files.get(number)
    view = replace(
        details.view,
        is_trusted=_may_write(reported, snapshot.writers),
        built_on=below.get(number, ""),
        agents=merge_agents(_agents(reported, snapshot, rebuilt, rules), record.agents if record else ()),
        stack=in_stack(reported.pull_request.stack),
        files=None if files is None else tuple(file.filename for file in files),
    )
    return _with_session(view, holder, rules.policy, now)


def _agents(pr: ForgePullRequest, snapshot: Snapshot, rebuilt: RebuiltSessions, rules: Ruleset) -> tuple[Agent, ...]:
    """Return the agents that signs show; of a fork's they count if a person who may write opened it."""
    if pr.is_fork and not pr.author.is_bot and _may_write(pr, snapshot.writers):
        return detect(tidy(pr.pull_request), rules).agents
    recorded = rebuilt.recorded.get(pr.pull_request.number)
    return recorded.agents if recorded else ()


def _may_write(pr: ForgePullRequest, writers: Mapping[str, bool]) -> bool | None:
    """Return whether its author may write. An App's account that has put a branch into the repository may."""
    return True if pr.author.is_bot and not pr.is_fork else writers.get(pr.author.login.lower())


def _with_session(pr: OpenPullRequest, session: Session | None, policy: Policy, now: datetime) -> OpenPullRequest:
    """Return the pull request with its session, unless that is inferred."""
    if session is None or _is_inferred(session):
        return pr
    return replace(pr, session_id=session.id, session_title=session.title, work=work_of(session, now, policy))


def _is_inferred(session: Session) -> bool:
    """Return whether only author and time make it one, or nothing at all: one that shares commits with no other."""
    return session.rests_on is Basis.TIME or (session.rests_on is Basis.COMMITS and len(session.prs) == 1)


def _below(prs: Sequence[HistoricPullRequest]) -> dict[str, str]:
    """Return by number the one that each is built on."""
    return {upper: lower for chain in stacks(prs) for lower, upper in pairwise(chain)}


async def _with_elsewhere(
    prs: tuple[OpenPullRequest, ...], builder: SnapshotBuilder, forge: InboxReader, now: datetime
) -> tuple[OpenPullRequest, ...]:
    outsiders = list(dict.fromkeys(pr.author for pr in prs if pr.is_trusted is False and not pr.is_bot))
    counts = await builder.attempt(
        "what people opened in other repositories", forge.opened_elsewhere(outsiders, now - RECENTLY)
    )
    return tuple(replace(pr, elsewhere=(counts or {}).get(pr.author.lower())) for pr in prs)


def with_sessions_of_clone(
    prs: Iterable[OpenPullRequest], sessions: SessionCollection, policy: Policy, now: datetime, repository: str
) -> tuple[OpenPullRequest, ...]:
    """Return pull requests with what a clone has recorded: hooks report to it, and not to the forge.

    A session into which a person or a hook put one counts here before what the forge shows; another one only where the
    forge shows none.

    Args:
        prs: of any repositories.
        sessions: those of the clone.
        policy: the clone's.
        now: UTC.
        repository: `owner/name` of the clone's.
    """
    return tuple(_as_in_clone(pr, sessions, policy, now) if pr.repository == repository else pr for pr in prs)


def _as_in_clone(pr: OpenPullRequest, sessions: SessionCollection, policy: Policy, now: datetime) -> OpenPullRequest:
    session = sessions.for_pull_request(pr.number)
    record = session.pull_requests.get(pr.number) if session else None
    if session is None or record is None:
        return pr
    pr = replace(pr, agents=merge_agents(pr.agents, record.agents))
    return _with_session(pr, session, policy, now) if is_put(record) or pr.session_id in (None, session.id) else pr


def from_collection(
    sessions: SessionCollection, policy: Policy, now: datetime, repository: str
) -> tuple[OpenPullRequest, ...]:
    """Return what was open when it was last recorded: the last known state, with everything else unknown.

    Args:
        sessions: those of a clone.
        policy: timeouts.
        now: UTC.
        repository: `owner/name` of the clone's; empty if not known.
    """
    in_sessions = (
        (number, record, session) for session in sessions for number, record in session.pull_requests.items()
    )
    apart = ((number, record, None) for number, record in sessions.all_unattributed().items())
    kept = {number: (record, holder) for number, record, holder in (*in_sessions, *apart) if record.state == State.OPEN}
    by_repository: dict[str, list[HistoricPullRequest]] = defaultdict(list)
    for number in sorted(kept, key=number_order):
        by_repository[repository_of(number)].append(_as_historic(number, kept[number][0]))
    return tuple(
        _with_session(
            _kept(pr, kept[pr.number][0], below, pr.number.rpartition("#")[0] or repository),
            kept[pr.number][1],
            policy,
            now,
        )
        for prs in by_repository.values()
        for below in [_below(prs)]
        for pr in prs
    )


def _as_historic(number: str, record: PullRequestRecord) -> HistoricPullRequest:
    pull_request = PullRequest(number=number, branch=record.branch, base=record.base, stack=record.stack)
    return HistoricPullRequest(pull_request, "", record.created or _NO_TIME, (), (), "squash")


def _kept(
    pr: HistoricPullRequest, record: PullRequestRecord, below: Mapping[str, str], repository: str
) -> OpenPullRequest:
    return OpenPullRequest(
        repository=repository,
        number=_digits(pr.number),
        author=record.author,
        opened=record.created,
        branch=record.branch,
        base=record.base,
        built_on=_digits(below.get(pr.number, "")),
        agents=record.agents,
        stack=in_stack(record.stack),
        file_count=record.files_changed,
    )


def _digits(number: str) -> str:
    return number.rpartition("#")[2]
