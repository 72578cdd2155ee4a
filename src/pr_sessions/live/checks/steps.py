"""What our check run has to say of a commit, and whether the team's workflow has to be started for it. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from pr_sessions.forges.github.payload import CheckRun
from pr_sessions.live.checks.heads import COMPLETED, Head, Outcome, outcome, skipped
from pr_sessions.sessions.gate import Why
from pr_sessions.sessions.policy import Policy

NAME = "pr-sessions"
# What was dispatched and told nothing for so long is lost: GitHub ends a job after six hours.
LOST = timedelta(hours=6)
# An event starts the team's workflow within minutes; so long after it, it did not.
MISSED = timedelta(hours=1)


class Memory(StrEnum):
    """What our check run remembers as its `external_id`, by which it is also told from a job of the same name."""

    WAITING = "waiting"
    STARTED = "started"
    DISPATCHED = "dispatched"
    ENDED = "ended"


class Step(StrEnum):
    """What our check run says, and with `START` that the team's workflow is started first."""

    WAIT = "wait"
    START = "start"
    RUN = "run"
    SUCCEED = "succeed"
    FAIL = "fail"


_DOUBTFUL = (Why.DOUBT, Why.EVENT)
_TOLD = {Outcome.SUCCEEDED: Step.SUCCEED, Outcome.FAILED: Step.FAIL, Outcome.RUNNING: Step.RUN}


def ours(head: Head, app: str) -> CheckRun | None:
    """The latest check run that we made on it; `None` where there is none."""
    made = (run for run in head.found() if run.name == NAME and run.app == app and run.external_id in set(Memory))
    return max(made, key=lambda run: run.id, default=None)


def step(head: Head, policy: Policy, now: datetime, mine: CheckRun | None) -> Step:
    """What is to be said.

    Args:
        head: with the check runs on it.
        policy: the team's checks and its workflow.
        now: the time of looking.
        mine: the latest check run of ours on it.
    """
    told = _TOLD.get(outcome(head, policy.gate_checks))
    if told:
        return told
    if mine and _is_under_way(head, policy, now, mine):
        return Step.RUN
    if waits(head) or not policy.gate_checks:
        return Step.WAIT
    return Step.START if _must_be_started(head, policy, mine) else Step.RUN


def waits(head: Head) -> bool:
    """Whether nothing says that its checks have to run.

    Doubts alone start nothing by themselves: what they keep from waiting is started by its own event, or later.
    """
    return head.decision.skip or not (head.starts or any(one.why not in _DOUBTFUL for one in head.decision.reasons))


def _is_under_way(head: Head, policy: Policy, now: datetime, mine: CheckRun) -> bool:
    """Whether the checks were started, and their results may still come."""
    since = mine.started
    if mine.status == COMPLETED or since is None:
        return False
    if mine.external_id == Memory.DISPATCHED:
        return now - since < LOST
    if mine.external_id != Memory.STARTED or now - since >= MISSED:
        return False
    return not any(run.started and run.started >= since for run in skipped(head, policy.gate_checks))


def _must_be_started(head: Head, policy: Policy, mine: CheckRun | None) -> bool:
    """Whether nothing else starts the checks. What was never told of may be so fresh that its event comes yet."""
    if head.starts or not head.branch or not policy.gate_workflow:
        return False
    return mine is not None or bool(skipped(head, policy.gate_checks))
