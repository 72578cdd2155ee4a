"""Hide people in what a repository stored before its team hid them; `SqlStore` does so with everything later."""

from datetime import datetime

from sqlalchemy import Engine, delete, insert, select, update

from pr_sessions.core.people import HIDDEN, hide_people, session_without_people
from pr_sessions.core.policy import People, Policy
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import audit, sessions, settings
from pr_sessions.storage.sql.store import SqlStore

_AT_ONCE = 500
_HIDDEN = Policy(people=People.HIDDEN)


def hide_stored_people(engine: Engine, repository_id: int, policy: Policy, now: datetime) -> int:
    """Bring what is stored in line with the team's policy, once for each time that the team hides people.

    A process that is killed meanwhile leaves the rest to the next call.

    Args:
        engine: of the database.
        repository_id: the number of the repository there.
        policy: the team's.
        now: the time.

    Returns:
        How many sessions named people.
    """
    mark = settings.c.name == _mark(repository_id)
    with writing(engine) as connection:
        if policy.people is People.SHOWN:
            connection.execute(delete(settings).where(mark))
            return 0
        if connection.execute(select(settings.c.name).where(mark)).first():
            return 0
    ids = select(sessions.c.id).where(sessions.c.repository_id == repository_id).order_by(sessions.c.id)
    with reading(engine) as connection:
        stored = list(connection.scalars(ids))
    parts = [stored[start : start + _AT_ONCE] for start in range(0, len(stored), _AT_ONCE)]
    changed = sum(_hide_in_sessions(engine, repository_id, part, now) for part in parts)
    _hide_in_unattributed(engine, repository_id, now)
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.repository_id == repository_id).values(by=HIDDEN))
        connection.execute(insert(settings).values(name=_mark(repository_id), value=now.isoformat()))
    return changed


# By the team's policy a store shows cleaned what it reads, and would see nothing to write: these have no policy.
def _hide_in_sessions(engine: Engine, repository_id: int, ids: list[str], now: datetime) -> int:
    with SqlStore(engine, repository_id).transaction(now) as work:
        present = (session for i in ids if (session := work.sessions.get(i)))
        hidden = work.sessions.put(*map(session_without_people, present))
        work.commit(hidden, touch_last_updated=False)
        return len(hidden.changes.sessions)


def _hide_in_unattributed(engine: Engine, repository_id: int, now: datetime) -> None:
    with SqlStore(engine, repository_id).transaction(now) as work:
        hidden = hide_people(work.sessions, (), _HIDDEN)
        work.commit(hidden, touch_last_updated=False)


def _mark(repository_id: int) -> str:
    return f"people hidden: {repository_id}"
