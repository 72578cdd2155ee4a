"""The check run `pr-sessions`: its next state on a commit, and what has to be written or started for that. Pure.

GitHub shows a check that was postponed as passed: a job that is skipped counts as one that succeeded. Ours succeeds
only where every check of the team's has succeeded on that very commit.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.gate import Why, clauses
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.forges.base import CheckRun
from pr_sessions.gate.checks.heads import (
    COMPLETED,
    ChecksResult,
    Head,
    checks_result,
    latest_runs,
    run_result,
    skipped_runs,
    unique_commits,
    untested_below,
)
from pr_sessions.gate.wording import code, line, table, text
from pr_sessions.git.repository import CONFIG

NAME = "pr-sessions"
# A dispatched run that has reported nothing for so long never will: GitHub ends a job after six hours.
PRESUMED_DEAD = timedelta(hours=6)
# An event starts the team's workflow within minutes; so long after it, it did not.
MISSED = timedelta(hours=1)

_MOST = 100
_HOW = (
    "They run when the session ends, or its agent's run is quiet for longer than `gate.max_wait`. To run them at once: "
    "approve the pull request, mark it as ready for review, switch on auto-merge, or comment `/complete-session`."
)
_SKIPPED = "A check that was skipped, or is neutral, does not count as run."
_NO_CHECKS = "enforce needs gate.checks: the names of the checks that must succeed"


class CheckPhase(StrEnum):
    """What our check run keeps as its `external_id`, by which it also differs from a job of the same name."""

    WAITING = "waiting"
    STARTED = "started"
    DISPATCHED = "dispatched"
    ENDED = "ended"


class NextState(StrEnum):
    """What our check run says next; with `START` the team's workflow is started first."""

    WAIT = "wait"
    START = "start"
    RUN = "run"
    SUCCEED = "succeed"
    FAIL = "fail"


_UNCERTAIN = (Why.UNKNOWN, Why.EVENT)
_BY_RESULT = {
    ChecksResult.SUCCEEDED: NextState.SUCCEED,
    ChecksResult.FAILED: NextState.FAIL,
    ChecksResult.RUNNING: NextState.RUN,
}
_STATUS: dict[NextState, tuple[str, str | None]] = {
    NextState.WAIT: ("queued", None),
    NextState.START: ("in_progress", None),
    NextState.RUN: ("in_progress", None),
    NextState.SUCCEED: (COMPLETED, "success"),
    NextState.FAIL: (COMPLETED, "failure"),
}


class CheckUpdate(Struct, frozen=True, kw_only=True):
    """Our check run as it has to be written.

    Attributes:
        check: the id of the check run that is changed; `None` for a new one.
        branch: on which the team's workflow is started first; empty where nothing is started.
        started: since when the checks run; `None` where that stays as it is.
    """

    number: str
    sha: str
    status: str
    conclusion: str | None = None
    phase: CheckPhase
    title: str
    summary: str
    check: int | None = None
    branch: str = ""
    started: datetime | None = None


def plan(heads: Iterable[Head], policy: Policy, now: datetime, app: str) -> tuple[CheckUpdate, ...]:
    """Return what has to be written and started; nothing at all where the gate is advisory.

    Args:
        heads: with the check runs on them.
        policy: the team's checks and its workflow.
        now: the time of the assessment.
        app: the name of the App that we write as; a `pr-sessions` of another App is not ours.
    """
    if policy.gate is GateMode.ADVISORY:
        return ()
    updates = (_update(head, policy, now, our_check_run(head, app)) for head in unique_commits(heads))
    return tuple(update for update in updates if update)


def our_check_run(head: Head, app: str) -> CheckRun | None:
    """Return the latest check run that we made on a commit; `None` where there is none."""
    phases = set(CheckPhase)
    runs = (run for run in head.check_runs() if run.name == NAME and run.app == app and run.external_id in phases)
    return max(runs, key=lambda run: run.id, default=None)


def _update(head: Head, policy: Policy, now: datetime, ours: CheckRun | None) -> CheckUpdate | None:
    state = next_state(head, policy, now, ours)
    # A check run that has ended stays as it is; of several runs GitHub counts the latest.
    current = ours if ours and ours.status != COMPLETED else None
    (status, conclusion), phase = _STATUS[state], _phase(state, current)
    title = title_of(state, head, policy)
    if state is not NextState.START and ours and _is_written(ours, status, conclusion, phase, title):
        return None
    begins = state is NextState.RUN and (not current or current.external_id != phase)
    return CheckUpdate(
        number=head.number,
        sha=head.sha,
        status=status,
        conclusion=conclusion,
        phase=phase,
        title=title,
        summary=summary_of(state, head, policy),
        check=current.id if current else None,
        branch=head.branch if state is NextState.START else "",
        started=now if begins or state is NextState.START else None,
    )


def next_state(head: Head, policy: Policy, now: datetime, ours: CheckRun | None) -> NextState:
    """Return what our check run has to say next.

    Args:
        head: with the check runs on it.
        policy: the team's checks and its workflow.
        now: the time of the assessment.
        ours: the latest check run of ours on it.
    """
    if by_result := _BY_RESULT.get(checks_result(head, policy.gate_checks)):
        return _with_those_below(head, policy) if by_result is NextState.SUCCEED else by_result
    if ours and _is_under_way(head, policy, now, ours):
        return NextState.RUN
    if waits(head) or not policy.gate_checks:
        return NextState.WAIT
    # Where nothing was ever said of a commit, its event may still come, and starts the checks by itself.
    is_known = ours is not None or bool(skipped_runs(head, policy.gate_checks))
    can_start = not head.starts and head.branch and policy.gate_workflow
    return NextState.START if is_known and can_start else NextState.RUN


