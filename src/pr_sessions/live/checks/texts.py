"""What our check run says to people: a title of one line, and a summary in Markdown. Pure.

A title is the same as long as nothing changes, whenever it is made: by it a check run is known to say this already.
"""

from pr_sessions.live import markdown
from pr_sessions.live.checks.heads import Head, Outcome, judged, latest
from pr_sessions.live.checks.steps import Step
from pr_sessions.live.reasons import clauses
from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.repository import CONFIG

_MOST = 100
_HOW = (
    "They run when the session ends. To run them at once: approve the pull request, mark it as ready for review, "
    "switch on auto-merge, or comment `/complete-session`."
)
_SKIPPED = "A check that was skipped, or is neutral, does not count as run."
_NO_CHECKS = "enforce needs gate.checks: the names of the checks that must succeed"


def title(due: Step, head: Head, policy: Policy) -> str:
    """One line; GitHub shows it as it is."""
    if not policy.gate_checks:
        return f"Not configured: {_NO_CHECKS}"
    names = policy.gate_checks
    said = {
        Step.WAIT: f"Waits for the end of session {head.session}"
        if head.session
        else "Waits for the end of its session",
        Step.FAIL: f"Did not succeed: {_listed(head, names, Outcome.FAILED)}",
        Step.SUCCEED: f"Succeeded: {', '.join(names)}",
    }
    return markdown.line(said.get(due, f"Waits for the results of {', '.join(names)}"), _MOST)


def summary(due: Step, head: Head, policy: Policy) -> str:
    """A few paragraphs."""
    if not policy.gate_checks:
        return (
            "`gate: enforce` needs `gate.checks`, the names of the checks that must succeed, in "
            f"`{CONFIG}` on the default branch. Until it has them no checks wait, and this one does not pass."
        )
    workflow, branch = markdown.code(policy.gate_workflow or ""), markdown.code(head.branch)
    parts = {
        Step.WAIT: f"The checks of this commit wait for the end of {_session(head)}. {_HOW}",
        Step.START: f"{workflow} was started on {branch}{_why(head)}.",
        Step.RUN: f"The checks of this commit are under way{_why(head)}.",
        Step.SUCCEED: "Every check has succeeded on this very commit.",
        Step.FAIL: "Run again what did not succeed, or push another commit.",
    }
    hint = f"\n\n{_SKIPPED}" if Outcome.NOT_RUN in map(judged, latest(head, policy.gate_checks).values()) else ""
    return f"{parts[due]}\n\n{_table(head, policy.gate_checks)}{hint}"


def not_started(workflow: str, branch: str, reason: str) -> tuple[str, str]:
    """Title and summary where GitHub does not start the workflow; the reason is GitHub's."""
    how = "Does the workflow on this branch have `workflow_dispatch`? If not, merge the base branch into it."
    said = f"{markdown.code(workflow)} cannot be started on {markdown.code(branch)}: {markdown.text(reason, 300)}."
    return markdown.line(f"{workflow} cannot be started", _MOST), f"{said} It is tried again.\n\n{how}"


def _session(head: Head) -> str:
    return f"session {markdown.code(head.session)}" if head.session else "its session"


def _why(head: Head) -> str:
    """Why they do not wait, in the words of the decision, which may hold what somebody wrote."""
    told = clauses(head.decision.reasons, markdown.text)
    return f", because {'; '.join(told)}" if told else ""


def _listed(head: Head, names: tuple[str, ...], wanted: Outcome) -> str:
    return ", ".join(name for name, run in latest(head, names).items() if judged(run) is wanted)


def _table(head: Head, names: tuple[str, ...]) -> str:
    rows = [[markdown.code(name), judged(run)] for name, run in latest(head, names).items()]
    return markdown.table(rows, ["Check", "On this commit"])
