"""A backup of either database fills either database, whole or not at all."""

import gzip
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, insert, select

from databases import KINDS, new_url
from pr_sessions.cli.main import run
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import PullRequestRecord
from pr_sessions.errors import CannotWrite, InvalidValue, UnreadableFile
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.backup import back_up, restore
from pr_sessions.storage.sql.engine import open_engine, reading, writing
from pr_sessions.storage.sql.export import export
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.storage.sql.schema import deliveries, installations, metadata, repositories, tokens
from pr_sessions.storage.sql.store import SqlStore
from scene import minute
from sql_stores import sql_store

NOW = minute(0)


def fill(engine: Engine) -> SqlStore:
    """Make rows of every kind of value."""
    store = sql_store(engine)
    session = begin("ada-1", "ada", NOW, title="Ж \u0001 \U0001f600")
    record = PullRequestRecord(author="ada", created=NOW, state="merged")
    with store.transaction(NOW) as work:
        collection = work.sessions.put(replace(session, pull_requests={"7": record})).put_unattributed("8", record)
        work.commit(collection, AuditEntry(NOW, "ada", "start", "", {"session": "ada-1", "n": 1.5}))
    installation = {"id": 7, "account": "ada", "changed_at": NOW, "permissions": {"checks": "write"}}
    delivery = {"hook": "app", "guid": "g", "event": "push", "mailbox": "m", "received_at": NOW, "next_at": NOW}
    token = {"id": "t", "digest": b"\0\xff", "name": "n", "scopes": ["read"], "made_by": "ada", "made_at": NOW}
    with writing(engine) as connection:
        connection.execute(insert(installations).values(installation))
        connection.execute(insert(deliveries).values(**delivery, payload=b"\0\xff\x80"))
        connection.execute(insert(tokens).values(**token, expires_at=minute(9), repositories=None))
    return store


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with reading(engine) as connection:
        rows = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }
    return {name: kept for name, kept in rows.items() if kept}


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("target_kind", KINDS)
def test_a_backup_fills_a_database_of_either_kind(
    database: Engine, target_kind: str, request: Any, tmp_path: Path
) -> None:
    store, path = fill(database), tmp_path / "sessions.backup"
    count = back_up(database, path)
    with opened(new_url(target_kind, request, tmp_path, has_tables=False)) as target:
        assert restore(target, path) == count == sum(map(len, everything(database).values()))
        assert everything(target) == everything(database)
        restored = SqlStore(target, store.repository_id)
        assert export(restored).to_bytes() == export(store).to_bytes()
        with restored.transaction(minute(1)) as work:
            work.commit(work.sessions.put(begin("bob-1", "bob", NOW)), AuditEntry(NOW, "bob", "start"))
        assert sql_store(target, "ada/new").repository_id != store.repository_id


