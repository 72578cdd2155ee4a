"""Two tellings of the same history become one: commutative, associative, idempotent, without a base.

Nothing is deleted by absence. Earliest start, latest activity; a completion that was asked for beats an inferred one,
the earlier of two asked ones stands, unless it was taken back later; the latest telling of each fact wins; every tie
is broken by the values themselves, so that the order of joining never shows.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import reduce
from typing import Any, TypeVar

from msgspec import json
from msgspec.structs import replace

from pr_sessions.sessions.agent import join_agents, join_runs
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.session import REPORTED, Completion, Facts, Placement, Reopening, Rung, Session, State, most
from pr_sessions.sessions.times import write_time

T = TypeVar("T")
V = TypeVar("V")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SESSION_TIMES = ("started", "last_activity", "completed")
_FACT_TIMES = ("created", "closed", "merged")


def join_sessions(one: Session, other: Session) -> Session:
    """The session of which both are tellings; both have the same id, or one became part of the other."""
    if _identical(one, other):
        return one
    reopened = _pick(max, one.reopened, other.reopened)
    ends = _join_ends(one, other, reopened)
    pull_requests = _join_values(one.pull_requests, other.pull_requests, join_facts)
    joined = Session(
        id=min(one.id, other.id),
        author=min(filter(None, (one.author, other.author)), default=""),
        started=_pick(min, one.started, other.started),
        last_activity=_join_activity(one, other),
        completion=ends[0] if ends else None,
        other_ends=ends[1:],
        reopened=reopened,
        pull_requests=pull_requests,
        carried=_in_order({*one.carried, *other.carried}),
        carried_totals=most(one.carried_totals, other.carried_totals),
        elsewhere=_in_order({*one.elsewhere, *other.elsewhere} - pull_requests.keys()),
        merged=tuple(sorted({*one.merged, *other.merged})),
        runs=join_runs(one.runs, other.runs),
        title=max(one.title, other.title),
        inferred=one.inferred and other.inferred,
        aliases=tuple(sorted({*one.aliases, *other.aliases, one.id, other.id} - {min(one.id, other.id)})),
    )
    spelled = _session_spellings(joined, (one, other))
    return replace(joined, source=_join_sources(one, other, _SESSION_TIMES) | spelled)


def join_facts(one: Facts, other: Facts) -> Facts:
    """Field by field the latest telling; what only one knows stays."""
    if _identical(one, other):
        return one
    told = {field: _latest_telling(field, one, other) for field in REPORTED}
    joined = Facts(
        **{field: value for field, (_, value) in told.items() if value is not None},
        created=_pick(min, one.created, other.created),
        agents=join_agents(one.agents, other.agents),
        commits=tuple(sorted({*one.commits, *other.commits})),
        is_auto=one.is_auto or other.is_auto,
        evidence=tuple(sorted({*one.evidence, *other.evidence})),
        placement=_pick(max, one.placement, other.placement, key=placement_order),
        seen={field: at for field, (at, _) in told.items() if at is not None},
    )
    spelled = _facts_spellings(joined, (one, other))
    return replace(joined, source=_join_sources(one, other, _FACT_TIMES) | spelled)


def placement_order(placement: Placement | None) -> tuple[Any, ...]:
    """Sorts placements by strength: the stronger rung, by hand the later one, otherwise the earlier one."""
    if placement is None:
        return (Rung.NONE, _EPOCH - _EPOCH, "", "")
    later = placement.at - _EPOCH
    return (placement.rung, later if placement.rung is Rung.HAND else -later, placement.detail, placement.by)


def join_all(one: Mapping[str, Session], other: Mapping[str, Session]) -> dict[str, Session]:
    """Two books by id become one: sessions that are each other's alias are one, a pull request has one place."""
    return join_with_lost(one, other, {}, {})[0]


def join_with_lost(
    one: Mapping[str, Session],
    other: Mapping[str, Session],
    lost: Mapping[str, Facts],
    others_lost: Mapping[str, Facts],
) -> tuple[dict[str, Session], dict[str, Facts]]:
    """The same, together with the pull requests that are in no session, some of them by hand."""
    everything = (*one.values(), *other.values())
    joined: dict[str, Session] = {}
    for members in _same(everything):
        session = members[0]
        for member in members[1:]:
            session = join_sessions(session, member)
        joined[session.id] = session
    return settle(joined, _join_values(lost, others_lost, join_facts))


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


def settle(sessions: Mapping[str, Session], lost: Mapping[str, Facts]) -> tuple[dict[str, Session], dict[str, Facts]]:
    """Every pull request stands where its evidence is strongest, with all that is known of it, and nowhere else.

    Args:
        sessions: by id.
        lost: those in no session; one that a hand took out competes with every other place.
    """
    holders = _places((s.id, s.pull_requests) for s in sessions.values())
    carriers = _places((s.id, (n for n in s.carried if n in holders or n in lost)) for s in sessions.values())
    result, left = dict(sessions), dict(lost)
    for number in sorted({*holders, *lost}, key=number_order):
        places = sorted({*holders.get(number, ()), *carriers.get(number, ())})
        if number not in lost and len(places) == 1:
            continue
        told = {i: f for i in places if (f := result[i].pull_requests.get(number))}
        home = _home(places, told, left.get(number))
        facts = reduce(join_facts, [*([_unplaced(left.pop(number))] if number in left else []), *told.values()])
        if home is None:
            left[number] = facts
        for place in places if home is None else {*places, home}:
            result[place] = _put(result[place], number, facts if place == home else None)
    return result, left


