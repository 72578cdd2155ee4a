"""The sessions of a repository's past, put together in memory as recording would have done."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.history.git_history import HistoricPullRequest
from pr_sessions.history.grouping import linked, opened, stretches
from pr_sessions.history.relations import Overlap, overlaps, stacks
from pr_sessions.sessions.agent import Evidence
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import Recorded, record
from pr_sessions.sessions.session import Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document

# A file that more pull requests than this touch, such as a changelog, says nothing about two of them.
SHARED_BY_MOST = 10
# How far from one pull request others are looked at, to say which touch the same files.
NEIGHBOURHOOD = timedelta(days=7)


class Step(Struct, frozen=True):
    """One rung of the ladder that was tried, by name, and what it saw."""

    rung: str
    candidates: tuple[str, ...]
    detail: str


class Judged(Struct, frozen=True, kw_only=True):
    """A pull request of the past with its verdict and its place.

    Attributes:
        opened: the time of its first commit, by which its session is found.
        commit: the id of the commit that brought it in.
        files: the paths that it changed; `None` where a shallow clone ends.
        session_id: `None` if it is not automatic or fits nowhere.
        tried: the rungs that were tried, in order; the last one decided.
    """

    number: str
    title: str
    author: str
    opened: datetime
    merged: datetime
    branch: str | None
    base: str | None
    commit: str
    kind: str
    files: tuple[str, ...] | None
    is_auto: bool
    evidence: tuple[Evidence, ...]
    session_id: str | None
    tried: tuple[Step, ...]


class Group(Struct, frozen=True, kw_only=True):
    """Pull requests of one stretch of work.

    Attributes:
        session_id: `None` for work that is not automatic.
        files: how many different files they touch.
        trigger: why the session completed.
    """

    session_id: str | None
    author: str
    started: datetime
    latest: datetime
    prs: tuple[str, ...]
    files: int
    trigger: str | None = None


class EvidenceCount(Struct, frozen=True):
    """For how many pull requests one piece of evidence spoke."""

    rule: str
    detail: str
    pull_requests: int


class Overview(Struct, frozen=True, kw_only=True):
    """Sessions of some days, the largest first. A session is shown whole, also where it reaches beyond the days.

    Attributes:
        read: how many pull requests the history names.
        days: those that were asked for, oldest first.
        pull_requests: everything in `sessions`, `unattributed` and `not_automatic`, by number.
        unattributed: automatic ones that fit no session, or several equally well.
        not_automatic: the others, grouped by author within the timeout.
        evidence: what made them automatic, most frequent first.
        overlaps: pairs that touch the same files, first those of different groups, then those that share most.
        stacks: chains of which each is built on the one before.
    """

    read: int
    days: tuple[date, ...] = ()
    sessions: tuple[Group, ...] = ()
    unattributed: tuple[str, ...] = ()
    not_automatic: tuple[Group, ...] = ()
    evidence: tuple[EvidenceCount, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    stacks: tuple[tuple[str, ...], ...] = ()
    pull_requests: Mapping[str, Judged] = {}

    def group_of(self, number: str) -> Group | None:
        """The session or the stretch of other work that holds a pull request."""
        return next((g for g in (*self.sessions, *self.not_automatic) if number in g.prs), None)


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
    near = linked(prs, core, policy.timeout)
    book, recorded = _record(near, policy, now)
    by_number = {one.pull_request.number: one for one in near}
    homes = {number: session for session in book for number in session.prs}
    manual = [one for one in near if not recorded[one.pull_request.number].verdict.is_auto]
    sessions = _largest_first((_session_group(s, by_number) for s in book), core)
    others = _largest_first((_group(s[0].pull_request.author, s) for s in stretches(manual, policy.timeout)), core)
    lost = tuple(n for n in by_number if n in book.unattributed and n in core)
    group_of = {number: i for i, group in enumerate((*sessions, *others)) for number in group.prs}
    shown = [one for one in prs if one.pull_request.number in group_of or one.pull_request.number in lost]
    judged = {n: _judged(by_number[n], recorded[n], homes.get(n)) for n in sorted({*group_of, *lost}, key=number_order)}
    return Overview(
        read=len(prs),
        days=days,
        sessions=sessions,
        unattributed=lost,
        not_automatic=others,
        evidence=_evidence(judged.values()),
        overlaps=_across_first(overlaps(shown, SHARED_BY_MOST), group_of),
        stacks=stacks(shown),
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
        session_id=home.id if home else None,
        tried=tuple(Step(tried.rung.label, tried.candidates, tried.detail) for tried in recorded.choice.tried),
    )


def _evidence(judged: Iterable[Judged]) -> tuple[EvidenceCount, ...]:
    found = Counter(evidence for one in judged for evidence in one.evidence)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(EvidenceCount(evidence.rule, evidence.detail, count) for evidence, count in ranked)


def _across_first(pairs: Iterable[Overlap], group_of: Mapping[str, int]) -> tuple[Overlap, ...]:
    """Nobody who reviews one group would see what it shares with another."""
    return tuple(sorted(pairs, key=lambda pair: _together(pair, group_of)))


def _together(pair: Overlap, group_of: Mapping[str, int]) -> bool:
    one, other = pair.numbers
    return one in group_of and group_of[one] == group_of.get(other)
