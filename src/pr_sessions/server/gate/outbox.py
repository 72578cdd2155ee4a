"""What has to be done outside the database: written together with what it follows from, done at least once.

Whatever does an entry looks first for what an earlier attempt left: the process may have died after GitHub's response
and before the entry was removed here. Of one repository a single entry is done at a time, so two that write the same
comment never meet.
"""

import zlib
from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, and_, case, delete, exists, func, literal, or_, select, update

from pr_sessions.server.taking import is_abandoned, new_taker
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import Instant, installations, outbox, repositories

# Nothing takes longer, or another process does it once more.
LEASE = timedelta(minutes=5)
# What is due for so long has met something that keeps it from being done.
LATE = timedelta(minutes=1)
GIVEN_UP_AFTER = timedelta(days=3)
# At once, of one installation, over all processes.
MOST_OF_INSTALLATION = 4
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_LOOKED_AT = 50
_LONGEST_PROBLEM = 1000


class Entry(Struct, frozen=True, kw_only=True):
    """Something to do, taken by one worker.

    Attributes:
        kind: which part of the server does it.
        subject: what it is about in the repository; of one kind and subject there is one entry that waits.
        payload: what the part left for itself.
        created: when it was last added; three days later it is given up.
        attempts: how often it was taken, this time included.
        taken_by: names this taking, by which alone it can be ended.
    """

    id: int
    repository_id: int
    kind: str
    subject: str
    payload: bytes
    created: datetime
    attempts: int
    taken_by: str


def put(
    connection: Connection,
    repository_id: int,
    kind: str,
    subject: str = "",
    payload: bytes = b"",
    *,
    now: datetime,
    after: timedelta = timedelta(),
) -> None:
    """Add an entry in the caller's transaction, or renew the one that waits; the latest payload counts.

    Args:
        connection: of the transaction that stores what the entry follows from. It has locked the repository.
        repository_id: in which it is done.
        kind: which part of the server does it.
        subject: what it is about.
        payload: for that part.
        now: the time.
        after: how long it may wait for more of the same.
    """
    due, packed = now + after, zlib.compress(payload)
    is_same = and_(outbox.c.repository_id == repository_id, outbox.c.kind == kind, outbox.c.subject == subject)
    renewed = connection.execute(
        update(outbox)
        .where(is_same, outbox.c.state == "waiting")
        # What was to be done soon does not wait longer because it is to be done again.
        .values(payload=packed, created_at=now, next_at=_earlier(due))
    )
    if renewed.rowcount == 0:
        connection.execute(
            outbox.insert().values(
                repository_id=repository_id,
                kind=kind,
                subject=subject,
                payload=packed,
                created_at=now,
                next_at=due,
            )
        )


def take(engine: Engine, kinds: Collection[str], now: datetime) -> Entry | None:
    """Take the entry that is due first, for as long as the lease; `None` where there is none.

    Of a repository one entry is under way at a time, and of an installation only so many, over all processes.
    """
    with writing(engine) as connection:
        _give_up(connection, now)
        due = and_(outbox.c.state == "waiting", outbox.c.next_at <= now)
        abandoned = and_(outbox.c.state == "taken", outbox.c.taken_until <= now)
        candidates = connection.execute(
            select(outbox.c.id, outbox.c.repository_id, repositories.c.installation_id)
            .join(repositories, repositories.c.id == outbox.c.repository_id)
            .where(or_(due, abandoned), outbox.c.kind.in_(kinds), ~_is_busy(now))
            .order_by(outbox.c.next_at, outbox.c.id)
            .limit(_LOOKED_AT)
        ).all()
        attempts = (_take(connection, c.id, c.repository_id, c.installation_id, now) for c in candidates)
        return next((entry for entry in attempts if entry), None)


def free_abandoned(engine: Engine, now: datetime) -> None:
    """End the lease of entries of processes of this machine that died. Call it before any is taken."""
    taken = select(outbox.c.id, outbox.c.taken_by).where(outbox.c.state == "taken", outbox.c.taken_until > now)
    with reading(engine) as connection:
        rows = connection.execute(taken).all()
    for entry_id, taken_by in rows:
        if is_abandoned(taken_by):
            with writing(engine) as connection:
                is_same = and_(outbox.c.id == entry_id, outbox.c.taken_by == taken_by)
                connection.execute(update(outbox).where(is_same).values(taken_until=now))


def done(engine: Engine, entry: Entry) -> None:
    """Remove an entry that was done, with those of the same that were given up."""
    with writing(engine) as connection:
        ended = connection.execute(delete(outbox).where(_is_still_ours(entry)))
        if ended.rowcount:
            given_up = and_(_is_like(entry), outbox.c.state == "dead")
            connection.execute(delete(outbox).where(given_up))


