"""Which session a pull request belongs to: the strongest basis that names one decides.

A weaker basis never overrides a stronger one, two equal candidates are not guessed between, and what fits nowhere is
unattributed. Every basis that was evaluated is returned, so that the result can be explained.

A session is work in one repository. Only a person and a hook put another repository's pull request into it; every other
basis compares the repository.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.evidence_text import find_in_commits, find_mark, find_marks
from pr_sessions.core.ids import number_order, repository_of
from pr_sessions.core.lifecycle import covers, is_near
from pr_sessions.core.models import (
    Attribution,
    Basis,
    PullRequest,
    PullRequestRecord,
    Session,
    State,
    held_runs,
    in_stack,
    is_put,
)
from pr_sessions.core.people import HIDDEN
from pr_sessions.core.policy import People, Policy
from pr_sessions.core.runs import run_session_id
from pr_sessions.core.signature import Kind
from pr_sessions.core.similarity import WITHIN, abbreviated


class AttributionContext(Struct, frozen=True, kw_only=True):
    """What is known besides the pull request itself.

    Attributes:
        at: when what is recorded happened.
        manual: the session that a person named.
        hook: the session in which a hook saw an agent create it.
        by: that person.
        current: the live session of the working tree in which the pull request was recorded.
        agent_alone: nothing but an agent's part in it makes it count. Nobody sees such an agent work, and it works for
            several people at once: time says nothing.
        run: the run that opened it, agent and key.
        account: its author, also where people are hidden and the pull request has an agent's name in that place.
        writers: logins, in lower case, that may write to the repository, as far as they were asked for.
    """

    at: datetime
    manual: str | None = None
    hook: str | None = None
    by: str = ""
    current: str | None = None
    agent_alone: bool = False
    run: tuple[str, str] | None = None
    account: str = ""
    writers: frozenset[str] = frozenset()


class Candidate(Struct, frozen=True):
    """One basis and what it found.

    Attributes:
        candidates: session ids that fit, none of which may exist yet.
        detail: what the basis saw.
        sees: whether there was anything to go by, such as a mark, whatever session it leads to.
    """

    basis: Basis
    candidates: tuple[str, ...]
    detail: str
    sees: bool = False


class AttributionResult(Struct, frozen=True, kw_only=True):
    """The answer.

    Attributes:
        session_id: `None` for "none of those known": a new session, or unattributed.
        attribution: why; `None` where nothing fits.
        candidates: the bases that were tried, in order; the last one decided.
        absorbs: sessions that the pull request bridges, and that become part of `session_id`.
    """

    session_id: str | None = None
    attribution: Attribution | None = None
    candidates: tuple[Candidate, ...] = ()
    absorbs: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether several sessions fitted equally well."""
        return self.attribution is None and any(len(t.candidates) > 1 for t in self.candidates)


def choose(
    collection: SessionCollection, pull_request: PullRequest, context: AttributionContext, policy: Policy
) -> AttributionResult:
    """Return what the first basis that names any session decides."""
    candidates: list[Candidate] = []
    for basis in BASES:
        finding = basis(collection, pull_request, context, policy)
        if finding is None:
            continue
        candidates.append(finding)
        if finding.candidates:
            return _decide(collection, finding, tuple(candidates), context)
    return AttributionResult(candidates=tuple(candidates))


def evaluate_all(
    collection: SessionCollection, pull_request: PullRequest, context: AttributionContext, policy: Policy
) -> tuple[Candidate, ...]:
    """What every basis finds, whichever of them decides."""
    findings = (basis(collection, pull_request, context, policy) for basis in BASES)
    return tuple(finding for finding in findings if finding)


def _decide(
    collection: SessionCollection, finding: Candidate, candidates: tuple[Candidate, ...], context: AttributionContext
) -> AttributionResult:
    by = context.by if finding.basis is Basis.MANUAL else ""
    attribution = Attribution(finding.basis, context.at, finding.detail, by)
    if len(finding.candidates) == 1:
        return AttributionResult(session_id=finding.candidates[0], attribution=attribution, candidates=candidates)
    sessions = [s for s in map(collection.get, finding.candidates) if s]
    if _are_one(finding.basis, sessions):
        survivor, *others = sorted(finding.candidates)
        return AttributionResult(
            session_id=survivor, attribution=attribution, candidates=candidates, absorbs=tuple(others)
        )
    return AttributionResult(candidates=candidates)


