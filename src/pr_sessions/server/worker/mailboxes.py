"""Deliveries that wait, in mailboxes: one worker at a time has a mailbox, and handles what is in it in its order.

The rule is kept by rows of the database, so it counts for all processes. A worker that ends leaves a lease that ends.
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.server.taking import is_abandoned, new_taker
from pr_sessions.storage.sql.engine import POSTGRESQL, reading, writing
from pr_sessions.storage.sql.schema import deliveries, mailboxes

WAITING, HANDLED, IGNORED, DEAD = "waiting", "handled", "ignored", "dead"
# Nothing takes longer, or another worker begins with it once more.
LEASE = timedelta(minutes=1)
GIVEN_UP_AFTER = timedelta(days=3)
MOST_AT_ONCE = 50
_MOST_BYTES = 8 << 20  # compressed, of one taking
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
_LOOKED_AT = 20
_LONGEST_PROBLEM = 1000


class Letter(Struct, frozen=True, kw_only=True):
    """A delivery that waits.

    Attributes:
        body: as GitHub sent it.
        attempts: how often it was handled in vain.
    """

    id: int
    event: str
    action: str
    body: bytes
    received_at: datetime
    attempts: int


class Mailbox(Struct, frozen=True, kw_only=True):
    """A mailbox that a worker has.

    Attributes:
        name: `repository:7` or `installation:3`, by GitHub's numbers.
        taken_by: names this taking.
        letters: the first that wait, in their order.
    """

    name: str
    taken_by: str
    letters: tuple[Letter, ...]

    @property
    def number(self) -> int:
        """Return GitHub's number."""
        return int(self.name.partition(":")[2])


def take(engine: Engine, now: datetime, lease: timedelta = LEASE) -> Mailbox | None:
    """Take a mailbox whose first delivery is due, until the lease ends; `None` where there is none."""
    with reading(engine) as connection:
        names = _due(connection, now)
    for name in names:
        with writing(engine) as connection:
            taken_by = _lock(connection, name, now)
            letters = _letters(connection, name, now) if taken_by else ()
            if taken_by and letters:
                taken = {"taken_by": taken_by, "taken_until": now + lease}
                connection.execute(update(mailboxes).where(mailboxes.c.name == name).values(taken))
                return Mailbox(name=name, taken_by=taken_by, letters=letters)
    return None


def free_abandoned(engine: Engine) -> None:
    """Free the mailboxes of processes of this machine that ended without giving them back. Call it before any is taken.

    Those of other machines are free when their lease ends.
    """
    taken = select(mailboxes.c.name, mailboxes.c.taken_by).where(mailboxes.c.taken_until.is_not(None))
    with reading(engine) as connection:
        rows = connection.execute(taken).all()
    for name, taken_by in rows:
        if is_abandoned(taken_by):
            with writing(engine) as connection:
                _release(connection, Mailbox(name=name, taken_by=taken_by, letters=()))


def finish(connection: Connection, mailbox: Mailbox, problems: Mapping[int, str], now: datetime) -> bool:
    """Note in the caller's transaction that deliveries were handled; return whether the mailbox was still ours.

    Args:
        connection: of the transaction.
        mailbox: as it was taken.
        problems: by id of each delivery that was handled, why nothing was done about it, or an empty text.
        now: the time.
    """
    is_ours = _is_ours(mailbox)
    if connection.execute(select(mailboxes.c.name).where(is_ours).with_for_update()).first() is None:
        return False
    for number, problem in problems.items():
        state = IGNORED if problem else HANDLED
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == number, deliveries.c.state == WAITING)
            .values(state=state, handled_at=now, payload=b"", problem=_cut(problem))
        )
    return True


def release(engine: Engine, mailbox: Mailbox) -> None:
    """Let others have the mailbox."""
    with writing(engine) as connection:
        _release(connection, mailbox)