def retry(engine: Engine, entry: Entry, now: datetime, problem: str, after: timedelta | None = None) -> None:
    """Put an entry back, to be done later: each time later than the time before, three days long.

    Where the same waits anew already, that is done instead.

    Args:
        engine: of the database.
        entry: as it was taken.
        now: the time.
        problem: why it was not done, in words.
        after: how long it waits; by the number of attempts if not given.
    """
    pause = after or min(_FIRST_PAUSE * 2 ** min(entry.attempts - 1, 20), _LONGEST_PAUSE)
    with writing(engine) as connection:
        _lock(connection, entry.repository_id)
        if connection.execute(select(outbox.c.id).where(_is_like(entry), outbox.c.state == "waiting")).first():
            connection.execute(delete(outbox).where(_is_still_ours(entry)))
            return
        connection.execute(
            update(outbox)
            .where(_is_still_ours(entry))
            .values(state="waiting", taken_by="", taken_until=None, next_at=now + pause, problem=_cut(problem))
        )
        _give_up(connection, now)


def counts(connection: Connection) -> dict[str, int]:
    """Return how many entries wait, are taken, and were given up."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    return {"waiting": 0, "taken": 0, "dead": 0} | {row[0]: row[1] for row in rows}


def _take(
    connection: Connection, entry_id: int, repository_id: int, installation_id: int | None, now: datetime
) -> Entry | None:
    """Take an entry, unless another process was quicker since it was looked for."""
    # Who has locked both takes alone: the statements that follow see what others have taken.
    if not _lock(connection, repository_id, skip_locked=True) or not _may_take_of(connection, installation_id, now):
        return None
    row = connection.execute(
        select(outbox).where(outbox.c.id == entry_id, outbox.c.state != "dead", ~_is_busy(now))
    ).first()
    if row is None:
        return None
    taken_by = new_taker()
    connection.execute(
        update(outbox)
        .where(outbox.c.id == entry_id)
        .values(state="taken", taken_by=taken_by, taken_until=now + LEASE, attempts=outbox.c.attempts + 1)
    )
    return Entry(
        id=row.id,
        repository_id=repository_id,
        kind=row.kind,
        subject=row.subject,
        payload=zlib.decompress(row.payload),
        created=row.created_at,
        attempts=row.attempts + 1,
        taken_by=taken_by,
    )


def _lock(connection: Connection, repository_id: int, *, skip_locked: bool = False) -> bool:
    """Lock a repository as its writers do; return whether it is ours."""
    wanted = select(repositories.c.id).where(repositories.c.id == repository_id)
    return connection.execute(wanted.with_for_update(skip_locked=skip_locked)).first() is not None


def _is_busy(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an entry of the repository is under way."""
    under_way = outbox.alias()
    return exists().where(
        under_way.c.repository_id == outbox.c.repository_id,
        under_way.c.state == "taken",
        under_way.c.taken_until > now,
    )


def _may_take_of(connection: Connection, installation_id: int | None, now: datetime) -> bool:
    """Lock an installation, and return whether one entry more of it may be under way."""
    if installation_id is None:
        return True
    wanted = select(installations.c.id).where(installations.c.id == installation_id)
    if connection.execute(wanted.with_for_update(skip_locked=True)).first() is None:
        return False
    under_way = connection.execute(
        select(func.count())
        .select_from(outbox)
        .join(repositories, repositories.c.id == outbox.c.repository_id)
        .where(
            repositories.c.installation_id == installation_id,
            outbox.c.state == "taken",
            outbox.c.taken_until > now,
        )
    ).scalar_one()
    return under_way < MOST_OF_INSTALLATION


def _give_up(connection: Connection, now: datetime) -> None:
    """Give up what has waited for three days; it stays in the list of those until it is done, or tried again."""
    is_late = outbox.c.created_at <= now - GIVEN_UP_AFTER
    over = or_(outbox.c.state == "waiting", and_(outbox.c.state == "taken", outbox.c.taken_until <= now))
    connection.execute(update(outbox).where(is_late, over).values(state="dead", taken_by="", taken_until=None))


def _is_like(entry: Entry) -> ColumnElement[bool]:
    return and_(
        outbox.c.repository_id == entry.repository_id,
        outbox.c.kind == entry.kind,
        outbox.c.subject == entry.subject,
    )


def _is_still_ours(entry: Entry) -> ColumnElement[bool]:
    """Return the condition that nobody took the entry since its lease ended."""
    return and_(outbox.c.id == entry.id, outbox.c.taken_by == entry.taken_by)


def _earlier(due: datetime) -> ColumnElement[datetime]:
    return case((outbox.c.next_at < due, outbox.c.next_at), else_=literal(due, Instant()))


def _cut(problem: str) -> str:
    return problem.replace("\x00", "")[:_LONGEST_PROBLEM]
