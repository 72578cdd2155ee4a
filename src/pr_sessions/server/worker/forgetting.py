"""Deliveries that were handled stay listed for a month: for so long GitHub may deliver one of them again."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select

from pr_sessions.server.worker.mailboxes import HANDLED, IGNORED
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import deliveries

KEPT_FOR = timedelta(days=30)
# What one transaction removes, so that deliveries that come meanwhile wait for milliseconds.
_AT_ONCE = 1000


def forget_handled(engine: Engine, now: datetime) -> int:
    """Remove the deliveries that were handled too long ago; return how many. What waits or was given up stays."""
    is_old = deliveries.c.handled_at < now - KEPT_FOR
    some = select(deliveries.c.id).where(deliveries.c.state.in_([HANDLED, IGNORED]), is_old).limit(_AT_ONCE)
    count = 0
    while True:
        with writing(engine) as connection:
            gone = connection.execute(delete(deliveries).where(deliveries.c.id.in_(some))).rowcount
        count += gone
        if gone < _AT_ONCE:
            return count
