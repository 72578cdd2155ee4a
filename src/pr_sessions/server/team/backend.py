"""The database of a team, as pages and API read and change it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, select, text

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.server.backend import (
    EVERY_REPOSITORY,
    DecisionDay,
    DecisionLine,
    DeliveryLine,
    GivenUpLine,
    InboxFilter,
    RepositoryFilter,
    RepositoryLine,
    StorageLine,
    StoredEntry,
    StoredInbox,
    StoredRow,
)
from pr_sessions.server.gate.configuration import served_repository
from pr_sessions.server.gate.outbox import put
from pr_sessions.server.team import changes, deliveries, gate, inbox
from pr_sessions.server.team import repositories as health
from pr_sessions.server.worker.inbox import INBOX
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.cursors import is_storable
from pr_sessions.storage.queries import Page, SessionQueries
from pr_sessions.storage.sql.engine import POSTGRESQL, reading, writing
from pr_sessions.storage.sql.queries import SqlQueries
from pr_sessions.storage.sql.repositories import StoredRepository, find_repository
from pr_sessions.storage.sql.schema import metadata, repositories
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.workspace import NullWorkspace

_HINT = "see the list of repositories"
_PURPOSES = {
    "audit": "who changed what, and why",
    "deliveries": "what GitHub delivered",
    "inbox_rows": "rows of the inbox, as they were made last",
    "outbox": "what has to be done on GitHub",
    "pull_requests": "pull requests",
    "reports": "what GitHub said last of pull requests, as far as rules may see it",
    "repositories": "repositories",
    "sessions": "sessions",
    "tokens": "tokens, as hashes",
}


class TeamBackend:
    """The repositories of a database.

    Args:
        engine: of the database.
        clock: returns the time in UTC.
        web: the address of GitHub's pages.
    """

    is_team = True

    def __init__(self, engine: Engine, clock: Callable[[], datetime], web: str = "https://github.com") -> None:
        self._engine, self._clock, self._web = engine, clock, web
        self._queries = SqlQueries(engine)

    @property
    def login(self) -> str:
        """The account of nobody: each viewer has one."""
        return ""

    @property
    def queries(self) -> SessionQueries:
        """The lists."""
        return self._queries

    def repositories(
        self, wanted: RepositoryFilter = EVERY_REPOSITORY, cursor: str = "", limit: int = 100
    ) -> Page[RepositoryLine]:
        """Return a page of repositories by name."""
        with reading(self._engine) as connection:
            return health.lines_of(connection, wanted, cursor, limit)

    def count_repositories(self, wanted: RepositoryFilter = EVERY_REPOSITORY) -> int:
        """Return how many repositories there are."""
        with reading(self._engine) as connection:
            return health.count(connection, wanted)

    def repository(self, name: str) -> RepositoryLine:
        """Return a repository by its name."""
        with reading(self._engine) as connection:
            return health.line_of(connection, self._find(connection, name).id)

    def inbox(self, wanted: InboxFilter, cursor: str = "", limit: int = 100) -> Page[StoredRow]:
        """Return a page of the rows of the inbox."""
        with reading(self._engine) as connection:
            return inbox.rows_of(connection, self._known(connection, wanted), cursor, limit)

    def inbox_summary(self, wanted: InboxFilter) -> StoredInbox:
        """Return the inbox without its rows."""
        with reading(self._engine) as connection:
            return inbox.summary_of(connection, self._known(connection, wanted))

    def read_again(self, repository: str = "") -> None:
        """Have the inbox of a repository, or of all that the App has, read from GitHub as soon as a worker is free."""
        now = self._clock()
        with writing(self._engine) as connection:
            wanted = select(repositories.c.id).where(
                repositories.c.state == "active", repositories.c.installation_id.is_not(None)
            )
            if repository:
                wanted = wanted.where(repositories.c.id == self._find(connection, repository).id)
            ids = connection.execute(wanted.order_by(repositories.c.id).with_for_update()).scalars().all()
            if not ids:
                raise InvalidValue("the App has no such repository", "install the App, or sync from a clone")
            for repository_id in ids:
                put(connection, repository_id, INBOX, now=now)

    def pull_request_page(self, repository: str) -> str:
        """Return where people read pull requests of a repository, up to the number."""
        with reading(self._engine) as connection:
            known = self._find(connection, repository)
        return f"{self._web}/{known.name}/pull/" if known.forge_id else ""

    def tracker(self, repository: str) -> Tracker:
        """Return the tracker of a repository."""
        with reading(self._engine) as connection:
            served = served_repository(connection, self._find(connection, repository).id)
        if served is None:
            raise NotFound(f"no repository {repository[:200]}", _HINT)
        rules, _ = served.rules()
        store = SqlStore(self._engine, served.id, policy=rules.policy)
        return Tracker(None, rules.policy, store, NullWorkspace(), environ={}, clock=self._clock)

    def audit(self, repository: str, cursor: str = "", limit: int = 50) -> Page[AuditEntry]:
        """Return a page of what was changed in a repository, the newest first."""
        with reading(self._engine) as connection:
            return changes.entries_of(connection, self._find(connection, repository).id, cursor, limit)

    def changes(
        self, repositories: frozenset[str] | None = None, cursor: str = "", limit: int = 50
    ) -> Page[StoredEntry]:
        """Return a page of what was changed anywhere, the newest first."""
        with reading(self._engine) as connection:
            return changes.all_entries(connection, repositories, cursor, limit)

    def deliveries(
        self, repository: str = "", state: str = "dead", cursor: str = "", limit: int = 50
    ) -> Page[DeliveryLine]:
        """Return a page of deliveries in a state, the newest first."""
        with reading(self._engine) as connection:
            mailbox = deliveries.mailbox_of(self._find(connection, repository).forge_id) if repository else ""
            return deliveries.lines_of(connection, mailbox, state, cursor, limit)

    def redeliver(self, delivery_id: str, by: str) -> DeliveryLine:
        """Put a delivery that was given up back to those that wait."""
        with writing(self._engine) as connection:
            return deliveries.redeliver(connection, delivery_id, by, self._clock())

    def given_up(self, repository: str = "", cursor: str = "", limit: int = 50) -> Page[GivenUpLine]:
        """Return a page of what was to be done on GitHub and was given up, the newest first."""
        with reading(self._engine) as connection:
            repository_id = self._find(connection, repository).id if repository else None
            return gate.given_up(connection, repository_id, cursor, limit)

    def try_again(self, entry_id: str, by: str, repositories: frozenset[str] | None = None) -> GivenUpLine:
        """Have something that was given up done after all, and note who wants that."""
        with writing(self._engine) as connection:
            return gate.try_again(connection, entry_id, by, repositories, self._clock())

    def decisions(self, repository: str, cursor: str = "", limit: int = 50) -> Page[DecisionLine]:
        """Return a page of what the gate decided last about each pull request, the newest first."""
        with reading(self._engine) as connection:
            return gate.decisions(connection, self._find(connection, repository).id, cursor, limit)

    def decision_days(self, repository: str) -> Sequence[DecisionDay]:
        """Return the days of the last week on which the gate decided, the latest first."""
        with reading(self._engine) as connection:
            return gate.decision_days(connection, self._find(connection, repository).id, self._clock())

    def storage(self, repository: str = "") -> Sequence[StorageLine]:
        """Return the tables; of a repository only those that hold something of it."""
        lines = []
        with reading(self._engine) as connection:
            known = self._find(connection, repository) if repository else None
            for name, purpose in _PURPOSES.items():
                table = metadata.tables[name]
                if known and "repository_id" not in table.c:
                    continue
                query = select(func.count()).select_from(table)
                if known:
                    query = query.where(table.c.repository_id == known.id)
                count = connection.execute(query).scalar_one()
                lines.append(StorageLine(what=purpose, where=f"table {name}", count=count))
            if not known:
                lines.append(StorageLine(what="the whole database", where=self._place, size=_size(connection)))
        return tuple(lines)

    def revision(self, repository: str) -> str:
        """Return a text that changes whenever the sessions of a repository change."""
        with reading(self._engine) as connection:
            known = self._find(connection, repository)
        return f"{known.id}-{known.revision}"

    def changed_since(self, moment: datetime) -> Mapping[str, datetime]:
        """Return the repositories that changed after a time, and when."""
        query = select(repositories.c.name, repositories.c.changed_at).where(repositories.c.changed_at > moment)
        with reading(self._engine) as connection:
            # A clock that was ahead must not make a page change for ever.
            soon = self._clock() + timedelta(minutes=5)
            return {name: at for name, at in connection.execute(query) if at <= soon}

    @property
    def _place(self) -> str:
        url = self._engine.url
        return str(url.database) if url.host is None else f"{url.database} at {url.host}"

    def _known(self, connection: Connection, wanted: InboxFilter) -> InboxFilter:
        if wanted.repository:
            self._find(connection, wanted.repository)
        return wanted

    def _find(self, connection: Connection, name: str) -> StoredRepository:
        known = find_repository(connection, name) if is_storable(name) else None
        if known is None:
            raise NotFound(f"no repository {name[:200]}", _HINT)
        return known


def _size(connection: Connection) -> int:
    if connection.dialect.name == POSTGRESQL:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, size = (connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
    return int(pages) * int(size)
