"""The commits that an event affects, and what the team's checks came to on them. Pure."""

from collections.abc import Collection, Container, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.gate import Decision, Reason, Why, decide
from pr_sessions.core.models import Session, State, in_stack
from pr_sessions.forges.base import CheckRun, ForgePullRequest, ForgeStack, Review, StackMember
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.event import Event
from pr_sessions.gate.stacks import is_lowest, merged_along, open_above, stack_of
from pr_sessions.gate.status import pull_request_status

COMPLETED, SUCCESS = "completed", "success"
# The App that reports the jobs of workflows. Another App with the right to write check runs could be the agent's own.
_WORKFLOWS = "github-actions"
# What GitHub takes for passed, although nothing ran.
_NOT_RUN = ("skipped", "neutral")
# What starts a workflow that names no types; it runs the checks by itself, or has just said that they wait.
_STARTS = ("opened", "synchronize", "reopened")
_MERGES = (Why.APPROVED, Why.READY, Why.AUTO_MERGE)
_READ_ONLY = ("pull_request", "pull_request_review")
_DEPENDABOT, _ITS_BRANCHES = "dependabot[bot]", "dependabot/"


class LowerCommit(Struct, frozen=True):
    """The last commit of an unmerged pull request that is below another one in a stack, and merges with it.

    Attributes:
        number: of the pull request; empty where it is not known what is below.
        sha: empty where the commit, or the check runs on it, are not known.
        is_closed: whether it is closed, which keeps those above from merging.
        runs: the check runs that were fetched for it.
    """

    number: str = ""
    sha: str = ""
    is_closed: bool = False
    runs: tuple[CheckRun, ...] = ()


class Head(Struct, frozen=True, kw_only=True):
    """The last commit of a pull request, or of a merge group.

    Attributes:
        decision: whether its checks wait.
        number: of the pull request; empty for a merge group.
        branch: on which the team's workflow can be started; empty where it cannot, as in a fork.
        session: the id of the pull request's session.
        starts: whether the event by itself starts the team's workflow on this commit.
        reports: whether the jobs of its own events may write its check run.
        below: what merges with it, from the lowest up.
        follows: whether it matters only because one below it changed, so that only a pass of its own is looked at.
        runs: the check runs that were fetched for it.
    """

    sha: str
    decision: Decision
    number: str = ""
    branch: str = ""
    session: str | None = None
    starts: bool = False
    reports: bool = True
    below: tuple[LowerCommit, ...] = ()
    follows: bool = False
    runs: tuple[CheckRun, ...] = ()

    def check_runs(self) -> Iterator[CheckRun]:
        """Return the check runs of this very commit, the oldest first: each has a higher id than the one before."""
        return _in_order(self)


def _in_order(commit: Head | LowerCommit) -> Iterator[CheckRun]:
    return iter(sorted((run for run in commit.runs if run.head_sha == commit.sha), key=lambda run: run.id))


class ChecksResult(StrEnum):
    """What the team's checks came to, all of them together."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RUNNING = "running"
    NOT_RUN = "not run"


def checks_result(head: Head | LowerCommit, names: Iterable[str]) -> ChecksResult:
    """Return the result of these checks; `NOT_RUN` where one is missing, none failed and none is running."""
    return _worst([run_result(run) for run in latest_runs(head, names).values()])


def untested_below(head: Head, names: Iterable[str]) -> tuple[tuple[LowerCommit, ChecksResult], ...]:
    """Return what merges with a commit and has not succeeded, the lowest first. A closed one counts as failed."""
    wanted = tuple(names)
    results = ((c, ChecksResult.FAILED if c.is_closed else checks_result(c, wanted)) for c in head.below)
    return tuple((commit, result) for commit, result in results if result is not ChecksResult.SUCCEEDED)


def _worst(results: Collection[ChecksResult]) -> ChecksResult:
    for worst in (ChecksResult.FAILED, ChecksResult.RUNNING, ChecksResult.NOT_RUN):
        if worst in results:
            return worst
    return ChecksResult.SUCCEEDED if results else ChecksResult.NOT_RUN


def latest_runs(head: Head | LowerCommit, names: Iterable[str]) -> dict[str, CheckRun | None]:
    """Return by name the latest run as a workflow's job; `None` where there is none.

    What was skipped, or is neutral, did not run.
    """
    runs: dict[str, CheckRun | None] = dict.fromkeys(names)
    for run in _in_order(head):
        if run.name in runs and run.app == _WORKFLOWS and run.conclusion not in _NOT_RUN:
            runs[run.name] = run
    return runs


def run_result(run: CheckRun | None) -> ChecksResult:
    """Return the result of one run; where that is unclear, it is still running."""
    if run is None:
        return ChecksResult.NOT_RUN
    if run.status != COMPLETED or run.conclusion is None:
        return ChecksResult.RUNNING
    return ChecksResult.SUCCEEDED if run.conclusion == SUCCESS else ChecksResult.FAILED


def skipped_runs(head: Head, names: Iterable[str]) -> tuple[CheckRun, ...]:
    """Return the runs of these checks by which the team's workflow said that they wait."""
    wanted = set(names)
    return tuple(run for run in head.check_runs() if run.name in wanted and run.conclusion in _NOT_RUN)


