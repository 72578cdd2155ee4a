"""Commits and check runs as tests of our check run need them, and what GitHub makes of an act."""

from typing import Any

from msgspec.structs import replace

from pr_sessions.core.gate import Decision, Reason, Why
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.forges.base import CheckRun
from pr_sessions.gate.checks.heads import Head
from pr_sessions.gate.checks.updates import CheckUpdate
from scene import START

SHA, OTHER = "a" * 40, "b" * 40
APP = "github-actions"
ENFORCE = Policy(gate=GateMode.ENFORCE, gate_checks=("test", "lint"), gate_workflow="checks.yml")
WAITS = Decision(postpone=True, skip=True)
RUNS = Decision(postpone=False, skip=False, reasons=(Reason(Why.COMPLETED, "timeout"),))
DOUBTFUL = Decision(postpone=False, skip=False, reasons=(Reason(Why.UNKNOWN, "GitHub is down"),))


def head(*runs: CheckRun, **told: Any) -> Head:
    """A commit of pull request 7 that may wait."""
    known = {"number": "7", "sha": SHA, "branch": "work-7", "session": "s-1", "decision": WAITS}
    return Head(**known | told, runs=runs)


def job(name: str, conclusion: str | None = "success", *, of: int = 1, **told: Any) -> CheckRun:
    """A check of the team's; in progress without a conclusion."""
    known = {"status": "completed" if conclusion else "in_progress", "head_sha": SHA, "app": APP, "started": START}
    return CheckRun(of, name, conclusion=conclusion, **known | {"external_id": "a-job"} | told)


def ours(phase: str, *, of: int = 100, status: str = "", **told: Any) -> CheckRun:
    """Our check run."""
    known = {"head_sha": SHA, "app": APP, "started": START, "title": "Waits for the end of session s-1"}
    known["status"] = status or {"waiting": "queued", "ended": "completed"}.get(phase, "in_progress")
    return CheckRun(of, "pr-sessions", external_id=phase, **known | told)


def written(head: Head, update: CheckUpdate, app: str = APP) -> Head:
    """The commit once GitHub has written what was planned."""
    before = {run.id: run for run in head.runs}
    of = update.check or max(before, default=0) + 1
    run = before.get(of, CheckRun(of, "pr-sessions", head_sha=update.sha, app=app))
    run = replace(run, status=update.status, conclusion=update.conclusion, external_id=update.phase, title=update.title)
    run = replace(run, started=update.started or run.started or START)
    return replace(head, runs=tuple((before | {of: run}).values()))


def shown(update: CheckUpdate) -> tuple[Any, ...]:
    """What a table compares."""
    return update.status, update.conclusion, update.phase.value, update.check, update.branch