def postpone(engine: Engine, mailbox: Mailbox, letter: Letter, problem: str, now: datetime, random: Random) -> None:
    """Put a delivery off, and all that came after it; give it up where it has waited for three days.

    Args:
        engine: of the database.
        mailbox: as it was taken.
        letter: the delivery that was handled in vain.
        problem: why, in words.
        now: the time.
        random: spreads the times at which many come again.
    """
    # A clock that jumped must not give up what came a minute ago.
    is_over = now - letter.received_at >= GIVEN_UP_AFTER and letter.attempts > 0
    with writing(engine) as connection:
        if connection.execute(select(mailboxes.c.name).where(_is_ours(mailbox)).with_for_update()).first() is None:
            return
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == letter.id, deliveries.c.state == WAITING)
            .values(
                state=DEAD if is_over else WAITING,
                attempts=letter.attempts + 1,
                next_at=now + pause(letter.attempts, random),
                problem=_cut(problem),
            )
        )
        _release(connection, mailbox)


def give_up(connection: Connection, letter: Letter, problem: str) -> None:
    """Give up a delivery that will never be of use; the list of those shows it."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == letter.id, deliveries.c.state == WAITING)
        .values(state=DEAD, attempts=letter.attempts + 1, problem=_cut(problem))
    )


def pause(attempts: int, random: Random) -> timedelta:
    """Return how long a delivery waits after so many attempts before: each time longer, at most an hour."""
    longest: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts, 20), _LONGEST_PAUSE)
    spread: float = random.uniform(0.5, 1.0)
    return longest * spread


def waits(engine: Engine) -> bool:
    """Return whether any delivery waits, due or not."""
    with reading(engine) as connection:
        return (
            connection.execute(select(deliveries.c.id).where(deliveries.c.state == WAITING).limit(1)).first()
            is not None
        )


def _due(connection: Connection, now: datetime) -> Sequence[str]:
    heads = (
        select(func.min(deliveries.c.id).label("id"))
        .where(deliveries.c.state == WAITING)
        .group_by(deliveries.c.mailbox)
        .subquery()
    )
    rows = connection.execute(
        select(deliveries.c.mailbox)
        .join(heads, heads.c.id == deliveries.c.id)
        .outerjoin(mailboxes, mailboxes.c.name == deliveries.c.mailbox)
        .where(_is_due(now), _is_free(now))
        .order_by(deliveries.c.id)
        .limit(_LOOKED_AT)
    )
    return rows.scalars().all()


def _lock(connection: Connection, name: str, now: datetime) -> str:
    """Lock a mailbox until the end of the transaction; return a name for this taking, or nothing if others have it."""
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    connection.execute(insert(mailboxes).values(name=name).on_conflict_do_nothing())
    free = select(mailboxes.c.name).where(mailboxes.c.name == name, _is_free(now)).with_for_update(skip_locked=True)
    return new_taker() if connection.execute(free).first() else ""


def _letters(connection: Connection, name: str, now: datetime) -> tuple[Letter, ...]:
    """Return the first deliveries of a mailbox that wait, if the first of them is due."""
    wanted = (
        select(deliveries)
        .where(deliveries.c.state == WAITING, deliveries.c.mailbox == name)
        .order_by(deliveries.c.id)
        .limit(MOST_AT_ONCE)
    )
    letters: list[Letter] = []
    size = 0
    for row in connection.execute(wanted):
        size += len(row.payload)
        if letters and size > _MOST_BYTES:
            break
        if not letters and not _is_due_at(row.next_at, now):
            return ()
        letters.append(
            Letter(
                id=row.id,
                event=row.event,
                action=row.action,
                body=zlib.decompress(row.payload) if row.payload else b"",
                received_at=row.received_at,
                attempts=row.attempts,
            )
        )
    return tuple(letters)


def _release(connection: Connection, mailbox: Mailbox) -> None:
    connection.execute(update(mailboxes).where(_is_ours(mailbox)).values(taken_by="", taken_until=None))


def _is_ours(mailbox: Mailbox) -> ColumnElement[bool]:
    return and_(mailboxes.c.name == mailbox.name, mailboxes.c.taken_by == mailbox.taken_by)


# Times that lie further ahead than any pause or lease were written by a clock that was wrong.


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(deliveries.c.next_at <= now, deliveries.c.next_at > now + 2 * _LONGEST_PAUSE)


def _is_due_at(moment: datetime, now: datetime) -> bool:
    return moment <= now or moment > now + 2 * _LONGEST_PAUSE


def _is_free(now: datetime) -> ColumnElement[bool]:
    until = mailboxes.c.taken_until
    return or_(until.is_(None), until <= now, until > now + 2 * LEASE)


def _cut(problem: str) -> str:
    return problem.replace("\x00", "")[:_LONGEST_PROBLEM]
