"""Corrections by hand: who set it right and when; they win over everything automatic, the latest over earlier ones."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.sessions.join import by_hand, join_facts, join_sessions, with_facts
from pr_sessions.sessions.ledger import Ledger
from pr_sessions.sessions.lifecycle import TimePassed, advance
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Facts, Merging, Placement, Reopening, Rung, Session
from pr_sessions.sessions.times import LAST_YEAR

L = TypeVar("L", bound=Ledger)
_TICK = timedelta(microseconds=1)
_LAST = datetime(LAST_YEAR, 12, 31, 23, 59, 59, 999999, UTC)


def home_of(ledger: Ledger, number: str) -> Session | None:
    """The session that holds the pull request; none where a hand took it out.

    Raises:
        NotFound: nothing is known of it.
    """
    lost = ledger.unattributed.get(number)
    home = None if lost and by_hand(lost) else ledger.holding(number)
    if home is None and lost is None:
        raise NotFound(f"nothing is known of pull request {number}", f"record it: pr-sessions link {number} SESSION")
    return home


def link(ledger: L, number: str, session: Session, by: str, now: datetime) -> L:
    """The book with the pull request in the session by hand; itself where a hand had put it there already."""
    held = session.pull_requests.get(number)
    if held and by_hand(held) and number in session.prs:
        return ledger
    facts = _known(ledger, number)
    placement = Placement(Rung.HAND, _after(facts, now), f"put into {session.id}", by)
    rest = [with_facts(s, number, None) for s in ledger.listing(number) if s.id != session.id]
    ledger = ledger.put(*rest, with_facts(session, number, replace(facts, placement=placement)))
    return ledger.put_unattributed({n: f for n, f in ledger.unattributed.items() if n != number})


def unlink(ledger: L, number: str, by: str, now: datetime) -> L:
    """The book with the pull request in no session by hand; itself where a hand had taken it out already.

    Raises:
        NotFound: nothing is known of it.
    """
    lost = ledger.unattributed.get(number)
    if home_of(ledger, number) is None and lost and by_hand(lost):
        return ledger
    facts = _known(ledger, number)
    placement = Placement(Rung.HAND, _after(facts, now), "taken out of its session", by)
    ledger = ledger.put(*(with_facts(s, number, None) for s in ledger.listing(number)))
    return ledger.put_unattributed({**ledger.unattributed, number: replace(facts, placement=placement)})


def merge(ledger: L, one: Session, other: Session, by: str, now: datetime) -> L:
    """The book with both sessions as one, under the id that sorts first; it ends when the later of them ended."""
    if one.id == other.id:
        return ledger
    survivor, absorbed = sorted((one, other), key=lambda s: s.id)
    joined = join_sessions(survivor, replace(absorbed, reopened=_without_early_ends(one, other, by)))
    marked = tuple(sorted({*joined.merged, Merging(absorbed.id, now, by)}))
    return ledger.put(replace(joined, merged=marked, inferred=False), without=(absorbed.id,))


def reopen(session: Session, by: str, now: datetime, policy: Policy) -> Session:
    """The session without the ends that somebody asked for so far; time alone may have ended it since."""
    at = max((now, *(end.at for end in session.ends if not end.inferred)))
    reopened = max(filter(None, (session.reopened, Reopening(at, by))))
    inferred = next((end for end in session.ends if end.inferred), None)
    back = replace(session, completion=inferred, other_ends=(), reopened=reopened)
    return advance(back, TimePassed(now), policy)


def _known(ledger: Ledger, number: str) -> Facts:
    """Everything that is known of it, wherever it stands."""
    told = [s.pull_requests[number] for s in ledger.listing(number) if number in s.pull_requests]
    if number in ledger.unattributed:
        told.append(ledger.unattributed[number])
    facts = told[0] if told else Facts()
    for more in told[1:]:
        facts = join_facts(facts, more)
    return facts


def _after(facts: Facts, now: datetime) -> datetime:
    """Now, or just after the correction that is corrected, which a clock ahead of ours may have made."""
    if not by_hand(facts) or facts.placement is None or facts.placement.at < now:
        return now
    if facts.placement.at >= _LAST:
        raise InvalidValue("its last correction is of the end of time", "mend that time in the session file")
    return facts.placement.at + _TICK


def _without_early_ends(one: Session, other: Session, by: str) -> Reopening | None:
    """Asked ends that came before the other session's end do not end the whole."""
    known = [s.reopened for s in (one, other) if s.reopened]
    early = [
        mine.completion.at
        for mine, yours in ((one, other), (other, one))
        if mine.completion
        and not mine.completion.inferred
        and (yours.completion is None or yours.completion.at > mine.completion.at)
    ]
    return max([*known, *(Reopening(at, by) for at in early)], default=None)
