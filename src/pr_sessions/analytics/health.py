"""Whether the sessions are in order, or somebody should look."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from pr_sessions.analytics.averages import average
from pr_sessions.analytics.breakdowns import duration_minutes
from pr_sessions.sessions.lifecycle import idle_time
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session

ORPHAN_TIMEOUTS = 2
MOST_ORPHANS = 5
LONGEST_MEAN = 120  # minutes
LARGEST_FILE = 1_000_000  # bytes


class Health(Struct, frozen=True):
    """The state of the sessions.

    Attributes:
        orphans: ids of active sessions idle longer than twice the timeout, in their order.
        mean_duration: minutes, over completed sessions of known duration.
        state_file_bytes: size of the session file.
        alerts: what somebody should look at, each with the way out.
    """

    orphans: tuple[str, ...]
    mean_duration: float | None
    state_file_bytes: int
    alerts: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether there is no alert."""
        return not self.alerts


def health(sessions: Iterable[Session], now: datetime, policy: Policy, state_file_bytes: int) -> Health:
    """The state of these sessions as of `now`."""
    book = tuple(sessions)
    orphans = orphan_ids(book, now, policy)
    mean = average([minutes for session in book if (minutes := duration_minutes(session)) is not None])
    return Health(orphans, mean, state_file_bytes, tuple(_alerts(len(orphans), mean, state_file_bytes)))


def orphan_ids(sessions: Iterable[Session], now: datetime, policy: Policy) -> tuple[str, ...]:
    """Active sessions that are idle for longer than twice the timeout: nobody works in them any more."""
    limit = ORPHAN_TIMEOUTS * policy.timeout
    return tuple(s.id for s in sessions if s.completion is None and idle_time(s, now) > limit)


def _alerts(orphans: int, mean: float | None, size: int) -> Iterator[str]:
    if orphans > MOST_ORPHANS:
        yield f"{orphans} orphaned sessions (more than {MOST_ORPHANS}): complete them with `pr-sessions cleanup`"
    if mean is not None and mean > LONGEST_MEAN:
        yield (
            f"sessions last {mean:.0f} minutes on average (more than {LONGEST_MEAN}): "
            "complete them when the work is done, or shorten the timeout"
        )
    if size > LARGEST_FILE:
        yield (
            f"the session file has {size / 1_000_000:.1f} MB (more than 1 MB): "
            "take a backup and look for records that do not belong there"
        )
