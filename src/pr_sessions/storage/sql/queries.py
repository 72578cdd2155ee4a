"""Lists of the sessions of all repositories of a database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Row, false, func, select

from pr_sessions.core.models import Session, held_runs
from pr_sessions.storage.cursors import (
    PullRequestKey,
    SessionKey,
    is_storable,
    page_size,
    read_cursor,
    write_cursor,
)
from pr_sessions.storage.lines import check_state
from pr_sessions.storage.queries import (
    MOST_AGENTS,
    MOST_ON_PAGE,
    Page,
    PullRequestFilter,
    PullRequestLine,
    SessionCounts,
    SessionFilter,
    SessionLine,
)
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.list_columns import kinds
from pr_sessions.storage.sql.list_rows import (
    PULL_REQUESTS,
    SESSIONS,
    names_of,
    pull_request_key,
    pull_request_of,
    session_key,
    session_of,
)
from pr_sessions.storage.sql.merged_lists import Conditions, Ordered, among, merged, merged_of
from pr_sessions.storage.sql.schema import agent_counts, pull_requests, runs, sessions
from pr_sessions.storage.sql.schema import repositories as table
from pr_sessions.storage.sql.search import rows_of, search
from pr_sessions.storage.sql.store import SqlStore

# A run is held by few sessions; damaged data may say otherwise.
_MOST_LINKS = 1000
_FEW = 100
_COUNTS = [table.c[f"{name}_count"] for name in ("active", "completed", "pull_request", "unattributed")]


class SqlQueries:
    """`SessionQueries` of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sessions(self, wanted: SessionFilter, cursor: str = "", limit: int = 50) -> Page[SessionLine]:
        """Return a page of sessions: those with the latest activity first, then by repository and id."""
        key = read_cursor(wanted, cursor, SessionKey) if cursor else None
        conditions = _equal((sessions.c.author, wanted.author), (sessions.c.agent, wanted.agent))
        actives = (True, False) if wanted.is_active is None else (wanted.is_active,)
        lists = [[sessions.c.is_active == is_active, *conditions] for is_active in actives]
        size = page_size(limit)
        rows, names = self._rows(SESSIONS, lists, wanted, key, size + 1)
        lines = tuple(session_of(row, names) for row in rows[:size])
        return Page(lines, write_cursor(wanted, session_key(rows[size - 1])) if len(rows) > size else "")

    def pull_requests(self, wanted: PullRequestFilter, cursor: str = "", limit: int = 50) -> Page[PullRequestLine]:
        """Return a page of pull requests: those that were opened last first, then by repository and number."""
        check_state(wanted.state)
        key = read_cursor(wanted, cursor, PullRequestKey) if cursor else None
        conditions = _equal((pull_requests.c.agent, wanted.agent))
        numbers = kinds(wanted.state, is_attributed=wanted.is_attributed)
        lists = [[pull_requests.c.kind == number, *conditions] for number in numbers]
        size = page_size(limit)
        rows, names = self._rows(PULL_REQUESTS, lists, wanted, key, size + 1)
        lines = tuple(pull_request_of(row, names) for row in rows[:size])
        return Page(lines, write_cursor(wanted, pull_request_key(rows[size - 1])) if len(rows) > size else "")

    def counts(self, repository: str = "", repositories: frozenset[str] | None = None) -> SessionCounts:
        """Return how many there are in a repository, or in all of them."""
        query = select(*(func.coalesce(func.sum(column), 0) for column in _COUNTS))
        with reading(self._engine) as connection:
            ids = visible_ids(connection, repository, repositories)
            row = connection.execute(query if ids is None else query.where(among(table.c.id, ids))).one()
        active, completed, listed, unattributed = map(int, row)
        return SessionCounts(active=active, completed=completed, pull_requests=listed, unattributed=unattributed)

    def search(
        self, text: str, repository: str = "", limit: int = 20, repositories: frozenset[str] | None = None
    ) -> tuple[SessionLine, ...]:
        """Return the sessions that list the pull request, or whose id or alias begins with the text."""
        text = text.strip()
        if not text or not is_storable(text):
            return ()
        with reading(self._engine) as connection:
            rows = search(connection, text, visible_ids(connection, repository, repositories), page_size(limit))
            names = names_of(connection, rows)
        return tuple(session_of(row, names) for row in rows)

    def session(self, repository: str, session_id: str) -> Session | None:
        """Return a session by its id or alias."""
        store = self._store(repository)
        return store.read().get(session_id) if store and is_storable(session_id) else None

    def holder(self, repository: str, number: str) -> Session | None:
        """Return the session that holds a pull request."""
        store = self._store(repository)
        return store.read().for_pull_request(number) if store and is_storable(number) else None

    def linked(
        self, repository: str, session_id: str, repositories: frozenset[str] | None = None
    ) -> tuple[SessionLine, ...]:
        """Return the sessions of other repositories that hold a run of this one, as sessions are sorted."""
        session = self.session(repository, session_id)
        keys = {run for _, run in held_runs(session)} if session else ()
        if not keys:
            return ()
        holders = select(runs.c.repository_id, runs.c.session_id).where(runs.c.run.in_(keys)).distinct()
        elsewhere = holders.join(table).where(table.c.key != repository.lower()).limit(_MOST_LINKS)
        with reading(self._engine) as connection:
            ids = visible_ids(connection, "", repositories)
            query = elsewhere if ids is None else elsewhere.where(among(runs.c.repository_id, ids))
            rows = rows_of(connection, [(row.repository_id, row.session_id) for row in connection.execute(query)])
            rows = sorted(rows, key=session_key)[:MOST_ON_PAGE]
            names = names_of(connection, rows)
        return tuple(session_of(row, names) for row in rows)

    def agents(self, repository: str = "", repositories: frozenset[str] | None = None) -> Mapping[str, int]:
        """Return how many sessions each agent has, the most first."""
        count = func.sum(agent_counts.c.sessions)
        query = select(agent_counts.c.agent, count).group_by(agent_counts.c.agent)
        query = query.order_by(count.desc(), agent_counts.c.agent).limit(MOST_AGENTS)
        with reading(self._engine) as connection:
            ids = visible_ids(connection, repository, repositories)
            rows = connection.execute(query if ids is None else query.where(among(agent_counts.c.repository_id, ids)))
            return {agent: int(sessions) for agent, sessions in rows}

    def _rows(
        self,
        rows: Ordered,
        lists: Sequence[Conditions],
        wanted: SessionFilter | PullRequestFilter,
        key: SessionKey | PullRequestKey | None,
        size: int,
    ) -> tuple[Sequence[Row[Any]], Mapping[int, str]]:
        """Return the rows of a page and the names of their repositories."""
        repository = rows.order["repository_id"]
        with reading(self._engine) as connection:
            ids = visible_ids(connection, wanted.repository, wanted.repositories)
            if ids is None:
                page = merged(connection, rows, lists, key, size)
            elif len(ids) == 1:
                page = merged(connection, rows, [[repository == ids[0], *each] for each in lists], key, size)
            else:
                page = merged_of(connection, rows, lists, ids, key, size)
            return page, names_of(connection, page)

    def _store(self, repository: str) -> SqlStore | None:
        with reading(self._engine) as connection:
            ids = visible_ids(connection, repository, None) if repository else None
        return SqlStore(self._engine, ids[0]) if ids else None


def _equal(*columns: tuple[Column[str], str]) -> list[ColumnElement[bool]]:
    """Return the conditions that columns have these values, where they are not empty."""
    # No row has a text that a database does not take.
    return [column == value if is_storable(value) else false() for column, value in columns if value]


def visible_ids(connection: Connection, repository: str, repositories: Collection[str] | None) -> Sequence[int] | None:
    """Return the numbers of the repositories that are looked at and may be seen; `None` for all."""
    key = repository.lower()
    if not is_storable(key) or (key and repositories is not None and key not in repositories):
        return []
    keys = [key] if key else repositories
    if keys is None:
        return None
    query = select(table.c.id, table.c.key).order_by(table.c.id)
    if len(keys) <= _FEW:
        return [row.id for row in connection.execute(query.where(table.c.key.in_(keys)))]
    # Reading all is quicker than naming many.
    known = connection.execute(query).all()
    ids = [row.id for row in known if row.key in keys]
    return None if len(ids) == len(known) else ids
