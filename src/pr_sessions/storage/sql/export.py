"""The specified session file of a repository in a database: the bytes that a clone has for the same sessions."""

from contextlib import nullcontext

from sqlalchemy import select, true

from pr_sessions.errors import NotFound
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.people import without_people
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.files.session_file import SessionFile
from pr_sessions.storage.sql.collection import SqlSessions
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import repositories
from pr_sessions.storage.sql.store import SqlStore


def export(store: SqlStore) -> FileSessions:
    """Return all sessions of a repository as those of a session file, fields that are not understood included.

    Raises:
        NotFound: there is no such repository.
    """
    with reading(store.engine) as connection:
        row = connection.execute(select(repositories.c.extra).where(repositories.c.id == store.repository_id)).first()
        if row is None:
            raise NotFound("the repository is not in the database any more", "see the list of repositories")
        sessions = store.sessions_on(lambda: nullcontext(connection))
        return without_people(in_file(sessions, row.extra), store.policy)


def in_file(sessions: SqlSessions, top: Record) -> FileSessions:
    """Return what is stored as the sessions of a session file.

    Args:
        sessions: as they are stored.
        top: the other fields at the top of the file.
    """
    reader = sessions.reader
    reader.load(true())
    entries = tuple(sessions.entry_of(i) for i in (*sessions.active_ids(), *sessions.completed_ids()))
    numbers = reader.load_unattributed(true())
    records = {n: stored.raw for n in sorted(numbers) if (stored := reader.stored_unattributed(n))}
    if records:
        top = {**top, "unattributed": {**top.get("unattributed", {}), **records}}
    return FileSessions(SessionFile(entries, top), reader.zone)
