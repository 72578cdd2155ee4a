"""Whether the checks of a pull request wait for the end of its session. Whatever is not known for sure runs them."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from pr_sessions.sessions.globs import matches_any
from pr_sessions.sessions.policy import GateMode, Policy
from pr_sessions.sessions.session import State


class Why(StrEnum):
    """What makes the checks run at once."""

    EVENT = "event"
    DOUBT = "doubt"
    FORK = "fork"
    NOT_BELIEVED = "author without write access"
    EXCLUDED = "label no-session"
    NOT_AUTOMATIC = "not automatic"
    NO_SESSION = "no session"
    NOT_OPEN = "not open"
    ALWAYS = "gate.always"
    COMPLETED = "session completed"
    APPROVED = "approved"
    READY = "ready for review"
    AUTO_MERGE = "auto-merge"
    UNFINISHED = "not configured"


class Reason(Struct, frozen=True):
    """Why the checks run at once; the detail is for people and may hold words from outside."""

    why: Why
    detail: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """How a pull request stands. What is left out is not known, and what is not known runs the checks.

    Attributes:
        event: what makes the event one that postpones nothing, such as `merge_group`; empty where it may.
        is_fork: whether its branch may lie in another repository.
        believed: whether its author may write to the repository; `None` where that is not known.
        excluded: whether somebody took it out of sessions by a label.
        live: whether its session goes on.
        trigger: why its session completed.
        files: the paths that it changes, the former ones of what was moved too; `None` where not known in full.
        approved: whether somebody who may write has approved its last commit.
        ready: whether the event says that it is ready for review.
        doubts: what could not be found out, in words.
    """

    number: str = ""
    event: str = ""
    state: State | None = None
    is_fork: bool = True
    believed: bool | None = None
    excluded: bool = False
    is_auto: bool = False
    session_id: str | None = None
    live: bool = False
    trigger: str | None = None
    files: tuple[str, ...] | None = None
    approved: bool = False
    ready: bool = False
    auto_merge: bool = False
    doubts: tuple[str, ...] = ()


class Decision(Struct, frozen=True):
    """What becomes of the checks.

    Attributes:
        postpone: whether nothing speaks against waiting.
        skip: whether they wait; only where the team has switched that on.
        reasons: why they run at once, or would; none where they may wait.
    """

    postpone: bool
    skip: bool
    reasons: tuple[Reason, ...] = ()


def decide(standing: Standing, policy: Policy) -> Decision:
    """Everything that speaks for running the checks at once; where nothing does, they may wait."""
    reasons = tuple(reason for rule in RULES for reason in rule(standing, policy))
    if reasons or policy.gate is not GateMode.ENFORCE:
        return Decision(postpone=not reasons, skip=False, reasons=reasons)
    missing = tuple(_unfinished(policy))
    return Decision(postpone=True, skip=not missing, reasons=missing)


def _unfinished(policy: Policy) -> Iterator[Reason]:
    """What was postponed must be startable, and its result known, or it would wait for ever."""
    for key, value in (("gate.checks", policy.gate_checks), ("gate.workflow", policy.gate_workflow)):
        if not value:
            yield Reason(Why.UNFINISHED, f"enforce needs {key}")


def _event(standing: Standing, _policy: Policy) -> Iterator[Reason]:
    if standing.event:
        yield Reason(Why.EVENT, standing.event)


def _doubts(standing: Standing, _policy: Policy) -> Iterator[Reason]:
    yield from (Reason(Why.DOUBT, doubt) for doubt in standing.doubts)


def _whose(standing: Standing, _policy: Policy) -> Iterator[Reason]:
    if standing.is_fork:
        yield Reason(Why.FORK)
    elif standing.believed is None:
        yield Reason(Why.DOUBT, "whether its author may write is not known")
    elif not standing.believed:
        yield Reason(Why.NOT_BELIEVED)


def _session(standing: Standing, _policy: Policy) -> Iterator[Reason]:
    if standing.excluded:
        yield Reason(Why.EXCLUDED)
    elif not standing.is_auto:
        yield Reason(Why.NOT_AUTOMATIC)
    elif standing.session_id is None:
        yield Reason(Why.NO_SESSION)
    elif not standing.live or standing.trigger is not None:
        yield Reason(Why.COMPLETED, standing.trigger or "")


def _review(standing: Standing, _policy: Policy) -> Iterator[Reason]:
    if standing.state is not State.OPEN:
        yield Reason(Why.NOT_OPEN, standing.state.value if standing.state else "")
    for holds, why in (
        (standing.approved, Why.APPROVED),
        (standing.ready, Why.READY),
        (standing.auto_merge, Why.AUTO_MERGE),
    ):
        if holds:
            yield Reason(why)


def _paths(standing: Standing, policy: Policy) -> Iterator[Reason]:
    if not standing.files:  # A pull request that changes nothing is one whose list is not there yet.
        yield Reason(Why.DOUBT, "its files are not known")
        return
    path = next((path for path in standing.files if matches_any(policy.gate_always, path)), None)
    if path is not None:
        yield Reason(Why.ALWAYS, path)


RULES: tuple[Callable[[Standing, Policy], Iterator[Reason]], ...] = (_event, _doubts, _whose, _session, _review, _paths)
