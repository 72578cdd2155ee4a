"""The life of a session: one function from a session and an event to the session after it.

A timeout is an inference: it is at the last activity plus the timeout, no matter when it is noticed. Activity that is
reported later moves it or takes it back. A requested completion is final.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.models import Completion, Session, Status, Trigger
from pr_sessions.core.policy import Policy

L = TypeVar("L", bound=SessionCollection)


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


# A run goes on after long breaks: of 158 runs with several pull requests in one history, 155 have breaks of more than
# half an hour, and few last more than a day.
RUN_TIMEOUT = timedelta(hours=24)


class Phase(StrEnum):
    """The phase of a session; finer than `Status`, which has no timeout of its own.

    A session of an agent's run is quiet, rather than timed out, until the run has been idle for `RUN_TIMEOUT`.
    """

    ACTIVE = "active"
    WARNING = "warning"
    QUIET = "quiet"
    IDLE = "idle"
    TIMED_OUT = "timed out"
    COMPLETED = "completed"


def begin(session_id: str, author: str, at: datetime, *, title: str = "", inferred: bool = False) -> Session:
    """Return a new session whose first activity is its start."""
    return Session(id=session_id, author=author, started=at, last_activity=at, title=title, inferred=inferred)


def advance(session: Session, event: Event, policy: Policy) -> Session:
    """Return the session after the event; itself where the event changes nothing."""
    if session.completion and not session.completion.inferred:
        return session
    match event:
        case Activity(at, since):
            return _worked(session, at, since or at, policy)
        case CompletionAsked(at, trigger):
            return _asked(session, at, trigger, policy)
        case TimePassed(at):
            return _expired(session, at, policy)


def sweep(collection: L, policy: Policy, now: datetime) -> tuple[L, tuple[Session, ...]]:
    """Complete every session that has run out; return those."""
    # No session runs out sooner than after the timeout.
    quiet = collection.active_until(now - policy.timeout)
    ended = tuple(s for old in quiet if (s := advance(old, TimePassed(now), policy)) is not old)
    return (collection.put(*ended), ended) if ended else (collection, ())


def phase(session: Session, now: datetime, policy: Policy) -> Phase:
    """Return the phase of the session at `now`."""
    if session.completion:
        return Phase.TIMED_OUT if session.completion.inferred else Phase.COMPLETED
    idle = idle_time(session, now)
    if idle > policy.timeout:
        return Phase.QUIET if session.runs and idle <= RUN_TIMEOUT else Phase.IDLE
    return Phase.WARNING if idle > policy.idle_warning else Phase.ACTIVE


def status(session: Session, now: datetime, policy: Policy) -> Status:
    """Return the status of the session at `now`: `active`, `warning`, `idle` or `completed`."""
    if session.completion:
        return Status.COMPLETED
    current = phase(session, now, policy)
    return Status.IDLE if current is Phase.QUIET else Status(current.value)


def idle_time(session: Session, now: datetime) -> timedelta:
    """Return how long nothing has happened; zero where no time is known or the last activity lies in the future."""
    return max(now - session.latest, timedelta()) if session.latest else timedelta()


def expiry(session: Session, policy: Policy) -> datetime | None:
    """Return when the session ends if nothing more happens; `None` where no time is known."""
    return session.latest + longest_break(session, policy) if session.latest else None


def longest_break(session: Session, policy: Policy) -> timedelta:
    """Return how long nothing may happen in the session before it has ended."""
    return max(policy.timeout, RUN_TIMEOUT) if session.runs else policy.timeout


def runs_out(session: Session, policy: Policy) -> datetime | None:
    """Return when time alone will end the session; `None` where it has ended, or the team lets none run out."""
    return None if session.completion or not policy.enable_timeout_completion else expiry(session, policy)


def covers(session: Session, at: datetime, policy: Policy) -> bool:
    """Return whether something that happened at `at` can belong to the session by its time.

    A session that recording alone made also reaches back by the timeout: its first pull request may come late.
    """
    if session.started is None:
        return False
    begins = session.started - policy.timeout if session.inferred else session.started
    ends = expiry(session, policy)
    if session.completion and not session.completion.inferred:
        ends = session.completion.at
    return ends is not None and begins <= at <= ends


def is_near(session: Session, at: datetime, policy: Policy) -> bool:
    """Return whether something that happened at `at`, and is not known to be of its run, can belong to the session."""
    return covers(session, at, policy) and (session.latest is None or at <= session.latest + policy.timeout)


def _worked(session: Session, at: datetime, since: datetime, policy: Policy) -> Session:
    """Count activity within the timeout, which takes an inferred end back; later activity is another session's."""
    ends = expiry(session, policy)
    if policy.enable_timeout_completion and ends is not None and min(since, at) > ends:
        return _expired(session, at, policy)
    started = at if session.latest is None or _precedes(session, at, policy) else session.started
    latest = max(session.latest or at, at)
    if (started, latest) == (session.started, session.last_activity):
        return session
    moved = latest != session.latest
    return replace(session, started=started, last_activity=latest, completion=None if moved else session.completion)


def _precedes(session: Session, at: datetime, policy: Policy) -> bool:
    """Return whether a late pull request shows that an inferred session began earlier."""
    begins = session.started
    return session.inferred and begins is not None and begins - policy.timeout <= at < begins


def _asked(session: Session, at: datetime, trigger: str, policy: Policy) -> Session:
    """Complete the session, in place of an inferred end only if that lies later.

    A request from a time that a later correction reopened does not count.
    """
    if session.reopened and at <= session.reopened.at:
        return session
    expired = _expired(replace(session, completion=None), at, policy)
    if expired.completion:
        return session if session.completion else expired
    return replace(session, completion=Completion(at, trigger))


def _expired(session: Session, now: datetime, policy: Policy) -> Session:
    """Complete the session at its expiry, if that has passed."""
    ends = expiry(session, policy)
    if session.completion or not policy.enable_timeout_completion or ends is None or now <= ends:
        return session
    return replace(session, completion=Completion(ends, Trigger.TIMEOUT))
