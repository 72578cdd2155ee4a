"""The clone that contains a folder, read from its files each time."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.inbox import Row, concerns
from pr_sessions.doctor.storage_locations import Counts, look_at, places
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.git.discovery import find_repository
from pr_sessions.git.remotes import pull_request_page, read_remotes
from pr_sessions.look.inbox_source import Source, find_source, github_host
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
from pr_sessions.server.local.changes import last_change, revision
from pr_sessions.server.local.inbox import Fetch, LocalInbox, fetch
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import Page, SessionQueries
from pr_sessions.storage.queries_in_memory import CollectionQueries
from pr_sessions.tracker import Tracker, open_tracker


class LocalBackend:
    """The clone of one person.

    Args:
        folder: any folder inside.
        environ: of the process.
        clock: returns the time in UTC.
        fetch: asks its forge.

    Raises:
        NotARepository: no clone contains the folder.
    """

    is_team = False

    def __init__(
        self, folder: Path, environ: Mapping[str, str], clock: Callable[[], datetime], fetch: Fetch = fetch
    ) -> None:
        self._clone = find_repository(folder, environ)
        self._environ = environ
        self._clock = clock
        self._inbox = LocalInbox(self._source, self._tracker, environ, clock, fetch)
        self._sessions: tuple[str, SessionCollection] | None = None
        self._queries: tuple[str, SessionQueries] | None = None

    @property
    def login(self) -> str:
        """The account whose credential the forge was asked with; empty before it answered."""
        return self._inbox.login

    @property
    def queries(self) -> SessionQueries:
        """The lists."""
        name, known = self.name, self._queries
        if known is None or known[0] != name:
            known = self._queries = name, CollectionQueries(self._read, name)
        return known[1]

    @property
    def name(self) -> str:
        """Return `owner/name` on its forge, or the name of its folder."""
        return self._source().of_clone or self._clone.root.name

    @property
    def author(self) -> str:
        """Return who works there."""
        return self._tracker().author()

    def repositories(
        self,
        wanted: RepositoryFilter = EVERY_REPOSITORY,
        cursor: str = "",  # noqa: ARG002 - the protocol's
        limit: int = 100,  # noqa: ARG002 - the protocol's
    ) -> Page[RepositoryLine]:
        """Return the clone."""
        return Page((self.repository(""),) if self._fits(wanted) else ())

    def count_repositories(self, wanted: RepositoryFilter = EVERY_REPOSITORY) -> int:
        """Return 1 for the clone."""
        return int(self._fits(wanted))

    def repository(self, name: str) -> RepositoryLine:
        """Return the clone."""
        self._refuse_unknown(name)
        active, why_not = self.queries.counts().active, self._inbox.why_not
        return RepositoryLine(name=self.name, active_sessions=active, inbox_at=self._inbox.made, problem=why_not)

    def inbox(self, wanted: InboxFilter, cursor: str = "", limit: int = 100) -> Page[StoredRow]:
        """Return a page of the rows of the inbox."""
        self._refuse_unknown(wanted.repository)
        rows, start = self._rows(self._inbox.current().rows, wanted), _position(cursor)
        end = start + limit
        shown = tuple(StoredRow(row.repository or self.name, row) for row in rows[start:end])
        return Page(shown, str(end) if end < len(rows) else "")

    def inbox_summary(self, wanted: InboxFilter) -> StoredInbox:
        """Return the inbox without its rows."""
        self._refuse_unknown(wanted.repository)
        inbox = self._inbox.current()
        rows = self._rows(inbox.rows, wanted)
        why_not = (self._inbox.why_not,) if self._inbox.why_not else ()
        return StoredInbox(
            made=inbox.at,
            source=inbox.source,
            unknowns=(*why_not, *inbox.unknowns),
            budgets=inbox.budgets,
            counts=Counter(row.section for row in rows),
        )

    def read_again(self, repository: str = "") -> None:
        """Read the inbox from the forge now.

        Raises:
            PrSessionsError: there is no forge or no token, or the forge refused.
        """
        self._refuse_unknown(repository)
        self._inbox.read_again()

    def pull_request_page(self, repository: str) -> str:
        """Return where people read pull requests, up to the number; empty where that is not known."""
        self._refuse_unknown(repository)
        if self._clone.git_dir is None:
            return ""
        named = github_host(self._environ) if self._environ.get("GITHUB_API_URL", "").strip() else ""
        return pull_request_page(read_remotes(self._clone.root), named)

    def tracker(self, repository: str) -> Tracker:
        """Return the tracker of the clone."""
        self._refuse_unknown(repository)
        return self._tracker()

    def audit(self, repository: str, cursor: str = "", limit: int = 50) -> Page[AuditEntry]:
        """Return a page of what was changed, the newest first."""
        self._refuse_unknown(repository)
        entries = self._tracker().audit_log().entries[::-1]
        start = next((i + 1 for i, entry in enumerate(entries) if entry.id == cursor), 0) if cursor else 0
        if cursor and not start:
            raise InvalidValue("this part of the log is gone", "begin with its newest entries")
        shown = entries[start : start + limit]
        return Page(shown, shown[-1].id if start + limit < len(entries) else "")

    def changes(
        self, repositories: frozenset[str] | None = None, cursor: str = "", limit: int = 50
    ) -> Page[StoredEntry]:
        """Return a page of what was changed, the newest first."""
        if not self._fits(RepositoryFilter(repositories=repositories)):
            return Page(())
        page = self.audit("", cursor, limit)
        return Page(tuple(StoredEntry(self.name, entry) for entry in page.items), page.next)

    def deliveries(
        self,
        repository: str = "",
        state: str = "dead",  # noqa: ARG002 - the protocol's
        cursor: str = "",  # noqa: ARG002 - the protocol's
        limit: int = 50,  # noqa: ARG002 - the protocol's
    ) -> Page[DeliveryLine]:
        """Return none: nothing is delivered to a clone."""
        self._refuse_unknown(repository)
        return Page(())

    def redeliver(self, delivery_id: str, by: str) -> DeliveryLine:  # noqa: ARG002 - the protocol's
        """Refuse, as nothing is delivered to a clone.

        Raises:
            NotFound: always.
        """
        raise NotFound(f"no delivery {delivery_id[:60]!r}", "only the server of a team has deliveries")

    def given_up(self, repository: str = "", cursor: str = "", limit: int = 50) -> Page[GivenUpLine]:  # noqa: ARG002 - the protocol's
        """Return none: a clone does nothing on the forge."""
        self._refuse_unknown(repository)
        return Page(())

    def try_again(
        self,
        entry_id: str,
        by: str,  # noqa: ARG002 - the protocol's
        repositories: frozenset[str] | None = None,  # noqa: ARG002 - the protocol's
    ) -> GivenUpLine:
        """Refuse, as a clone does nothing on the forge.

        Raises:
            NotFound: always.
        """
        raise NotFound(f"nothing that was given up: {entry_id[:60]!r}", "only the server of a team writes to GitHub")

    def decisions(self, repository: str, cursor: str = "", limit: int = 50) -> Page[DecisionLine]:  # noqa: ARG002 - the protocol's
        """Return none: a clone has no gate."""
        self._refuse_unknown(repository)
        return Page(())

    def decision_days(self, repository: str) -> Sequence[DecisionDay]:
        """Return none: a clone has no gate."""
        self._refuse_unknown(repository)
        return ()

    def storage(self, repository: str = "") -> Sequence[StorageLine]:
        """Return every place in which something is stored."""
        self._refuse_unknown(repository)
        states = ((place, look_at(place, self._clone)) for place in places(self._clone))
        return tuple(
            StorageLine(
                what=place.purpose,
                where=str(place.path),
                size=state.bytes,
                count=_first(state.counts),
            )
            for place, state in states
            if state.exists
        )

    def revision(self, repository: str) -> str:
        """Return a text that changes whenever a file changes from which sessions are read."""
        self._refuse_unknown(repository)
        return revision(self._clone)

    def changed_since(self, moment: datetime) -> Mapping[str, datetime]:
        """Return the clone if its files or the inbox changed after a time. Somebody looks: the forge may be asked."""
        self._inbox.keep_fresh()
        times = (last_change(self._clone), self._inbox.changed)
        latest = max((at for at in times if at), default=None)
        return {self.name: latest} if latest and latest > moment else {}

    def _tracker(self) -> Tracker:
        return open_tracker(self._clone.root, environ=self._environ, clock=self._clock, warn=None)

    def _source(self) -> Source:
        return find_source((), "", self._clone, self._environ)

    def _read(self) -> SessionCollection:
        """Return the sessions: the same collection for as long as no file changed."""
        sign, known = revision(self._clone), self._sessions
        if known is None or known[0] != sign:
            known = self._sessions = sign, self._tracker().sessions()
        return known[1]

    def _rows(self, rows: Sequence[Row], wanted: InboxFilter) -> Sequence[Row]:
        session = self._read().get(wanted.session_id) if wanted.session_id else None
        if wanted.session_id:
            rows = [row for row in rows if session and any(pr.session_id == session.id for pr in row.prs)]
        if wanted.login:
            rows = [row for row in rows if any(concerns(pr, wanted.login) for pr in row.prs)]
        return rows

    def _fits(self, wanted: RepositoryFilter) -> bool:
        key = self.name.lower()
        is_seen = wanted.repositories is None or key in wanted.repositories
        return is_seen and wanted.text.strip().lower() in key and (not wanted.has_problem or bool(self._inbox.why_not))

    def _refuse_unknown(self, repository: str) -> None:
        if repository and repository.lower() != self.name.lower():
            raise NotFound(f"no repository {repository[:200]}", f"this is {self.name}")


def _position(cursor: str) -> int:
    """Return where a page begins.

    Raises:
        InvalidValue: the cursor is none.
    """
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise InvalidValue("not a place in the inbox", "begin with its first page")
    return int(cursor)


def _first(counts: Counts) -> int | None:
    numbers = (counts.sessions, counts.pull_requests, counts.entries)
    return next((number for number in numbers if number is not None), None)