def _are_one(basis: Basis, sessions: list[Session]) -> bool:
    """Whether inferred sessions that fit equally well are one."""
    return basis in (Basis.TIME, Basis.COMMITS, Basis.AGENT_RUN) and all(s.inferred for s in sessions)


def _named(
    _collection: SessionCollection, _pr: PullRequest, context: AttributionContext, _policy: Policy
) -> Candidate | None:
    if context.manual is None:
        return None
    return Candidate(Basis.MANUAL, (context.manual,), f"named manually: {context.manual}")


def _by_hook(
    _collection: SessionCollection, pr: PullRequest, context: AttributionContext, _policy: Policy
) -> Candidate | None:
    if context.hook is None:
        return None
    hooked = [evidence.detail for agent in pr.agents for evidence in agent.evidence if evidence.rule == "hook"]
    return Candidate(Basis.HOOK, (context.hook,), ", ".join(hooked) or "a hook saw this session create it")


def _is_of_its_repository(session: Session, pr: PullRequest) -> bool:
    return repository_of(pr.number) in session.repositories


def _by_run(
    collection: SessionCollection, pr: PullRequest, context: AttributionContext, policy: Policy
) -> Candidate | None:
    """The session of the run that opened it; a run that no session holds begins one."""
    run = context.run or next(iter(_runs(pr)), None)
    if run is None:
        return Candidate(Basis.AGENT_RUN, (), "no id of an agent's run")
    agent, key = run
    holders = [s for s in collection.for_run(key) if key in {each for _, each in held_runs(s)}]
    here = [s for s in holders if _is_of_its_repository(s, pr) and not _was_split(s, holders)]
    hides = policy.people is People.HIDDEN
    joined = [s for s in here if _may_join(s, pr, run, context, hides_people=hides)]
    # A session that a hook saw keeps its run.
    started = [s for s in joined if not s.inferred]
    started = [s for s in started if covers(s, context.at, policy)] or started
    matches = sorted(s.id for s in started or joined)
    if not pr.author and not started:
        matches = matches[:1]  # Nothing says that it is of both.
    detail = f"run {agent} {key}"
    if not matches:
        repository = repository_of(pr.number)
        matches = [run_session_id(agent, key, pr.author, repository, lambda i: collection.get(i) is not None)]
        detail += ", which is somebody else's" if here else ", seen in another repository" if holders else ""
    return Candidate(Basis.AGENT_RUN, tuple(matches), detail, sees=True)


def _runs(pr: PullRequest) -> list[tuple[str, str]]:
    return [(agent.name, run) for agent in pr.agents for run in agent.runs]


def _was_split(session: Session, others: list[Session]) -> bool:
    """Return whether a correction took the run out of the session again, into one of the others."""
    names = {session.id, *session.aliases}
    return any(split.id in names for holder in others if holder.id != session.id for split in holder.split)


def _people(session: Session, pr: PullRequest) -> set[str]:
    others = (record.author for number, record in session.pull_requests.items() if number != pr.number)
    return {session.author, *others} - {""}


def _may_join(
    session: Session, pr: PullRequest, run: tuple[str, str], context: AttributionContext, *, hides_people: bool
) -> bool:
    """Whether it may join the session of its run. An id that stands in a text is its author's word.

    It leads to the author's own work; to that of others where each author may write or had one of it merged; and from
    an agent's own account to where a hook saw the run. Where people are hidden, the name of the run's agent may
    stand for any of them: such a session takes all of its run.
    """
    people = _people(session, pr)
    names = {pr.author, context.account} | ({run[0]} if hides_people else set())
    if not pr.author or not people or not people.isdisjoint(names) or _continues(session, pr, run):
        return True
    trusted = {record.author for record in session.pull_requests.values() if is_put(record) or _is_merged(record)}
    return _is_trusted(pr, context) and all(
        author in trusted or author.lower() in context.writers
        for author in {record.author for number, record in session.pull_requests.items() if number != pr.number}
    )


