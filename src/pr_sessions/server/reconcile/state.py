"""What is kept between two runs, as JSON in the table `settings`."""

from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import settings

T = TypeVar("T", bound=msgspec.Struct)


def load_state(engine: Engine, name: str, kind: type[T]) -> T | None:
    """Return what was kept; `None` before the first run, or where another version wrote it in another way."""
    with reading(engine) as connection:
        text = connection.scalar(select(settings.c.value).where(settings.c.name == name))
    try:
        return msgspec.json.decode(text, type=kind) if text else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def save_state(engine: Engine, name: str, value: msgspec.Struct) -> None:
    """Keep a value under that name."""
    with writing(engine) as connection:
        put_setting(connection, name, msgspec.json.encode(value).decode())


def put_setting(connection: Connection, name: str, value: str) -> None:
    """Set one setting as part of a transaction."""
    connection.execute(delete(settings).where(settings.c.name == name))
    connection.execute(insert(settings).values(name=name, value=value))
