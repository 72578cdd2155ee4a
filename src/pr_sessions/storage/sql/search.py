"""Find sessions of a database by what a person types."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Any

from sqlalchemy import Column, Connection, Row, and_, or_, select

from pr_sessions.storage.lines import number_in
from pr_sessions.storage.sql.list_rows import PULL_REQUESTS, SESSIONS
from pr_sessions.storage.sql.merged_lists import Conditions, Ordered, among, merged, merged_of
from pr_sessions.storage.sql.schema import pull_requests, repositories, session_aliases, sessions

# What begins with a text is before that text and this character, which no id has.
_LAST = "\U0010ffff"
# A session with many aliases takes many rows for one line of the result.
_AT_ONCE = 100


def search(connection: Connection, text: str, ids: Sequence[int] | None, most: int) -> Sequence[Row[Any]]:
    """Return the rows of sessions that a text finds: by pull request, then by the beginning of an id or alias.

    Args:
        connection: what reads.
        text: such as `42`, `#42`, `owner/name#42` or the beginning of an id.
        ids: the repositories to look in; `None` for all.
        most: how many rows there are at most.
    """
    # Each is a repository and an id, once.
    keys = dict.fromkeys(_listing(connection, text, ids, most))
    named = merge(
        _beginning(connection, text, ids, sessions.c.id, sessions.c.id),
        _beginning(connection, text, ids, session_aliases.c.alias, session_aliases.c.session_id),
    )
    while len(keys) < most and (match := next(named, None)):
        keys[match[1:]] = None
    return rows_of(connection, list(keys)[:most])


def rows_of(connection: Connection, keys: Sequence[tuple[int, str]]) -> Sequence[Row[Any]]:
    """Return the rows of sessions by repository and id, in the order of these keys."""
    if not keys:
        return ()
    by_repository: defaultdict[int, list[str]] = defaultdict(list)
    for repository, session_id in keys:
        by_repository[repository].append(session_id)
    # SQLite reads the whole table for a list of pairs.
    is_wanted = or_(*(and_(sessions.c.repository_id == r, sessions.c.id.in_(ids)) for r, ids in by_repository.items()))
    query = select(*SESSIONS.columns).where(is_wanted)
    rows = {(row.repository_id, row.id): row for row in connection.execute(query)}
    return [rows[key] for key in keys if key in rows]


def _listing(connection: Connection, text: str, ids: Sequence[int] | None, most: int) -> list[tuple[int, str]]:
    """Return the sessions that list a pull request, as pull requests are sorted."""
    number = number_in(text)
    if not number:
        return []
    visible = [] if ids is None else [among(pull_requests.c.repository_id, ids)]
    listed = [pull_requests.c.session_id.is_not(None), *visible]
    lists: list[Conditions] = [[pull_requests.c.number == number, *listed]]
    name, _, digits = number.rpartition("#")
    repository = connection.scalar(select(repositories.c.id).where(repositories.c.key == name.lower()))
    if repository is not None:
        # In its own repository the number stands without a name.
        is_own = pull_requests.c.repository_id == repository
        lists = [[*lists[0], ~is_own], [pull_requests.c.number == digits, is_own, *listed]]
    return [(row.repository_id, row.session_id) for row in merged(connection, PULL_REQUESTS, lists, None, most)]


def _beginning(
    connection: Connection, text: str, ids: Sequence[int] | None, name: Column[str], session_id: Column[str]
) -> Iterator[tuple[str, int, str]]:
    """Return name, repository and session of what begins with a text, by these."""
    repository = name.table.c.repository_id
    named = [name.label("name"), repository, session_id.label("session")]
    rows = Ordered(named, {"name": name, "repository_id": repository, "session": session_id})
    begins: Conditions = [name >= text, name < text + _LAST]
    key: tuple[str, int, str] | None = None
    while True:
        if ids is None:
            part = merged(connection, rows, [begins], key, _AT_ONCE)
        else:
            part = merged_of(connection, rows, [begins], ids, key, _AT_ONCE)
        for row in part:
            key = (row.name, row.repository_id, row.session)
            yield key
        if len(part) < _AT_ONCE:
            return