def test_a_backup_is_for_its_user_alone_and_replaces_nothing(database: Engine, tmp_path: Path) -> None:
    path = tmp_path / "sessions.backup"
    back_up(database, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    data = path.read_bytes()
    with pytest.raises(CannotWrite, match="is there already"):
        back_up(database, path)
    assert (path.read_bytes(), [each.name for each in tmp_path.glob("*backup*")]) == (data, ["sessions.backup"])


def test_a_backup_is_of_one_moment_while_others_write(database: Engine, tmp_path: Path) -> None:
    stores = [sql_store(database, f"ada/tool-{number}") for number in range(2)]
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            for store in stores:
                with store.transaction(NOW) as work:
                    work.commit(work.sessions.put(begin(f"s-{number}", "ada", NOW)))
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        back_up(database, tmp_path / "sessions.backup")
    finally:
        stop.set()
        thread.join()
    with opened(f"sqlite:///{tmp_path / 'restored.db'}") as target:
        restore(target, tmp_path / "sessions.backup")
        with reading(target) as connection:
            columns = (repositories.c.revision, repositories.c.active_count)
            rows = connection.execute(select(*columns).order_by(repositories.c.id)).all()
        counts = [len(SqlStore(target, store.repository_id).read()) for store in stores]
    first, second = (row.revision for row in rows)
    assert first - second in (0, 1)
    assert counts == [row.revision for row in rows] == [row.active_count for row in rows]


def test_a_database_that_is_not_empty_is_left_alone(database: Engine, tmp_path: Path) -> None:
    fill(database)
    back_up(database, tmp_path / "sessions.backup")
    before = everything(database)
    with pytest.raises(InvalidValue, match="the database is not empty"):
        restore(database, tmp_path / "sessions.backup")
    assert everything(database) == before


def repacked(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines))))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-20]), "cannot read"),
    "no backup": (lambda path: path.write_bytes(gzip.compress(b'{"x": 1}\n')), "is no backup of a database"),
    "not compressed": (lambda path: path.write_bytes(b"x"), "cannot read"),
    "without its end": (lambda path: repacked(path, lambda lines: lines[:-1]), "is no whole backup"),
    "without a row": (lambda path: repacked(path, lambda lines: [*lines[:-2], lines[-1]]), "is no whole backup"),
    "a row that is none": (lambda path: repacked(path, lambda lines: [lines[0], b"[5]\n"]), "row 1 is none"),
    "of another version": (
        lambda path: repacked(path, lambda lines: [lines[0].replace(b'"0001"', b'"9999"'), *lines[1:]]),
        "is a backup of migration 9999",
    ),
    "other tables": (
        lambda path: repacked(path, lambda lines: [lines[0].replace(b'"guid"', b'"grid"'), *lines[1:]]),
        "is a backup with other tables",
    ),
}


@pytest.mark.parametrize(("break_it", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_backup_stores_nothing(tmp_path: Path, break_it: Callable[[Path], object], message: str) -> None:
    path = tmp_path / "sessions.backup"
    with opened(f"sqlite:///{tmp_path / 'a.db'}") as engine, opened(f"sqlite:///{tmp_path / 'b.db'}") as target:
        upgrade(engine)
        fill(engine)
        back_up(engine, path)
        break_it(path)
        with pytest.raises(UnreadableFile, match=message):
            restore(target, path)
        assert everything(target) == {}


def test_the_commands_do_it(database_url: str, database: Engine, tmp_path: Path, capfdbinary: Any) -> None:
    store = fill(database)
    path, target = tmp_path / "sessions.backup", f"sqlite:///{tmp_path / 'target.db'}"
    rows = sum(map(len, everything(database).values()))
    assert run(["database", "backup", str(path), "--database", database_url]) == 0
    assert run(["database", "restore", str(path), "--database", target]) == 0
    assert run(["database", "upgrade", "--database", target, "--json"]) == 0
    out = capfdbinary.readouterr().out.decode()
    assert out.splitlines()[:2] == [f"Wrote {rows} rows into {path}", f"Restored {rows} rows from {path}"]
    assert '"changed": false' in out
    assert run(["database", "export", "--repository", "ADA/tool", "--database", target]) == 0
    assert capfdbinary.readouterr().out == export(store).to_bytes()
    file = tmp_path / "sessions.json"
    arguments = ["database", "export", "--repository", "ada/tool", "--output", str(file), "--database", target]
    assert run(arguments) == 0
    assert file.read_bytes() == export(store).to_bytes()


def test_the_command_keeps_sessions_for_days_or_all(database_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["database", "keep", "30", "--database", database_url]) == 0
    assert run(["database", "keep", "all", "--database", database_url]) == 0
    assert run(["database", "keep", "soon", "--database", database_url]) == 2
    captured = capfd.readouterr()
    assert captured.out.splitlines() == [
        "Sessions are kept for 30 days after their end. Removed 0 sessions.",
        "All sessions are kept. Removed 0 sessions.",
    ]
    assert "'soon' is no number of days, nor `all`" in captured.err


def test_the_commands_say_what_is_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    assert run(["database", "backup", str(tmp_path / "x"), "--database", url]) == 1
    assert run(["database", "upgrade", "--database", url]) == 0
    assert run(["database", "export", "--repository", "ada/tool", "--database", url]) == 1
    errors = capfd.readouterr().err
    assert f"error: there is no database {tmp_path}/none.db\nhint: check the path after sqlite:///\n" in errors
    assert "error: the database has no repository ada/tool\nhint: check its owner and name\n" in errors
