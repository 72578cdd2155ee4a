"""Merge two copies of the same history: a join, that is commutative, associative and idempotent, without a base.

Nothing is deleted by absence. Earliest start, latest activity; a completion that was asked for beats an inferred one,
the earlier of two asked ones stands, unless it was taken back later; the latest report of each field wins; every tie
is broken by the values themselves, so that the order of joining never shows.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar

from msgspec.structs import replace

from pr_sessions.core.agents import merge_agents, merge_runs
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import (
    REPORTED,
    Attribution,
    Basis,
    Completion,
    PullRequestRecord,
    Reopening,
    Session,
    State,
    most,
)

T = TypeVar("T")
V = TypeVar("V")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATES: tuple[str, ...] = tuple(State)


def merge_sessions(left: Session, right: Session) -> Session:
    """Merge two copies of a session; both have the same id, or one became part of the other."""
    if left == right:
        return left
    reopened = _pick(max, left.reopened, right.reopened)
    ends = _join_ends(left, right, reopened)
    pull_requests = _join_values(left.pull_requests, right.pull_requests, merge_records)
    # A start stands for an unknown activity; once a later sign of work is known, it is kept.
    is_unknown = (left.last_activity, right.last_activity) == (None, None) and left.started == right.started
    return Session(
        id=min(left.id, right.id),
        author=min(filter(None, (left.author, right.author)), default=""),
        started=_pick(min, left.started, right.started),
        last_activity=None if is_unknown else _pick(max, left.latest, right.latest),
        completion=ends[0] if ends else None,
        other_ends=ends[1:],
        reopened=reopened,
        pull_requests=pull_requests,
        carried=_in_order({*left.carried, *right.carried}),
        carried_totals=most(left.carried_totals, right.carried_totals),
        elsewhere=_in_order({*left.elsewhere, *right.elsewhere} - pull_requests.keys()),
        merged=tuple(sorted({*left.merged, *right.merged})),
        split=tuple(sorted({*left.split, *right.split})),
        runs=merge_runs(left.runs, right.runs),
        title=max(left.title, right.title),
        inferred=left.inferred and right.inferred,
        aliases=tuple(sorted({*left.aliases, *right.aliases, left.id, right.id} - {min(left.id, right.id)})),
        final_score=_pick(max, left.final_score, right.final_score),
    )


def merge_records(left: PullRequestRecord, right: PullRequestRecord) -> PullRequestRecord:
    """Merge field by field: the latest report wins, and what only one knows stays."""
    if left == right:
        return left
    records = {field: _latest_report(field, left, right) for field in REPORTED}
    return PullRequestRecord(
        **{field: value for field, (_, value) in records.items() if value is not None},
        created=_pick(min, left.created, right.created),
        agents=merge_agents(left.agents, right.agents),
        commits=tuple(sorted({*left.commits, *right.commits})),
        is_auto=left.is_auto or right.is_auto,
        evidence=tuple(sorted({*left.evidence, *right.evidence})),
        attribution=_pick(max, left.attribution, right.attribution, key=attribution_order),
        reported_at={field: at for field, (at, _) in records.items() if at is not None},
    )


def attribution_order(attribution: Attribution | None) -> tuple[Any, ...]:
    """Sorts attributions by strength: the stronger basis, then the later correction, otherwise the earlier one.

    One of unknown time is weaker than every other of its basis.
    """
    if attribution is None:
        return (Basis.NONE, timedelta.min, "", "", "")
    passed = timedelta.min if attribution.at is None else attribution.at - _EPOCH
    if attribution.at is not None and attribution.basis is not Basis.MANUAL:
        passed = -passed
    return (attribution.basis, passed, attribution.detail, attribution.by, attribution.rest)


def join_all(left: Mapping[str, Session], right: Mapping[str, Session]) -> dict[str, Session]:
    """Two collections by id become one: sessions that are each other's alias are one, a pull request has one place."""
    return merge_with_unattributed(left, right, {}, {})[0]


def merge_with_unattributed(
    left: Mapping[str, Session],
    right: Mapping[str, Session],
    unattributed: Mapping[str, PullRequestRecord],
    other_unattributed: Mapping[str, PullRequestRecord],
) -> tuple[dict[str, Session], dict[str, PullRequestRecord]]:
    """Merge two collections, with their pull requests in no session, some of which corrections took out."""
    everything = (*left.values(), *right.values())
    joined: dict[str, Session] = {}
    for members in _same(everything):
        session = members[0]
        for member in members[1:]:
            session = merge_sessions(session, member)
        joined[session.id] = session
    return settle(joined, _join_values(unattributed, other_unattributed, merge_records))


def _same(sessions: Iterable[Session]) -> list[list[Session]]:
    """Groups of sessions that share an id or an alias."""
    group: dict[str, list[Session]] = {}
    for session in sessions:
        merged = [session]
        for name in (session.id, *session.aliases):
            if (known := group.get(name)) is not None and known is not merged:
                merged = known + [s for s in merged if all(s is not k for k in known)]
        for member in merged:
            group.update(dict.fromkeys((member.id, *member.aliases), merged))
    return list({id(members): members for members in group.values()}.values())


