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
from pr_sessions.sessions.pr_text import find_in_commits, find_mark, find_marks
from pr_sessions.sessions.session import Placement, PullRequest, Rung, Session
from pr_sessions.sessions.signature import Kind
from pr_sessions.sessions.similarity import WITHIN, abbreviated


class Situation(Struct, frozen=True, kw_only=True):
    """What is known besides the pull request itself.

    Attributes:
        at: when what is recorded happened.
        by_hand: the session that a person named.
        hook: the session in which a hook saw an agent create it.
        by: that person.
        current: the live session of the working tree in which the pull request was recorded.
        agent_alone: nothing but an agent's having opened it makes it automatic. Nobody sees such an agent work, and
            it works for several people at once: time says nothing.
    """

    at: datetime
    by_hand: str | None = None
    hook: str | None = None
    by: str = ""
    current: str | None = None
    agent_alone: bool = False


class Tried(Struct, frozen=True):
    """One rung of the ladder and what it found.

    Attributes:
        candidates: session ids that fit, none of which may exist yet.
        detail: what the rung saw.
        sees: whether there was anything to go by, such as a mark, whatever session it leads to.
    """

    rung: Rung
    candidates: tuple[str, ...]
    detail: str
    sees: bool = False


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


def try_all(ledger: Ledger, pull_request: PullRequest, situation: Situation, policy: Policy) -> tuple[Tried, ...]:
    """What every rung finds, whichever of them decides."""
    findings = (rung(ledger, pull_request, situation, policy) for rung in RUNGS)
    return tuple(finding for finding in findings if finding)


def _decide(ledger: Ledger, finding: Tried, tried: tuple[Tried, ...], situation: Situation) -> Choice:
    by = situation.by if finding.rung is Rung.HAND else ""
    placement = Placement(finding.rung, situation.at, finding.detail, by)
    if len(finding.candidates) == 1:
        return Choice(session_id=finding.candidates[0], placement=placement, tried=tried)
    sessions = [s for s in map(ledger.get, finding.candidates) if s]
    if _are_one(finding.rung, sessions):
        survivor, *others = sorted(finding.candidates)
        return Choice(session_id=survivor, placement=placement, tried=tried, absorbs=tuple(others))
    return Choice(tried=tried)


def _are_one(rung: Rung, sessions: list[Session]) -> bool:
    """Whether inferred sessions that fit equally well are one; the id of a run joins no two authors."""
    one_author = len({s.author for s in sessions}) == 1
    joins = rung in (Rung.TIME, Rung.COMMITS) or (rung is Rung.VENDOR and one_author)
    return joins and all(s.inferred for s in sessions)


def _by_hand(_ledger: Ledger, _pr: PullRequest, situation: Situation, _policy: Policy) -> Tried | None:
    if situation.by_hand is None:
        return None
    return Tried(Rung.HAND, (situation.by_hand,), f"named by hand: {situation.by_hand}")


def _by_hook(_ledger: Ledger, pr: PullRequest, situation: Situation, _policy: Policy) -> Tried | None:
    if situation.hook is None:
        return None
    seen = [evidence.detail for agent in pr.agents for evidence in agent.evidence if evidence.rule == "hook"]
    return Tried(Rung.HOOK, (situation.hook,), ", ".join(seen) or "a hook saw this session create it")


def _by_run(ledger: Ledger, pr: PullRequest, _situation: Situation, _policy: Policy) -> Tried | None:
    """The session of the same run. An id that stands in a text is its author's word: it leads to nobody else's work."""
    runs = _runs(pr)
    if not runs:
        return Tried(Rung.VENDOR, (), "no id of an agent's run")
    holders = [s for agent, run in runs for s in ledger.of_run(agent, run) if _holds(s, agent, run, pr.number)]
    found = sorted({s.id for s in holders if _may_claim(s, pr)})
    foreign = "" if found or not holders else ", which is somebody else's"
    shown = ", ".join(f"{agent} {run}" for agent, run in runs)
    return Tried(Rung.VENDOR, tuple(found), f"run {shown}"[:200] + foreign, sees=True)


def _runs(pr: PullRequest) -> list[tuple[str, str]]:
    return [(agent.name, run) for agent in pr.agents for run in agent.runs]