def unique_commits(heads: Iterable[Head]) -> tuple[Head, ...]:
    """Return every commit once; one that several pull requests share waits only if each of them may wait.

    Of those that do not wait, one whose checks can be started: a fork may have the same commit.
    """

    def rank(head: Head) -> tuple[bool, bool, bool]:
        return not head.follows, not head.decision.skip, bool(head.branch)

    unique: dict[str, Head] = {}
    below: dict[str, dict[LowerCommit, None]] = {}
    for head in heads:
        below.setdefault(head.sha, {}).update(dict.fromkeys(head.below))
        if head.sha not in unique or rank(head) > rank(unique[head.sha]):
            unique[head.sha] = head
    # Whatever merges with one of them has to be tested for all: the check stands on the commit.
    return tuple(replace(head, below=tuple(below[head.sha])) for head in unique.values())


def head_of(
    pr: ForgePullRequest,
    decision: Decision,
    session: Session | None = None,
    *,
    trusted: bool = False,
    starts: bool = False,
    below: tuple[LowerCommit, ...] = (),
) -> Head | None:
    """Return a pull request's last commit; `None` where it is not open, or the commit is not known.

    Args:
        pr: the pull request.
        decision: whether its checks wait.
        session: that holds it.
        trusted: whether its author is known to have write access; for other authors nothing is started.
        starts: whether the event by itself starts the team's workflow.
        below: what merges with it.
    """
    pull_request = pr.pull_request
    if pull_request.state is not State.OPEN or not pr.head_sha:
        return None
    return Head(
        sha=pr.head_sha,
        number=pull_request.number,
        branch=pull_request.branch or "" if trusted and _may_be_started(pr) else "",
        session=session.id if session else None,
        decision=decision,
        starts=starts,
        reports=_may_be_started(pr),
        below=below,
    )


def _may_be_started(pr: ForgePullRequest) -> bool:
    """A fork's branch is not in this repository, and a run dispatched for Dependabot would get our secrets."""
    of_dependabot = pr.author.login == _DEPENDABOT or (pr.pull_request.branch or "").startswith(_ITS_BRANCHES)
    return not pr.is_fork and not of_dependabot


def affected_commits(assessment: Assessment) -> tuple[Head, ...]:
    """Return the commit of the event's pull request, and those of others that it decides about.

    These are the others of its session if that does not go on, those below it in a stack if it is to be merged, and
    those above it, which merge with it.
    """
    has_ended = any(reason.why is Why.COMPLETED for reason in assessment.decision.reasons)
    heads = [_event_commit(assessment), *(_session_commits(assessment) if has_ended else ())]
    if assessment.event.number:
        heads += [*_lower_heads(assessment), *upper_heads(assessment.event.number, assessment.snapshot.stacks)]
    return with_those_below(head for head in heads if head)


def _event_commit(assessment: Assessment) -> Head | None:
    event, number, rebuilt = assessment.event, assessment.event.number, assessment.rebuilt
    pr = assessment.snapshot.pull_requests.get(number) or event.pull_request
    if pr is None:
        return None
    is_last = event.sha in ("", pr.head_sha)
    # If the branch has moved on, the last commit counts, for which this event does nothing.
    decision = assessment.decision if is_last else _decide(assessment, number, assessment.reviews)
    starts = is_last and event.name == "pull_request" and event.action in _STARTS
    trusted = rebuilt.trusted.get(number, False)
    below = lower_commits(pr, assessment.snapshot.stacks)
    return head_of(pr, decision, rebuilt.session_of(number), trusted=trusted, starts=starts, below=below)


def _session_commits(assessment: Assessment) -> Iterator[Head | None]:
    session = assessment.rebuilt.session_of(assessment.event.number)
    for number in session.prs if session else ():
        if number != assessment.event.number:
            yield _commit_of(assessment, number)


