"""What every store of sessions promises: reading disturbs no writer, and a change is written whole or not at all."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.overlay import OverlaidSessions
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog

C = TypeVar("C", bound=OverlaidSessions[Any])


class BackupKind(StrEnum):
    """What a backup was taken for. File names without a kind are `AUTOMATIC`, as are all of 0.1.0."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
    RESTORE = "restore"
    REPAIR = "repair"


class Scope(Struct, frozen=True):
    """What a change has to know of sessions that ended long ago; a store may read more.

    Attributes:
        ids: the sessions that it names.
        number: the pull request that it is about; empty for none.
        since: sessions that were active since then may match; `None` where none is looked for by its time.
    """

    ids: Collection[str] = ()
    number: str = ""
    since: datetime | None = None


class Transaction(Protocol):
    """One change while nobody else can make one."""

    @property
    def sessions(self) -> SessionCollection:
        """What is stored, as of the last commit."""
        ...

    def commit(self, sessions: SessionCollection, *audit: AuditEntry, touch_last_updated: bool = True) -> bool:
        """Store the sessions, then the audit entries; return whether sessions had to be written.

        Args:
            sessions: `self.sessions` with what was put; only its changes are written.
            audit: who changed what and why.
            touch_last_updated: whether changed sessions get the time of the transaction as their `last_updated`.

        Raises:
            ValueError: the sessions were not made of those of this transaction.
        """
        ...

    def back_up(self, kind: BackupKind = BackupKind.AUTOMATIC) -> Place | None:
        """Copy what was stored before this transaction; return `None` where nothing was, or no copies are kept."""
        ...


class SessionStore(Protocol):
    """Where the sessions of a repository are kept."""

    def read(self) -> SessionCollection:
        """Return what is stored. Wait for no writer, and write nothing."""
        ...

    def transaction(
        self, now: datetime, scope: Callable[[], Scope] | None = None
    ) -> AbstractContextManager[Transaction]:
        """Begin a change; one at a time, across processes. Without `commit` nothing is stored.

        Args:
            now: the time of the change.
            scope: gives what it has to know of archived sessions, once nobody else can make a change; not called
                where there are none. All of them if not given.

        Raises:
            Busy: another change has taken too long.
        """
        ...

    def audit_log(self) -> AuditLog:
        """Return who changed what, and why."""
        ...


def made_of(stored: C, sessions: SessionCollection) -> C:
    """Return the sessions, which were made of those that are stored by putting and merging.

    Raises:
        ValueError: another store or another transaction read them. To write them would undo what changed since.
    """
    if isinstance(sessions, type(stored)) and sessions.origin is stored.origin:
        return sessions
    raise ValueError("these sessions were not made of `transaction.sessions`: another store or transaction read them")
