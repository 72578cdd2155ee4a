"""What a process of a team's server runs beside its pages: it stores deliveries, and handles what follows."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import Engine

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.app import App, find_app, open_installation
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.server.gate import kinds, outbox
from pr_sessions.server.gate.configuration import ServedRepository
from pr_sessions.server.gate.execute import Executor
from pr_sessions.server.intake.writer import DeliveryWriter
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.team.schedule import Schedule, completing, forgetting, renewing, tasks_of_app
from pr_sessions.server.worker import inbox, mailboxes
from pr_sessions.server.worker.handling import Handling
from pr_sessions.server.worker.loop import Workers
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import check
from pr_sessions.storage.sql.repositories import StoredRepository
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.tracker import utc_now


def open_team(settings: Settings, environ: Mapping[str, str]) -> Services:
    """Return what one process of a team's server uses; nothing runs yet.

    Raises:
        PrSessionsError: the database cannot be used, or does not fit this version; the App's key cannot be used.
    """
    engine = open_engine(settings.database)
    check(engine)
    app = find_app(environ, utc_now)
    running = Running(engine, app)
    return Services(
        settings=settings,
        backend=TeamBackend(engine, utc_now, settings.web),
        clock=utc_now,
        environ=environ,
        engine=engine,
        deliveries=running.writer,
        app=app,
        running=running,
    )


class Running:
    """The threads of one process.

    Attributes:
        writer: stores deliveries.
    """

    def __init__(self, engine: Engine, app: App | None) -> None:
        self._engine, self._app = engine, app
        handling = Handling(engine=engine, clock=utc_now, may_write=self._may_write, forget=self._forget)
        self._workers = Workers(engine, handling, utc_now)
        self.writer = DeliveryWriter(engine, self._workers.wake)
        self._stops = threading.Event()
        always = (completing(engine, utc_now), forgetting(engine, utc_now))
        tasks = (*always, *((renewing(engine, utc_now), *tasks_of_app(engine, app)) if app else ()))
        self._schedule = Schedule(engine, tasks, utc_now)
        self._executor = threading.Thread(target=self._do_outbox, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin all threads."""
        mailboxes.free_abandoned(self._engine)
        outbox.free_abandoned(self._engine, utc_now())
        self.writer.start()
        self._workers.start()
        self._schedule.start()
        if self._app:
            self._executor.start()

    def close(self) -> None:
        """Store what was received, finish what was begun, and end the threads."""
        self._stops.set()
        self._schedule.close()
        self.writer.close()
        self._workers.close()
        if self._executor.is_alive():
            self._executor.join()
        self._engine.dispose()

    def _do_outbox(self) -> None:
        executor = Executor(
            engine=self._engine,
            kinds={**kinds.KINDS, **inbox.KINDS},
            open=self._open,
            sessions=lambda repository_id: SqlStore(self._engine, repository_id).read(),
            clock=utc_now,
        )
        executor.run(self._stops)

    @asynccontextmanager
    async def _open(self, served: ServedRepository) -> AsyncIterator[GitHubInbox]:
        if self._app is None or served.installation_id is None:
            raise ForgeFailed("the App is not installed for this repository")
        async with open_installation(self._app, served.installation_id) as installation:
            yield installation.repository(served.name)

    def _may_write(self, repository: StoredRepository, login: str) -> bool:
        """Ask GitHub whether somebody may write; it is known for some minutes."""
        app, number = self._app, repository.installation_id
        if app is None:
            raise ForgeFailed("whether its author may write is not known: this server has no GitHub App")
        if number is None:
            raise ForgeFailed("whether its author may write is not known: the App is not installed there")
        known = app.shared(number).write_access.get(repository.name, login)
        return known if known is not None else asyncio.run(_fetch_write_access(app, number, repository.name, login))

    def _forget(self, installation: int) -> None:
        if self._app:
            self._app.forget(installation)


async def _fetch_write_access(app: App, installation: int, repository: str, login: str) -> bool:
    async with open_installation(app, installation) as opened:
        try:
            return await opened.repository(repository).may_write(login)
        except InvalidValue as error:
            raise ForgeFailed(str(error)) from error
