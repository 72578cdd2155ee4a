"""Deliveries as people see them: what waits, what was given up, and how to try that again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.server.backend import DeliveryLine
from pr_sessions.server.worker.mailboxes import DEAD, HANDLED, IGNORED, WAITING
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import Page
from pr_sessions.storage.sql.schema import audit, deliveries, repositories
from pr_sessions.storage.sql.store import entry_values

STATES = (WAITING, HANDLED, IGNORED, DEAD)
_MOST_ON_PAGE = 200
_HINT = "see the list of deliveries"


def lines_of(connection: Connection, mailbox: str, state: str, cursor: str, limit: int) -> Page[DeliveryLine]:
    """Return a page of deliveries in a state, the newest first; of all mailboxes if none is named.

    Raises:
        InvalidValue: there is no such state, or the cursor is none.
    """
    if state not in STATES:
        raise InvalidValue(f"not a state of deliveries: {state[:40]!r}", f"use one of {', '.join(STATES)}")
    size = min(max(limit, 1), _MOST_ON_PAGE)
    query = select(deliveries).where(deliveries.c.state == state).order_by(deliveries.c.id.desc()).limit(size + 1)
    if mailbox:
        query = query.where(deliveries.c.mailbox == mailbox)
    if cursor:
        query = query.where(deliveries.c.id < _id(cursor))
    rows = connection.execute(query).all()
    names = _repositories(connection, [row.mailbox for row in rows])
    shown = tuple(_line(row, names) for row in rows[:size])
    return Page(shown, shown[-1].id if len(rows) > size else "")


def redeliver(connection: Connection, delivery_id: str, by: str, now: datetime) -> DeliveryLine:
    """Put a delivery that was given up back to those that wait, and note who did.

    Raises:
        NotFound: there is no such delivery.
        InvalidValue: it was not given up.
    """
    number = _id(delivery_id)
    revived = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == number, deliveries.c.state == DEAD)
        # Three more days.
        .values(state=WAITING, attempts=0, next_at=now, received_at=now)
    )
    row = connection.execute(select(deliveries).where(deliveries.c.id == number)).first()
    if row is None:
        raise NotFound(f"no delivery {number}", _HINT)
    if revived.rowcount == 0:
        raise InvalidValue(f"delivery {number} was not given up: it is {row.state}", _HINT)
    known = _repositories(connection, [row.mailbox])
    line = _line(row, known)
    entry = AuditEntry(now, by, "redeliver", "asked", {"delivery": line.guid, "event": line.event})
    connection.execute(
        audit.insert().values(entry_values(entry, known[row.mailbox].id if row.mailbox in known else None))
    )
    return line


def counts(connection: Connection) -> dict[str, int]:
    """Return how many deliveries wait and were given up."""
    rows = connection.execute(
        select(deliveries.c.state, func.count().label("total"))
        .where(deliveries.c.state.in_([WAITING, DEAD]))
        .group_by(deliveries.c.state)
    )
    return {WAITING: 0, DEAD: 0} | {row.state: row.total for row in rows}


def counts_by_mailbox(connection: Connection, mailboxes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the same for each of these mailboxes that has any."""
    counted: dict[str, dict[str, int]] = {}
    rows = connection.execute(
        select(deliveries.c.mailbox, deliveries.c.state, func.count())
        .where(deliveries.c.state.in_([WAITING, DEAD]), deliveries.c.mailbox.in_(mailboxes))
        .group_by(deliveries.c.mailbox, deliveries.c.state)
    )
    for mailbox, state, count in rows:
        counted.setdefault(mailbox, {})[state] = count
    return counted


def mailbox_of(forge_id: int | None) -> str:
    """Return the name of a repository's mailbox."""
    return f"repository:{forge_id}"


def _repositories(connection: Connection, mailboxes: Iterable[str]) -> Mapping[str, Any]:
    """Return id and name of the repository of each mailbox that is one's."""
    numbers = {int(name.partition(":")[2]) for name in mailboxes if name.startswith("repository:")}
    query = select(repositories.c.id, repositories.c.name, repositories.c.forge_id)
    rows = connection.execute(query.where(repositories.c.forge_id.in_(sorted(numbers))))
    return {mailbox_of(row.forge_id): row for row in rows}


def _line(row: Any, names: Mapping[str, Any]) -> DeliveryLine:
    return DeliveryLine(
        id=str(row.id),
        guid=row.guid,
        event=f"{row.event}.{row.action}" if row.action else row.event,
        repository=names[row.mailbox].name if row.mailbox in names else "",
        state=row.state,
        received_at=row.received_at,
        attempts=row.attempts,
        next_at=row.next_at if row.state == WAITING else None,
        problem=row.problem,
    )


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(f"no delivery {text[:40]!r}", _HINT)
    return int(text)
