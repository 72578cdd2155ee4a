"""Nothing that was acknowledged is lost: killed under load, restarted under load, and on a full disk."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from databases import make_tables
from postgres import cluster
from pr_sessions.core.lifecycle import begin
from pr_sessions.errors import Busy, CannotWrite, DatabaseFailed
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.store import SqlStore
from scene import minute
from sql_stores import sql_store

NOW = minute(0)
WRITE = """
import sys
from datetime import UTC, datetime
from pr_sessions.core.lifecycle import begin
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.store import SqlStore
now = datetime(2025, 11, 22, 10, tzinfo=UTC)
store, number = SqlStore(open_engine(sys.argv[1]), int(sys.argv[2])), 0
while True:
    number += 1
    with store.transaction(now) as work:
        work.commit(work.sessions.put(begin(f"{sys.argv[3]}-{number}", "ada", now)), AuditEntry(now, "ada", "start"))
    print(f"{sys.argv[3]}-{number}", flush=True)
"""


def put(store: SqlStore, session_id: str) -> None:
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(begin(session_id, "ada", NOW)), AuditEntry(NOW, "ada", "start"))


def check(store: SqlStore, acknowledged: set[str], writers: int) -> None:
    """Check that what was acknowledged is there, whole, and at most one change more of each writer."""
    kept = {session.id for session in store.read()}
    assert acknowledged <= kept
    assert len(kept - acknowledged) <= writers
    assert len(store.audit_log().entries) == len(kept)


def test_processes_that_are_killed_lose_nothing_acknowledged(
    database: Engine, database_url: str, child: Callable[..., subprocess.Popen[str]]
) -> None:
    store, acknowledged = sql_store(database), set[str]()
    processes = [child(WRITE, database_url, str(store.repository_id), name) for name in ("a", "b")]
    for process in processes:
        assert process.stdout
        acknowledged.update(process.stdout.readline().strip() for _ in range(5))
    for process in processes:
        process.kill()
    for process in processes:
        assert process.stdout
        # A line that was cut was not acknowledged.
        acknowledged.update(process.stdout.read().split("\n")[:-1])
        process.communicate()
    check(store, acknowledged, writers=2)
    put(store, "after")
    assert "after" in store.read()


def test_a_server_that_is_restarted_under_load_loses_nothing_acknowledged() -> None:
    with cluster(durable=True) as postgres:
        url = postgres.new()
        make_tables(url)
        engine = open_engine(url)
        store, acknowledged = sql_store(engine), set[str]()
        stop, failed, enough = threading.Event(), threading.Event(), threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    put(store, f"s-{number}")
                    acknowledged.add(f"s-{number}")
                except (DatabaseFailed, Busy):
                    failed.set()
                if len(acknowledged) >= 5:
                    enough.set()

        thread = threading.Thread(target=write)
        thread.start()
        try:
            assert enough.wait(30)
            postgres.stop()
            assert failed.wait(30)
            postgres.start()
            before = len(acknowledged)
            put(store, "after")
        finally:
            stop.set()
            thread.join()
        kept = {session.id for session in store.read()}
        engine.dispose()
    assert before >= 5
    assert acknowledged | {"after"} <= kept


def test_a_full_disk_stores_nothing_of_a_change_and_keeps_the_rest(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'team.db'}"
    make_tables(url)
    engine = open_engine(url)
    store = sql_store(engine)
    put(store, "first")
    pages = int((tmp_path / "team.db").stat().st_size / 4096) + 60

    @event.listens_for(engine, "connect")
    def limit(connection: object, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    engine.dispose()
    acknowledged = {"first"}

    def fill() -> None:
        for number in range(10_000):
            put(store, f"s-{number}")
            acknowledged.add(f"s-{number}")

    with pytest.raises(CannotWrite, match=r"the disk of the database .*/team\.db is full"):
        fill()
    check(store, acknowledged, writers=0)
    engine.dispose()
    unlimited = open_engine(url)
    put(SqlStore(unlimited, store.repository_id), "after")
    check(SqlStore(unlimited, store.repository_id), acknowledged | {"after"}, writers=0)
    unlimited.dispose()
