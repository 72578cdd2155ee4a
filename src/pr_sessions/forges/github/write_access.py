"""Who may write to repositories, as GitHub said it a short while ago."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from pr_sessions.forges.github.transport import Clock

KEPT_FOR = timedelta(minutes=10)
MOST_KEPT = 10_000


class WriteAccess:
    """What GitHub said of accounts, for ten minutes and for 10,000 of them at most; threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[bool, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, repository: str, login: str) -> bool | None:
        """Return whether an account may write; `None` where that has to be asked."""
        may, at = self._known.get((repository.lower(), login.lower()), (None, None))
        return may if at and timedelta(0) <= self._clock() - at < KEPT_FOR else None

    def put(self, repository: str, login: str, *, may: bool) -> None:
        """Keep what GitHub said just now."""
        with self._lock:
            key = (repository.lower(), login.lower())
            self._known[key] = may, self._clock()
            self._known.move_to_end(key)
            if len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)

    def forget(self) -> None:
        """Forget everything: a team, a member or a collaborator has changed."""
        with self._lock:
            self._known.clear()
