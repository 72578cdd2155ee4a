"""What runs from time to time, once across all processes of a database; and the sessions that time alone ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.core.lifecycle import sweep
from pr_sessions.core.models import Trigger
from pr_sessions.core.policy import Policy
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import POSTGRESQL, reading, writing
from pr_sessions.storage.sql.schema import repositories, timers
from pr_sessions.storage.sql.store import SqlStore

# A process that took a timer and was killed has it no longer than this.
LEASE = timedelta(minutes=10)
# Stands in the audit log where time alone changed something.
BY_TIME = "pr-sessions"
_MOST_NAMED = 50


def take(engine: Engine, name: str, every: timedelta, now: datetime, holder: str) -> bool:
    """Return whether something is due, and take it: nobody else gets it until it is due again.

    A clock that went back delays nothing by more than `every`.

    Args:
        engine: of the database.
        name: of what runs.
        every: the time between two runs.
        now: the time.
        holder: names this process.
    """
    with writing(engine) as connection:
        make = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
        connection.execute(make(timers).values(name=name, next_at=now).on_conflict_do_nothing())
        is_due = or_(timers.c.next_at <= now, timers.c.next_at > now + every)
        is_free = or_(timers.c.taken_until.is_(None), timers.c.taken_until <= now, timers.c.taken_until > now + LEASE)
        taken = update(timers).where(timers.c.name == name, is_due, is_free)
        values = {"next_at": now + every, "taken_by": holder, "taken_until": now + LEASE}
        return connection.execute(taken.values(values).returning(timers.c.name)).first() is not None


def finish(engine: Engine, name: str, holder: str) -> None:
    """Give back what was taken: its next run may begin when it is due."""
    with writing(engine) as connection:
        ours = update(timers).where(timers.c.name == name, timers.c.taken_by == holder)
        connection.execute(ours.values(taken_by="", taken_until=None))


def complete_expired(engine: Engine, now: datetime, policy_of: Callable[[int], Policy]) -> int:
    """Complete the sessions that have run out, in every repository where one has; return how many.

    Args:
        engine: of the database.
        now: the time.
        policy_of: returns the policy of a repository by its number here.
    """
    due = select(repositories.c.id).where(repositories.c.expires_at < now).order_by(repositories.c.expires_at)
    with reading(engine) as connection:
        ids = list(connection.scalars(due))
    return sum(_complete(SqlStore(engine, i, policy=policy_of(i)), now) for i in ids)


def _complete(store: SqlStore, now: datetime) -> int:
    with store.transaction(now) as work:
        sessions, ended = sweep(work.sessions, store.policy, now)
        if ended:
            names = [session.id for session in ended[:_MOST_NAMED]]
            work.commit(sessions, AuditEntry(now, BY_TIME, "sweep", Trigger.TIMEOUT.value, {"ended": names}))
        else:
            # The policy has changed since, or the session ends at this very moment.
            work.note_expiry()
            work.is_committed = True
    return len(ended)
