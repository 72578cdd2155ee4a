"""The gate as people see it: what it decided, and what it could not do on GitHub and gave up."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, select, tuple_, update

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.server.backend import DecisionDay, DecisionLine, GivenUpLine
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import Page
from pr_sessions.storage.sql.schema import audit, gate_decisions, outbox, repositories
from pr_sessions.storage.sql.store import entry_values

DAYS = 7
_MOST_ON_PAGE = 200
_HINT = "see the list of what was given up"
_CURSOR = re.compile(r"([0-9]{1,18})_([0-9]{1,18})", re.ASCII)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def given_up(connection: Connection, repository_id: int | None, cursor: str, limit: int) -> Page[GivenUpLine]:
    """Return a page of what was given up, the newest first; of all repositories if none is named."""
    size = min(max(limit, 1), _MOST_ON_PAGE)
    query = _GIVEN_UP.order_by(outbox.c.id.desc()).limit(size + 1)
    if repository_id is not None:
        query = query.where(outbox.c.repository_id == repository_id)
    if cursor:
        query = query.where(outbox.c.id < _id(cursor))
    rows = connection.execute(query).all()
    shown = tuple(map(_given_up, rows[:size]))
    return Page(shown, shown[-1].id if len(rows) > size else "")


def try_again(
    connection: Connection, entry_id: str, by: str, visible: frozenset[str] | None, now: datetime
) -> GivenUpLine:
    """Let something that was given up be tried for three more days, and note who wants that.

    Where the same waits anew already, that is done instead.

    Args:
        connection: of the transaction.
        entry_id: of the line.
        by: who wants it.
        visible: keys of the repositories that this person may see; `None` for all.
        now: the time.

    Raises:
        NotFound: nothing of that name was given up.
    """
    number = _id(entry_id)
    row = connection.execute(_GIVEN_UP.where(outbox.c.id == number)).first()
    if row is None or (visible is not None and row.key not in visible):
        raise NotFound(f"nothing that was given up: {number}", _HINT)
    # Who adds the same has locked the repository, too.
    connection.execute(select(repositories.c.id).where(repositories.c.id == row.repository_id).with_for_update())
    same = select(outbox.c.id).where(
        outbox.c.repository_id == row.repository_id,
        outbox.c.kind == row.kind,
        outbox.c.subject == row.subject,
        outbox.c.state == "waiting",
    )
    is_it = and_(outbox.c.id == number, outbox.c.state == "dead")
    if connection.execute(same).first():
        ended = connection.execute(delete(outbox).where(is_it))
    else:
        again = {"state": "waiting", "created_at": now, "next_at": now, "attempts": 0}
        ended = connection.execute(update(outbox).where(is_it).values(**again))
    if ended.rowcount == 0:
        raise NotFound(f"nothing that was given up: {number}", _HINT)
    entry = AuditEntry(now, by, "try again", "asked", {"kind": row.kind, "subject": row.subject})
    connection.execute(audit.insert().values(entry_values(entry, row.repository_id)))
    return _given_up(row)


def decisions(connection: Connection, repository_id: int, cursor: str, limit: int) -> Page[DecisionLine]:
    """Return a page of what was decided last about each pull request, the newest first.

    Raises:
        InvalidValue: the cursor is none.
    """
    size = min(max(limit, 1), _MOST_ON_PAGE)
    place = (gate_decisions.c.decided_at, gate_decisions.c.number)
    query = select(gate_decisions).where(gate_decisions.c.repository_id == repository_id)
    if cursor:
        query = query.where(tuple_(*place) < tuple_(*_after(cursor), types=[column.type for column in place]))
    rows = connection.execute(query.order_by(*(column.desc() for column in place)).limit(size + 1)).all()
    shown = tuple(map(_decision, rows[:size]))
    last = shown[-1] if len(rows) > size else None
    return Page(shown, f"{(last.decided - _EPOCH) // _MICROSECOND}_{last.number}" if last else "")


def decision_days(connection: Connection, repository_id: int, now: datetime) -> Sequence[DecisionDay]:
    """Return the days of the last week on which something was decided, the latest first."""
    today = datetime(now.year, now.month, now.day, tzinfo=UTC)
    counted = []
    for start in (today - timedelta(days=back) for back in range(DAYS)):
        row = connection.execute(
            select(func.count().label("all"), func.count(case((gate_decisions.c.waits, 1))).label("waits")).where(
                gate_decisions.c.repository_id == repository_id,
                gate_decisions.c.decided_at >= start,
                gate_decisions.c.decided_at < start + timedelta(days=1),
            )
        ).one()
        if row.all:
            counted.append(DecisionDay(start.date(), row.waits, row.all - row.waits))
    return tuple(counted)


_GIVEN_UP = (
    select(outbox, repositories.c.name, repositories.c.key)
    .join(repositories, repositories.c.id == outbox.c.repository_id)
    .where(outbox.c.state == "dead")
)


def _given_up(row: Any) -> GivenUpLine:
    return GivenUpLine(
        id=str(row.id),
        repository=row.name,
        kind=row.kind,
        subject=row.subject,
        created_at=row.created_at,
        attempts=row.attempts,
        problem=row.problem,
    )


def _decision(row: Any) -> DecisionLine:
    return DecisionLine(
        number=row.number,
        sha=row.sha,
        mode=row.mode,
        waits=row.waits,
        decided=row.decided_at,
        reasons=tuple(row.reasons),
        planned=tuple(row.planned),
    )


def _after(cursor: str) -> tuple[datetime, str]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", "leave it out to begin at the first page")
    try:
        return _EPOCH + int(match[1]) * _MICROSECOND, match[2]
    except OverflowError:
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", "leave it out to begin at the first page") from None


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(f"nothing that was given up: {text[:40]!r}", _HINT)
    return int(text)
