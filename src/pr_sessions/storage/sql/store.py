"""The sessions of one repository in a database, changed under the lock of its row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, tzinfo
from secrets import token_hex
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Engine, insert, select, update

from pr_sessions.core.erasure import ERASED, erase_from_record, erase_from_session
from pr_sessions.core.lifecycle import runs_out
from pr_sessions.core.people import HIDDEN, record_without_person, session_without_people
from pr_sessions.core.policy import People, Policy
from pr_sessions.core.times import write_time
from pr_sessions.errors import NotFound
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.storage.base import BackupKind, Scope, made_of
from pr_sessions.storage.sql.collection import SqlSessions
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.reader import Connect, SqlReader
from pr_sessions.storage.sql.schema import audit as audit_table
from pr_sessions.storage.sql.schema import repositories
from pr_sessions.storage.sql.tombstones import erased_in
from pr_sessions.storage.sql.writer import write_changes

# As many as the journal of a clone holds at least. Pages read the rest by pages.
MOST_ENTRIES = 10_000


class SqlStore:
    """Keeps the sessions of one repository. One change at a time; other repositories are changed beside it.

    Args:
        engine: of the database.
        repository_id: the number of the repository there.
        policy: whether people are hidden, and when sessions run out.
        zone: where naive times of imported files were written.
    """

    def __init__(self, engine: Engine, repository_id: int, *, policy: Policy | None = None, zone: tzinfo = UTC) -> None:
        self.engine = engine
        self.repository_id = repository_id
        self.policy = policy or Policy()
        self.zone = zone

    def read(self) -> SqlSessions:
        """Return what is stored. Sessions are read when they are needed, each as it is then."""
        return self.sessions_on(lambda: reading(self.engine))

    @contextmanager
    def transaction(self, now: datetime, scope: Callable[[], Scope] | None = None) -> Iterator["SqlTransaction"]:  # noqa: ARG002 - the protocol's
        """Begin a change; one at a time, across processes. What was committed stays, even if the block fails later.

        Raises:
            Busy: another change has taken too long.
            NotFound: there is no such repository.
            PrSessionsError: the database is gone or refuses.
        """
        failure: BaseException | None = None
        with writing(self.engine) as connection:
            row = lock_repository(connection, self.repository_id)
            # What was read may be asked for more after the end.
            sessions = self.sessions_on(lambda: reading(self.engine) if connection.closed else nullcontext(connection))
            transaction = SqlTransaction(self, connection, sessions, now, row.extra)
            try:
                yield transaction
            except BaseException as error:
                if not transaction.is_committed:
                    raise
                failure = error
        if failure:
            raise failure

    def audit_log(self) -> AuditLog:
        """Return who changed what, and why: the last ten thousand entries."""
        entries = select(audit_table).where(audit_table.c.repository_id == self.repository_id)
        with reading(self.engine) as connection:
            rows = connection.execute(entries.order_by(audit_table.c.id.desc()).limit(MOST_ENTRIES)).all()
        return AuditLog(tuple(entry_of(row) for row in reversed(rows)))

    def sessions_on(self, connect: Connect) -> SqlSessions:
        """Return what is stored, read on connections that `connect` gives."""
        hides = self.policy.people is People.HIDDEN
        return SqlSessions(SqlReader(connect, self.repository_id, self.zone, hides_people=hides))


class SqlTransaction:
    """One change of a `SqlStore`.

    Attributes:
        sessions: what is stored, as of the last commit.
        connection: its own, on which what belongs to the same change is written.
        top: the fields at the top of the session file.
        is_erased: whether somebody was erased from the database; `None` where nobody was.
        is_committed: whether the last `commit` has succeeded, so that its changes are kept.
    """

    def __init__(
        self, store: SqlStore, connection: Connection, sessions: SqlSessions, now: datetime, top: dict[str, Any]
    ) -> None:
        self.sessions = sessions
        self.is_committed = False
        self._store = store
        self.connection = connection
        self.top = top
        self.is_erased = erased_in(connection)
        self._now = now
        self._has_written = False

    def commit(self, sessions: Any, *audit: AuditEntry, touch_last_updated: bool = True) -> bool:
        """Store the changes of the sessions, then the audit entries; all of it when the transaction ends.

        Raises:
            ValueError: the sessions were not made of those of this transaction.
            InvalidValue: an id or a number is one that no database can keep.
        """
        sessions = made_of(self.sessions, sessions)
        self.is_committed = False
        is_changed = sessions is not self.sessions
        if is_changed:
            sessions = self._without_people(self._without_erased(sessions))
            write_changes(self.connection, self._store.repository_id, self._stored(), sessions)
            self.sessions, self._has_written = sessions, True
            self._note_change(touch_last_updated=touch_last_updated)
        self._add_entries(*audit)
        self.is_committed = True
        return is_changed

    def _stored(self) -> SqlReader:
        """Return what is stored; the first reader remembers what was not there before the last commit."""
        if not self._has_written:
            return self.sessions.reader
        return self._store.sessions_on(lambda: nullcontext(self.connection)).reader

    def back_up(self, kind: BackupKind = BackupKind.AUTOMATIC) -> Place | None:  # noqa: ARG002 - the protocol's
        """Return `None`: the database is backed up as a whole."""
        return None

    def _without_erased(self, sessions: SqlSessions) -> SqlSessions:
        is_erased = self.is_erased
        if is_erased is None:
            return sessions
        changes = sessions.changes
        sessions = sessions.put(*(erase_from_session(session, is_erased) for session in changes.sessions.values()))
        for number, record in changes.unattributed.items():
            if record:
                sessions = sessions.put_unattributed(number, erase_from_record(record, is_erased))
        return sessions

    def _without_people(self, sessions: SqlSessions) -> SqlSessions:
        if self._store.policy.people is People.SHOWN:
            return sessions
        changes = sessions.changes
        sessions = sessions.put(*(session_without_people(session) for session in changes.sessions.values()))
        for number, record in changes.unattributed.items():
            if record:
                sessions = sessions.put_unattributed(number, record_without_person(record))
        return sessions

    def _hidden(self, entry: AuditEntry) -> AuditEntry:
        if self._store.policy.people is People.HIDDEN:
            return replace(entry, by=HIDDEN)
        return replace(entry, by=ERASED) if self.is_erased and self.is_erased(entry.by) else entry

    def finish(self, *audit: AuditEntry) -> None:
        """Note that sessions were written on the connection itself; nothing else can be done in the transaction."""
        self.sessions = self._store.sessions_on(lambda: nullcontext(self.connection))
        self._note_change(touch_last_updated=False)
        self._add_entries(*audit)
        self.is_committed = True

    def note_expiry(self) -> None:
        """Note when the first of the sessions runs out, by the policy of the store."""
        ends = [end for session in self.sessions.active() if (end := runs_out(session, self._store.policy))]
        self._update(expires_at=min(ends, default=None))

    def _note_change(self, *, touch_last_updated: bool) -> None:
        """Count a change of the sessions, and note when the first of them runs out."""
        if touch_last_updated:
            self.top = {**self.top, "last_updated": write_time(self._now)}
        self._update(revision=repositories.c.revision + 1, changed_at=self._now, extra=self.top)
        self.note_expiry()

    def _update(self, **values: Any) -> None:
        changed = update(repositories).where(repositories.c.id == self._store.repository_id)
        self.connection.execute(changed.values(values))

    def _add_entries(self, *audit: AuditEntry) -> None:
        """Add entries to the audit log."""
        if audit:
            rows = [entry_values(self._hidden(entry), self._store.repository_id) for entry in audit]
            self.connection.execute(insert(audit_table), rows)


def lock_repository(connection: Connection, repository_id: int) -> Any:
    """Return the row of a repository, which nobody else changes until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    # Rows of other tables may name the repository meanwhile. SQLite has locked the whole database.
    row = connection.execute(
        select(repositories).where(repositories.c.id == repository_id).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound("the repository is not in the database any more", "see the list of repositories")
    return row


def entry_values(entry: AuditEntry, repository_id: int | None) -> dict[str, Any]:
    """Return the row of an audit entry, with an id where it has none."""
    return {
        "repository_id": repository_id,
        "entry": entry.id or token_hex(8),
        "at": entry.at,
        "by": entry.by,
        "operation": entry.operation,
        "reason": entry.reason,
        "details": dict(entry.details),
    }


def entry_of(row: Any) -> AuditEntry:
    """Return the audit entry of a row."""
    return AuditEntry(row.at, row.by, row.operation, row.reason, row.details, row.entry)