def _lower_heads(assessment: Assessment) -> Iterator[Head | None]:
    """Yield those below the event's pull request, if that is to be merged."""
    stack = stack_of(assessment.event.number, assessment.snapshot.stacks)
    if stack and _merges(assessment.decision):
        for member in merged_along(assessment.event.number, stack):
            yield _commit_of(assessment, member.number)


def _commit_of(assessment: Assessment, number: str) -> Head | None:
    pr, rebuilt = assessment.snapshot.pull_requests.get(number), assessment.rebuilt
    if pr is None:
        return None
    below = lower_commits(pr, assessment.snapshot.stacks)
    trusted, session = rebuilt.trusted.get(number, False), rebuilt.session_of(number)
    return head_of(pr, _decide(assessment, number), session, trusted=trusted, below=below)


def upper_heads(number: str, stacks: Iterable[ForgeStack]) -> Iterator[Head]:
    """Yield the commits above a pull request in its stack: what changes below a commit can take its pass away."""
    stack = stack_of(number, stacks)
    for member in open_above(number, stack) if stack else ():
        if member.head_sha:
            below = _commits(merged_along(member.number, stack)) if stack else ()
            decision = Decision(postpone=True, skip=False)
            yield Head(sha=member.head_sha, number=member.number, decision=decision, below=below, follows=True)


def lower_commits(
    pr: ForgePullRequest, stacks: Iterable[ForgeStack], unread: Container[str] = ()
) -> tuple[LowerCommit, ...]:
    """Return the commits that merge with a pull request; an unknown one where its stack was not read."""
    number, stack = pr.pull_request.number, stack_of(pr.pull_request.number, stacks)
    if stack:
        return _commits(merged_along(number, stack))
    is_alone = in_stack(pr.pull_request.stack) is None or is_lowest(pr.pull_request)
    return () if is_alone and number not in unread else (LowerCommit(),)


def _commits(members: Iterable[StackMember]) -> tuple[LowerCommit, ...]:
    return tuple(LowerCommit(m.number, m.head_sha, m.state is State.CLOSED) for m in members)


def with_those_below(heads: Iterable[Head]) -> tuple[Head, ...]:
    """Return the heads; what merges with one that is to be merged does not wait either."""
    known = tuple(heads)
    merging = ((head.number, lower.sha) for head in known if _merges(head.decision) for lower in head.below)
    above = {sha: number for number, sha in reversed([*merging])}
    return tuple(_along(head, above[head.sha]) if head.sha in above else head for head in known)


def _along(head: Head, number: str) -> Head:
    reasons = (*head.decision.reasons, Reason(Why.STACK, f"#{number}"))
    return replace(head, decision=Decision(postpone=False, skip=False, reasons=reasons))


def _merges(decision: Decision) -> bool:
    """Return whether somebody has said that it is to be merged."""
    return any(reason.why in _MERGES for reason in decision.reasons)


def _decide(assessment: Assessment, number: str, reviews: Iterable[Review] = ()) -> Decision:
    snapshot, rebuilt, policy = assessment.snapshot, assessment.rebuilt, assessment.policy
    return decide(pull_request_status(number, snapshot, rebuilt, policy, assessment.at, reviews=reviews), policy)


def merge_group_commit(sha: str) -> Head:
    """Return the commit that a merge queue has made; the event itself starts the team's workflow on it."""
    return Head(sha=sha, decision=_run_at_once("merge_group"), starts=True)


def running_commit(event: Event, stacks: Iterable[ForgeStack] = ()) -> Head:
    """Return the very commit that the running workflow runs on; nothing else is started for it."""
    stack = stack_of(event.number, stacks)
    below = _commits(merged_along(event.number, stack)) if stack else ()
    return Head(sha=event.sha, number=event.number, decision=_run_at_once(event.name), starts=True, below=below)


def commits_at(sha: str, prs: Iterable[ForgePullRequest], stacks: Collection[ForgeStack] = ()) -> tuple[Head, ...]:
    """Return the open pull requests with that last commit, whose checks the running workflow itself runs."""
    here = [pr for pr in prs if pr.head_sha == sha]
    decision = _run_at_once("workflow_dispatch")
    heads = (head_of(pr, decision, starts=True, below=lower_commits(pr, stacks)) for pr in here)
    return tuple(head for head in heads if head)


def _run_at_once(event: str) -> Decision:
    return Decision(postpone=False, skip=False, reasons=(Reason(Why.EVENT, event),))


def token_only_reads(event: Event) -> bool:
    """Return whether GitHub gives the event's job no right to write, whatever it requests."""
    of_fork = event.pull_request is not None and event.pull_request.is_fork
    return event.name in _READ_ONLY and (of_fork or event.sender.login == _DEPENDABOT)
