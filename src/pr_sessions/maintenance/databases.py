"""What an administrator does with the database of a team: upgrade, back up, restore, export, erase a person."""

from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.errors import NotFound, PrSessionsError
from pr_sessions.io.files import replace_file
from pr_sessions.io.places import followed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from pr_sessions.storage.sql.erase import ErasedPerson

_EXTRA = ("sqlalchemy", "alembic", "psycopg")


def upgrade(url: str) -> tuple[bool, str]:
    """Make the tables or bring them up to date; return whether anything changed, and the migration."""
    with _opened(url, create=True) as engine:
        from pr_sessions.storage.sql import migrate

        return migrate.upgrade(engine), migrate.newest()


def back_up(url: str, file: Path) -> int:
    """Write everything into a file; return how many rows it has."""
    with _opened(url) as engine:
        from pr_sessions.storage.sql import backup

        return backup.back_up(engine, file)


def restore(url: str, file: Path) -> int:
    """Fill an empty database with a backup; return how many rows it has."""
    with _opened(url, create=True) as engine:
        from pr_sessions.storage.sql import backup

        return backup.restore(engine, file)


def export(url: str, repository: str, output: Path | None) -> tuple[bytes, int]:
    """Return the session file of a repository and how many sessions it has; write it where a path is given.

    Raises:
        NotFound: the database has no such repository.
    """
    with _opened(url) as engine:
        from pr_sessions.storage.sql.engine import reading
        from pr_sessions.storage.sql.export import export
        from pr_sessions.storage.sql.repositories import find_repository
        from pr_sessions.storage.sql.store import SqlStore

        with reading(engine) as connection:
            known = find_repository(connection, repository)
        if known is None:
            raise NotFound(f"the database has no repository {repository[:100]}", "check its owner and name")
        sessions = export(SqlStore(engine, known.id))
    data = sessions.to_bytes()
    if output:
        replace_file(followed(str(output)), data)
    return data, len(sessions)


def erase(url: str, login: str, now: datetime, by: str) -> "ErasedPerson":
    """Replace a person in everything that is stored, now and later."""
    with _opened(url) as engine:
        from pr_sessions.storage.sql.erase import erase_person

        return erase_person(engine, login, now, by)


def keep(url: str, days: int | None, now: datetime) -> int:
    """Set for how many days sessions are kept after their end, for ever without; return how many were removed."""
    with _opened(url) as engine:
        from pr_sessions.storage.sql.retention import forget, set_keep_days

        set_keep_days(engine, days)
        return forget(engine, now)


@contextmanager
def _opened(url: str, *, create: bool = False) -> "Iterator[Engine]":
    if missing := next((name for name in _EXTRA if find_spec(name) is None), None):
        raise PrSessionsError(
            f"`database` needs a package that is not installed: {missing}",
            "install its extra from your clone: uv tool install './pr-sessions[server]'",
        )
    from pr_sessions.storage.sql.engine import open_engine

    engine = open_engine(url, create=create)
    try:
        yield engine
    finally:
        engine.dispose()
