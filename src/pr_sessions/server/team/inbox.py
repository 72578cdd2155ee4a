"""The stored inbox, page by page over all repositories: nothing is read from a forge or computed here."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, false, func, select, tuple_

from pr_sessions.core.inbox import Row
from pr_sessions.core.inbox_sections import Section
from pr_sessions.errors import InvalidValue
from pr_sessions.server.backend import InboxFilter, StoredInbox, StoredRow
from pr_sessions.server.worker.inbox import SECTIONS, SOURCE, InboxRest
from pr_sessions.storage.cursors import is_storable
from pr_sessions.storage.queries import Page
from pr_sessions.storage.sql.merged_lists import among
from pr_sessions.storage.sql.queries import visible_ids
from pr_sessions.storage.sql.schema import inbox_people, inbox_rows, repositories

_MOST_ON_PAGE = 200
_HINT = "leave it out to begin at the first page"
# Of a summary: more words than these are read by nobody.
_MOST_UNKNOWNS = 200
# So many repositories are asked what is not known of them; each one's page shows its part.
_MOST_READ = 100
_MORE = (f"what could not be read is shown of {_MOST_READ} repositories; the page of each shows its part",)
_CURSOR = re.compile(r"([0-9]{1,2})_(-?[0-9]{1,18})_([0-9]{1,18})_([0-9]{1,9})", re.ASCII)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def rows_of(connection: Connection, wanted: InboxFilter, cursor: str, limit: int) -> Page[StoredRow]:
    """Return a page of rows: by section, then by urgency.

    Raises:
        InvalidValue: the cursor is none.
    """
    size = min(max(limit, 1), _MOST_ON_PAGE)
    place = _place(wanted)
    columns = (*place, inbox_rows.c.value, repositories.c.name)
    query = _filtered(connection, select(*columns), wanted).order_by(*place)
    if cursor:
        query = query.where(tuple_(*place) > _after(cursor))
    shown: list[StoredRow] = []
    last = ""
    for each in connection.execute(query if wanted.session_id else query.limit(size + 1)):
        if len(shown) == size:
            return Page(tuple(shown), last)
        row = msgspec.msgpack.decode(each.value, type=Row)
        if not wanted.session_id or any(pr.session_id == wanted.session_id for pr in row.prs):
            shown.append(StoredRow(each.name, row))
        last = f"{each.section}_{_number(each.urgent_at)}_{each.repository_id}_{each.place}"
    return Page(tuple(shown))


def summary_of(connection: Connection, wanted: InboxFilter) -> StoredInbox:
    """Return the inbox without its rows: of many repositories, what is not known of the first ones."""
    read = repositories.c
    made = _read(connection, wanted, func.min(read.inbox_at)).where(read.inbox_at.is_not(None))
    unread = _read(connection, wanted, read.name).where(read.inbox_at.is_(None)).order_by(read.key)
    noted = _read(connection, wanted, read.name, read.inbox_rest).where(read.inbox_rest.is_not(None))
    rows = connection.execute(noted.order_by(read.key).limit(_MOST_READ + 1)).all()
    rests = [(row.name, msgspec.msgpack.decode(row.inbox_rest, type=InboxRest)) for row in rows[:_MOST_READ]]
    unknowns = [f"{name}: {unknown}" for name, rest in rests for unknown in rest.unknowns]
    names = connection.scalars(unread.limit(_MOST_UNKNOWNS)).all()
    return StoredInbox(
        made=connection.scalar(made),
        source=SOURCE,
        unknowns=(*(_MORE if len(rows) > _MOST_READ else ()), *(f"{name}: not read yet" for name in names), *unknowns)[
            :_MOST_UNKNOWNS
        ],
        budgets=tuple(budget for _, rest in rests for budget in rest.budgets),
        counts=_counts(connection, wanted),
    )


def _read(connection: Connection, wanted: InboxFilter, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return the query of columns of the repositories that are shown."""
    query = _visible(connection, select(*columns), wanted, repositories.c.id)
    return query.where(repositories.c.state == "active")


def _counts(connection: Connection, wanted: InboxFilter) -> Mapping[Section, int]:
    if wanted.session_id:
        return Counter(each.row.section for each in rows_of(connection, wanted, "", _MOST_ON_PAGE).items)
    section, _, repository, _ = _place(wanted)
    query = _visible(connection, select(section, func.count().label("total")), wanted, repository)
    if wanted.login:
        query = query.where(_is_of(wanted.login))
    # Without a join, so that the index has all that is read.
    removed = select(repositories.c.id).where(repositories.c.state != "active")
    query = query.where(repository.not_in(removed)).group_by(section)
    return {SECTIONS[row.section]: row.total for row in connection.execute(query)}


def _place(wanted: InboxFilter) -> Sequence[Column[Any]]:
    """Return what rows are sorted by, of the table that is read in this order."""
    columns = (inbox_people if wanted.login else inbox_rows).c
    return columns.section, columns.urgent_at, columns.repository_id, columns.place


def _filtered(connection: Connection, query: Select[Any], wanted: InboxFilter) -> Select[Any]:
    """Return the query of the rows that a filter lets through."""
    table = inbox_people if wanted.login else inbox_rows
    query = query.select_from(table).join(repositories, repositories.c.id == table.c.repository_id)
    if wanted.login:
        is_same = (inbox_rows.c.repository_id == table.c.repository_id) & (inbox_rows.c.place == table.c.place)
        query = query.where(_is_of(wanted.login)).join(inbox_rows, is_same)
    return _visible(connection, query, wanted, table.c.repository_id).where(repositories.c.state == "active")


def _is_of(login: str) -> ColumnElement[bool]:
    return inbox_people.c.login == login.lower() if is_storable(login) else false()


def _visible(connection: Connection, query: Select[Any], wanted: InboxFilter, repository: Column[int]) -> Select[Any]:
    """Return the query of those that may be seen."""
    ids = visible_ids(connection, wanted.repository, wanted.repositories)
    return query if ids is None else query.where(among(repository, ids))


def _after(cursor: str) -> ColumnElement[Any]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", _HINT)
    section, urgent, repository_id, place = map(int, match.groups())
    try:
        moment = _EPOCH + urgent * _MICROSECOND
    except OverflowError:
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", _HINT) from None
    return tuple_(section, moment, repository_id, place, types=[each.type for each in _place(InboxFilter())])


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
