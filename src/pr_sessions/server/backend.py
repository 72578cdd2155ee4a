"""What pages and API read and change: the files of one clone, or the database of a team."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from pr_sessions.core.inbox import Budget, Row
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import Page, SessionQueries
from pr_sessions.tracker import Tracker


class RepositoryLine(Struct, frozen=True, kw_only=True):
    """One repository in a list.

    Attributes:
        name: `owner/name`; that of the folder for a clone without a remote.
        mode: off, shadow, advisory or enforce; empty for a clone.
        state: active, or removed where the App no longer has it.
        problem: of its configuration or its last reading, in words; empty where there is none.
        drift: what the last reconciliation repaired, by kind; `None` before the first.
        waiting: deliveries that are not handled yet.
        dead: deliveries that were given up.
    """

    name: str
    mode: str = ""
    state: str = "active"
    problem: str = ""
    active_sessions: int = 0
    inbox_at: datetime | None = None
    last_delivery_at: datetime | None = None
    reconciled_at: datetime | None = None
    drift: Mapping[str, int] | None = None
    waiting: int = 0
    dead: int = 0


class InboxFilter(Struct, frozen=True, kw_only=True):
    """Which rows of the inbox are shown.

    Attributes:
        repository: `owner/name`, in any case; empty for all.
        login: only rows that this person opened, reviews or is assigned to; empty for all.
        repositories: keys of those that may be seen; `None` for all.
    """

    repository: str = ""
    login: str = ""
    repositories: frozenset[str] | None = None


class StoredRow(Struct, frozen=True):
    """A row of the inbox, and its repository."""

    repository: str
    row: Row


class StoredInbox(Struct, frozen=True, kw_only=True):
    """Rows of the inbox as they were made last.

    Attributes:
        rows: in the order of sections, then of urgency.
        made: when the oldest part of it was made; `None` where nothing was made yet.
        source: `GitHub`, or `this clone` where no forge was asked.
        unknowns: what could not be read, in words.
        counts: rows by the value of their section, those of later pages included.
    """

    rows: tuple[StoredRow, ...] = ()
    made: datetime | None = None
    source: str = ""
    unknowns: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    counts: Mapping[int, int] = {}


class StorageLine(Struct, frozen=True, kw_only=True):
    """One place where something is stored.

    Attributes:
        what: what it holds, in words.
        where: a path or a table.
        size: bytes; `None` where that is not known.
        count: of rows or files; `None` where that is not known.
    """

    what: str
    where: str
    size: int | None = None
    count: int | None = None


class Backend(Protocol):
    """Everything that is shown. Methods that take a repository raise `NotFound` for one that is not there."""

    @property
    def is_team(self) -> bool:
        """Whether it is the database of a team; else it is one clone."""
        ...

    @property
    def queries(self) -> SessionQueries:
        """The lists."""
        ...

    def repositories(self) -> Sequence[RepositoryLine]:
        """Return all repositories by name; a clone has one."""
        ...

    def inbox(self, wanted: InboxFilter, cursor: str = "", limit: int = 100) -> Page[StoredRow]:
        """Return a page of the rows of the inbox."""
        ...

    def inbox_summary(self, wanted: InboxFilter) -> StoredInbox:
        """Return the inbox without its rows: how many there are, when it was made, and what is not known."""
        ...

    def tracker(self, repository: str) -> Tracker:
        """Return the tracker of a repository, by which its sessions are explained and corrected."""
        ...

    def audit(self, repository: str, cursor: str = "", limit: int = 50) -> Page[AuditEntry]:
        """Return a page of what was changed in a repository, the newest first."""
        ...

    def storage(self, repository: str = "") -> Sequence[StorageLine]:
        """Return where everything is stored."""
        ...

    def revision(self, repository: str) -> str:
        """Return a text that changes whenever the sessions of a repository change; for ETags."""
        ...

    def changed_since(self, moment: datetime) -> Mapping[str, datetime]:
        """Return the repositories that changed after a time, and when."""
        ...
