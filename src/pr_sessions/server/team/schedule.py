"""What a team's server does from time to time, once across all of its processes."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from msgspec import Struct
from sqlalchemy import Engine

from pr_sessions.core.policy import Policy
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.app import App
from pr_sessions.server.evidence.keeping import forget_unmerged
from pr_sessions.server.gate.configuration import served_repository
from pr_sessions.server.reconcile.missed import catch_up
from pr_sessions.server.reconcile.nightly import reconcile
from pr_sessions.server.worker.forgetting import forget_handled
from pr_sessions.server.worker.renewing import EVERY, renew
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.retention import forget
from pr_sessions.storage.sql.timers import complete_expired, finish, take

_log = logging.getLogger(__name__)
_LOOKS_EVERY_SECONDS = 10.0


class Task(Struct, frozen=True):
    """Something that is done from time to time.

    Attributes:
        name: of its timer, the same in all processes.
        every: the time between two runs.
        run: does it; what it raises is logged, and the next run tries again.
    """

    name: str
    every: timedelta
    run: Callable[[], object]


def tasks_of_app(engine: Engine, app: App) -> tuple[Task, ...]:
    """Return what repairs that webhooks did not come: soon after an outage, and every night."""

    def missed() -> None:
        done = catch_up(engine, app)
        if done.stored:
            _log.info("%d deliveries had been missed", done.stored)

    def nightly() -> None:
        done = reconcile(engine, app)
        if done.problem:
            _log.warning("not all repositories were compared with GitHub: %s", done.problem)
        if done.drift:
            _log.info("repaired after %d repositories: %s", done.repositories, dict(done.drift))

    every = timedelta(minutes=5)
    return Task("missed-deliveries", every, missed), Task("nightly", every, nightly)


def completing(engine: Engine, clock: Callable[[], datetime]) -> Task:
    """Return what completes the sessions that ran out, which nothing else reports."""

    def policy_of(repository_id: int) -> Policy:
        with reading(engine) as connection:
            served = served_repository(connection, repository_id)
        return served.rules()[0].policy if served else Policy()

    return Task("expiry", timedelta(minutes=1), lambda: complete_expired(engine, clock(), policy_of))


def forgetting(engine: Engine, clock: Callable[[], datetime]) -> Task:
    """Return what removes old sessions where an administrator wants that, old deliveries, and useless checks."""

    def run() -> None:
        forget(engine, clock())
        forget_unmerged(engine, clock())
        forget_handled(engine, clock())

    return Task("retention", timedelta(days=1), run)


def renewing(engine: Engine, clock: Callable[[], datetime]) -> Task:
    """Return what has inboxes made again that no delivery has changed for long."""
    return Task("inboxes", EVERY, lambda: renew(engine, clock()))


class Schedule:
    """One thread of a process; it does what is due and no other process has taken."""

    def __init__(self, engine: Engine, tasks: Sequence[Task], clock: Callable[[], datetime]) -> None:
        self._engine, self._tasks, self._clock = engine, tasks, clock
        self._holder = uuid4().hex
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)

    def start(self) -> None:
        """Begin; what is due is done at once."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, after the task that it is at; the process waits no longer than a moment for that."""
        self._stops.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def run_due(self) -> None:
        """Do what is due, one after the other."""
        for task in self._tasks:
            if self._stops.is_set():
                return
            try:
                if take(self._engine, task.name, task.every, self._clock(), self._holder):
                    task.run()
                    finish(self._engine, task.name, self._holder)
            except PrSessionsError as error:
                _log.warning("%s goes on later: %s", task.name, error)
                self._give_back(task)
            except Exception:  # noqa: BLE001 - the thread does later tasks
                _log.exception("%s goes on later", task.name)
                self._give_back(task)

    def _give_back(self, task: Task) -> None:
        try:
            finish(self._engine, task.name, self._holder)
        except PrSessionsError as error:
            _log.warning("%s is given back by its time: %s", task.name, error)

    def _run(self) -> None:
        while not self._stops.is_set():
            self.run_due()
            self._stops.wait(_LOOKS_EVERY_SECONDS)
