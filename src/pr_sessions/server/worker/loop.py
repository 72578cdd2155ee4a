"""Workers of one process: threads that take mailboxes, and rest while nothing waits."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from msgspec.structs import replace
from sqlalchemy import Engine

from pr_sessions.errors import Busy, CannotWrite, DatabaseFailed, PrSessionsError
from pr_sessions.server.worker.handling import Handling, Stopped
from pr_sessions.server.worker.mailboxes import LEASE, Letter, Mailbox, postpone, release, take

_log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
_AFTER_FAILURE_SECONDS = 2.0


class Workers:
    """Some threads; processes may run them side by side."""

    def __init__(
        self,
        engine: Engine,
        handling: Handling,
        clock: Callable[[], datetime],
        *,
        count: int = 2,
        lease: timedelta = LEASE,
    ) -> None:
        self._wakes = [threading.Event() for _ in range(count)]
        self._stops = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._run, args=[Worker(engine, handling, clock, lease), wake], name="worker", daemon=True
            )
            for wake in self._wakes
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for deliveries at once."""
        for each in self._wakes:
            each.set()

    def close(self) -> None:
        """Finish what was taken, then end the threads."""
        self._stops.set()
        self.wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self, worker: "Worker", wake: threading.Event) -> None:
        pause = 0.0
        while not self._stops.is_set():
            wake.wait(pause)
            wake.clear()
            try:
                pause = 0.0 if worker.work() else IDLE_SECONDS
            except PrSessionsError as error:
                # The database is gone: it is looked for until it is back.
                _log.warning("deliveries wait: %s", error)
                pause = _AFTER_FAILURE_SECONDS
            except Exception:  # noqa: BLE001 - the thread serves later deliveries
                _log.exception("deliveries wait")
                pause = _AFTER_FAILURE_SECONDS


class Worker:
    """Handles one mailbox after the other."""

    def __init__(
        self, engine: Engine, handling: Handling, clock: Callable[[], datetime], lease: timedelta = LEASE
    ) -> None:
        self._engine, self._handling, self._clock, self._lease = engine, handling, clock, lease
        self._random = Random()  # noqa: S311 - spreads times
        self._taken: Mailbox | None = None

    def work(self) -> bool:
        """Handle the deliveries of one mailbox; return whether any was due.

        Raises:
            PrSessionsError: the database is gone or refuses. What was taken is given back as soon as it is there again.
        """
        if self._taken:
            release(self._engine, self._taken)
        self._taken = take(self._engine, self._clock(), self._lease)
        if self._taken is None:
            return False
        self._handle(self._taken)
        self._taken = None
        return True

    def _handle(self, mailbox: Mailbox) -> None:
        try:
            self._handling.handle(mailbox)
        except Stopped as stopped:
            self._postpone(mailbox, stopped.letter, str(stopped))
        except (Busy, CannotWrite, DatabaseFailed):
            raise
        except Exception as error:  # noqa: BLE001 - our mistake, which must hold up no other mailbox
            if len(mailbox.letters) > 1:
                # One of them cannot be handled; those before it can.
                self._handle(replace(mailbox, letters=mailbox.letters[:1]))
                return
            _log.exception("a delivery of %s cannot be handled", mailbox.name)
            self._postpone(mailbox, mailbox.letters[0], f"it cannot be handled: {type(error).__name__}")
        else:
            release(self._engine, mailbox)

    def _postpone(self, mailbox: Mailbox, letter: Letter, problem: str) -> None:
        postpone(self._engine, mailbox, letter, problem, self._clock(), self._random)
