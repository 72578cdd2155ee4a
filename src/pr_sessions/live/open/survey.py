"""Puts what is open on a forge in order. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from pr_sessions.errors import UnreadableFile
from pr_sessions.history.ranking import agent_counts, busiest_first
from pr_sessions.history.relations import SHARED_BY_MOST, Overlap, overlaps, stacks
from pr_sessions.live.budget import Breach, breaches
from pr_sessions.live.comparing import as_historic
from pr_sessions.live.open.opening import decision_at_opening
from pr_sessions.live.open.overview import ByAuthor, OpenOverview, OpenPullRequest, OpenSession
from pr_sessions.live.rebuild import Live, rebuild
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.lifecycle import Phase, phase, runs_out
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.review import review_order
from pr_sessions.sessions.session import Session, State

_NEVER = datetime.max.replace(tzinfo=UTC)


def survey(snapshot: Snapshot, policy: Policy, now: datetime) -> OpenOverview:
    """What is open, by the sessions that are put together from the snapshot; arguments as for `open_overview`.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    try:
        return open_overview(snapshot, rebuild(snapshot, policy, now), policy, now)
    except UnreadableFile as error:
        # A session file is understood only where somebody looks into it.
        alone = snapshot.without_document(error)
        return open_overview(alone, rebuild(alone, policy, now), policy, now)


def open_overview(snapshot: Snapshot, live: Live, policy: Policy, now: datetime) -> OpenOverview:
    """What is open, put in order. The cost grows with the open pull requests and not with their square.

    Args:
        snapshot: at least all that is open.
        live: the sessions that were put together from it.
        policy: timeout, budget, and what the gate never postpones.
        now: the time of looking.
    """
    homes = {number: live.home(number) for number in _open_numbers(snapshot)}
    # What could not be read of one of them is no doubt about all the others.
    certain = replace(snapshot, doubts=())
    shown = {number: _shown(number, certain, live, policy, now, home) for number, home in homes.items()}
    told = [as_historic(snapshot.pull_requests[number], snapshot) for number in shown]
    chains = tuple(sorted(stacks(told), key=len, reverse=True))
    collisions, others = _pairs(overlaps(told, SHARED_BY_MOST), shown)
    sessions = {home.id: home for number, home in homes.items() if home and shown[number].session_id}
    lost = [n for n, one in shown.items() if not one.session_id]
    return OpenOverview(
        repository=snapshot.repository,
        at=now,
        sessions=_ordered(_session(one, shown, chains, policy, now) for one in sessions.values()),
        unattributed=tuple(n for n in lost if shown[n].is_auto and n not in live.excluded),
        excluded=tuple(n for n in lost if n in live.excluded),
        not_automatic=_by_author(shown[n] for n in lost if not shown[n].is_auto and n not in live.excluded),
        agents=agent_counts(agent for one in shown.values() for agent in one.agents),
        collisions=collisions,
        overlaps=others,
        stacks=chains,
        breaches=_breaches(shown.values(), snapshot, live, policy),
        doubts=(*snapshot.doubts, *_unread(shown.values())),
        pull_requests=shown,
    )


def _open_numbers(snapshot: Snapshot) -> list[str]:
    told = snapshot.pull_requests.items()
    return sorted((number for number, pr in told if pr.pull_request.state is State.OPEN), key=number_order)


def _unread(prs: Iterable[OpenPullRequest]) -> Iterator[str]:
    count = sum(one.files is None for one in prs)
    if count:
        yield f"the files of {count} of them are not known: they collide with nothing here"


def _shown(
    number: str, snapshot: Snapshot, live: Live, policy: Policy, now: datetime, home: Session | None
) -> OpenPullRequest:
    told, recorded = snapshot.pull_requests[number], live.recorded.get(number)
    pr, files = told.pull_request, snapshot.files.get(number)
    return OpenPullRequest(
        number=number,
        title=pr.title,
        author=pr.author,
        opened=pr.created,
        branch=pr.branch,
        base=pr.base,
        is_draft=told.is_draft,
        is_fork=told.is_fork,
        files=None if files is None else tuple(file.filename for file in files),
        is_auto=recorded is not None and recorded.verdict.is_auto,
        agents=recorded.agents if recorded else (),
        session_id=home.id if home else None,
        at_opening=decision_at_opening(number, snapshot, live, policy, now),
    )


def _session(
    session: Session,
    shown: Mapping[str, OpenPullRequest],
    chains: Sequence[Sequence[str]],
    policy: Policy,
    now: datetime,
) -> OpenSession:
    mine = [shown[number] for number in session.prs if number in shown]
    sizes = {one.number: None if one.files is None else len(one.files) for one in mine}
    return OpenSession(
        session_id=session.id,
        author=session.author,
        started=session.started,
        latest=session.latest,
        prs=session.prs,
        review=review_order(sizes, sizes, (chain for chain in chains if not sizes.keys().isdisjoint(chain))),
        files=None if None in sizes.values() else len({path for one in mine for path in one.files or ()}),
        agents=busiest_first(agent for one in mine for agent in one.agents),
        oldest=min((one.opened for one in mine if one.opened), default=None),
        goes_on=phase(session, now, policy) in (Phase.ACTIVE, Phase.WARNING),
        ended=session.completion.at if session.completion else None,
        trigger=session.completion.trigger if session.completion else None,
        ends=runs_out(session, policy),
    )


def _ordered(sessions: Iterable[OpenSession]) -> tuple[OpenSession, ...]:
    """Nothing comes to one that does not go on: its review waits for nobody."""

    def rank(one: OpenSession) -> tuple[bool, int, datetime, str]:
        return one.goes_on, -len(one.review), one.oldest or _NEVER, one.session_id

    return tuple(sorted(sessions, key=rank))


def _pairs(
    pairs: Iterable[Overlap], shown: Mapping[str, OpenPullRequest]
) -> tuple[tuple[Overlap, ...], tuple[Overlap, ...]]:
    """Those in which an agent may undo what somebody else does, and the others."""
    collisions: list[Overlap] = []
    others: list[Overlap] = []
    for pair in pairs:
        one, other = (shown[number] for number in pair.numbers)
        apart = (one.session_id, one.who) != (other.session_id, other.who)
        (collisions if apart and (one.is_auto or other.is_auto) else others).append(pair)
    return tuple(collisions), tuple(others)


def _by_author(prs: Iterable[OpenPullRequest]) -> tuple[ByAuthor, ...]:
    numbers: dict[str, list[str]] = {}
    for one in prs:
        numbers.setdefault(one.author, []).append(one.number)
    found = (ByAuthor(author, tuple(mine)) for author, mine in numbers.items())
    return tuple(sorted(found, key=lambda one: (-len(one.prs), one.author)))


def _breaches(prs: Iterable[OpenPullRequest], snapshot: Snapshot, live: Live, policy: Policy) -> tuple[Breach, ...]:
    """Asked once for each agent that opened any of them."""
    if policy.open_budget is None:
        return ()
    asked = {one.who: one.number for one in prs if one.is_auto}
    found = (breach for number in asked.values() for breach in breaches(number, snapshot, live, policy))
    return tuple(sorted(set(found), key=lambda breach: (-breach.open, breach.agent)))
