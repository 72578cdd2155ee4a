"""The commits whose checks an event may start or complete. Pure."""

from collections.abc import Iterable, Iterator

from pr_sessions.forges.github.payload import GitHubPullRequest, Review
from pr_sessions.live.checks.heads import Head
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.runner.event import Event
from pr_sessions.live.standings import standing
from pr_sessions.sessions.gate import Decision, Reason, Why, decide
from pr_sessions.sessions.session import Session, State

# What starts a workflow that names no types; it runs the checks by itself, or has just said that they wait.
_STARTS = ("opened", "synchronize", "reopened")
_READ_ONLY = ("pull_request", "pull_request_review")
_DEPENDABOT, _ITS_BRANCHES = "dependabot[bot]", "dependabot/"


def head_of(
    one: GitHubPullRequest,
    decision: Decision,
    session: Session | None = None,
    *,
    believed: bool = False,
    starts: bool = False,
) -> Head | None:
    """A pull request's last commit; `None` where it is not open, or the commit is not known.

    Args:
        one: the pull request.
        decision: whether its checks wait.
        session: that holds it.
        believed: whether its author is known to be somebody who may write; for nobody else anything is started.
        starts: whether the event by itself starts the team's workflow.
    """
    told = one.pull_request
    if told.state is not State.OPEN or not one.head_sha:
        return None
    return Head(
        sha=one.head_sha,
        number=told.number,
        branch=told.branch or "" if believed and _may_be_started(one) else "",
        session=session.id if session else None,
        decision=decision,
        starts=starts,
    )


def concerned(judgement: Judgement) -> tuple[Head, ...]:
    """The commit of the event's pull request; where its session does not go on, also those of the session's others."""
    heads = (_its_own(judgement), *(_of_session(judgement) if _has_ended(judgement) else ()))
    return tuple(head for head in heads if head)


def of_merge_group(sha: str) -> Head:
    """The commit that a merge queue has made; the event itself starts the team's workflow on it."""
    return Head(sha=sha, decision=_runs("merge_group"), starts=True)


def this_commit(event: Event) -> Head:
    """The very commit that the running workflow runs on, by which nothing else is started."""
    return Head(sha=event.sha, number=event.number, decision=_runs(event.name), starts=True)


def reported_at(sha: str, pull_requests: Iterable[GitHubPullRequest]) -> tuple[Head, ...]:
    """The open pull requests with that last commit, whose checks the running workflow itself runs."""
    heads = (head_of(one, _runs("workflow_dispatch"), starts=True) for one in pull_requests if one.head_sha == sha)
    return tuple(head for head in heads if head)


def token_only_reads(event: Event) -> bool:
    """Whether GitHub gives the event's job no right to write, whatever it asks for."""
    about = event.pull_request
    of_fork = about is not None and about.is_fork
    return event.name in _READ_ONLY and (of_fork or event.sender.login == _DEPENDABOT)


def _may_be_started(one: GitHubPullRequest) -> bool:
    """A fork's branch is none of ours, whatever its name; a run dispatched for Dependabot would get our secrets."""
    of_dependabot = one.author.login == _DEPENDABOT or (one.pull_request.branch or "").startswith(_ITS_BRANCHES)
    return not one.is_fork and not of_dependabot


def _runs(event: str) -> Decision:
    return Decision(postpone=False, skip=False, reasons=(Reason(Why.EVENT, event),))


def _its_own(judgement: Judgement) -> Head | None:
    event, number = judgement.event, judgement.event.number
    one = judgement.snapshot.pull_requests.get(number) or event.pull_request
    if one is None:
        return None
    is_last = event.sha in ("", one.head_sha)
    # Of a branch that has moved on, the last commit counts, for which this event does nothing.
    decision = judgement.decision if is_last else _decided(judgement, number, judgement.reviews)
    starts = is_last and event.name == "pull_request" and event.action in _STARTS
    live = judgement.live
    return head_of(one, decision, live.home(number), believed=live.believed.get(number, False), starts=starts)


def _has_ended(judgement: Judgement) -> bool:
    return any(reason.why is Why.COMPLETED for reason in judgement.decision.reasons)


def _of_session(judgement: Judgement) -> Iterator[Head | None]:
    session = judgement.live.home(judgement.event.number)
    for number in session.prs if session else ():
        one = judgement.snapshot.pull_requests.get(number)
        if one and number != judgement.event.number:
            believed = judgement.live.believed.get(number, False)
            yield head_of(one, _decided(judgement, number), session, believed=believed)


def _decided(judgement: Judgement, number: str, reviews: Iterable[Review] = ()) -> Decision:
    told, live, policy = judgement.snapshot, judgement.live, judgement.policy
    return decide(standing(number, told, live, policy, judgement.at, reviews=reviews), policy)
