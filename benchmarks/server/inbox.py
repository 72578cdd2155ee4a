"""How long the stored inbox of three thousand repositories takes, with twenty rows each."""

import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Engine, select

from benchmarks.server.fill import LAST
from benchmarks.server.lists import KEYS, VISIBLE, Query, call
from pr_sessions.core.inbox import Row
from pr_sessions.server.backend import InboxFilter
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.worker.inbox import store_inbox
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import repositories

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

ROWS = 20


def fill_inbox(engine: Engine) -> None:
    """Store the rows of every repository; each has a row of one of a thousand people."""
    from inboxes import large_inbox

    inbox = large_inbox(2 * ROWS)
    with writing(engine) as connection:
        ids = connection.execute(select(repositories.c.id, repositories.c.name)).all()
        for place, (repository_id, name) in enumerate(ids):
            rows = [_row(row, name, f"person-{place % 1000}") for row in inbox.rows[:ROWS]]
            store_inbox(connection, repository_id, replace(inbox, rows=tuple(rows)))


def _row(row: Row, repository: str, author: str) -> Row:
    prs = (replace(row.prs[0], author=author), *row.prs[1:])
    return replace(row, prs=tuple(replace(pr, repository=repository) for pr in prs))


def inbox_queries(engine: Engine) -> Mapping[str, Query]:
    """Return every filter of the inbox, at the first page and a later one, and its summary."""
    backend = TeamBackend(engine, lambda: LAST)
    queries: dict[str, Query] = {}
    for repository, login, visible in product(("", KEYS[0]), ("", "person-7", "nobody"), VISIBLE):
        wanted = InboxFilter(repository=repository, login=login, repositories=visible)
        what = f"{repository} {login} {len(visible or ())}"
        queries[what] = call(backend.inbox, wanted)
        queries[f"{what} summary"] = call(backend.inbox_summary, wanted)
        if cursor := backend.inbox(wanted, limit=200).next:
            queries[f"{what} later"] = call(backend.inbox, wanted, cursor)
    return queries
