"""Deliveries that are stored and handled at once, as one process does it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import json
from sqlalchemy import Engine, select

from pr_sessions.errors import ForgeFailed
from pr_sessions.server.intake.delivery import delivery_of
from pr_sessions.server.intake.writer import store_deliveries
from pr_sessions.server.worker.handling import Handling
from pr_sessions.server.worker.loop import Worker
from pr_sessions.storage.sql.collection import SqlSessions
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.repositories import StoredRepository, find_by_forge_id
from pr_sessions.storage.sql.schema import deliveries, outbox
from pr_sessions.storage.sql.store import SqlStore

NOON = datetime(2025, 11, 22, 12, tzinfo=UTC)


class Server:
    """A database with one worker, whose clock the test moves.

    Attributes:
        writers: logins that may write; those in `unknown` cannot be asked for.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOON
        self.writers = {"ada", "mary"}
        self.unknown: set[str] = set()
        self.asked: list[str] = []
        self.forgotten: list[int] = []
        self.handling = Handling(
            engine=engine, clock=lambda: self.now, may_write=self._may_write, forget=self.forgotten.append
        )
        self.worker = Worker(engine, self.handling, lambda: self.now)
        self._count = 0

    def deliver(self, event: str, payload: Mapping[str, Any], guid: str = "") -> None:
        """Store a delivery; it waits."""
        self._count += 1
        delivery = delivery_of("42", guid or f"d-{self._count}", event, json.encode(payload), self.now)
        store_deliveries(self.engine, [delivery])

    def work(self) -> int:
        """Handle all that is due; return how many mailboxes that were."""
        count = 0
        while self.worker.work():
            count += 1
        return count

    def pass_time(self, passed: timedelta) -> None:
        self.now += passed

    def repository(self, forge_id: int = 7) -> StoredRepository:
        with reading(self.engine) as connection:
            found = find_by_forge_id(connection, forge_id)
        assert found
        return found

    def sessions(self, forge_id: int = 7) -> SqlSessions:
        return SqlStore(self.engine, self.repository(forge_id).id).read()

    def states(self) -> list[tuple[str, str]]:
        """State and problem of every delivery."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(deliveries.c.state, deliveries.c.problem).order_by(deliveries.c.id))
            return [(row.state, row.problem) for row in rows]

    def to_do(self) -> list[tuple[str, str]]:
        """Kind and subject of what waits in the outbox."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(outbox.c.kind, outbox.c.subject).order_by(outbox.c.id))
            return [(row.kind, row.subject) for row in rows]

    def _may_write(self, _: StoredRepository, login: str) -> bool:
        self.asked.append(login)
        if login == "mistake":
            raise ZeroDivisionError
        if login in self.unknown:
            raise ForgeFailed("GitHub does not answer")
        return login in self.writers
