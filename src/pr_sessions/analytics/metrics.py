"""What came of the sessions, in figures, and whether somebody should look at them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct, field

from pr_sessions.analytics.breakdowns import (
    ATTRIBUTIONS,
    BUCKETS,
    MINUTE,
    SIGNS,
    STATES,
    UNATTRIBUTED,
    UNKNOWN,
    Author,
    Count,
    Entry,
    Period,
    agents,
    authors,
    average,
    bucket,
    count,
    duration_minutes,
    entries,
    markers,
    middle,
    periods,
    sign,
    state,
    trigger,
    week,
)
from pr_sessions.core.lifecycle import idle_time, status
from pr_sessions.core.models import PullRequestRecord, Session, Status, sum_records
from pr_sessions.core.policy import Policy


class Summary(Struct, frozen=True, kw_only=True):
    """The whole in one row. Durations are minutes; averages are `None` where there is nothing to average.

    Attributes:
        total_idle: those active sessions that are idle longer than the timeout.
        total_pull_requests: in sessions and unattributed.
        automatic_pull_requests: those that were taken for automatic.
        unattributed_pull_requests: those in no session.
        avg_session_duration: from start to completion, over completed sessions of known duration.
        unknown_durations: completed sessions with a time missing or in an impossible order.
        avg_active_minutes: from start to the last activity, over all sessions where both are known.
        avg_prs_per_session: over all sessions, the empty ones too.
        empty_sessions: sessions without a pull request.
        avg_score: over sessions to which a scoring step gave a `final_score`.
    """

    total_completed: int
    total_active: int
    total_idle: int
    total_pull_requests: int
    automatic_pull_requests: int
    unattributed_pull_requests: int
    avg_session_duration: float | None
    median_session_duration: float | None
    unknown_durations: int
    avg_active_minutes: float | None
    avg_prs_per_session: float | None
    median_prs_per_session: float | None
    empty_sessions: int
    files_changed: int
    test_files_added: int
    avg_score: float | None


class Reduction(Struct, frozen=True):
    """How many pull requests one review covers.

    Attributes:
        pull_requests: those in sessions.
        sessions: those with a pull request.
        factor: pull requests per session.
    """

    pull_requests: int
    sessions: int
    factor: float | None


class Corrected(Struct, frozen=True):
    """What hands corrected.

    Attributes:
        linked: pull requests that a correction put into their session.
        unlinked: pull requests that a correction took out of every session.
        merged: sessions that became part of another one.
        reopened: sessions whose end was taken back.
    """

    linked: int
    unlinked: int
    merged: int
    reopened: int


class Metrics(Struct, frozen=True, kw_only=True):
    """Everything that a report shows. The rows of a breakdown add up, except those of `evidence`, which overlap.

    Attributes:
        at: the moment that it describes.
        time_zone: the zone of `weeks` and `days`.
        completion_triggers: completed sessions by kind of trigger.
        explicit_markers: the sessions of the kind `explicit_marker`, by marker.
        duration_distribution: completed sessions by minutes, half-open ranges.
        agents: pull requests by agent; several agents on one make a name of their own.
        signs: pull requests by what shows an agent's part; `team_mark` where only a mark of the team does.
        attributions: pull requests by the basis that put them into their session, strongest first.
        evidence: pull requests for which each rule spoke.
        weeks: ISO weeks in which a session started or a pull request was opened.
    """

    at: datetime
    time_zone: str
    summary: Summary
    reduction: Reduction
    authors: tuple[Author, ...]
    completion_triggers: tuple[Count, ...]
    explicit_markers: tuple[Count, ...]
    duration_distribution: tuple[Count, ...]
    agents: tuple[Count, ...]
    signs: tuple[Count, ...]
    states: tuple[Count, ...]
    attributions: tuple[Count, ...] = field(name="placements")
    evidence: tuple[Count, ...]
    corrections: Corrected
    weeks: tuple[Period, ...]
    days: tuple[Period, ...]


def measure(
    sessions: Iterable[Session], now: datetime, policy: Policy, unattributed: Mapping[str, PullRequestRecord] = {}
) -> Metrics:
    """The figures of these sessions and of the pull requests that fit none, as of `now`."""
    from zoneinfo import ZoneInfo

    collection = tuple(sessions)
    completed = tuple(session for session in collection if session.completion is not None)
    prs = tuple(entries(collection, unattributed))
    zone = ZoneInfo(policy.time_zone)
    return Metrics(
        at=now,
        time_zone=policy.time_zone,
        summary=_summary(collection, completed, prs, now, policy),
        reduction=_reduction(collection),
        authors=authors(collection, prs),
        completion_triggers=count(trigger(session) for session in completed),
        explicit_markers=count(markers(completed)),
        duration_distribution=count((bucket(duration_minutes(s)) for s in completed), (*BUCKETS, UNKNOWN)),
        agents=count(agents(entry.record) for entry in prs),
        signs=count((sign(entry.record) for entry in prs), SIGNS),
        states=count((state(entry.record) for entry in prs), STATES),
        attributions=count((entry.attribution for entry in prs), ATTRIBUTIONS),
        evidence=count(rule for entry in prs for rule in {e.rule for e in entry.record.evidence}),
        corrections=_corrected(collection, unattributed.values()),
        weeks=periods(collection, prs, zone, week),
        days=periods(collection, prs, zone, date.isoformat),
    )


def _summary(
    collection: Sequence[Session], completed: Sequence[Session], prs: Sequence[Entry], now: datetime, policy: Policy
) -> Summary:
    durations = [minutes for s in completed if (minutes := duration_minutes(s)) is not None]
    active = [s.active_time / MINUTE for s in collection if s.active_time is not None]
    sizes = [len(s.prs) for s in collection]
    scores = [score for s in collection if (score := s.final_score) is not None]
    unattributed = [entry.record for entry in prs if entry.attribution == UNATTRIBUTED]
    totals = sum((s.totals for s in collection), sum_records(unattributed))
    return Summary(
        total_completed=len(completed),
        total_active=len(collection) - len(completed),
        total_idle=sum(status(s, now, policy) is Status.IDLE for s in collection),
        total_pull_requests=len(prs),
        automatic_pull_requests=sum(entry.record.is_auto for entry in prs),
        unattributed_pull_requests=len(unattributed),
        avg_session_duration=average(durations),
        median_session_duration=middle(durations),
        unknown_durations=len(completed) - len(durations),
        avg_active_minutes=average(active),
        avg_prs_per_session=average(sizes),
        median_prs_per_session=middle(sizes),
        empty_sessions=sizes.count(0),
        files_changed=totals.files_changed,
        test_files_added=totals.test_files_added,
        avg_score=average(scores),
    )


def _corrected(collection: Sequence[Session], unattributed: Iterable[PullRequestRecord]) -> Corrected:
    taken_back = {split.id for session in collection for split in session.split}
    return Corrected(
        linked=sum(len(s.manual) for s in collection),
        unlinked=sum(1 for record in unattributed if record.attribution and record.attribution.by),
        merged=sum(len({m.id for m in s.merged} - taken_back) for s in collection),
        reopened=sum(1 for s in collection if s.reopened),
    )


def _reduction(collection: Sequence[Session]) -> Reduction:
    sizes = [size for session in collection if (size := len(session.prs))]
    return Reduction(sum(sizes), len(sizes), average(sizes))


ORPHAN_TIMEOUTS = 2
MOST_ORPHANS = 5
LONGEST_MEAN = 120  # minutes
LARGEST_FILE = 1_000_000  # bytes


class Health(Struct, frozen=True):
    """The state of the sessions.

    Attributes:
        orphans: ids of active sessions idle longer than twice the timeout, in their order.
        mean_duration: minutes, over completed sessions of known duration.
        state_file_bytes: size of the session file.
        alerts: what somebody should look at, each with a hint.
    """

    orphans: tuple[str, ...]
    mean_duration: float | None
    state_file_bytes: int
    alerts: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether there is no alert."""
        return not self.alerts


