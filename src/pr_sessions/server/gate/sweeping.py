"""When repositories are swept: every ten minutes where checks wait, every hour where a session goes on, else never."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, or_, select

from pr_sessions.config.organisation import Mode
from pr_sessions.server.gate import outbox
from pr_sessions.storage.sql import timers
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import gate_decisions, repositories, sessions
from pr_sessions.storage.sql.store import lock_repository

EVERY, HOURLY = timedelta(minutes=10), timedelta(hours=1)
_WAITING, _GOING_ON = "gate: sweep what waits", "gate: sweep what goes on"
# The requests of an installation's repositories are not all sent at once.
_APART = timedelta(seconds=1)


def add_sweeps(engine: Engine, now: datetime, holder: str) -> int:
    """Add the sweeps that are due, once across all processes; return how many.

    Args:
        engine: of the database.
        now: the time.
        holder: names this process.
    """
    waits = exists().where(gate_decisions.c.repository_id == repositories.c.id, gate_decisions.c.waits)
    goes_on = exists().where(sessions.c.repository_id == repositories.c.id, sessions.c.is_active)
    count = 0
    for name, every, condition in ((_WAITING, EVERY, waits), (_GOING_ON, HOURLY, or_(waits, goes_on))):
        if timers.take(engine, name, every, now, holder):
            modes = (Mode.ADVISORY.value, Mode.ENFORCE.value)
            swept = select(repositories.c.id).where(
                repositories.c.state == "active",
                repositories.c.installation_id.is_not(None),
                repositories.c.mode.in_(modes),
                condition,
            )
            with reading(engine) as connection:
                ids = list(connection.scalars(swept.order_by(repositories.c.id)))
            for place, repository_id in enumerate(ids):
                with writing(engine) as connection:
                    lock_repository(connection, repository_id)
                    outbox.put(connection, repository_id, "sweep", now=now, after=place * _APART)
            count += len(ids)
            timers.finish(engine, name, holder)
    return count
