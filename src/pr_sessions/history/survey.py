"""The sessions of a repository's past, put together in memory as recording would have done."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from msgspec.structs import replace

from pr_sessions.history.git_history import HistoricPullRequest
from pr_sessions.history.grouping import linked, opened, same_runs, stretches
from pr_sessions.history.overview import EvidenceCount, Group, Judged, Overview, Step
from pr_sessions.history.ranking import agent_counts, busiest_first, ranked
from pr_sessions.history.relations import SHARED_BY_MOST, Overlap, overlaps, stacks
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import Recorded, record
from pr_sessions.sessions.review import review_order
from pr_sessions.sessions.session import Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document

# How far from one pull request others are looked at, to say which touch the same files.
NEIGHBOURHOOD = timedelta(days=7)


def latest_days(
    prs: Sequence[HistoricPullRequest], days: int, policy: Policy, now: datetime, zone: tzinfo | None = None
) -> Overview:
    """The last days on which pull requests were merged.

    Args:
        prs: the whole history.
        days: how many days.
        policy: patterns, timeout.
        now: the time of looking.
        zone: whose days; the machine's own if not given.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    day_of = {one.pull_request.number: one.when.astimezone(zone).date() for one in prs}
    chosen = sorted(set(day_of.values()))[-days:]
    core = {number for number, day in day_of.items() if day >= chosen[0]}
    return _overview(prs, core, policy, now, tuple(chosen))


def neighbourhood(prs: Sequence[HistoricPullRequest], number: str, policy: Policy, now: datetime) -> Overview | None:
    """What was merged within a week of one pull request; `None` if the history does not name it.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    wanted = next((one for one in prs if one.pull_request.number == number), None)
    if wanted is None:
        return None
    core = {one.pull_request.number for one in prs if abs(one.when - wanted.when) <= NEIGHBOURHOOD}
    return _overview(prs, core, policy, now)


def _overview(
    prs: Sequence[HistoricPullRequest],
    core: Collection[str],
    policy: Policy,
    now: datetime,
    days: tuple[date, ...] = (),
) -> Overview:
    near = linked(prs, {*core, *same_runs(prs, core, policy)}, policy.timeout)
    book, recorded = _record(near, policy, now)
    by_number = {one.pull_request.number: one for one in near}
    homes = {number: session for session in book for number in session.prs}
    manual = [one for one in near if not recorded[one.pull_request.number].verdict.is_auto]
    sessions = _largest_first((_session_group(s, by_number) for s in book), core)
    others = _largest_first((_group(s[0].pull_request.author, s) for s in stretches(manual, policy.timeout)), core)
    lost = tuple(n for n in by_number if n in book.unattributed and n in core)
    group_of = {number: i for i, group in enumerate((*sessions, *others)) for number in group.prs}
    shown = [one for one in prs if one.pull_request.number in group_of or one.pull_request.number in lost]
    chains = stacks(shown)
    judged = {n: _judged(by_number[n], recorded[n], homes.get(n)) for n in sorted({*group_of, *lost}, key=number_order)}
    return Overview(
        read=len(prs),
        days=days,
        sessions=_reviewable(sessions, judged, chains),
        unattributed=lost,
        not_automatic=_reviewable(others, judged, chains),
        agents=agent_counts(agent for one in judged.values() for agent in one.agents),
        evidence=_evidence(judged.values()),
        overlaps=_across_first(overlaps(shown, SHARED_BY_MOST), group_of),
        stacks=chains,
        pull_requests=judged,
    )


def _record(prs: Iterable[HistoricPullRequest], policy: Policy, now: datetime) -> tuple[Book, Mapping[str, Recorded]]:
    book, recorded = Book(Document()), {}
    for one in prs:
        situation = Situation(at=opened(one))
        book, done = record(book, one.pull_request, situation, policy, now)
        recorded[one.pull_request.number] = done
    return book, recorded


def _session_group(session: Session, by_number: Mapping[str, HistoricPullRequest]) -> Group:
    group = _group(session.author, [by_number[number] for number in session.prs])
    return replace(
        group,
        session_id=session.id,
        started=session.started or group.started,
        latest=session.latest or group.latest,
        inferred=session.inferred,
        trigger=session.completion.trigger if session.completion else None,
    )


def _group(author: str, prs: Sequence[HistoricPullRequest]) -> Group:
    return Group(
        session_id=None,
        author=author,
        started=min(map(opened, prs)),
        latest=max(map(opened, prs)),
        prs=tuple(one.pull_request.number for one in prs),
        files=len({path for one in prs for path in one.files}),
    )


def _reviewable(
    groups: Iterable[Group], judged: Mapping[str, Judged], stacks: Iterable[Sequence[str]]
) -> tuple[Group, ...]:
    """The groups with what their pull requests tell: in which order to review them, and who had part."""
    chains: dict[str, list[Sequence[str]]] = {}
    for chain in stacks:
        for number in chain:
            chains.setdefault(number, []).append(chain)
    sizes = {number: None if one.files is None else len(one.files) for number, one in judged.items()}
    return tuple(_with_review(group, judged, sizes, chains) for group in groups)


def _with_review(
    group: Group,
    judged: Mapping[str, Judged],
    sizes: Mapping[str, int | None],
    chains: Mapping[str, list[Sequence[str]]],
) -> Group:
    near = [chain for number in group.prs for chain in chains.get(number, ())]
    found = [agent for number in group.prs for agent in judged[number].agents]
    runs = {(agent.name, run) for agent in found for run in agent.runs}
    return replace(
        group,
        review=review_order(group.prs, sizes, near),
        agents=busiest_first(found),
        runs=len(runs),
    )


def _largest_first(groups: Iterable[Group], core: Collection[str]) -> tuple[Group, ...]:
    """Those with a pull request of the core; of the same size, the latest first."""
    shown = (group for group in groups if any(number in core for number in group.prs))
    return tuple(sorted(shown, key=lambda group: (len(group.prs), group.latest, group.prs), reverse=True))


def _judged(one: HistoricPullRequest, recorded: Recorded, home: Session | None) -> Judged:
    pr = one.pull_request
    return Judged(
        number=pr.number,
        title=pr.title,
        author=pr.author,
        opened=opened(one),
        merged=one.when,
        branch=pr.branch,
        base=pr.base,
        commit=one.sha,
        kind=one.kind,
        files=None if pr.files_changed is None else one.files,
        is_auto=recorded.verdict.is_auto,
        evidence=recorded.verdict.evidence,
        agents=recorded.agents,
        session_id=home.id if home else None,
        tried=tuple(Step(tried.rung.label, tried.candidates, tried.detail) for tried in recorded.choice.tried),
    )


def _evidence(judged: Iterable[Judged]) -> tuple[EvidenceCount, ...]:
    found = Counter(evidence for one in judged for evidence in one.evidence)
    return tuple(EvidenceCount(evidence.rule, evidence.detail, count) for evidence, count in ranked(found))


def _across_first(pairs: Iterable[Overlap], group_of: Mapping[str, int]) -> tuple[Overlap, ...]:
    """Nobody who reviews one group would see what it shares with another."""
    return tuple(sorted(pairs, key=lambda pair: _together(pair, group_of)))


def _together(pair: Overlap, group_of: Mapping[str, int]) -> bool:
    one, other = pair.numbers
    return one in group_of and group_of[one] == group_of.get(other)