def health(sessions: Iterable[Session], now: datetime, policy: Policy, state_file_bytes: int) -> Health:
    """The state of these sessions as of `now`."""
    collection = tuple(sessions)
    orphans = orphan_ids(collection, now, policy)
    mean = average([minutes for session in collection if (minutes := duration_minutes(session)) is not None])
    return Health(orphans, mean, state_file_bytes, tuple(_alerts(len(orphans), mean, state_file_bytes)))


def orphan_ids(sessions: Iterable[Session], now: datetime, policy: Policy) -> tuple[str, ...]:
    """Active sessions that are idle for longer than twice the timeout: nobody works in them any more."""
    limit = ORPHAN_TIMEOUTS * policy.timeout
    return tuple(s.id for s in sessions if s.completion is None and idle_time(s, now) > limit)


def _alerts(orphans: int, mean: float | None, size: int) -> Iterator[str]:
    if orphans > MOST_ORPHANS:
        yield f"{orphans} orphaned sessions (more than {MOST_ORPHANS}): complete them with `pr-sessions cleanup`"
    if mean is not None and mean > LONGEST_MEAN:
        yield (
            f"sessions last {mean:.0f} minutes on average (more than {LONGEST_MEAN}): "
            "complete them when the work is done, or shorten the timeout"
        )
    if size > LARGEST_FILE:
        yield (
            f"the session file has {size / 1_000_000:.1f} MB (more than 1 MB): "
            "take a backup and look for records that do not belong there"
        )