def _with_those_below(head: Head, policy: Policy) -> NextState:
    """Return what follows for a commit that has succeeded: merging it merges what is below it in its stack."""
    results = [result for _, result in untested_below(head, policy.gate_checks)]
    if not results:
        return NextState.SUCCEED
    return NextState.FAIL if ChecksResult.FAILED in results else NextState.WAIT


def waits(head: Head) -> bool:
    """Return whether no reason says that its checks have to run.

    Unknowns alone start nothing: what they keep from waiting is started by its own event, or later.
    """
    is_certain = any(reason.why not in _UNCERTAIN for reason in head.decision.reasons)
    return head.decision.skip or not (head.starts or is_certain)


def _is_under_way(head: Head, policy: Policy, now: datetime, ours: CheckRun) -> bool:
    """Return whether the checks were started, and their results may still come."""
    since = ours.started
    if ours.status == COMPLETED or since is None:
        return False
    if ours.external_id == CheckPhase.DISPATCHED:
        return now - since < PRESUMED_DEAD
    if ours.external_id != CheckPhase.STARTED or now - since >= MISSED:
        return False
    return not any(run.started and run.started >= since for run in skipped_runs(head, policy.gate_checks))


def _phase(state: NextState, current: CheckRun | None) -> CheckPhase:
    if state is NextState.RUN:
        is_dispatched = current is not None and current.external_id == CheckPhase.DISPATCHED
        return CheckPhase.DISPATCHED if is_dispatched else CheckPhase.STARTED
    phases = {NextState.WAIT: CheckPhase.WAITING, NextState.START: CheckPhase.DISPATCHED}
    return phases.get(state, CheckPhase.ENDED)


def _is_written(ours: CheckRun, status: str, conclusion: str | None, phase: CheckPhase, title: str) -> bool:
    if (ours.status, ours.conclusion) != (status, conclusion):
        return False
    return status == COMPLETED or (ours.external_id, ours.title) == (phase, title)


def title_of(state: NextState, head: Head, policy: Policy) -> str:
    """Return one line, which GitHub shows as it is.

    It is the same as long as nothing changes: by its title a check run is known to say this already.
    """
    if not policy.gate_checks:
        return f"Not configured: {_NO_CHECKS}"
    names = policy.gate_checks
    session = f"session {head.session}" if head.session else "its session"
    failed = (name for name, run in latest_runs(head, names).items() if run_result(run) is ChecksResult.FAILED)
    below = _below(head, policy)
    if below and state in (NextState.WAIT, NextState.FAIL):
        return line(f"{'Waits for' if state is NextState.WAIT else 'Cannot pass before'} {below}", _MOST)
    titles = {
        NextState.WAIT: f"Waits for the end of {session}",
        NextState.FAIL: f"Did not succeed: {', '.join(failed)}",
        NextState.SUCCEED: f"Succeeded: {', '.join(names)}",
    }
    return line(titles.get(state, f"Waits for the results of {', '.join(names)}"), _MOST)


def summary_of(state: NextState, head: Head, policy: Policy) -> str:
    """Return a few paragraphs of Markdown."""
    if not policy.gate_checks:
        return (
            "`gate: enforce` needs `gate.checks`, the names of the checks that must succeed, in "
            f"`{CONFIG}` on the default branch. Until it has them no checks wait, and this one does not pass."
        )
    # The reasons may hold what somebody wrote.
    reasons = clauses(head.decision.reasons, text)
    why = f", because {'; '.join(reasons)}" if reasons else ""
    session = f"session {code(head.session)}" if head.session else "its session"
    first = {
        NextState.WAIT: f"The checks of this commit wait for the end of {session}. {_HOW}",
        NextState.START: f"{code(policy.gate_workflow or '')} was started on {code(head.branch)}{why}.",
        NextState.RUN: f"The checks of this commit are under way{why}.",
        NextState.SUCCEED: "Every check has succeeded on this very commit.",
        NextState.FAIL: "Run again what did not succeed, or push another commit.",
    }[state]
    if (below := _below(head, policy)) and state in (NextState.WAIT, NextState.FAIL):
        first = (
            f"Every check has succeeded on this commit. Merging it also merges {below}, and those must succeed, too."
        )
    results = {name: run_result(run) for name, run in latest_runs(head, policy.gate_checks).items()}
    rows = [[code(name), result] for name, result in results.items()]
    note = f"\n\n{_SKIPPED}" if ChecksResult.NOT_RUN in results.values() else ""
    return f"{first}\n\n{table(rows, ['Check', 'On this commit'])}{note}"


def _below(head: Head, policy: Policy) -> str:
    """Return what keeps a commit that has succeeded from passing; empty where that is no matter of a stack."""
    if checks_result(head, policy.gate_checks) is not ChecksResult.SUCCEEDED:
        return ""
    numbers = [commit.number for commit, _ in untested_below(head, policy.gate_checks)]
    named = ", ".join(f"#{number}" for number in numbers if number) or "what cannot be read"
    return f"{named} below it in its stack" if numbers else ""


def not_started(workflow: str, branch: str, reason: str) -> tuple[str, str]:
    """Return title and summary where GitHub does not start the workflow; the reason is GitHub's."""
    how = "Does the workflow on this branch have `workflow_dispatch`? If not, merge the base branch into it."
    what = f"{code(workflow)} cannot be started on {code(branch)}: {text(reason, 300)}."
    return line(f"{workflow} cannot be started", _MOST), f"{what} It is tried again.\n\n{how}"
