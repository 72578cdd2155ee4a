"""Rows of sessions and pull requests as lines of lists."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from pr_sessions.storage.cursors import PullRequestKey, SessionKey
from pr_sessions.storage.queries import PullRequestLine, SessionLine
from pr_sessions.storage.sql.merged_lists import Ordered
from pr_sessions.storage.sql.schema import pull_requests, repositories, sessions

_SESSION = ("repository_id", "id", "author", "agent", "title", "is_active", "started_at", "latest_at", "ended_at")
SESSIONS = Ordered(
    [sessions.c[name] for name in (*_SESSION, "trigger", "pull_request_count", "position")],
    {name: sessions.c[name] for name in ("position", "repository_id", "id")},
)
_holder = func.coalesce(pull_requests.c.session_id, "")
_PULL_REQUEST = ("repository_id", "number", "author", "agent", "state", "opened_at", "merged_at", "basis")
PULL_REQUESTS = Ordered(
    [*(pull_requests.c[name] for name in (*_PULL_REQUEST, "position", "digits")), _holder.label("session_id")],
    {name: pull_requests.c[name] for name in ("position", "repository_id", "digits", "number")}
    | {"session_id": _holder},
)


def names_of(connection: Connection, rows: Iterable[Row[Any]]) -> Mapping[int, str]:
    """Return the names of the repositories of rows, by number."""
    ids = {row.repository_id for row in rows}
    if not ids:
        return {}
    query = select(repositories.c.id, repositories.c.name).where(repositories.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(query)}


def session_of(row: Row[Any], names: Mapping[int, str]) -> SessionLine:
    """Return the line of a row of `SESSIONS`."""
    return SessionLine(
        repository=names[row.repository_id],
        id=row.id,
        author=row.author,
        agent=row.agent,
        title=row.title,
        is_active=row.is_active,
        started=row.started_at,
        latest=row.latest_at,
        ended=row.ended_at,
        trigger=row.trigger,
        pull_requests=row.pull_request_count,
    )


def pull_request_of(row: Row[Any], names: Mapping[int, str]) -> PullRequestLine:
    """Return the line of a row of `PULL_REQUESTS`."""
    return PullRequestLine(
        repository=names[row.repository_id],
        number=row.number,
        session_id=row.session_id,
        author=row.author,
        agent=row.agent,
        state=row.state,
        opened=row.opened_at,
        merged=row.merged_at,
        basis=row.basis,
    )


def session_key(row: Row[Any]) -> SessionKey:
    """Return what a row of `SESSIONS` is sorted by."""
    return SessionKey(row.position, row.repository_id, row.id)


def pull_request_key(row: Row[Any]) -> PullRequestKey:
    """Return what a row of `PULL_REQUESTS` is sorted by."""
    return PullRequestKey(row.position, row.repository_id, row.digits, row.number, row.session_id)