def _is_trusted(pr: PullRequest, context: AttributionContext) -> bool:
    return pr.state is State.MERGED or pr.author.lower() in context.writers


def _is_merged(record: PullRequestRecord) -> bool:
    return record.state == State.MERGED


def _continues(session: Session, pr: PullRequest, run: tuple[str, str]) -> bool:
    accounts = {a.name for a in pr.agents if any(evidence.rule == Kind.AUTHOR for evidence in a.evidence)}
    return not session.inferred and run[0] in accounts and any(run[1] in each.keys for each in session.runs)


def _marked(
    collection: SessionCollection, pr: PullRequest, _context: AttributionContext, _policy: Policy
) -> Candidate | None:
    # What the pull request says itself goes before what its commits say, also where it contradicts itself.
    commits = None if find_marks(pr.title, pr.body) else find_in_commits(pr.commit_messages)
    mark = find_mark(pr.title, pr.body) or commits
    if mark is None:
        return Candidate(Basis.MARKER, (), "no mark of ours in the title or the body")
    known = collection.get(mark.session_id)
    where = "trailer in its commits" if commits else f"{mark.form} mark in the body"
    if known and not _is_of_its_repository(known, pr):
        return Candidate(Basis.MARKER, (), f"{where}, of a session of another repository: {known.id}")
    return Candidate(Basis.MARKER, (known.id if known else mark.session_id,), where)


def _of_this_tree(
    collection: SessionCollection, pr: PullRequest, context: AttributionContext, policy: Policy
) -> Candidate | None:
    if context.current is None:
        return Candidate(Basis.WORKSPACE, (), "no live session in this working tree")
    session = collection.get(context.current)
    if session and not is_near(session, context.at, policy):
        return Candidate(
            Basis.WORKSPACE, (), f"current session of the working tree, but of another time: {context.current}"
        )
    if not (_is_of_its_repository(session, pr) if session else repository_of(pr.number) == ""):
        detail = f"current session of the working tree, but of another repository: {context.current}"
        return Candidate(Basis.WORKSPACE, (), detail)
    return Candidate(Basis.WORKSPACE, (context.current,), f"current session of the working tree: {context.current}")


def _of_this_branch(
    collection: SessionCollection, pr: PullRequest, context: AttributionContext, policy: Policy
) -> Candidate | None:
    if not pr.branch or pr.branch == HIDDEN:
        return None
    near = collection.active_near(context.at, policy.timeout)
    of_branch = (s for s in near if _owns(s, pr, context.at) and _is_of_its_repository(s, pr))
    owners = [s.id for s in of_branch if is_near(s, context.at, policy)]
    return Candidate(Basis.WORKSPACE, tuple(sorted(owners)), f"branch {pr.branch}")


def _by_stack(
    collection: SessionCollection, pr: PullRequest, context: AttributionContext, _policy: Policy
) -> Candidate | None:
    """The session of its author's other pull requests in the same stack of the forge's.

    One that a person, a hook or a run began goes before inferred ones, of which the one with the lowest of the stack
    counts: all of them come to the same session, whichever is recorded first.
    """
    stack = in_stack(pr.stack)
    if stack is None or not pr.author:
        return None
    if context.account not in ("", pr.author):  # Somebody else's may have the same agent's name in that place.
        return Candidate(Basis.STACK, (), f"stack {stack.number}, whose authors are hidden", sees=True)
    lowest = {
        session.id: min(positions)
        for session in collection.for_stack(stack.number)
        if (positions := _positions(session, stack.number, pr)) and _is_of_its_repository(session, pr)
    }
    holder = collection.for_pull_request(pr.number)
    if lowest and holder:
        lowest[holder.id] = min(stack.position, lowest.get(holder.id, stack.position))
    begun = [i for i in lowest if (session := collection.get(i)) and (not session.inferred or held_runs(session))]
    detail = f"stack {stack.number}"
    if len(begun) > 1:
        return Candidate(Basis.STACK, (), f"{detail}, which several sessions work on", sees=True)
    matches = begun or sorted(lowest, key=lambda i: (lowest[i], i))[:1]
    return Candidate(Basis.STACK, tuple(matches), detail, sees=True)


