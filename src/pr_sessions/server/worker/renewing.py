"""Inboxes that are made again without a delivery: waits and ages change, and a delivery may have been missed."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, or_, select

from pr_sessions.server.gate import outbox
from pr_sessions.server.worker.inbox import INBOX
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.list_columns import kinds
from pr_sessions.storage.sql.schema import inbox_rows, pull_requests, repositories
from pr_sessions.storage.sql.store import lock_repository

EVERY = timedelta(minutes=10)
# With ten requests for each inbox, this is a fifth of the hourly limit of one installation.
OLD, MOST = timedelta(hours=1), 15
# The requests of an installation's repositories are not all sent at once.
_APART = timedelta(seconds=20)


def renew(engine: Engine, now: datetime) -> int:
    """Have the oldest inboxes made again in which something is open; return how many.

    Args:
        engine: of the database.
        now: the time.
    """
    has_row = exists().where(inbox_rows.c.repository_id == repositories.c.id)
    is_open = pull_requests.c.kind.in_(kinds("open"))
    has_open = exists().where(pull_requests.c.repository_id == repositories.c.id, is_open)
    old = select(repositories.c.id).where(
        repositories.c.state == "active",
        repositories.c.installation_id.is_not(None),
        # One in the time to come was made by a clock that was ahead.
        or_(repositories.c.inbox_at.is_(None), repositories.c.inbox_at < now - OLD, repositories.c.inbox_at > now),
        or_(has_row, has_open),
    )
    order = (repositories.c.inbox_at.is_not(None), repositories.c.inbox_at, repositories.c.id)
    with reading(engine) as connection:
        ids = list(connection.scalars(old.order_by(*order).limit(MOST)))
    for place, repository_id in enumerate(ids):
        with writing(engine) as connection:
            lock_repository(connection, repository_id)
            outbox.put(connection, repository_id, INBOX, now=now, after=place * _APART)
    return len(ids)
