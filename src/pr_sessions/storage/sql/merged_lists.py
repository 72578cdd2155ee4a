"""Pages of rows that several ranges of one index give in order.

A list that leaves out a filter is the merge of the lists with each of its values. Each of them is one range of one
index, so a page reads as many rows as it shows, times the number of lists, whatever is stored besides.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, bindparam, literal, select, tuple_, union_all

from pr_sessions.storage.sql.schema import repositories

# Of so many repositories the first rows are asked for at once.
_FEW = 50
# How many times as many rows are read to find enough that may be seen.
_SHARE = 4
# The conditions of a list. No row is in two lists that are merged.
Conditions = Sequence[ColumnElement[bool]]


class Ordered(Struct, frozen=True):
    """Rows of a table, and what they are sorted by.

    Attributes:
        columns: what is read.
        order: by the name of its column in `columns`; the second one is the repository.
    """

    columns: Sequence[ColumnElement[Any]]
    order: Mapping[str, ColumnElement[Any]]

    def past(self, key: Sequence[Any] | None) -> list[ColumnElement[bool]]:
        """Return the condition that rows come after a key; none for the first page."""
        return [] if key is None else [tuple_(*self.order.values()) > tuple_(*map(literal, key))]


def among(column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a number is among these. They stand in the query: thousands of parameters are slow."""
    return column.in_(bindparam("ids", ids, expanding=True, literal_execute=True, unique=True))


def merged(
    connection: Connection, rows: Ordered, lists: Sequence[Conditions], key: Sequence[Any] | None, size: int
) -> Sequence[Row[Any]]:
    """Return the first rows of all lists together, past a key, at most `size`."""
    if not lists:
        return ()
    order = rows.order.values()
    parts = [select(*rows.columns).where(*each, *rows.past(key)).order_by(*order).limit(size) for each in lists]
    if len(parts) == 1:
        return connection.execute(parts[0]).all()
    union = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return connection.execute(select(union).order_by(*(union.c[name] for name in rows.order)).limit(size)).all()


def merged_of(
    connection: Connection,
    rows: Ordered,
    lists: Sequence[Conditions],
    ids: Sequence[int],
    key: Sequence[Any] | None,
    size: int,
) -> Sequence[Row[Any]]:
    """Return the first rows of lists that every repository has, of some repositories together.

    Who may see many repositories sees many of the first rows of all. Otherwise the first row of each list says which
    lists need not be read. Each of the others is read by a query of its own: a query of many lists takes longer to make
    than to run.

    Args:
        connection: what reads.
        rows: of the lists.
        lists: those that every repository has.
        ids: the repositories.
        key: what the rows come after; `None` for the first page.
        size: how many rows there are at most.
    """
    if len(ids) > _FEW:
        wanted = frozenset(ids)
        of_all = merged(connection, rows, lists, key, _SHARE * size)
        visible = [row for row in of_all if row.repository_id in wanted]
        if len(visible) >= size or len(of_all) < _SHARE * size:
            return visible[:size]
    first, repository = list(rows.order.values())[:2]
    sort_key = attrgetter(*rows.order)
    best: list[Row[Any]] = []
    for head in _heads(connection, rows, lists, ids, key, size):
        last = sort_key(best[-1])[0] if len(best) == size else None
        if last is not None and head.first > last:
            break
        conditions = [repository == head.id, *lists[head.place], *([] if last is None else [first <= last])]
        best = sorted([*best, *merged(connection, rows, [conditions], key, size)], key=sort_key)[:size]
    return best


def _heads(
    connection: Connection,
    rows: Ordered,
    lists: Sequence[Conditions],
    ids: Sequence[int],
    key: Sequence[Any] | None,
    size: int,
) -> Sequence[Row[Any]]:
    """Return repository, place and first value of those lists that may have the first rows, in this order."""
    first, repository = list(rows.order.values())[:2]
    visible = select(repositories.c.id).where(among(repositories.c.id, ids)).cte("visible")
    heads = []
    for place, each in enumerate(lists):
        of_this = (repository == visible.c.id, *each, *rows.past(key))
        head = select(first).where(*of_this).order_by(first).limit(1).scalar_subquery()
        heads.append(select(visible.c.id, literal(place).label("place"), head.label("first")))
    union = union_all(*heads).subquery()
    # Lists of one repository whose first rows tie cannot be distinguished here, so that many more are read.
    most = size + len(lists) - 1
    query = select(union).where(union.c.first.is_not(None)).order_by(union.c.first, union.c.id).limit(most)
    return connection.execute(query).all()
