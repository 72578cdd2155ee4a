"""Whether the checks of a pull request wait for the end of its session. Whatever is not known for sure runs them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.models import Session, State
from pr_sessions.core.paths import matches_any
from pr_sessions.core.policy import GateMode, Policy

# The workflow of `init --github` that sweeps every ten minutes while something waits.
SWEEP = "pr-sessions-sweep.yml"


class Why(StrEnum):
    """A kind of reason to run the checks at once."""

    EVENT = "event"
    UNKNOWN = "doubt"
    FORK = "fork"
    UNTRUSTED = "author without write access"
    EXCLUDED = "label no-session"
    NOT_AUTOMATIC = "not automatic"
    NO_SESSION = "no session"
    NOT_OPEN = "not open"
    ALWAYS = "gate.always"
    COMPLETED = "session completed"
    QUIET = "gate.max_wait"
    APPROVED = "approved"
    READY = "ready for review"
    AUTO_MERGE = "auto-merge"
    STACK = "stack"
    ASKED = "box of the dashboard"
    UNFINISHED = "not configured"


class Reason(Struct, frozen=True):
    """Why the checks run at once; the detail is for people and may hold words from outside."""

    why: Why
    detail: str = ""


class PullRequestStatus(Struct, frozen=True, kw_only=True):
    """The status of a pull request. What is left out is not known, and what is not known runs the checks.

    Attributes:
        event: what makes the event one that postpones nothing, such as `merge_group`; empty where it may.
        is_fork: whether its branch may lie in another repository.
        trusted: whether its author may write to the repository; `None` where that is not known.
        excluded: whether somebody took it out of sessions by a label.
        is_assisted: whether a person made it with an agent.
        is_session_active: whether its session goes on.
        is_session_quiet: whether an agent's run in its session has been idle for longer than checks wait.
        trigger: why its session completed.
        files: the paths that it changes, the former ones of what was moved too; `None` where not known in full.
        approved: whether somebody who may write has approved its last commit.
        ready: whether the event says that it is ready for review.
        unknowns: what could not be found out, in words.
    """

    number: str = ""
    event: str = ""
    state: State | None = None
    is_fork: bool = True
    trusted: bool | None = None
    excluded: bool = False
    is_auto: bool = False
    is_assisted: bool = False
    session_id: str | None = None
    is_session_active: bool = False
    is_session_quiet: bool = False
    trigger: str | None = None
    files: tuple[str, ...] | None = None
    approved: bool = False
    ready: bool = False
    auto_merge: bool = False
    unknowns: tuple[str, ...] = ()


class Decision(Struct, frozen=True):
    """Whether the checks wait.

    Attributes:
        postpone: whether no reason speaks against waiting.
        skip: whether they wait; only where the team has switched that on.
        reasons: why they run at once, or would; none where they may wait.
    """

    postpone: bool
    skip: bool
    reasons: tuple[Reason, ...] = ()


def decide(status: PullRequestStatus, policy: Policy) -> Decision:
    """Return every reason to run the checks at once; without any, they may wait."""
    reasons = tuple(reason for rule in RULES for reason in rule(status, policy))
    if reasons or policy.gate is not GateMode.ENFORCE:
        return Decision(postpone=not reasons, skip=False, reasons=reasons)
    missing = tuple(_unfinished(policy))
    return Decision(postpone=True, skip=not missing, reasons=missing)


def longest_wait(session: Session, policy: Policy) -> timedelta:
    """Return how long checks wait after the last activity of a session; an agent's run goes on for longer."""
    return policy.gate_max_wait if session.runs else policy.timeout


def waits_until(session: Session, policy: Policy) -> datetime | None:
    """Return how long the checks of a session wait if nothing more happens; `None` where no time is known."""
    return session.latest + longest_wait(session, policy) if session.latest else None


def without_waiting(decision: Decision, why: str) -> Decision:
    """Return the decision where nothing could start the checks later, for the reason that is given."""
    if not decision.skip:
        return decision
    return Decision(decision.postpone, skip=False, reasons=(*decision.reasons, Reason(Why.UNFINISHED, why)))


def _unfinished(policy: Policy) -> Iterator[Reason]:
    """Yield what is missing to start postponed checks and to know their result: without it they would wait for ever."""
    for key, value in (("gate.checks", policy.gate_checks), ("gate.workflow", policy.gate_workflow)):
        if not value:
            yield Reason(Why.UNFINISHED, f"enforce needs {key}")


