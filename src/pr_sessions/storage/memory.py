"""A store that lasts as long as the process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Generic

from msgspec.structs import replace

from pr_sessions.core.collection import SessionCollection
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.storage.base import BackupKind, C, Scope, Transaction, made_of


class MemoryStore(Generic[C]):
    """Keeps sessions and audit entries. It is its own transaction, for one thread."""

    def __init__(self, sessions: C) -> None:
        self.sessions = sessions
        self._entries: tuple[AuditEntry, ...] = ()

    def read(self) -> C:
        """Return what is stored."""
        return self.sessions

    @contextmanager
    def transaction(self, now: datetime, scope: Callable[[], Scope] | None = None) -> Iterator[Transaction]:  # noqa: ARG002 - the protocol's
        """Begin a change."""
        yield self

    def commit(self, sessions: SessionCollection, *audit: AuditEntry, touch_last_updated: bool = True) -> bool:  # noqa: ARG002 - the protocol's
        """Store the sessions and the audit entries."""
        before, self.sessions = self.sessions, made_of(self.sessions, sessions)
        entries = [replace(entry, id=str(len(self._entries) + number)) for number, entry in enumerate(audit, 1)]
        self._entries = (*self._entries, *entries)
        return self.sessions is not before

    def back_up(self, kind: BackupKind = BackupKind.AUTOMATIC) -> Place | None:  # noqa: ARG002 - the protocol's
        """Return `None`: no copies are kept."""
        return None

    def audit_log(self) -> AuditLog:
        """Return who changed what, and why."""
        return AuditLog(self._entries)
