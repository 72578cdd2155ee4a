"""All sessions as plain JSON values that callers may change; their changes are merged into what is kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from msgspec import Struct, json

from pr_sessions.compat import console
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.models import Status
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.storage.base import BackupKind, Scope, SessionStore, Transaction
from pr_sessions.storage.files.collection import FileSessions, in_files
from pr_sessions.storage.files.record_codec import Record


class Sheet:
    """All sessions as a mapping. It is made when a caller first reads it, and then updated in place."""

    def __init__(self) -> None:
        self._collection = FileSessions()
        self._shown_value: Record = {}
        self._value: Record | None = None
        self._lent: dict[str, _Lent] = {}

    @property
    def shown(self) -> bool:
        """Return whether a caller has read it, or changed a record that it lent."""
        return self._value is not None or any(lent.record != lent.original for lent in self._lent.values())

    @property
    def sessions(self) -> FileSessions:
        """Return what was last kept, with the changes of the caller."""
        return self.onto(self._collection)

    @property
    def value(self) -> Record:
        """Return the mapping; callers may change it. It is empty before the first `refresh`."""
        if self._value is None:
            self._shown_value, self._value = _plain(self._collection), _plain(self._collection)
            for session_id, lent in self._lent.items():
                _add(self._shown_value, session_id, lent.original, is_completed=lent.is_completed)
                _add(self._value, session_id, lent.record, is_completed=lent.is_completed)
            self._lent = {}
        return self._value

    @value.setter
    def value(self, value: Record) -> None:
        self._shown_value = _plain(self._collection)
        self._value = value

    def lend(self, record: Record) -> Record:
        """Return the session of a record as an object whose changes count, as those of `value` do.

        The mapping is not made for it: that takes long where there are many sessions.
        """
        session_id, is_completed = record["session_id"], record.get("status") == Status.COMPLETED
        if self._value is not None:
            return _find(self._value, session_id) or record
        lent = self._lent[session_id].record if session_id in self._lent else {}
        _refill(lent, record)
        self._lent[session_id] = _Lent(lent, plain_record(record), is_completed)
        return lent

    def refresh(self, collection: FileSessions) -> None:
        """Show what is kept now, still with the changes that the caller did not save."""
        changed = _plain(self.onto(collection))
        self._collection, self._shown_value = collection, _plain(collection)
        _refill(self.value, changed)

    def propose(self, collection: FileSessions) -> None:
        """Show what could not be kept; it counts as the caller's change until it can be."""
        _refill(self.value, _plain(collection))

    def onto(self, collection: FileSessions) -> FileSessions:
        """Return a collection with the changes of the caller.

        A change replaces what the caller saw; where another process changed the same session meanwhile, the two are
        merged. What the caller took out stays: nothing is deleted by absence.
        """
        if not self.shown:
            return collection
        changed = self.value
        originals = {entry.id: entry for entry in _entries(self._shown_value)}
        for entry in _entries(changed):
            if entry != originals.get(entry.id):
                before = originals.get(entry.id)
                collection = collection.put_raw(
                    entry.id, entry.record, completed=entry.is_completed, original=before.record if before else None
                )
        return collection


class _Edited(Struct):
    """A session in a caller's mapping."""

    id: str
    record: Record
    is_completed: bool


class _Lent(Struct):
    """A record that a caller holds, and what it was when it was handed out."""

    record: Record
    original: Record
    is_completed: bool


class SheetStore:
    """A store with the changes of a caller."""

    def __init__(self, store: SessionStore, sheet: Sheet) -> None:
        self._store = store
        self._sheet = sheet

    def read(self) -> FileSessions:
        """Return everything that is kept, with the changes of the caller."""
        return self._sheet.onto(in_files(self._store.read()))

    @contextmanager
    def transaction(self, now: datetime, scope: Callable[[], Scope] | None = None) -> Iterator[Transaction]:  # noqa: ARG002 - the protocol's
        """Begin a change. A caller may have changed any session: everything is read."""
        with self._store.transaction(now) as transaction:
            yield _Changed(transaction, self._sheet.onto(in_files(transaction.sessions)))

    def audit_log(self) -> AuditLog:
        """Return who changed what, and why."""
        return self._store.audit_log()


class _Changed:
    """A transaction that begins with the changes of the caller."""

    def __init__(self, transaction: Transaction, sessions: SessionCollection) -> None:
        self._transaction = transaction
        self.sessions = sessions

    def commit(self, sessions: SessionCollection, *audit: AuditEntry, touch_last_updated: bool = True) -> bool:
        written = self._transaction.commit(sessions, *audit, touch_last_updated=touch_last_updated)
        self.sessions = self._transaction.sessions
        return written

    def back_up(self, kind: BackupKind = BackupKind.AUTOMATIC) -> Place | None:
        return self._transaction.back_up(kind)


def plain_record(record: Mapping[str, Any]) -> Record:
    """Return a copy in JSON's own values."""
    copy: Record = json.decode(json.encode(record))
    return copy


def _plain(collection: FileSessions) -> Record:
    value: Record = json.decode(collection.to_bytes())
    return value


def _entries(value: Any) -> Iterator["_Edited"]:
    """Yield the sessions in a caller's mapping; warn about what cannot be one."""
    active = value.get("active_sessions") if isinstance(value, dict) else None
    completed = value.get("completed_sessions") if isinstance(value, dict) else None
    records = [(key, record, False) for key, record in active.items()] if isinstance(active, dict) else []
    records += [(None, record, True) for record in completed] if isinstance(completed, list) else []
    for key, record, is_completed in records:
        try:
            copy = plain_record(record)
            session_id = copy.get("session_id", key)
        except (TypeError, ValueError, AttributeError) as error:
            console.warn(f"a session that was put into `sessions` cannot be kept: {error}")
            continue
        if isinstance(session_id, str) and session_id:
            yield _Edited(session_id, copy, is_completed)


def _add(value: Record, session_id: str, record: Record, *, is_completed: bool) -> None:
    if is_completed:
        value["completed_sessions"].append(record)
    else:
        value["active_sessions"][session_id] = record


def _find(value: Record, session_id: str) -> Record | None:
    """Return the record of a session in a mapping that callers may have changed."""
    active, completed = value.get("active_sessions"), value.get("completed_sessions")
    if isinstance(active, dict) and isinstance(record := active.get(session_id), dict):
        return record
    records = (r for r in completed if isinstance(r, dict)) if isinstance(completed, list) else ()
    return next((record for record in records if record.get("session_id") == session_id), None)


def _refill(value: Record, source: Record) -> None:
    """Make one mapping equal to another, without replacing the objects that a caller may hold."""
    for key in [key for key in value if key not in source]:
        del value[key]
    for key, new in source.items():
        old = value.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _refill(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            old[:] = new
        else:
            value[key] = new