def _event(status: PullRequestStatus, _policy: Policy) -> Iterator[Reason]:
    if status.event:
        yield Reason(Why.EVENT, status.event)


def _unknowns(status: PullRequestStatus, _policy: Policy) -> Iterator[Reason]:
    yield from (Reason(Why.UNKNOWN, unknown) for unknown in status.unknowns)


def _author(status: PullRequestStatus, _policy: Policy) -> Iterator[Reason]:
    if status.is_fork:
        yield Reason(Why.FORK)
    elif status.trusted is None:
        yield Reason(Why.UNKNOWN, "whether its author may write is not known")
    elif not status.trusted:
        yield Reason(Why.UNTRUSTED)


def _session(status: PullRequestStatus, policy: Policy) -> Iterator[Reason]:
    if status.excluded:
        yield Reason(Why.EXCLUDED)
    elif not (status.is_auto or (status.is_assisted and policy.gate_assisted)):
        yield Reason(Why.NOT_AUTOMATIC)
    elif status.session_id is None:
        yield Reason(Why.NO_SESSION)
    elif not status.is_session_active or status.trigger is not None:
        yield Reason(Why.COMPLETED, status.trigger or "")
    elif status.is_session_quiet:
        yield Reason(Why.QUIET)


def _review(status: PullRequestStatus, _policy: Policy) -> Iterator[Reason]:
    if status.state is not State.OPEN:
        yield Reason(Why.NOT_OPEN, status.state.value if status.state else "")
    for holds, why in (
        (status.approved, Why.APPROVED),
        (status.ready, Why.READY),
        (status.auto_merge, Why.AUTO_MERGE),
    ):
        if holds:
            yield Reason(why)


def _paths(status: PullRequestStatus, policy: Policy) -> Iterator[Reason]:
    if not status.files:  # A pull request that changes nothing is one whose list is not there yet.
        yield Reason(Why.UNKNOWN, "its files are not known")
        return
    path = next((path for path in status.files if matches_any(policy.gate_always, path)), None)
    if path is not None:
        yield Reason(Why.ALWAYS, path)


RULES: tuple[Callable[[PullRequestStatus, Policy], Iterator[Reason]], ...] = (
    _event,
    _unknowns,
    _author,
    _session,
    _review,
    _paths,
)

WORDS: Mapping[Why, str] = {
    Why.EVENT: "the event postpones nothing",
    Why.UNKNOWN: "not everything is known for sure",
    Why.FORK: "its branch lies in a fork, or nobody can tell where it lies",
    Why.UNTRUSTED: "its author is not known to have write access",
    Why.EXCLUDED: "the label no-session takes it out of sessions",
    Why.NOT_AUTOMATIC: "nothing says that it is automatic",
    Why.NO_SESSION: "no session fits, or several equally well",
    Why.NOT_OPEN: "it is not open",
    Why.ALWAYS: "it changes what gate.always names",
    Why.COMPLETED: "its session does not go on",
    Why.QUIET: "the agent's run in its session has been quiet for longer than gate.max_wait",
    Why.APPROVED: "somebody who may write has approved its last commit",
    Why.READY: "it is ready for review, as the event says",
    Why.AUTO_MERGE: "it merges by itself as soon as it may",
    Why.STACK: "one above it in its stack is to be merged, and it merges with that one",
    Why.ASKED: "somebody who may write asked for its checks in the dashboard",
    Why.UNFINISHED: "the gate is not set up in full",
}


def clauses(reasons: Sequence[Reason], shown: Callable[[str], str]) -> list[str]:
    """Return a clause for each reason, in their order; the first unknown stands for all, or they would fill a page.

    Args:
        reasons: why the checks run at once.
        shown: as for `words`.
    """
    first = next((reason for reason in reasons if reason.why is Why.UNKNOWN), None)
    more = sum(reason.why is Why.UNKNOWN for reason in reasons) - 1
    shown_reasons = (reason for reason in reasons if reason.why is not Why.UNKNOWN or reason is first)
    rest = f" (and {more} more)" if more > 0 else ""
    return [f"{words(reason, shown)}{rest if reason is first else ''}" for reason in shown_reasons]


def words(reason: Reason, shown: Callable[[str], str]) -> str:
    """Return one clause.

    Args:
        reason: its detail may hold words from outside.
        shown: escapes such words for where they are shown.
    """
    return f"{WORDS[reason.why]}: {shown(reason.detail)}" if reason.detail else WORDS[reason.why]
