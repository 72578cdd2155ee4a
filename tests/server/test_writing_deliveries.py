"""Many deliveries at once: stored in groups, each answered after its group was committed."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from pr_sessions.errors import Busy, CannotWrite
from pr_sessions.server.intake.delivery import Delivery, delivery_of
from pr_sessions.server.intake.writer import DeliveryWriter
from pr_sessions.storage.sql.engine import open_engine, reading, writing
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.storage.sql.schema import deliveries

NOW = datetime(2025, 11, 22, 12, tzinfo=UTC)


def delivery(guid: str) -> Delivery:
    return delivery_of("42", guid, "push", b'{"repository": {"id": 7}}', NOW)


def started(engine: Engine, wake: Callable[[], None] = lambda: None) -> DeliveryWriter:
    writer = DeliveryWriter(engine, wake)
    writer.start()
    return writer


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(deliveries)).scalar_one()


def test_a_thousand_at_once_are_all_stored_once(database: Engine) -> None:
    writer = started(database)

    async def store_all() -> list[bool]:
        return list(await asyncio.gather(*(writer.store(delivery(f"d-{n % 800}")) for n in range(1000))))

    answers = asyncio.run(store_all())
    writer.close()
    assert (answers.count(True), count(database)) == (800, 800)


def test_stored_deliveries_wake_who_waits_for_them(database: Engine) -> None:
    woken = threading.Event()
    writer = started(database, woken.set)
    asyncio.run(writer.store(delivery("d-1")))
    assert woken.wait(10)
    writer.close()


def test_what_waits_is_stored_before_the_end(database: Engine) -> None:
    writer = started(database)

    async def store_and_close() -> bool:
        with writing(database):  # The thread has to wait for its turn on SQLite.
            stored = asyncio.create_task(writer.store(delivery("d-1")))
            await asyncio.sleep(0)
        await asyncio.to_thread(writer.close)
        return await stored

    assert asyncio.run(store_and_close())
    with pytest.raises(Busy, match="the server stops"):
        asyncio.run(writer.store(delivery("d-2")))


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/team.db")
    upgrade(engine)

    def limit(pages: int) -> None:
        # SQLite itself says that its disk is full.
        with reading(engine) as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    writer = started(engine)
    stored = -1
    limit(1)  # No more than there are by now.
    failures = []
    while not failures:
        stored += 1
        try:
            asyncio.run(writer.store(delivery(f"d-{stored}")))
        except CannotWrite as error:
            failures.append(str(error))
    assert failures[0].endswith("is full")
    assert count(engine) == stored
    limit(1_000_000)
    assert asyncio.run(writer.store(delivery("later")))
    writer.close()
    assert count(engine) == stored + 1
    engine.dispose()
