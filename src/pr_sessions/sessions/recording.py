"""Recording a pull request: verdict, facts, place; the book of sessions before becomes the book after."""

from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, join_agents
from pr_sessions.sessions.attribution import Choice, Situation, choose
from pr_sessions.sessions.completion import completion_reason
from pr_sessions.sessions.detection import detect, with_agents
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
from pr_sessions.sessions.similarity import abbreviated

L = TypeVar("L", bound=Ledger)
_ENDS = ("state", "closed", "merged")


class Recorded(Struct, frozen=True, kw_only=True):
    """What recording came to.

    Attributes:
        session: the session that holds it; `None` if it is not automatic or unattributed.
        facts: what is kept of it; `None` if nothing is.
        choice: how its session was found.
        is_new: whether it was not known before.
        agents: who had part in it, automatic or not.
    """

    number: str
    verdict: Verdict
    choice: Choice
    session: Session | None = None
    facts: Facts | None = None
    is_new: bool = False
    agents: tuple[Agent, ...] = ()


def record(
    ledger: L, pull_request: PullRequest, situation: Situation, policy: Policy, now: datetime
) -> tuple[L, Recorded]:
    """The book with the pull request in its session, once, however often it is told.

    Only automatic pull requests look for a session themselves; any other is recorded where a hand puts it, or where it
    is already. A completion marker completes the session. What the pull request says replaces what was told before.
    """
    pull_request = with_agents(pull_request, policy)
    verdict = detect(pull_request, policy)
    number = pull_request.number
    lost = ledger.unattributed.get(number)
    home = None if lost and by_hand(lost) else ledger.holding(number)
    if not (verdict.is_auto or home or situation.by_hand or number in ledger.unattributed):
        return ledger, Recorded(number=number, verdict=verdict, choice=Choice(), agents=pull_request.agents)
    situation = replace(situation, agent_alone=verdict.by_agent_alone)
    choice = choose(ledger, pull_request, replace(situation, current=None) if home else situation, policy)
    known = home.pull_requests.get(number) if home else lost
    target, choice = _target(ledger, pull_request, situation, choice, home)
    facts = _facts(known, pull_request, verdict, choice.placement, situation.at)
    if target is None:
        kept = ledger.put_unattributed({**ledger.unattributed, number: facts})
        told = Recorded(number=number, verdict=verdict, choice=choice, facts=facts, is_new=known is None)
        return kept, replace(told, agents=pull_request.agents)
    is_new = home is None
    session = _place(target, pull_request, facts, situation.at, policy, now, is_new=is_new)
    changed = [session]
    if home and home.id not in (session.id, *choice.absorbs):
        changed.append(with_facts(home, number, None))
    ledger = ledger.put(*changed, without=choice.absorbs)
    if number in ledger.unattributed:
        ledger = ledger.put_unattributed({n: f for n, f in ledger.unattributed.items() if n != number})
    told = Recorded(number=number, verdict=verdict, choice=choice, session=session, facts=facts, is_new=is_new)
    return ledger, replace(told, agents=pull_request.agents)


def _target(
    ledger: Ledger, pull_request: PullRequest, situation: Situation, choice: Choice, home: Session | None
) -> tuple[Session | None, Choice]:
    """The session to put it in: where it is, unless stronger evidence moves it; a known, a named or a new one."""
    if home and not (_moves(home, pull_request.number, choice) or _bridges(home, pull_request.number, choice)):
        again = choice.placement if choice.session_id == home.id else None
        held = _held(home, pull_request.number)
        stays = again if again and (held is None or again.rung > held.rung) else held
        return home, replace(choice, session_id=home.id, placement=stays, absorbs=())
    lost = ledger.unattributed.get(pull_request.number)
    if home is None and lost and by_hand(lost) and not _by_a_later_hand(choice, lost):
        return None, replace(choice, session_id=None, placement=lost.placement, absorbs=())
    if situation.agent_alone and choice.tried[-1].rung is Rung.COMMITS and not choice.ambiguous:
        held = _held(home, pull_request.number) if home else None
        # One that was placed otherwise leaves alone; the others of that session stay.
        return _by_commits(
            ledger, pull_request, situation, choice, home if held and held.rung is Rung.COMMITS else None
        )
    if choice.session_id is not None:
        return _known_or_named(ledger, pull_request, situation, choice), choice
    if not pull_request.author or choice.ambiguous:
        return None, choice
    session_id = new_id(pull_request.author, situation.at, lambda i: ledger.get(i) is not None)
    placement = _first_placement(choice, situation.at)
    fresh = begin(session_id, pull_request.author, situation.at, inferred=True)
    return fresh, replace(choice, session_id=session_id, placement=placement)


