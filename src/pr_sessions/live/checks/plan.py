"""What is written of our check runs, and what is started; nothing where all is as it should be. Pure.

GitHub shows a check that was postponed as passed: a job that is skipped counts as one that succeeded. The check run
`pr-sessions` tells the truth: it succeeds where every check of the team's has succeeded on that very commit.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from pr_sessions.forges.github.payload import CheckRun
from pr_sessions.live.checks import texts
from pr_sessions.live.checks.heads import COMPLETED, Head, one_each
from pr_sessions.live.checks.steps import Memory, Step, ours, step
from pr_sessions.sessions.policy import GateMode, Policy

_SAID: dict[Step, tuple[str, str | None]] = {
    Step.WAIT: ("queued", None),
    Step.START: ("in_progress", None),
    Step.RUN: ("in_progress", None),
    Step.SUCCEED: (COMPLETED, "success"),
    Step.FAIL: (COMPLETED, "failure"),
}


class Act(Struct, frozen=True, kw_only=True):
    """Our check run as it has to be written.

    Attributes:
        check: the id of the check run that is changed; `None` for another one.
        branch: on which the team's workflow is started first; empty where nothing is started.
        started: since when the checks run; `None` where that stays as it is.
    """

    number: str
    sha: str
    status: str
    conclusion: str | None = None
    memory: Memory
    title: str
    summary: str
    check: int | None = None
    branch: str = ""
    started: datetime | None = None


def plan(heads: Iterable[Head], policy: Policy, now: datetime, app: str) -> tuple[Act, ...]:
    """What has to be written and started; nothing at all where the gate is advisory.

    Args:
        heads: with the check runs on them.
        policy: the team's checks and its workflow.
        now: the time of looking.
        app: the name of the App that we write as; what others call `pr-sessions` is not ours.
    """
    if policy.gate is GateMode.ADVISORY:
        return ()
    acts = (_act(head, policy, now, ours(head, app)) for head in one_each(heads))
    return tuple(act for act in acts if act)


def _act(head: Head, policy: Policy, now: datetime, mine: CheckRun | None) -> Act | None:
    due = step(head, policy, now, mine)
    # What has ended stays as it is; of several runs GitHub counts the latest.
    open_one = mine if mine and mine.status != COMPLETED else None
    (status, conclusion), memory = _SAID[due], _memory(due, open_one)
    title = texts.title(due, head, policy)
    if due is not Step.START and mine and _is_said(mine, status, conclusion, memory, title):
        return None
    begins = due in (Step.START, Step.RUN) and (due is Step.START or not open_one or open_one.external_id != memory)
    return Act(
        number=head.number,
        sha=head.sha,
        status=status,
        conclusion=conclusion,
        memory=memory,
        title=title,
        summary=texts.summary(due, head, policy),
        check=open_one.id if open_one else None,
        branch=head.branch if due is Step.START else "",
        started=now if begins else None,
    )


def _memory(due: Step, open_one: CheckRun | None) -> Memory:
    if due is Step.RUN:
        was = open_one.external_id if open_one else ""
        return Memory.DISPATCHED if was == Memory.DISPATCHED else Memory.STARTED
    return {Step.WAIT: Memory.WAITING, Step.START: Memory.DISPATCHED}.get(due, Memory.ENDED)


def _is_said(mine: CheckRun, status: str, conclusion: str | None, memory: Memory, title: str) -> bool:
    if (mine.status, mine.conclusion) != (status, conclusion):
        return False
    return status == COMPLETED or (mine.external_id, mine.title) == (memory, title)