def settle(
    sessions: Mapping[str, Session], unattributed: Mapping[str, PullRequestRecord]
) -> tuple[dict[str, Session], dict[str, PullRequestRecord]]:
    """Every pull request stands where its evidence is strongest, with all that is known of it, and nowhere else.

    Args:
        sessions: by id.
        unattributed: those in no session; one that a correction took out competes with every other place.
    """
    holders = _places((s.id, s.pull_requests) for s in sessions.values())
    carriers = _places((s.id, (n for n in s.carried if n in holders or n in unattributed)) for s in sessions.values())
    result, left = dict(sessions), dict(unattributed)
    for number in sorted({*holders, *unattributed}, key=number_order):
        places = sorted({*holders.get(number, ()), *carriers.get(number, ())})
        if number not in unattributed and len(places) == 1:
            continue
        records = {i: f for i in places if (f := result[i].pull_requests.get(number))}
        place_now = _strongest_place(places, records, left.get(number))
        unplaced = left.pop(number, None)
        # Only a correction can keep a pull request out of all sessions: any other attribution of it counts for nothing.
        if unplaced and not is_manual(unplaced):
            unplaced = replace(unplaced, attribution=None)
        record = reduce(merge_records, [*([unplaced] if unplaced else []), *records.values()])
        if place_now is None:
            left[number] = record
        for place in places if place_now is None else {*places, place_now}:
            changed = with_record(result[place], number, record if place == place_now else None)
            if changed != result[place]:
                result[place] = changed
    return result, left


def _places(contents: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for place, numbers in contents:
        for number in numbers:
            places.setdefault(number, []).append(place)
    return places


def _strongest_place(
    places: list[str], records: Mapping[str, PullRequestRecord], unattributed: PullRequestRecord | None
) -> str | None:
    """Where the strongest attribution is; without any, the first session that mentions it; `None` for no session."""
    best = max(records, key=lambda i: attribution_order(records[i].attribution), default=None)
    strongest = records[best].attribution if best else None
    order = attribution_order(strongest)
    if unattributed and is_manual(unattributed) and attribution_order(unattributed.attribution) > order:
        return None
    return best if strongest else min(places, default=None)


def is_manual(record: PullRequestRecord) -> bool:
    """Return whether a correction put it where it is: into a session or, for an unattributed one, out of all."""
    return record.attribution is not None and record.attribution.basis is Basis.MANUAL


def with_record(session: Session, number: str, record: PullRequestRecord | None) -> Session:
    """The session with the pull request's facts, or without it, also where an old file had listed it."""
    others = dict(session.pull_requests)
    others.pop(number, None)
    gone = {*session.elsewhere} - {number}
    if record is not None:
        return replace(session, pull_requests={**others, number: record}, elsewhere=_in_order(gone))
    gone |= {number} & {*session.carried}
    return replace(session, pull_requests=others, elsewhere=_in_order(gone))


def _join_ends(left: Session, right: Session, reopened: Reopening | None) -> tuple[Completion, ...]:
    """All ends that count, the one that stands first; the others count again once that one is taken back."""
    asked = {end for s in (left, right) for end in s.ends if not end.inferred}
    counting = sorted((end for end in asked if reopened is None or end.is_after(reopened.at)), key=Completion.order)
    # An end that was inferred from an older last activity than the one now known is refuted.
    latest = _pick(max, left.latest, right.latest)
    inferred = [end for s in (left, right) if s.latest == latest for end in s.ends if end.inferred]
    return (*counting, *sorted(inferred, key=Completion.order)[:1])


def _in_order(numbers: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(numbers, key=number_order))


def _latest_report(field: str, left: PullRequestRecord, right: PullRequestRecord) -> tuple[datetime | None, Any]:
    def strength(record: PullRequestRecord) -> tuple[Any, ...]:
        value = getattr(record, field)
        at = record.reported_at.get(field)
        rank = state_order(value) if field == "state" else value or 0
        return (value not in (None, ""), at is not None, at or _EPOCH, rank)

    best = max(left, right, key=strength)
    return best.reported_at.get(field), getattr(best, field)


def state_order(state: str | None) -> tuple[int, str]:
    """Sorts states by a pull request's life; one of a newer version comes last, since that version knows better."""
    if state is None:
        return (-1, "")
    return (_STATES.index(state), "") if state in _STATES else (len(_STATES), state)


def _pick(best: Callable[..., T], left: T | None, right: T | None, **options: Any) -> T | None:
    known = [value for value in (left, right) if value is not None]
    return best(known, **options) if known else None


def _join_values(left: Mapping[str, V], right: Mapping[str, V], join: Callable[[V, V], V]) -> dict[str, V]:
    joined = {**right, **left}
    for key in left.keys() & right.keys():
        joined[key] = join(left[key], right[key])
    return joined
