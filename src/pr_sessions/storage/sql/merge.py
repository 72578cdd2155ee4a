"""Merge a session file into a repository of a database, by the laws by which clones merge theirs."""

from datetime import datetime

from msgspec import Struct

from pr_sessions.core.erasure import IsErased, erase_from_record, erase_from_session
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections, news
from pr_sessions.storage.files.people import without_people
from pr_sessions.storage.files.session_file import format_document
from pr_sessions.storage.sql.export import in_file
from pr_sessions.storage.sql.retention import is_too_old, oldest_kept
from pr_sessions.storage.sql.store import SqlStore, SqlTransaction
from pr_sessions.storage.sql.writer import write

_MOST_NAMED = 50


class MergedFile(Struct, frozen=True):
    """What merging a session file came to.

    Attributes:
        sessions: all that both know, as the sessions of a session file.
        received: ids of the sessions that the file knew better.
        sent: ids of the sessions that the database knew better.
        changed: whether anything had to be written.
    """

    sessions: FileSessions
    received: tuple[str, ...]
    sent: tuple[str, ...]
    changed: bool


def merge_file(store: SqlStore, file: FileSessions, now: datetime, by: str, reason: str = "server") -> MergedFile:
    """Merge a session file into a repository. To merge it again changes nothing.

    Args:
        store: of the repository; the file has its naive times in the store's zone.
        file: what a clone or an import knows.
        now: the time.
        by: who sends it, for the audit log.
        reason: in a word or two, for the audit log.

    Raises:
        Busy: another change has taken too long.
        InvalidValue: an id or a number is one that no database can keep.
    """
    with store.transaction(now) as work:
        before = in_file(work.sessions, work.top)
        file = _without_old(_without_erased(file, work.is_erased), oldest_kept(work.connection, now))
        merged = without_people(merge_collections(before, file), store.policy)
        received, sent = news(merged, before), news(merged, file)
        changed = merged.to_bytes() != before.to_bytes()
        if changed:
            _write(store, work, before, merged)
            details = {"received": list(received[:_MOST_NAMED]), "sent": len(sent)}
            work.finish(AuditEntry(now, by, "sync", reason, details))
    return MergedFile(merged, received, sent, changed)


def _without_erased(file: FileSessions, is_erased: IsErased | None) -> FileSessions:
    """Return what a file says without people who were erased."""
    if is_erased is None:
        return file
    without = file.put(*(erase_from_session(session, is_erased) for session in file))
    for number, record in file.all_unattributed().items():
        without = without.put_unattributed(number, erase_from_record(record, is_erased))
    return without.rewritten()


def _without_old(file: FileSessions, oldest: datetime | None) -> FileSessions:
    """Return what a file says without sessions that the database does not keep any more."""
    old = [session.id for session in file if is_too_old(session, oldest)] if oldest else []
    return file.remade(file.to_document(old)) if old else file


def _write(store: SqlStore, work: SqlTransaction, before: FileSessions, merged: FileSessions) -> None:
    old, new = before.rewritten().reader, merged.rewritten().reader
    changed = [
        new.stored(i)
        for i, entry in new.entries.items()
        if entry != old.entries.get(i) or format_document([entry], {}) != format_document([old.entries[i]], {})
    ]
    removed = old.entries.keys() - new.entries.keys()
    numbers = {*old.stored_unattributed, *new.stored_unattributed}
    unattributed = {number: new.stored_unattributed.get(number) for number in numbers}
    write(work.connection, store.repository_id, work.sessions.reader, changed, removed, unattributed)
    work.top = merged.top
