"""A backup of a whole database: compressed JSON Lines that either database takes back. The server may run meanwhile.

The first line says which tables follow and how they are made; each line after it is one row; the last one counts them.
"""

import gzip
import os
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, convert, json
from sqlalchemy import Connection, Engine, LargeBinary, Table, func, insert, select, text

from pr_sessions.core.json_text import decode
from pr_sessions.errors import CannotWrite, InvalidValue, UnreadableFile
from pr_sessions.storage.sql.engine import POSTGRESQL, reading, writing
from pr_sessions.storage.sql.migrate import check, newest, revision_of
from pr_sessions.storage.sql.schema import Instant, metadata

FORMAT = "pr-sessions database backup"
_AT_ONCE = 500
# The largest row is a delivery of 25 MB, which base64 makes a third longer.
_LONGEST = 64 << 20


class _Head(Struct):
    format: str
    migration: str
    tables: dict[str, list[str]]


class _End(Struct):
    rows: int


def back_up(engine: Engine, path: Path) -> int:
    """Write everything into a file for its user alone; return how many rows it has. It is there whole, or not at all.

    Raises:
        CannotWrite: the file is there already, or cannot be written.
        PrSessionsError: the database is gone or refuses.
    """
    if path.exists():
        raise CannotWrite(f"{path} is there already", "name another file")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with reading(engine) as connection, _new_file(partial) as file:
            count = 0
            for line in _lines(connection):
                file.write(line + b"\n")
                count += 1
            file.write(json.encode(_End(count - 1)) + b"\n")
        partial.rename(path)
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror}", "make room, or name another folder") from error
    finally:
        partial.unlink(missing_ok=True)
    return count - 1


def restore(engine: Engine, path: Path) -> int:
    """Fill an empty database with a backup; return how many rows it has. Nothing is stored if anything is wrong.

    Raises:
        InvalidValue: the database is not empty.
        UnreadableFile: the file is no whole backup, or one of another version.
    """
    check(engine)
    lines = _read(path)
    head = _head(next(lines, b""), path)
    if head.migration != newest():
        raise UnreadableFile(
            f"{path} is a backup of migration {head.migration[:40]}; this version needs {newest()}",
            "restore it with the version of pr-sessions that wrote it, then upgrade that database",
        )
    with writing(engine) as connection:
        if any(connection.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables):
            raise InvalidValue("the database is not empty", "restore into a new one")
        count = _fill(connection, head, lines, path)
        if connection.dialect.name == POSTGRESQL:
            _number_on(connection)
    return count


def _lines(connection: Connection) -> Iterator[bytes]:
    yield json.encode(_Head(FORMAT, revision_of(connection), _columns()))
    streaming = connection.execution_options(stream_results=True, yield_per=_AT_ONCE)
    for table in metadata.sorted_tables:
        for row in streaming.execute(select(table).order_by(*table.primary_key)):
            # Bytes become base64, and times ISO 8601.
            yield json.encode([str(table.name), *row])


def _columns() -> dict[str, list[str]]:
    return {str(table.name): [str(column.name) for column in table.columns] for table in metadata.sorted_tables}


def _fill(connection: Connection, head: _Head, lines: Iterator[bytes], path: Path) -> int:
    tables = {str(table.name): table for table in metadata.sorted_tables}
    if _columns() != head.tables:
        raise UnreadableFile(f"{path} is a backup with other tables", "restore it with the version that wrote it")
    waiting: tuple[str, list[dict[str, Any]]] = ("", [])
    count = 0
    for line in lines:
        try:
            value = decode(line)
            if isinstance(value, dict):
                _flush(connection, tables, waiting)
                if convert(value, _End).rows != count or next(lines, None) is not None:
                    break
                return count
            name, row = value[0], _row(tables[value[0]], value[1:])
        except (DecodeError, ValidationError, ValueError, KeyError, TypeError, IndexError) as error:
            raise UnreadableFile(f"cannot read {path}: row {count + 1} is none", "use another backup") from error
        if name != waiting[0] or len(waiting[1]) == _AT_ONCE:
            _flush(connection, tables, waiting)
            waiting = name, []
        waiting[1].append(row)
        count += 1
    raise UnreadableFile(f"{path} is no whole backup: it ends after {count} rows", "use another backup")


def _flush(connection: Connection, tables: dict[str, Table], waiting: tuple[str, list[dict[str, Any]]]) -> None:
    name, rows = waiting
    if rows:
        connection.execute(insert(tables[name]), rows)


def _row(table: Table, values: list[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column, value in zip(table.columns, values, strict=True):
        if value is not None and isinstance(column.type, Instant):
            row[column.name] = datetime.fromisoformat(value)
        elif value is not None and isinstance(column.type, LargeBinary):
            row[column.name] = b64decode(value, validate=True)
        else:
            row[column.name] = value
    return row


def _number_on(connection: Connection) -> None:
    """Let new rows have numbers behind those that were restored. SQLite does so by itself."""
    for table in metadata.sorted_tables:
        if "id" in table.columns and table.columns["id"].identity is not None:
            highest = connection.scalar(select(func.max(table.columns["id"])))
            if highest is not None:
                setting = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)")
                connection.execute(setting, {"name": table.name, "highest": highest})


@contextmanager
def _new_file(path: Path) -> Iterator[gzip.GzipFile]:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
            yield compressed
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(_LONGEST):
                yield line
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is no whole compressed file"
        raise UnreadableFile(f"cannot read {path}: {reason}", "check the path, or use another backup") from error


def _head(line: bytes, path: Path) -> _Head:
    try:
        head = decode(line, _Head)
    except (DecodeError, ValidationError):
        head = _Head("", "", {})
    if head.format != FORMAT:
        raise UnreadableFile(f"{path} is no backup of a database", "name a file of `pr-sessions database backup`")
    return head
