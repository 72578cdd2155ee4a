"""What came of the sessions, in figures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from pr_sessions.analytics.averages import MINUTE, average, middle, number
from pr_sessions.analytics.breakdowns import (
    BUCKETS,
    PLACEMENTS,
    STATES,
    UNATTRIBUTED,
    UNKNOWN,
    Author,
    Count,
    Entry,
    Period,
    agents,
    authors,
    bucket,
    count,
    duration_minutes,
    entries,
    markers,
    periods,
    trigger,
    week,
)
from pr_sessions.sessions.lifecycle import status
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Facts, Session, Status, sum_facts


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
        placements: pull requests by the rung that put them into their session, strongest first.
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
    states: tuple[Count, ...]
    placements: tuple[Count, ...]
    evidence: tuple[Count, ...]
    corrections: Corrected
    weeks: tuple[Period, ...]
    days: tuple[Period, ...]


def measure(
    sessions: Iterable[Session], now: datetime, policy: Policy, unattributed: Mapping[str, Facts] = {}
) -> Metrics:
    """The figures of these sessions and of the pull requests that fit none, as of `now`."""
    from zoneinfo import ZoneInfo

    book = tuple(sessions)
    completed = tuple(session for session in book if session.completion is not None)
    prs = tuple(entries(book, unattributed))
    zone = ZoneInfo(policy.time_zone)
    return Metrics(
        at=now,
        time_zone=policy.time_zone,
        summary=_summary(book, completed, prs, now, policy),
        reduction=_reduction(book),
        authors=authors(book, prs),
        completion_triggers=count(trigger(session) for session in completed),
        explicit_markers=count(markers(completed)),
        duration_distribution=count((bucket(duration_minutes(s)) for s in completed), (*BUCKETS, UNKNOWN)),
        agents=count(agents(entry.facts) for entry in prs),
        states=count((entry.facts.state or UNKNOWN for entry in prs), STATES),
        placements=count((entry.placement for entry in prs), PLACEMENTS),
        evidence=count(rule for entry in prs for rule in {e.rule for e in entry.facts.evidence}),
        corrections=_corrected(book, unattributed.values()),
        weeks=periods(book, prs, zone, week),
        days=periods(book, prs, zone, date.isoformat),
    )


def _summary(
    book: Sequence[Session], completed: Sequence[Session], prs: Sequence[Entry], now: datetime, policy: Policy
) -> Summary:
    durations = [minutes for s in completed if (minutes := duration_minutes(s)) is not None]
    active = [s.active_time / MINUTE for s in book if s.active_time is not None]
    sizes = [len(s.prs) for s in book]
    scores = [score for s in book if (score := number(s.source.get("final_score"))) is not None]
    lost = [entry.facts for entry in prs if entry.placement == UNATTRIBUTED]
    totals = sum((s.totals for s in book), sum_facts(lost))
    return Summary(
        total_completed=len(completed),
        total_active=len(book) - len(completed),
        total_idle=sum(status(s, now, policy) is Status.IDLE for s in book),
        total_pull_requests=len(prs),
        automatic_pull_requests=sum(entry.facts.is_auto for entry in prs),
        unattributed_pull_requests=len(lost),
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


def _corrected(book: Sequence[Session], lost: Iterable[Facts]) -> Corrected:
    return Corrected(
        linked=sum(len(s.by_hand) for s in book),
        unlinked=sum(1 for facts in lost if facts.placement and facts.placement.by),
        merged=sum(len({m.id for m in s.merged}) for s in book),
        reopened=sum(1 for s in book if s.reopened),
    )


def _reduction(book: Sequence[Session]) -> Reduction:
    sizes = [size for session in book if (size := len(session.prs))]
    return Reduction(sum(sizes), len(sizes), average(sizes))
