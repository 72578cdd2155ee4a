"""The lifecycle as a diagram, drawn by asking the rules themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from pr_sessions.core.agents import Run
from pr_sessions.core.lifecycle import (
    RUN_TIMEOUT,
    Activity,
    CompletionAsked,
    Event,
    Phase,
    TimePassed,
    advance,
    begin,
    phase,
)
from pr_sessions.core.models import Session, Trigger
from pr_sessions.core.policy import Policy

_NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
_A_MOMENT = timedelta(seconds=1)


def mermaid(policy: Policy) -> str:
    """Return a Mermaid state diagram of what every event does to a session in every phase."""
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.ACTIVE.name}: start"]
    lines += [f'    state "{phase.value}" as {phase.name}' for phase in Phase]
    lines += dict.fromkeys(arrow for session, now in _samples(policy) for arrow in _arrows(session, now, policy))
    return "\n".join(lines)


def _samples(policy: Policy) -> Iterator[tuple[Session, datetime]]:
    """Yield a session in every phase that it can be in, with the time at which it is."""
    session = begin("sample", "author", _NOON)
    warned, expired = _NOON + policy.idle_warning + _A_MOMENT, _NOON + policy.timeout + _A_MOMENT
    yield session, _NOON + _A_MOMENT
    yield session, warned
    yield session, expired
    yield advance(session, TimePassed(expired), policy), expired
    yield advance(session, CompletionAsked(warned, Trigger.MANUAL), policy), warned
    yield replace(session, runs=(Run("agent", "run", _NOON, _NOON),)), expired


def _arrows(session: Session, now: datetime, policy: Policy) -> Iterator[str]:
    before = phase(session, now, policy)
    if before is Phase.ACTIVE:
        yield _arrow(before, phase(session, now + policy.idle_warning, policy), f"idle {_minutes(policy.idle_warning)}")
    if before is Phase.WARNING:
        yield _arrow(before, phase(session, now + policy.timeout, policy), f"idle {_minutes(policy.timeout)}")
        of_run = replace(session, runs=(Run("agent", "run", _NOON, _NOON),))
        label = f"idle {_minutes(policy.timeout)}, of an agent's run"
        yield _arrow(before, phase(of_run, now + policy.timeout, policy), label)
    if before is Phase.QUIET:
        hours = RUN_TIMEOUT // timedelta(hours=1)
        yield _arrow(before, phase(session, now + RUN_TIMEOUT, policy), f"idle {hours} h")
    late = before in (Phase.IDLE, Phase.TIMED_OUT)
    for event, label in _late(session) if late else ():
        yield _arrow(before, phase(advance(session, event, policy), now, policy), label)
    events: tuple[tuple[Event, str], ...] = (
        (Activity(now), "activity"),
        (CompletionAsked(now, Trigger.MANUAL), "completion asked"),
        (TimePassed(now), "noticed"),
    )
    for event, label in events:
        after = advance(session, event, policy)
        if after != session:
            yield _arrow(before, phase(after, now, policy), label)


def _late(session: Session) -> tuple[tuple[Event, str], ...]:
    """Return events that happened while the session was active, reported later."""
    then = (session.latest or _NOON) + _A_MOMENT
    return (
        (Activity(then), "activity within the timeout, reported late"),
        (CompletionAsked(then, Trigger.MANUAL), "completion within the timeout, reported late"),
    )


def _arrow(before: Phase, after: Phase, label: str) -> str:
    return f"    {before.name} --> {after.name}: {label}"


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
