"""Recording a pull request: verdict, facts, place; the book of sessions before becomes the book after."""

from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.sessions.agent import join_agents
from pr_sessions.sessions.attribution import Choice, Situation, choose
from pr_sessions.sessions.completion import completion_reason
from pr_sessions.sessions.detection import detect
from pr_sessions.sessions.ids import new_id
from pr_sessions.sessions.join import by_hand, join_facts, join_sessions, placement_order, with_facts
from pr_sessions.sessions.ledger import Ledger
from pr_sessions.sessions.lifecycle import Activity, CompletionAsked, TimePassed, advance, begin
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import (
    REPORTED,
    Facts,
    Placement,
    PullRequest,
    Rung,
    Session,
    State,
    Verdict,
)

L = TypeVar("L", bound=Ledger)
_ENDS = ("state", "closed", "merged")


class Recorded(Struct, frozen=True, kw_only=True):
    """What recording came to.

    Attributes:
        session: the session that holds it; `None` if it is not automatic or unattributed.
        facts: what is kept of it; `None` if nothing is.
        choice: how its session was found.
        is_new: whether it was not known before.
    """

    number: str
    verdict: Verdict
    choice: Choice
    session: Session | None = None
    facts: Facts | None = None
    is_new: bool = False


def record(
    ledger: L, pull_request: PullRequest, situation: Situation, policy: Policy, now: datetime
) -> tuple[L, Recorded]:
    """The book with the pull request in its session, once, however often it is told.

    Only automatic pull requests look for a session themselves; any other is recorded where a hand puts it, or where it
    is already. A completion marker completes the session. What the pull request says replaces what was told before.
    """
    verdict = detect(pull_request, policy)
    number = pull_request.number
    lost = ledger.unattributed.get(number)
    home = None if lost and by_hand(lost) else ledger.holding(number)
    if not (verdict.is_auto or home or situation.by_hand or number in ledger.unattributed):
        return ledger, Recorded(number=number, verdict=verdict, choice=Choice())
    choice = choose(ledger, pull_request, replace(situation, current=None) if home else situation, policy)
    known = home.pull_requests.get(number) if home else lost
    target, choice = _target(ledger, pull_request, situation, choice, home)
    facts = _facts(known, pull_request, verdict, choice.placement, situation.at)
    if target is None:
        kept = ledger.put_unattributed({**ledger.unattributed, number: facts})
        return kept, Recorded(number=number, verdict=verdict, choice=choice, facts=facts, is_new=known is None)
    is_new = home is None
    session = _place(target, pull_request, facts, situation.at, policy, now, is_new=is_new)
    changed = [session]
    if home and home.id not in (session.id, *choice.absorbs):
        changed.append(with_facts(home, number, None))
    ledger = ledger.put(*changed, without=choice.absorbs)
    if number in ledger.unattributed:
        ledger = ledger.put_unattributed({n: f for n, f in ledger.unattributed.items() if n != number})
    return ledger, Recorded(number=number, verdict=verdict, choice=choice, session=session, facts=facts, is_new=is_new)


def _target(
    ledger: Ledger, pull_request: PullRequest, situation: Situation, choice: Choice, home: Session | None
) -> tuple[Session | None, Choice]:
    """The session to put it in: where it is, unless stronger evidence moves it; a known, a named or a new one."""
    if home and not _moves(home, pull_request.number, choice):
        again = choice.placement if choice.session_id == home.id else None
        held = _held(home, pull_request.number)
        stays = again if again and (held is None or again.rung > held.rung) else held
        return home, replace(choice, session_id=home.id, placement=stays, absorbs=())
    lost = ledger.unattributed.get(pull_request.number)
    if home is None and lost and by_hand(lost) and not _by_a_later_hand(choice, lost):
        return None, replace(choice, session_id=None, placement=lost.placement, absorbs=())
    if choice.session_id is not None:
        return _known_or_named(ledger, pull_request, situation, choice), choice
    if not pull_request.author or choice.ambiguous:
        return None, choice
    session_id = new_id(pull_request.author, situation.at, lambda i: ledger.get(i) is not None)
    placement = Placement(Rung.TIME, situation.at, choice.tried[-1].detail)
    fresh = begin(session_id, pull_request.author, situation.at, inferred=True)
    return fresh, replace(choice, session_id=session_id, placement=placement)


def _moves(home: Session, number: str, choice: Choice) -> bool:
    if choice.session_id is None or choice.placement is None or choice.session_id == home.id:
        return False
    held = _held(home, number)
    if choice.placement.rung is Rung.HAND:
        return placement_order(choice.placement) > placement_order(held)
    # What an older file lists without a reason is worth as much as closeness in time.
    return choice.placement.rung > (held.rung if held else Rung.TIME)


def _by_a_later_hand(choice: Choice, lost: Facts) -> bool:
    return choice.session_id is not None and placement_order(choice.placement) > placement_order(lost.placement)


def _held(home: Session, number: str) -> Placement | None:
    facts = home.pull_requests.get(number)
    return facts.placement if facts else None


def _known_or_named(ledger: Ledger, pull_request: PullRequest, situation: Situation, choice: Choice) -> Session:
    """An id that somebody named and that nobody knows yet is a session that began elsewhere."""
    assert choice.session_id is not None  # noqa: S101 - narrows the type; `_target` asked before
    session = ledger.get(choice.session_id)
    if session is None:
        return begin(choice.session_id, pull_request.author, situation.at)
    for absorbed in choice.absorbs:
        if other := ledger.get(absorbed):
            session = join_sessions(session, other)
    return session


def _place(
    session: Session,
    pull_request: PullRequest,
    facts: Facts,
    at: datetime,
    policy: Policy,
    now: datetime,
    *,
    is_new: bool,
) -> Session:
    """Facts in, then what they mean for the session's life."""
    known = session.pull_requests.get(pull_request.number)
    if known != facts:
        session = with_facts(session, pull_request.number, facts)
        if is_new or facts.state in (None, State.OPEN):
            session = advance(session, Activity(at), policy)
    reason = completion_reason(pull_request.title, pull_request.body, facts, policy) if facts.is_auto else None
    if reason:
        session = advance(session, CompletionAsked(at, reason), policy)
    return advance(session, TimePassed(now), policy)


def _facts(
    known: Facts | None, pull_request: PullRequest, verdict: Verdict, placement: Placement | None, at: datetime
) -> Facts:
    """What was known and what is told now; a value that is told again stays as old as it is."""
    told = {field: getattr(pull_request, field) for field in REPORTED}
    news: dict[str, Any] = {
        field: value
        for field, value in told.items()
        if value not in (None, "") and value != getattr(known, field, None)
    }
    # An end is told no earlier than it came: it must beat "open", told of the same creation.
    end = max(filter(None, (at, pull_request.closed, pull_request.merged)))
    telling = Facts(
        **news,
        created=pull_request.created,
        # In the order that a join gives them, so that a second telling changes nothing.
        agents=join_agents(pull_request.agents),
        is_auto=verdict.is_auto,
        evidence=tuple(sorted(verdict.evidence)),
        placement=placement,
        seen={field: end if field in _ENDS else at for field in news},
    )
    joined = join_facts(known, telling) if known else telling
    return replace(joined, placement=placement)