def _holds(session: Session, agent: str, run: str, number: str) -> bool:
    """Whether hooks saw the run in the session, or another pull request there carries its id."""
    seen = any((one.agent, one.id) == (agent, run) for one in session.runs)
    others = (facts for other, facts in session.pull_requests.items() if other != number)
    return seen or any(one.name == agent and run in one.runs for facts in others for one in facts.agents)


def _may_claim(session: Session, pr: PullRequest) -> bool:
    """Whether it comes from somebody of the session; or from an agent's own account, where a hook saw the run."""
    people = {session.author, *(f.author for n, f in session.pull_requests.items() if n != pr.number)} - {""}
    return not pr.author or not people or pr.author in people or _continues(session, pr)


def _continues(session: Session, pr: PullRequest) -> bool:
    own = {a.name for a in pr.agents if any(evidence.rule == Kind.AUTHOR for evidence in a.evidence)}
    seen = {(run.agent, run.id) for run in session.runs}
    return any(agent in own and (agent, run) in seen for agent, run in _runs(pr))


def _marked(ledger: Ledger, pr: PullRequest, _situation: Situation, _policy: Policy) -> Tried | None:
    # What the pull request says itself goes before what its commits say, also where it contradicts itself.
    commits = None if find_marks(pr.title, pr.body) else find_in_commits(pr.commit_messages)
    mark = find_mark(pr.title, pr.body) or commits
    if mark is None:
        return Tried(Rung.MARK, (), "no mark of ours in the title or the body")
    known = ledger.get(mark.session_id)
    where = "trailer in its commits" if commits else f"{mark.form} mark in the body"
    return Tried(Rung.MARK, (known.id if known else mark.session_id,), where)


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
    near = ledger.around(situation.at, policy.timeout)
    owners = [s.id for s in near if _owns(s, pr, situation.at) and covers(s, situation.at, policy)]
    return Tried(Rung.OWNED, tuple(sorted(owners)), f"branch {pr.branch}")


def _by_commits(ledger: Ledger, pr: PullRequest, situation: Situation, _policy: Policy) -> Tried | None:
    """Sessions of the same kind with a commit of this one, so that it does not matter which was recorded first."""
    if not situation.agent_alone or _runs(pr):
        return None  # A run of its own is a session of its own.
    mine = abbreviated(pr.commits)
    near = ledger.around(situation.at, WITHIN) if mine else ()
    found = sorted(s.id for s in near if s.inferred and _shares(s, pr.number, mine, situation.at))
    return Tried(Rung.COMMITS, tuple(found), "a commit of both, within 7 days" if mine else "no commits are known")


def _shares(session: Session, number: str, commits: tuple[str, ...], at: datetime) -> bool:
    return any(
        facts.placement is not None
        and facts.placement.rung is Rung.COMMITS
        and abs(facts.placement.at - at) <= WITHIN
        and not set(commits).isdisjoint(facts.commits)
        for other, facts in session.pull_requests.items()
        if other != number
    )


def _by_time(ledger: Ledger, pr: PullRequest, situation: Situation, policy: Policy) -> Tried | None:
    if situation.agent_alone:
        return None
    if not pr.author:
        return Tried(Rung.TIME, (), "no author is known")
    minutes = policy.timeout // timedelta(minutes=1)
    mine = (s for s in ledger.around(situation.at, policy.timeout) if s.author == pr.author)
    near = [s for s in mine if covers(s, situation.at, policy) and not _rests_on_commits(s)]
    started = [s for s in near if not s.inferred]
    # A run of its own is a session of its own: what rests on runs and what rests on time do not mix.
    loose = [] if _runs(pr) else [s for s in near if s.rests_on is not Rung.VENDOR]
    found = tuple(sorted(s.id for s in started or _before_an_end(loose)))
    return Tried(Rung.TIME, found, f"work of {pr.author} within {minutes} minutes")


def _rests_on_commits(session: Session) -> bool:
    """Whether nobody saw any of its work: what else its author did then says nothing about it."""
    rungs = (facts.placement.rung for facts in session.pull_requests.values() if facts.placement)
    return session.inferred and next(rungs, None) is Rung.COMMITS and all(rung is Rung.COMMITS for rung in rungs)


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
    _by_hook,
    _by_run,
    _marked,
    _of_this_tree,
    _of_this_branch,
    _by_commits,
    _by_time,
)
