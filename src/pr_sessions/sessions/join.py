"""Two tellings of the same history become one: commutative, associative, idempotent, without a base.

Nothing is deleted by absence. Earliest start, latest activity; a completion that was asked for beats an inferred one,
the earlier of two asked ones stands; the latest telling of each fact wins; every tie is broken by the values
themselves, so that the order of joining never shows.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from msgspec.structs import replace

from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.session import REPORTED, Completion, Facts, Placement, Rung, Session, State, most
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
    joined = Session(
        id=min(one.id, other.id),
        author=min(filter(None, (one.author, other.author)), default=""),
        started=_pick(min, one.started, other.started),
        last_activity=_join_activity(one, other),
        completion=_join_completions(one, other),
        pull_requests=_join_values(one.pull_requests, other.pull_requests, join_facts),
        carried=tuple(sorted({*one.carried, *other.carried}, key=number_order)),
        carried_totals=most(one.carried_totals, other.carried_totals),
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
        agents=tuple(sorted({*one.agents, *other.agents})),
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
        return (Rung.NONE, _EPOCH - _EPOCH, "")
    later = placement.at - _EPOCH
    return (placement.rung, later if placement.rung is Rung.HAND else -later, placement.detail)


def join_all(one: Mapping[str, Session], other: Mapping[str, Session]) -> dict[str, Session]:
    """Two books by id become one: sessions that are each other's alias are one, a pull request has one place."""
    everything = (*one.values(), *other.values())
    joined: dict[str, Session] = {}
    for members in _same(everything):
        session = members[0]
        for member in members[1:]:
            session = join_sessions(session, member)
        joined[session.id] = session
    return _one_place(joined)


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


def _one_place(sessions: Mapping[str, Session]) -> dict[str, Session]:
    """A pull request with facts in several sessions stays where its evidence is strongest, with all that is known."""
    holders: dict[str, list[str]] = {}
    for session in sessions.values():
        for number in session.pull_requests:
            holders.setdefault(number, []).append(session.id)
    result = dict(sessions)
    for number, ids in holders.items():
        if len(ids) > 1:
            result.update(_settle(number, [result[i] for i in ids]))
    return result


def _settle(number: str, holders: list[Session]) -> dict[str, Session]:
    ranked = sorted(holders, key=lambda s: s.id)
    home = max(ranked, key=lambda s: placement_order(s.pull_requests[number].placement))
    facts = home.pull_requests[number]
    for session in ranked:
        facts = join_facts(facts, session.pull_requests[number])
    return {s.id: with_facts(s, number, facts if s is home else None) for s in ranked}


def with_facts(session: Session, number: str, facts: Facts | None) -> Session:
    """The session with the pull request's facts, or without them."""
    others = {n: f for n, f in session.pull_requests.items() if n != number}
    return replace(session, pull_requests=others if facts is None else {**others, number: facts})


def _join_activity(one: Session, other: Session) -> datetime | None:
    """A start stands for the activity that nobody told; once a later sign of work is known, it is kept."""
    if (one.last_activity, other.last_activity) == (None, None) and one.started == other.started:
        return None
    return _pick(max, one.latest, other.latest)


def _join_completions(one: Session, other: Session) -> Completion | None:
    ends = [s.completion for s in (one, other) if s.completion]
    asked = [end for end in ends if not end.inferred]
    if asked:
        return min(asked)
    # An end that was inferred from an older last activity than the one now known is refuted.
    latest = _pick(max, one.latest, other.latest)
    return min((end for s in (one, other) if (end := s.completion) and s.latest == latest), default=None)


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
    return max(one, other, key=lambda value: (isinstance(value, dict), type(value).__name__, repr(value)))


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
