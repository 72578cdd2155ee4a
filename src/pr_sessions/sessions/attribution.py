"""Which session a pull request belongs to: a ladder of evidence, strongest rung first.

A weaker rung never overrides a stronger one, two equal candidates are not guessed between, and what fits nowhere is
said to be unattributed. Every rung that was tried is told, so that the choice can be explained.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.ledger import Ledger
from pr_sessions.sessions.lifecycle import covers
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.pr_text import find_mark
from pr_sessions.sessions.session import Placement, PullRequest, Rung, Session


class Situation(Struct, frozen=True, kw_only=True):
    """What is known besides the pull request itself.

    Attributes:
        at: when what is recorded happened.
        by_hand: the session that a person named.
        by: that person.
        current: the live session of the working tree in which the pull request was recorded.
    """

    at: datetime
    by_hand: str | None = None
    by: str = ""
    current: str | None = None


class Tried(Struct, frozen=True):
    """One rung of the ladder and what it found.

    Attributes:
        candidates: session ids that fit, none of which may exist yet.
        detail: what the rung saw.
    """

    rung: Rung
    candidates: tuple[str, ...]
    detail: str


class Choice(Struct, frozen=True, kw_only=True):
    """The answer.

    Attributes:
        session_id: `None` for "none of those known": a new session, or unattributed.
        placement: why; `None` where nothing fits.
        tried: the rungs that were tried, in order; the last one decided.
        absorbs: sessions that the pull request bridges, and that become part of `session_id`.
    """

    session_id: str | None = None
    placement: Placement | None = None
    tried: tuple[Tried, ...] = ()
    absorbs: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether several sessions fitted equally well."""
        return self.placement is None and any(len(t.candidates) > 1 for t in self.tried)


def choose(ledger: Ledger, pull_request: PullRequest, situation: Situation, policy: Policy) -> Choice:
    """Climbs down the ladder to the first rung that names a session; ends where a rung names several."""
    tried: list[Tried] = []
    for rung in RUNGS:
        finding = rung(ledger, pull_request, situation, policy)
        if finding is None:
            continue
        tried.append(finding)
        if finding.candidates:
            return _decide(ledger, finding, tuple(tried), situation)
    return Choice(tried=tuple(tried))


def _decide(ledger: Ledger, finding: Tried, tried: tuple[Tried, ...], situation: Situation) -> Choice:
    by = situation.by if finding.rung is Rung.HAND else ""
    placement = Placement(finding.rung, situation.at, finding.detail, by)
    if len(finding.candidates) == 1:
        return Choice(session_id=finding.candidates[0], placement=placement, tried=tried)
    sessions = [s for s in map(ledger.get, finding.candidates) if s]
    if finding.rung is Rung.TIME and all(s.inferred for s in sessions):
        survivor, *others = sorted(finding.candidates)
        return Choice(session_id=survivor, placement=placement, tried=tried, absorbs=tuple(others))
    return Choice(tried=tried)


def _by_hand(_ledger: Ledger, _pr: PullRequest, situation: Situation, _policy: Policy) -> Tried | None:
    if situation.by_hand is None:
        return None
    return Tried(Rung.HAND, (situation.by_hand,), f"named by hand: {situation.by_hand}")


def _marked(ledger: Ledger, pr: PullRequest, _situation: Situation, _policy: Policy) -> Tried | None:
    mark = find_mark(pr.title, pr.body)
    if mark is None:
        return Tried(Rung.MARK, (), "no mark of ours in the title or the body")
    known = ledger.get(mark.session_id)
    return Tried(Rung.MARK, (known.id if known else mark.session_id,), f"{mark.form} mark in the body")


def _of_this_tree(ledger: Ledger, _pr: PullRequest, situation: Situation, policy: Policy) -> Tried | None:
    if situation.current is None:
        return Tried(Rung.OWNED, (), "no live session in this working tree")
    session = ledger.get(situation.current)
    if session and not covers(session, situation.at, policy):
        return Tried(Rung.OWNED, (), f"current session of the working tree, but of another time: {situation.current}")
    return Tried(Rung.OWNED, (situation.current,), f"current session of the working tree: {situation.current}")


def _of_this_branch(ledger: Ledger, pr: PullRequest, situation: Situation, policy: Policy) -> Tried | None:
    if not pr.branch:
        return None
    owners = [s.id for s in _live_at(ledger, situation.at, policy) if _owns(s, pr, situation.at)]
    return Tried(Rung.OWNED, tuple(sorted(owners)), f"branch {pr.branch}")


def _by_time(ledger: Ledger, pr: PullRequest, situation: Situation, policy: Policy) -> Tried | None:
    if not pr.author:
        return Tried(Rung.TIME, (), "no author is known")
    minutes = policy.timeout // timedelta(minutes=1)
    near = [s for s in _live_at(ledger, situation.at, policy) if s.author == pr.author]
    started = [s for s in near if not s.inferred]
    found = tuple(sorted(s.id for s in started or _before_an_end(near)))
    return Tried(Rung.TIME, found, f"work of {pr.author} within {minutes} minutes")


def _live_at(ledger: Ledger, at: datetime, policy: Policy) -> list[Session]:
    return [s for s in ledger.around(at, policy.timeout) if covers(s, at, policy)]


def _before_an_end(sessions: list[Session]) -> list[Session]:
    """Without those that began after another one was completed on request: nothing bridges such an end."""
    ends = [s.completion.at for s in sessions if s.completion and not s.completion.inferred]
    return [s for s in sessions if not ends or (s.started is not None and s.started <= min(ends))]


def _owns(session: Session, pr: PullRequest, at: datetime) -> bool:
    """Whether an earlier pull request of the session came from the same branch; a later one proves nothing.

    A session that rests on time alone owns a branch only for want of an author: it must not depend on which pull
    request was recorded first.
    """
    if session.inferred and pr.author:
        return False
    mine = (at, number_order(pr.number))
    return any(
        facts.branch == pr.branch and facts.placement is not None and (facts.placement.at, number_order(number)) < mine
        for number, facts in session.pull_requests.items()
    )


RUNGS: tuple[Callable[[Ledger, PullRequest, Situation, Policy], Tried | None], ...] = (
    _by_hand,
    _marked,
    _of_this_tree,
    _of_this_branch,
    _by_time,
)
