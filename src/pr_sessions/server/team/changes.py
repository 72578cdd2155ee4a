"""The log of changes of one repository, or of all that somebody may see."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from pr_sessions.errors import InvalidValue
from pr_sessions.server.backend import StoredEntry
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.cursors import is_storable
from pr_sessions.storage.queries import Page
from pr_sessions.storage.sql.merged_lists import among
from pr_sessions.storage.sql.queries import visible_ids
from pr_sessions.storage.sql.schema import audit, repositories
from pr_sessions.storage.sql.store import entry_of

_MOST_ON_PAGE = 200
_FIRST = (1 << 63) - 1


def entries_of(connection: Connection, repository_id: int, cursor: str, limit: int) -> Page[AuditEntry]:
    """Return a page of the log of a repository, the newest first.

    Raises:
        InvalidValue: the entry at which the page before ended is gone.
    """
    size = min(max(limit, 1), _MOST_ON_PAGE)
    rows = _rows_of(connection, repository_id, _place(connection, cursor), size + 1)
    shown = tuple(map(entry_of, rows[:size]))
    return Page(shown, shown[-1].id if len(rows) > size else "")


def all_entries(connection: Connection, visible: frozenset[str] | None, cursor: str, limit: int) -> Page[StoredEntry]:
    """Return a page of the log of all repositories that may be seen, the newest first.

    Raises:
        InvalidValue: the entry at which the page before ended is gone.
    """
    size = min(max(limit, 1), _MOST_ON_PAGE)
    place = _place(connection, cursor)
    if visible is None:
        query = select(audit).where(audit.c.id < place).order_by(audit.c.id.desc()).limit(size + 1)
        rows: Sequence[Row[Any]] = connection.execute(query).all()
    else:
        rows = _merged(connection, visible_ids(connection, "", visible) or (), place, size + 1)
    ids = sorted({row.repository_id for row in rows if row.repository_id is not None})
    named = select(repositories.c.id, repositories.c.name).where(repositories.c.id.in_(ids))
    names = {row.id: row.name for row in connection.execute(named)}
    shown = tuple(StoredEntry(names.get(row.repository_id, ""), entry_of(row)) for row in rows[:size])
    return Page(shown, shown[-1].entry.id if len(rows) > size else "")


def _merged(connection: Connection, ids: Sequence[int], place: int, size: int) -> Sequence[Row[Any]]:
    """Return the newest entries of some repositories, whatever was logged of the rest."""
    best: list[Row[Any]] = []
    for repository_id, newest in _heads(connection, ids, place, size):
        if len(best) == size and newest < best[-1].id:
            break
        more = _rows_of(connection, repository_id, place, size)
        best = sorted([*best, *more], key=lambda row: -row.id)[:size]
    return best


def _heads(connection: Connection, ids: Sequence[int], place: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield repositories and their newest entries, the newest first. No page has entries of more repositories."""
    newest = select(func.max(audit.c.id)).where(audit.c.repository_id == repositories.c.id, audit.c.id < place)
    heads = select(repositories.c.id, newest.scalar_subquery().label("newest")).where(among(repositories.c.id, ids))
    part = heads.subquery()
    query = select(part).where(part.c.newest.is_not(None)).order_by(part.c.newest.desc()).limit(size)
    yield from ((row.id, row.newest) for row in connection.execute(query).all())


def _rows_of(connection: Connection, repository_id: int, place: int, size: int) -> Sequence[Row[Any]]:
    query = select(audit).where(audit.c.repository_id == repository_id, audit.c.id < place)
    return connection.execute(query.order_by(audit.c.id.desc()).limit(size)).all()


def _place(connection: Connection, cursor: str) -> int:
    if not cursor:
        return _FIRST
    entry = cursor[:100] if is_storable(cursor) else ""
    place: int | None = connection.execute(select(audit.c.id).where(audit.c.entry == entry)).scalar()
    if place is None:
        raise InvalidValue("this part of the log is gone", "begin with its newest entries")
    return place
