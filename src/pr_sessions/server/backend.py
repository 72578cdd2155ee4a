"""What pages and API read and change: the files of one clone, or the database of a team."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from msgspec import Struct

from pr_sessions.core.inbox import Budget, Row
from pr_sessions.core.inbox_sections import Section
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


class RepositoryFilter(Struct, frozen=True, kw_only=True):
    """Which repositories are listed.

    Attributes:
        text: a part of the name, in any case; empty for all.
        has_problem: only those with a problem, with deliveries that were given up, or that the App no longer has.
        repositories: keys of those that may be seen; `None` for all.
    """

    text: str = ""
    has_problem: bool = False
    repositories: frozenset[str] | None = None


EVERY_REPOSITORY = RepositoryFilter()


class StoredEntry(Struct, frozen=True):
    """An entry of the log of changes, and its repository; empty for what concerns none, such as a token."""

    repository: str
    entry: AuditEntry


class InboxFilter(Struct, frozen=True, kw_only=True):
    """Which rows of the inbox are shown.

    Attributes:
        repository: `owner/name`, in any case; empty for all.
        login: only rows that this person opened, reviews or is assigned to; empty for all.
        session_id: only rows with pull requests of this session of the repository; empty for all.
        repositories: keys of those that may be seen; `None` for all.
    """

    repository: str = ""
    login: str = ""
    session_id: str = ""
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
        counts: rows by their section, those of later pages included.
    """

    rows: tuple[StoredRow, ...] = ()
    made: datetime | None = None
    source: str = ""
    unknowns: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    counts: Mapping[Section, int] = {}


class DeliveryLine(Struct, frozen=True, kw_only=True):
    """One delivery of the forge, without what it says.

    Attributes:
        id: names it for `redeliver`.
        guid: the forge's own.
        event: with its action, such as `pull_request.opened`.
        repository: empty where it is about none.
        state: waiting, handled, ignored or dead.
        problem: why the last attempt failed, in words; empty where none did.
        next_at: of the next attempt, where there will be one.
    """

    id: str
    guid: str
    event: str
    repository: str = ""
    state: str
    received_at: datetime
    attempts: int = 0
    next_at: datetime | None = None
    problem: str = ""


class GivenUpLine(Struct, frozen=True, kw_only=True):
    """Something that was to be done on the forge, and was given up.

    Attributes:
        id: names it for `try_again`.
        kind: what was to be done, such as `comment`.
        subject: a pull request or a session; empty for the whole repository.
        problem: why the last attempt failed, in words.
    """

    id: str
    repository: str
    kind: str
    subject: str = ""
    created_at: datetime
    attempts: int = 0
    problem: str = ""


class DecisionLine(Struct, frozen=True, kw_only=True):
    """What the gate decided last about a pull request.

    Attributes:
        mode: of the repository at that time; in `shadow` nothing was written.
        waits: whether its checks may wait; in other modes than enforce, whether they could.
        reasons: why its checks run, in words; none if they may wait.
        planned: what shadow mode would have written or started, in words.
    """

    number: str
    sha: str
    mode: str
    waits: bool
    decided: datetime
    reasons: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()


class DecisionDay(Struct, frozen=True):
    """How many pull requests were decided about last on a day in UTC, and how."""

    day: date
    waits: int
    runs: int


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
    def login(self) -> str:
        """The account on the forge of the person of a clone; empty for a team, and where that is not known."""
        ...

    @property
    def queries(self) -> SessionQueries:
        """The lists."""
        ...

    def repositories(
        self, wanted: RepositoryFilter = EVERY_REPOSITORY, cursor: str = "", limit: int = 100
    ) -> Page[RepositoryLine]:
        """Return a page of repositories by name; a clone has one."""
        ...

    def count_repositories(self, wanted: RepositoryFilter = EVERY_REPOSITORY) -> int:
        """Return how many repositories there are."""
        ...

    def repository(self, name: str) -> RepositoryLine:
        """Return a repository by its name, in any case."""
        ...

    def inbox(self, wanted: InboxFilter, cursor: str = "", limit: int = 100) -> Page[StoredRow]:
        """Return a page of the rows of the inbox."""
        ...

    def inbox_summary(self, wanted: InboxFilter) -> StoredInbox:
        """Return the inbox without its rows: how many there are, when it was made, and what is not known."""
        ...

    def read_again(self, repository: str = "") -> None:
        """Read the inbox of a repository, or of all, from the forge now.

        Raises:
            PrSessionsError: nobody can be asked, or the forge refused.
        """
        ...

    def pull_request_page(self, repository: str) -> str:
        """Return where people read pull requests of a repository, up to the number; empty where that is not known."""
        ...

    def tracker(self, repository: str) -> Tracker:
        """Return the tracker of a repository, by which its sessions are explained and corrected."""
        ...

    def audit(self, repository: str, cursor: str = "", limit: int = 50) -> Page[AuditEntry]:
        """Return a page of what was changed in a repository, the newest first."""
        ...

    def changes(
        self, repositories: frozenset[str] | None = None, cursor: str = "", limit: int = 50
    ) -> Page[StoredEntry]:
        """Return a page of what was changed anywhere, the newest first.

        Args:
            repositories: keys of those that may be seen; `None` for all, and for what concerns none.
            cursor: `next` of the page before.
            limit: how many entries a page has.
        """
        ...

    def deliveries(
        self, repository: str = "", state: str = "dead", cursor: str = "", limit: int = 50
    ) -> Page[DeliveryLine]:
        """Return a page of deliveries in a state, the newest first; a clone has none."""
        ...

    def redeliver(self, delivery_id: str, by: str) -> DeliveryLine:
        """Put a delivery that was given up back to those that wait, and note who did.

        Raises:
            NotFound: there is no such delivery.
            InvalidValue: it was not given up.
        """
        ...

    def given_up(self, repository: str = "", cursor: str = "", limit: int = 50) -> Page[GivenUpLine]:
        """Return a page of what was to be done on the forge and was given up, the newest first; a clone has none."""
        ...

    def try_again(self, entry_id: str, by: str, repositories: frozenset[str] | None = None) -> GivenUpLine:
        """Have something that was given up done after all, and note who wants that.

        Args:
            entry_id: of the line.
            by: who wants it.
            repositories: keys of those that this person may see; `None` for all.

        Raises:
            NotFound: nothing of that name was given up.
        """
        ...

    def decisions(self, repository: str, cursor: str = "", limit: int = 50) -> Page[DecisionLine]:
        """Return a page of what the gate decided last about each pull request, the newest first; a clone has none."""
        ...

    def decision_days(self, repository: str) -> Sequence[DecisionDay]:
        """Return the days of the last week on which it decided, the latest first."""
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