def _places(held: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for place, numbers in held:
        for number in numbers:
            places.setdefault(number, []).append(place)
    return places


def _home(places: list[str], told: Mapping[str, Facts], lost: Facts | None) -> str | None:
    """Where the strongest placement is; without any, the first session that tells of it; `None` for no session."""
    best = max(told, key=lambda i: placement_order(told[i].placement), default=None)
    strongest = told[best].placement if best else None
    if lost and by_hand(lost) and placement_order(lost.placement) > placement_order(strongest):
        return None
    return best if strongest else min(places, default=None)


def by_hand(facts: Facts) -> bool:
    """Whether a hand said where it belongs: into a session or, where the facts are in none, into none."""
    return facts.placement is not None and facts.placement.rung is Rung.HAND


def _unplaced(facts: Facts) -> Facts:
    """Only a hand can say that a pull request belongs nowhere."""
    return facts if facts.placement is None or by_hand(facts) else replace(facts, placement=None)


def _put(session: Session, number: str, facts: Facts | None) -> Session:
    """Itself where nothing changes."""
    changed = with_facts(session, number, facts)
    return session if changed == session else changed


def with_facts(session: Session, number: str, facts: Facts | None) -> Session:
    """The session with the pull request's facts, or without it, also where an old file had listed it."""
    others = dict(session.pull_requests)
    others.pop(number, None)
    gone = {*session.elsewhere} - {number}
    if facts is not None:
        return replace(session, pull_requests={**others, number: facts}, elsewhere=_in_order(gone))
    gone |= {number} & {*session.carried}
    return replace(session, pull_requests=others, elsewhere=_in_order(gone))


def _join_activity(one: Session, other: Session) -> datetime | None:
    """A start stands for the activity that nobody told; once a later sign of work is known, it is kept."""
    if (one.last_activity, other.last_activity) == (None, None) and one.started == other.started:
        return None
    return _pick(max, one.latest, other.latest)


def _join_ends(one: Session, other: Session, reopened: Reopening | None) -> tuple[Completion, ...]:
    """All ends that count, the one that stands first; the others count again once that one is taken back."""
    asked = {end for s in (one, other) for end in s.ends if not end.inferred}
    standing = sorted(end for end in asked if reopened is None or end.at > reopened.at)
    # An end that was inferred from an older last activity than the one now known is refuted.
    latest = _pick(max, one.latest, other.latest)
    inferred = [end for s in (one, other) if s.latest == latest for end in s.ends if end.inferred]
    return (*standing, *sorted(inferred)[:1])


def _in_order(numbers: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(numbers, key=number_order))


def _latest_telling(field: str, one: Facts, other: Facts) -> tuple[datetime | None, Any]:
    def strength(facts: Facts) -> tuple[Any, ...]:
        value = getattr(facts, field)
        at = facts.seen.get(field)
        return (value not in (None, ""), at is not None, at or _EPOCH, _rank(value))

    best = max(one, other, key=strength)
    return best.seen.get(field), getattr(best, field)


def _pick(best: Callable[..., T], one: T | None, other: T | None, **options: Any) -> T | None:
    known = [value for value in (one, other) if value is not None]
    return best(known, **options) if known else None


def _join_values(one: Mapping[str, V], other: Mapping[str, V], join: Callable[[V, V], V]) -> dict[str, V]:
    joined = {**other, **one}
    for key in one.keys() & other.keys():
        joined[key] = join(one[key], other[key])
    return joined


def _identical(one: Session | Facts, other: Session | Facts) -> bool:
    """To the letter: 1 is not 1.0, and the order of unknown fields counts, since it is written."""
    return one == other and repr(one.source) == repr(other.source)


def _rank(value: Any) -> Any:
    """Of two values told at the same time the larger, of two states the later one in a pull request's life."""
    return list(State).index(value) if isinstance(value, State) else value or 0


def _join_sources(one: Session | Facts, other: Session | Facts, times: tuple[str, ...]) -> dict[str, Any]:
    joined = join_json(one.source, other.source)
    return {key: value for key, value in joined.items() if key not in times}


def join_json(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What we do not understand is kept; of two different values the one whose text is larger."""
    return _join_values(one, other, _larger)


def _larger(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return join_json(one, other)
    return max(one, other, key=_text)


def _text(value: Any) -> tuple[bool, str, bytes]:
    """The same whatever the order of the fields, which writing changes: else a written file would join differently."""
    return isinstance(value, dict), type(value).__name__, json.encode(value, order="sorted")


def _session_spellings(joined: Session, both: tuple[Session, ...]) -> dict[str, str]:
    """How the joined session's times are written: as those wrote them who told them."""
    end = joined.completion
    ending = [s for s in both if s.completion == end and end and (not end.inferred or s.latest == joined.latest)]
    return (
        _spelling("started", joined.started, [s.source for s in both if s.started == joined.started])
        | _spelling("last_activity", joined.last_activity, [s.source for s in both if s.latest == joined.last_activity])
        | _spelling("completed", end.at if end else None, [s.source for s in ending])
    )


def _facts_spellings(joined: Facts, both: tuple[Facts, ...]) -> dict[str, str]:
    spelled = _spelling("created", joined.created, [f.source for f in both if f.created == joined.created])
    for key in ("closed", "merged"):
        value, at = getattr(joined, key), joined.seen.get(key)
        spelled |= _spelling(key, value, [f.source for f in both if (getattr(f, key), f.seen.get(key)) == (value, at)])
    return spelled


def _spelling(key: str, moment: datetime | None, sources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of several spellings of one instant the larger; one that was never spelled is written as we write."""
    texts = [source.get(key) for source in sources]
    if moment is None or not any(texts):
        return {}
    return {key: max(str(text or write_time(moment)) for text in texts)}
