"""The life of a session: one function from a session and an event to the session after it.

A timeout is an inference: it stands at the last activity plus the timeout, whoever notices it and whenever, and later
news of activity moves it or takes it back. What somebody asked for is final.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.sessions.ledger import Ledger
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Completion, Session, Status, Trigger

L = TypeVar("L", bound=Ledger)


class Activity(Struct, frozen=True):
    """Work went on: a pull request was opened or updated, an agent spoke, somebody said so.

    Attributes:
        since: from when on it is known to have gone on without a gap, where that is before `at`.
    """

    at: datetime
    since: datetime | None = None


class CompletionAsked(Struct, frozen=True):
    """Somebody, or a marker in a pull request, ends the session."""

    at: datetime
    trigger: str


class TimePassed(Struct, frozen=True):
    """Nothing happened but time."""

    at: datetime


Event = Activity | CompletionAsked | TimePassed


class Phase(StrEnum):
    """Where a session stands; finer than `Status`, which does not tell a timeout from a completion."""

    ACTIVE = "active"
    WARNING = "warning"
    IDLE = "idle"
    TIMED_OUT = "timed out"
    COMPLETED = "completed"


def begin(session_id: str, author: str, at: datetime, *, title: str = "", inferred: bool = False) -> Session:
    """A new session whose first activity is its start."""
    return Session(id=session_id, author=author, started=at, last_activity=at, title=title, inferred=inferred)


def advance(session: Session, event: Event, policy: Policy) -> Session:
    """The session after the event; itself where the event changes nothing."""
    if session.completion and not session.completion.inferred:
        return session
    match event:
        case Activity(at, since):
            return _worked(session, at, since or at, policy)
        case CompletionAsked(at, trigger):
            return _asked(session, at, trigger, policy)
        case TimePassed(at):
            return _expired(session, at, policy)


def sweep(ledger: L, policy: Policy, now: datetime) -> tuple[L, tuple[Session, ...]]:
    """Completes every session that has run out; returns those."""
    ended = tuple(s for old in ledger.active() if (s := advance(old, TimePassed(now), policy)) is not old)
    return (ledger.put(*ended), ended) if ended else (ledger, ())


def phase(session: Session, now: datetime, policy: Policy) -> Phase:
    """Where the session stands at `now`."""
    if session.completion:
        return Phase.TIMED_OUT if session.completion.inferred else Phase.COMPLETED
    idle = idle_time(session, now)
    if idle > policy.timeout:
        return Phase.IDLE
    return Phase.WARNING if idle > policy.idle_warning else Phase.ACTIVE


def status(session: Session, now: datetime, policy: Policy) -> Status:
    """What the session is at `now`: `active`, `warning`, `idle` or `completed`."""
    if session.completion:
        return Status.COMPLETED
    return Status(phase(session, now, policy).value)


def idle_time(session: Session, now: datetime) -> timedelta:
    """How long nothing has happened; zero where no time is known or the last activity lies in the future."""
    return max(now - session.latest, timedelta()) if session.latest else timedelta()


def expiry(session: Session, policy: Policy) -> datetime | None:
    """When the session ends if nothing more happens; `None` where no time is known."""
    return session.latest + policy.timeout if session.latest else None


def runs_out(session: Session, policy: Policy) -> datetime | None:
    """When time alone will end the session; `None` where it has ended, or the team lets none run out."""
    return None if session.completion or not policy.enable_timeout_completion else expiry(session, policy)


def covers(session: Session, at: datetime, policy: Policy) -> bool:
    """Whether something that happened at `at` can belong to the session by its time.

    A session that recording alone made also reaches back by the timeout: its first pull request may come late.
    """
    if session.started is None:
        return False
    begins = session.started - policy.timeout if session.inferred else session.started
    ends = expiry(session, policy)
    if session.completion and not session.completion.inferred:
        ends = session.completion.at
    return ends is not None and begins <= at <= ends


def _worked(session: Session, at: datetime, since: datetime, policy: Policy) -> Session:
    """Within the timeout activity counts, and takes an inferred end back; later it is another session's."""
    if not _reaches(session, min(since, at), policy):
        return _expired(session, at, policy)
    started = at if session.started is None or _precedes(session, at, policy) else session.started
    latest = max(session.latest or at, at)
    if (started, latest) == (session.started, session.last_activity):
        return session
    moved = latest != session.latest
    return replace(session, started=started, last_activity=latest, completion=None if moved else session.completion)


def _precedes(session: Session, at: datetime, policy: Policy) -> bool:
    """Whether a late pull request shows that an inferred session began earlier."""
    begins = session.started
    return session.inferred and begins is not None and begins - policy.timeout <= at < begins


def _reaches(session: Session, at: datetime, policy: Policy) -> bool:
    ends = expiry(session, policy)
    return not policy.enable_timeout_completion or ends is None or at <= ends


def _asked(session: Session, at: datetime, trigger: str, policy: Policy) -> Session:
    """An asked completion replaces an inferred one only if it was asked before the session ran out.

    One of a time that a later correction reopened does not count.
    """
    if session.reopened and at <= session.reopened.at:
        return session
    expired = _expired(replace(session, completion=None), at, policy)
    if expired.completion:
        return session if session.completion else expired
    return replace(session, completion=Completion(at, trigger))


def _expired(session: Session, now: datetime, policy: Policy) -> Session:
    """Completed at its expiry, if that has passed."""
    ends = expiry(session, policy)
    if session.completion or not policy.enable_timeout_completion or ends is None or now <= ends:
        return session
    return replace(session, completion=Completion(ends, Trigger.TIMEOUT))
