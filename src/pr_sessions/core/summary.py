"""Sessions as they are at one moment: one of them, and an overview of all."""

from datetime import datetime, timedelta

from msgspec import Struct

from pr_sessions.core.lifecycle import expiry, status
from pr_sessions.core.models import Session, Status
from pr_sessions.core.policy import Policy


class SessionSummary(Struct, frozen=True):
    """A session at one moment, by the team's policy."""

    session: Session
    policy: Policy
    at: datetime

    @property
    def status(self) -> Status:
        """Return what it is at that moment, which a file may not say yet."""
        return status(self.session, self.at, self.policy)

    @property
    def is_left_empty(self) -> bool:
        """Return whether corrections took its last pull request and nothing goes on: lists leave it out."""
        session = self.session
        return not session.prs and (session.inferred or (bool(session.elsewhere) and session.completion is not None))

    @property
    def expiry(self) -> datetime | None:
        """Return when it ends if nothing more happens; `None` once it has completed or where no time is known."""
        return None if self.session.completion else expiry(self.session, self.policy)

    @property
    def minutes_left(self) -> int | None:
        """Return the whole minutes until then, at least 0."""
        return max((self.expiry - self.at) // timedelta(minutes=1), 0) if self.expiry else None


class Overview(Struct, frozen=True, kw_only=True):
    """What a repository holds, without decoding more of it than is shown.

    Attributes:
        current: the session of this working tree.
        active: those that have not completed.
        completed: ids of those that have, oldest first.
        recent: the latest of these, newest first.
        pull_requests: how many there are in sessions.
        unattributed: how many are in none.
        paused: why tracking is off here; empty where it is on.
    """

    current: SessionSummary | None
    active: tuple[SessionSummary, ...]
    completed: tuple[str, ...]
    recent: tuple[SessionSummary, ...]
    pull_requests: int
    unattributed: int
    paused: str | None
