"""How a database is opened, read and written: SQLite in a file, or PostgreSQL.

Every part of the server goes through `reading` and `writing`. On SQLite only a connection that says at its beginning
that it will write can wait for its turn: one that reads first and writes later fails where another one wrote meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from os import O_CREAT, O_EXCL, O_WRONLY, close
from os import open as open_file
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import json
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from pr_sessions.errors import CannotWrite, InvalidValue, NotFound
from pr_sessions.storage.sql.failures import explained

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# How long a writer waits for another one, in seconds. A lock is kept for milliseconds.
WAIT = 15
_EXAMPLES = "use sqlite:////var/lib/pr-sessions/team.db or postgresql://user@host/database"


def open_engine(url: str, *, create: bool = True) -> Engine:
    """Return the engine of a database; nothing is asked of it yet.

    Args:
        url: `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/NAME`. No message shows its password.
        create: whether a SQLite file that is missing is made, for its user alone.

    Raises:
        InvalidValue: it is no URL of such a database.
        NotFound: there is no such file, and it is not to be made.
        CannotWrite: the file cannot be made.
    """
    address = database_url(url)
    if address.get_backend_name() == SQLITE:
        return _sqlite(address, create=create)
    return _postgresql(address)


def database_url(url: str) -> URL:
    """Return the URL of a database with its driver.

    Raises:
        InvalidValue: it is no URL of SQLite or PostgreSQL.
    """
    try:
        address = make_url(url.strip())
    except (ArgumentError, ValueError):
        # What it says may hold the password.
        raise InvalidValue("the URL of the database cannot be read", _EXAMPLES) from None
    name = address.drivername
    if name in ("postgres", POSTGRESQL, "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if name == SQLITE:
        if address.database in (None, "", ":memory:") or (address.database or "").startswith("file:"):
            raise InvalidValue("the URL of the database names no file", _EXAMPLES)
        return address
    raise InvalidValue(f"no database of the kind {name[:40]!r} can be used", _EXAMPLES)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection on which everything is read as of its first query; it waits for no writer.

    Raises:
        PrSessionsError: the database is gone or refuses.
    """
    # SQLite always reads as of the first query.
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == POSTGRESQL else {}
    with explained(engine.url), engine.connect() as connection:
        yield connection.execution_options(**options)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that writes: all of it is stored at the end, or nothing after an error.

    SQLite has one writer at a time. On PostgreSQL the caller locks what it changes.

    Raises:
        Busy: another writer has taken too long.
        PrSessionsError: the database is gone or refuses.
    """
    with explained(engine.url), engine.execution_options(writes=True).begin() as connection:
        yield connection


def _sqlite(address: URL, *, create: bool) -> Engine:
    path = Path(address.database or "").absolute()
    if not path.is_file():
        if not create:
            raise NotFound(f"there is no database {path}", "check the path after sqlite:///")
        _make_private(path)

    def connect() -> sqlite3.Connection:
        # A file that was removed meanwhile is not made again, empty.
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False
        )
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine(address, creator=connect, **_options())
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin ourselves: the driver would do it before the first write only, when it is too late to wait."""
    is_writer = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _make_private(path: Path) -> None:
    """Make an empty file that only its user can read: it will hold logins. SQLite gives its other files this mode."""
    try:
        close(open_file(path, O_CREAT | O_EXCL | O_WRONLY, 0o600))
    except FileExistsError:
        pass  # Another process was quicker, or it is no file, which SQLite will say.
    except OSError as error:
        raise CannotWrite(
            f"cannot make the database {path}: {error.strerror}", "make its folder, and let this user write there"
        ) from error


def _postgresql(address: URL) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": 5, "application_name": "pr-sessions"}
    if "options" not in address.query:
        arguments["options"] = f"-c lock_timeout={WAIT}s -c idle_in_transaction_session_timeout=60s"
    known = {name: value for name, value in arguments.items() if name not in address.query}
    return create_engine(
        address, connect_args=known, isolation_level="READ COMMITTED", pool_pre_ping=True, **_options()
    )


def _options() -> dict[str, Any]:
    return {
        # Values of rows, such as logins, stay out of errors and logs.
        "hide_parameters": True,
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": WAIT,
        "json_serializer": lambda value: json.encode(value).decode(),
        "json_deserializer": json.decode,
    }
