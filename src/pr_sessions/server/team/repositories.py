"""The repositories of a team with their health, page by page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, String, cast, exists, func, literal, or_, select

from pr_sessions.errors import InvalidValue
from pr_sessions.server.backend import RepositoryFilter, RepositoryLine
from pr_sessions.server.team.deliveries import counts_by_mailbox, mailbox_of
from pr_sessions.server.worker.mailboxes import DEAD
from pr_sessions.storage.cursors import is_storable
from pr_sessions.storage.queries import Page
from pr_sessions.storage.sql.merged_lists import among
from pr_sessions.storage.sql.queries import visible_ids
from pr_sessions.storage.sql.schema import deliveries, repositories

_MOST_ON_PAGE = 200
_HINT = "leave it out to begin at the first page"
# Not the whole row: what is kept of a configuration and of an inbox may be large.
_COLUMNS = tuple(
    repositories.c[name]
    for name in (
        *("key", "name", "forge_id", "mode", "state", "configuration_problem", "active_count"),
        *("inbox_at", "last_delivery_at", "reconciled_at", "drift"),
    )
)


def lines_of(connection: Connection, wanted: RepositoryFilter, cursor: str, limit: int) -> Page[RepositoryLine]:
    """Return a page of repositories by name.

    Raises:
        InvalidValue: the cursor is none.
    """
    size = min(max(limit, 1), _MOST_ON_PAGE)
    query = _filtered(connection, select(*_COLUMNS), wanted).order_by(repositories.c.key)
    if cursor:
        query = query.where(repositories.c.key > _key(cursor))
    rows = connection.execute(query.limit(size + 1)).all()
    waiting = counts_by_mailbox(connection, [mailbox_of(row.forge_id) for row in rows[:size]])
    lines = tuple(_line(row, waiting.get(mailbox_of(row.forge_id), {})) for row in rows[:size])
    return Page(lines, _cursor(rows[size - 1].key) if len(rows) > size else "")


def count(connection: Connection, wanted: RepositoryFilter) -> int:
    """Return how many repositories there are."""
    query = _filtered(connection, select(func.count()).select_from(repositories), wanted)
    return int(connection.execute(query).scalar_one())


def line_of(connection: Connection, repository_id: int) -> RepositoryLine:
    """Return one repository."""
    row = connection.execute(select(*_COLUMNS).where(repositories.c.id == repository_id)).one()
    mailbox = mailbox_of(row.forge_id)
    return _line(row, counts_by_mailbox(connection, [mailbox]).get(mailbox, {}))


def _filtered(connection: Connection, query: Select[Any], wanted: RepositoryFilter) -> Select[Any]:
    ids = visible_ids(connection, "", wanted.repositories)
    if ids is not None:
        query = query.where(among(repositories.c.id, ids))
    if text := wanted.text.strip().lower():
        fits = repositories.c.key.contains(text, autoescape=True) if is_storable(text) else literal(value=False)
        query = query.where(fits)
    if wanted.has_problem:
        mailbox = literal("repository:").concat(cast(repositories.c.forge_id, String))
        has_dead = exists().where(deliveries.c.state == DEAD, deliveries.c.mailbox == mailbox)
        has_problem = (repositories.c.state != "active") | (repositories.c.configuration_problem != "")
        query = query.where(or_(has_problem, has_dead))
    return query


def _line(row: Any, waiting: Mapping[str, int]) -> RepositoryLine:
    return RepositoryLine(
        name=row.name,
        mode=row.mode,
        state=row.state,
        problem=row.configuration_problem,
        active_sessions=row.active_count,
        inbox_at=row.inbox_at,
        last_delivery_at=row.last_delivery_at,
        reconciled_at=row.reconciled_at,
        drift=row.drift,
        waiting=waiting.get("waiting", 0),
        dead=waiting.get("dead", 0),
    )


def _cursor(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key(cursor: str) -> str:
    try:
        text = cursor[:2000].encode("ascii")
        key = urlsafe_b64decode(text + b"=" * (-len(text) % 4)).decode()
    except ValueError:
        key = "\0"
    if not is_storable(key) or _cursor(key) != cursor:
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", _HINT)
    return key