def _first_placement(choice: Choice, at: datetime) -> Placement:
    """Why it begins a session: a run of an agent that no session holds yet, or the time."""
    run = next((tried for tried in choice.tried if tried.rung is Rung.VENDOR and tried.sees), None)
    return Placement(Rung.VENDOR, at, run.detail) if run else Placement(Rung.TIME, at, choice.tried[-1].detail)


def _moves(home: Session, number: str, choice: Choice) -> bool:
    if choice.session_id is None or choice.placement is None or choice.session_id == home.id:
        return False
    held = _held(home, number)
    if choice.placement.rung is Rung.HAND:
        return placement_order(choice.placement) > placement_order(held)
    # What an older file lists without a reason is worth as much as closeness in time.
    return choice.placement.rung > (held.rung if held else Rung.TIME)


def _bridges(home: Session, number: str, choice: Choice) -> bool:
    """Whether news of its commits joins its session with another one."""
    held = _held(home, number)
    rungs = {placement.rung for placement in (held, choice.placement) if placement}
    return rungs == {Rung.COMMITS} and not {choice.session_id, *choice.absorbs} <= {None, home.id}


def _by_commits(
    ledger: Ledger, pull_request: PullRequest, situation: Situation, choice: Choice, home: Session | None
) -> tuple[Session, Choice]:
    """A session of its own, named after it, joined with all that hold a commit of it: a function of the set."""
    author = pull_request.author or next((agent.name for agent in pull_request.agents if agent.opened), "agent")
    session = home or begin(
        new_id(author, situation.at, lambda i: ledger.get(i) is not None, pull_request.number),
        author,
        situation.at,
        inferred=True,
    )
    names = {name for name in (choice.session_id, *choice.absorbs, home.id if home else None) if name}
    for other in sorted(names - {session.id}):
        if known := ledger.get(other):
            session = join_sessions(session, known)
    placement = Placement(Rung.COMMITS, situation.at, "inferred: nothing names a session")
    absorbs = tuple(sorted(names - {session.id}))
    return session, replace(choice, session_id=session.id, placement=placement, absorbs=absorbs)


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
            session = _worked(session, facts.placement, at, policy)
    reason = completion_reason(pull_request.title, pull_request.body, facts, policy) if facts.is_auto else None
    if reason:
        session = advance(session, CompletionAsked(at, reason), policy)
    return advance(session, TimePassed(now), policy)


def _worked(session: Session, placement: Placement | None, at: datetime, policy: Policy) -> Session:
    """The session after activity. One that rests on an agent's run goes on for as long as that run does."""
    if not (session.inferred and session.started and placement and placement.rung is Rung.VENDOR):
        return advance(session, Activity(at), policy)
    begun = session if session.started <= at else replace(session, started=at)
    return advance(begun, Activity(at, since=session.started), policy)


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
        commits=abbreviated(pull_request.commits) if verdict.by_agent_alone else (),
        is_auto=verdict.is_auto,
        evidence=tuple(sorted(verdict.evidence)),
        placement=placement,
        seen={field: end if field in _ENDS else at for field in news},
    )
    joined = join_facts(known, telling) if known else telling
    return replace(joined, placement=placement)
