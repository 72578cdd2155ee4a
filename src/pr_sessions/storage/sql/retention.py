"""Forget what ended long ago, only where an administrator has said for how long a database keeps sessions.

Clones keep theirs. A sync brings nothing back that is too old.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, true

from pr_sessions.core.models import Session
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import pull_requests, reports, repositories, sessions, settings
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.storage.sql.timers import BY_TIME
from pr_sessions.storage.sql.writer import write

_NAME = "keep_days"
# What one change removes.
_AT_ONCE = 500
_LONGEST = 36_500


def set_keep_days(engine: Engine, days: int | None) -> None:
    """Set for how many days a session is kept after its end; `None` for ever, as at first.

    Raises:
        InvalidValue: it is no number of days that can be kept.
    """
    if days is not None and not 0 < days <= _LONGEST:
        raise InvalidValue(f"sessions cannot be kept for {days} days", f"give 1 to {_LONGEST}")
    with writing(engine) as connection:
        connection.execute(delete(settings).where(settings.c.name == _NAME))
        if days is not None:
            connection.execute(insert(settings).values(name=_NAME, value=str(days)))


def oldest_kept(connection: Connection, now: datetime) -> datetime | None:
    """Return since when sessions must have ended to be kept; `None` where all are kept."""
    days = connection.scalar(select(settings.c.value).where(settings.c.name == _NAME))
    return now - timedelta(days=int(days)) if days else None


def is_too_old(session: Session, oldest: datetime) -> bool:
    """Return whether a session ended before a moment; one whose times are not known is kept."""
    end = session.completion
    at = (end.at or session.latest) if end else None
    return at is not None and at < oldest


def forget(engine: Engine, now: datetime) -> int:
    """Remove the sessions that ended too long ago, where an administrator wants that; return how many."""
    with reading(engine) as connection:
        oldest = oldest_kept(connection, now)
        ids = list(connection.scalars(select(repositories.c.id).order_by(repositories.c.id))) if oldest else []
    return sum(_forget(SqlStore(engine, repository_id), oldest, now) for repository_id in ids) if oldest else 0


def _forget(store: SqlStore, oldest: datetime, now: datetime) -> int:
    ended = func.coalesce(sessions.c.ended_at, sessions.c.latest_at)
    is_old = and_(sessions.c.is_active.is_not(true()), ended < oldest)
    count = 0
    while True:
        # In parts, so that others may write in between.
        with store.transaction(now) as work:
            some = select(sessions.c.id).where(sessions.c.repository_id == store.repository_id, is_old).limit(_AT_ONCE)
            gone = list(work.connection.scalars(some))
            reader = work.sessions.reader
            reader.load(sessions.c.id.in_(gone))
            numbers = reader.load_unattributed(pull_requests.c.opened_at < oldest)
            old_reports = and_(reports.c.repository_id == store.repository_id, reports.c.updated_at < oldest)
            work.connection.execute(delete(reports).where(old_reports))
            if gone or numbers:
                write(work.connection, store.repository_id, reader, [], gone, dict.fromkeys(numbers))
                details = {"sessions": len(gone), "unattributed": len(numbers)}
                work.finish(AuditEntry(now, BY_TIME, "forget", "retention", details))
            else:
                work.is_committed = True
        count += len(gone)
        if len(gone) < _AT_ONCE:
            return count
