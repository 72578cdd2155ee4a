"""What is kept between two runs, as JSON in the table `settings`."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Engine, delete, func, insert, select

from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import settings

T = TypeVar("T", bound=msgspec.Struct)
# Any number that nothing else in the database locks.
_LOCK = 4_711_001


def load_state(engine: Engine, name: str, kind: type[T]) -> T | None:
    """Return what was kept; `None` before the first run, or where another version wrote it in another way."""
    with reading(engine) as connection:
        return _decoded(connection.scalar(select(settings.c.value).where(settings.c.name == name)), kind)


def save_state(engine: Engine, name: str, value: msgspec.Struct) -> None:
    """Keep a value under that name."""
    with writing(engine) as connection:
        put_setting(connection, name, msgspec.json.encode(value).decode())


def change_state(engine: Engine, name: str, kind: type[T], change: Callable[[T | None], T | None]) -> bool:
    """Change a value while nobody else can; return whether it was changed.

    Args:
        engine: of the team's database.
        name: of the value.
        kind: of the value.
        change: returns the new value, or `None` to leave everything as it is.
    """
    with writing(engine) as connection:
        # There may be no row to lock. SQLite has one writer in any case.
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        after = change(_decoded(connection.scalar(select(settings.c.value).where(settings.c.name == name)), kind))
        if after is not None:
            put_setting(connection, name, msgspec.json.encode(after).decode())
        return after is not None


def _decoded(text: str | None, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(text, type=kind) if text else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def put_setting(connection: Connection, name: str, value: str) -> None:
    """Set one setting as part of a transaction."""
    connection.execute(delete(settings).where(settings.c.name == name))
    connection.execute(insert(settings).values(name=name, value=value))
