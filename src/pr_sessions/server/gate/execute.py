"""Do what the outbox holds: one entry after the other, each at least once, nothing of it twice on GitHub.

A part of the server that adds entries of its own kind adds what does them to the executor's kinds.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

from msgspec import Struct
from sqlalchemy import Engine

from pr_sessions.config.organisation import Mode
from pr_sessions.core.collection import SessionCollection
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.forges.github.transport import RateLimited
from pr_sessions.server.gate import outbox
from pr_sessions.server.gate.configuration import ServedRepository, served_repository
from pr_sessions.server.gate.forge import ServedForge
from pr_sessions.server.gate.outbox import Entry
from pr_sessions.server.gate.sweeping import add_sweeps
from pr_sessions.storage.sql.engine import reading

_log = logging.getLogger(__name__)
# Another process takes the entry after the lease.
_LONGEST = (outbox.LEASE - timedelta(seconds=30)).total_seconds()
_IDLE_SECONDS, _LOOKS_SECONDS = 0.5, 60.0
# What stays unclear is left to sweeps after so many attempts.
_MOST_UNCLEAR = 5
# The limit ends for all entries of an installation at once.
_SPREAD = timedelta(seconds=7)


class Outcome(Struct, frozen=True):
    """What became of an entry.

    Attributes:
        problem: why it has to be done once more, in words; empty where it is done.
        is_unclear: whether GitHub was reached, and something stayed unknown.
    """

    problem: str = ""
    is_unclear: bool = False


DONE = Outcome()


class Work(Struct, frozen=True):
    """An entry with what it takes to do it."""

    entry: Entry
    served: ServedRepository
    forge: ServedForge
    engine: Engine
    now: datetime


Do = Callable[[Work], Awaitable[Outcome]]
Open = Callable[[ServedRepository], AbstractAsyncContextManager[GitHubInbox]]


class Executor(Struct, frozen=True, kw_only=True):
    """Does entries; threads and processes may do so side by side.

    Attributes:
        kinds: what does the entries of each kind; others stay for other executors.
        open: opens a repository on GitHub.
        sessions: reads those of a repository, by its id in the database.
        clock: returns the time in UTC.
    """

    engine: Engine
    kinds: Mapping[str, Do]
    open: Open
    sessions: Callable[[int], SessionCollection]
    clock: Callable[[], datetime]

    def do_next(self) -> bool:
        """Do the entry that is due first; return whether there was one.

        Raises:
            PrSessionsError: the database is gone or refuses.
        """
        entry = outbox.take(self.engine, tuple(self.kinds), self.clock())
        if entry is None:
            return False
        with reading(self.engine) as connection:
            served = served_repository(connection, entry.repository_id)
        if served is None or not served.is_active or served.installation_id is None:
            # Without an installation nothing can be read or written there.
            outbox.done(self.engine, entry)
            return True
        outcome, after = self._attempt(entry, served)
        if outcome.problem and not (outcome.is_unclear and entry.attempts >= _MOST_UNCLEAR):
            outbox.retry(self.engine, entry, self.clock(), outcome.problem, after)
        else:
            outbox.done(self.engine, entry)
        return True

    def run(self, stop: threading.Event) -> None:
        """Do what is due until the server stops, sweeps among it; what is under way is brought to its end."""
        holder, looks = uuid4().hex, 0.0
        while not stop.is_set():
            try:
                if monotonic() >= looks:
                    looks = monotonic() + _LOOKS_SECONDS
                    add_sweeps(self.engine, self.clock(), holder)
                is_busy = self.do_next()
            except PrSessionsError as error:
                _log.warning("the outbox waits: %s", error)
                is_busy = False
            if not is_busy:
                stop.wait(_IDLE_SECONDS)

    def _attempt(self, entry: Entry, served: ServedRepository) -> tuple[Outcome, timedelta | None]:
        """Return what became of an attempt, and how long the next one waits if that is known."""
        try:
            return asyncio.run(self._do(entry, served)), None
        except RateLimited as error:
            return Outcome(str(error)), max(error.until - self.clock(), timedelta()) + _SPREAD
        except TimeoutError:
            return Outcome(f"it took longer than {_LONGEST:.0f} s"), None
        except PrSessionsError as error:
            return Outcome(f"{error}{f'; {error.hint}' if error.hint else ''}"), None
        except Exception as error:  # noqa: BLE001 - a bug of ours must not keep everything else from being done
            # Its text may hold anything.
            _log.exception("an entry %s of the outbox failed", entry.kind)
            return Outcome(f"a bug of pr-sessions: {type(error).__name__}; the log has more"), None

    async def _do(self, entry: Entry, served: ServedRepository) -> Outcome:
        since = entry.created if entry.attempts > 1 else None
        async with asyncio.timeout(_LONGEST), self.open(served) as client:
            forge = ServedForge.of(client, served, lambda: self.sessions(served.id), since=since)
            return await self.kinds[entry.kind](Work(entry, served, forge, self.engine, self.clock()))


def is_silent(served: ServedRepository) -> bool:
    """Return whether nothing may be written to GitHub for a repository."""
    return served.mode in (Mode.OFF, Mode.SHADOW)