def _positions(session: Session, stack: int, pr: PullRequest) -> list[int]:
    """Return the places in a stack of what else a session holds by the author of a pull request."""
    return [
        record.stack.position
        for number, record in session.pull_requests.items()
        if number != pr.number
        and record.stack is not None
        and record.stack.number == stack
        and record.author == pr.author
        and repository_of(number) == repository_of(pr.number)
    ]


def _by_commits(
    collection: SessionCollection, pr: PullRequest, context: AttributionContext, _policy: Policy
) -> Candidate | None:
    """Sessions of the same kind with a commit of this one, so that it does not matter which was recorded first."""
    if not context.agent_alone or _runs(pr):
        return None  # A run of its own is a session of its own.
    commits = frozenset(abbreviated(pr.commits))
    near = collection.active_near(context.at, WITHIN) if commits else ()
    sharing = (s for s in near if s.inferred and _shares(s, pr.number, commits, context.at))
    matches = sorted(s.id for s in sharing if _is_of_its_repository(s, pr))
    detail = "a commit of both, within 7 days" if commits else "no commits are known"
    return Candidate(Basis.COMMITS, tuple(matches), detail)


def _shares(session: Session, number: str, commits: frozenset[str], at: datetime) -> bool:
    return any(
        not commits.isdisjoint(record.commits)
        and record.attribution is not None
        and record.attribution.basis in (Basis.COMMITS, Basis.STACK)
        and record.attribution.at is not None
        and abs(record.attribution.at - at) <= WITHIN
        for n, record in session.pull_requests.items()
        if n != number
    )


def _by_time(
    collection: SessionCollection, pr: PullRequest, context: AttributionContext, policy: Policy
) -> Candidate | None:
    if context.agent_alone:
        return None
    if not pr.author:
        return Candidate(Basis.TIME, (), "no author is known")
    minutes = policy.timeout // timedelta(minutes=1)
    of_author = (s for s in collection.active_near(context.at, policy.timeout) if s.author == pr.author)
    alive = [s for s in of_author if is_near(s, context.at, policy) and not is_by_commits(s)]
    near = [s for s in alive if _is_of_its_repository(s, pr)]
    started = [s for s in near if not s.inferred]
    # What rests on runs and what rests on time do not mix.
    loose = [s for s in near if s.rests_on is not Basis.AGENT_RUN]
    matches = tuple(sorted(s.id for s in started or _before_an_end(loose)))
    return Candidate(Basis.TIME, matches, f"work of {pr.author} within {minutes} minutes")


def is_by_commits(session: Session) -> bool:
    """Whether nobody saw any of its work: what else its author did then says nothing about it."""
    bases = {record.attribution.basis for record in session.pull_requests.values() if record.attribution}
    return session.inferred and Basis.COMMITS in bases and bases <= {Basis.COMMITS, Basis.STACK}


def _before_an_end(sessions: list[Session]) -> list[Session]:
    """Without those that began after another one was completed on request: nothing bridges such an end."""
    ends = [s.completion.at for s in sessions if s.completion and s.completion.at and not s.completion.inferred]
    return [s for s in sessions if not ends or (s.started is not None and s.started <= min(ends))]


def _owns(session: Session, pr: PullRequest, at: datetime) -> bool:
    """Whether an earlier pull request of the session came from the same branch; a later one proves nothing.

    A session that rests on time alone owns a branch only for want of an author: it must not depend on which pull
    request was recorded first.
    """
    if session.inferred and pr.author:
        return False
    now = (at, number_order(pr.number))
    return any(
        number != pr.number
        and record.branch == pr.branch
        and record.attribution is not None
        and repository_of(number) == repository_of(pr.number)
        and record.attribution.at is not None
        and (record.attribution.at, number_order(number)) < now
        for number, record in session.pull_requests.items()
    )


BASES: tuple[Callable[[SessionCollection, PullRequest, AttributionContext, Policy], Candidate | None], ...] = (
    _named,
    _by_hook,
    _by_run,
    _marked,
    _of_this_tree,
    _of_this_branch,
    _by_stack,
    _by_commits,
    _by_time,
)
