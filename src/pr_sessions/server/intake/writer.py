"""Deliveries are stored in groups: one transaction for all that wait, and their answers after it."""

import asyncio
import threading
import zlib
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.errors import Busy, DatabaseFailed, PrSessionsError
from pr_sessions.io.files import MIB
from pr_sessions.server.intake.delivery import Delivery
from pr_sessions.storage.sql.engine import POSTGRESQL, writing
from pr_sessions.storage.sql.schema import deliveries

# What waits in memory, at most; GitHub shows the rest as failed, and they are fetched later.
MOST_WAITING = 5_000
MOST_BYTES = 256 * MIB
MOST_IN_GROUP = 500

# By hook and id.
_Rows = Mapping[tuple[str, str], Mapping[str, Any]]


class _Waiting(Struct):
    delivery: Delivery
    answer: "asyncio.Future[bool]"
    loop: asyncio.AbstractEventLoop


class DeliveryWriter:
    """One thread of a process that stores what waits.

    Args:
        engine: the team's database.
        wake: called when deliveries were stored.

    Attributes:
        counts: of answers, by what they were.
    """

    def __init__(self, engine: Engine, wake: Callable[[], None] = lambda: None) -> None:
        self.counts: Counter[str] = Counter()
        self._engine = engine
        self._wake = wake
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closes = False
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)

    def start(self) -> None:
        """Begin the thread, in the process that answers."""
        self._thread.start()

    async def store(self, delivery: Delivery) -> bool:
        """Store a delivery, and return whether it is new, once that is committed.

        Raises:
            PrSessionsError: it is not stored: the database refuses, or too much waits.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        with self._changed:
            if self._closes:
                raise Busy("the server stops", "GitHub keeps the delivery; it is fetched after the next start")
            if len(self._waiting) >= MOST_WAITING or self._bytes >= MOST_BYTES:
                raise Busy("too many deliveries wait", "GitHub keeps the delivery; it is fetched later")
            self._waiting.append(_Waiting(delivery, answer, loop))
            self._bytes += len(delivery.body)
            self._changed.notify()
        return await answer

    def close(self) -> None:
        """Store what waits, then end the thread."""
        with self._changed:
            self._closes = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                stored = store_deliveries(self._engine, [each.delivery for each in group])
            except PrSessionsError as error:
                self._answer(group, error)
            except Exception as error:  # noqa: BLE001 - the thread serves later deliveries; the sender sees a failure
                failure = DatabaseFailed("the database refuses a delivery", "the log of the server says why")
                failure.__cause__ = error
                self._answer(group, failure)
            else:
                self._answer(group, stored)
                self._wake()

    def _next_group(self) -> list[_Waiting]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closes)
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_GROUP))]
            self._bytes -= sum(len(each.delivery.body) for each in group)
            return group

    def _answer(self, group: Sequence[_Waiting], result: "set[tuple[str, str]] | PrSessionsError") -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        for each in group:
            by_loop.setdefault(each.loop, []).append(each)
        for loop, members in by_loop.items():
            # A loop that has ended has nobody who waits.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, members, result)


def _settle(members: Sequence[_Waiting], result: "set[tuple[str, str]] | PrSessionsError") -> None:
    for each in members:
        if each.answer.done():  # Its sender has left.
            continue
        if isinstance(result, PrSessionsError):
            each.answer.set_exception(result)
            continue
        key = each.delivery.hook, each.delivery.guid
        each.answer.set_result(key in result)
        # The same delivery twice in one group: only the first is new.
        result.discard(key)


def store_deliveries(engine: Engine, new: Sequence[Delivery]) -> set[tuple[str, str]]:
    """Store deliveries in one transaction; return hook and id of those that were not stored before.

    Raises:
        PrSessionsError: nothing is stored: the database is gone, busy or full.
    """
    # Compressed before the transaction begins, so that no other writer waits for it.
    rows = _rows(new)
    with writing(engine) as connection:
        return _claim(connection, rows)


def claim_deliveries(connection: Connection, new: Sequence[Delivery]) -> set[tuple[str, str]]:
    """Insert deliveries as part of a transaction; return hook and id of those that were not stored before."""
    return _claim(connection, _rows(new))


def _claim(connection: Connection, rows: _Rows) -> set[tuple[str, str]]:
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    statement = insert(deliveries).on_conflict_do_nothing(index_elements=["hook", "guid"])
    stored = connection.execute(statement.returning(deliveries.c.hook, deliveries.c.guid), list(rows.values()))
    return {(hook, guid) for hook, guid in stored}


def _rows(new: Sequence[Delivery]) -> _Rows:
    return {
        (each.hook, each.guid): {
            "hook": each.hook,
            "guid": each.guid,
            "event": each.event,
            "action": each.action,
            "mailbox": each.mailbox,
            "received_at": each.received_at,
            "payload": zlib.compress(each.body, 1),
            "next_at": each.received_at,
        }
        for each in new
    }
