"""The inbox of a repository: read from GitHub after deliveries settled, and kept as rows that pages only read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, update

from pr_sessions.core.ids import MAX_AUTHOR
from pr_sessions.core.inbox import Budget, Inbox, Row
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import Work
from pr_sessions.gate.open_pull_requests import fetch_open_pull_requests
from pr_sessions.gate.repositories import FetchedRepositories
from pr_sessions.look.inbox import Reading, inbox_of
from pr_sessions.server.gate import execute
from pr_sessions.server.gate.execute import DONE, Do, Outcome
from pr_sessions.storage.cursors import is_storable
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import inbox_people, inbox_rows, repositories
from pr_sessions.storage.sql.store import lock_repository

INBOX = "inbox"
SOURCE = "GitHub"
SECTIONS = tuple(Section)
# After all others of its section: what an agent still works on.
_LATER = timedelta(days=365_000)
# What says where a row stands.
_PLACE = ("repository_id", "place", "section", "urgent_at")
_NO_TIME = datetime.fromtimestamp(0, UTC)


class InboxRest(Struct, frozen=True):
    """What of an inbox is no row."""

    unknowns: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()


async def do_inbox(work: execute.Work) -> Outcome:
    """Read what is open in a repository, with the sessions of the database, and keep its rows."""
    rules, unknowns = work.served.rules()
    fetched = await fetch_open_pull_requests(work.forge, rules, work.now)
    fetched = msgspec.structs.replace(fetched, unknowns=(*unknowns, *fetched.unknowns))
    inbox = inbox_of(FetchedRepositories((fetched,)), Reading(at=work.now, source=SOURCE))
    with writing(work.engine) as connection:
        lock_repository(connection, work.served.id)
        store_inbox(connection, work.served.id, inbox)
    return DONE


KINDS: Mapping[str, Do] = {INBOX: do_inbox}


def store_inbox(connection: Connection, repository_id: int, inbox: Inbox) -> None:
    """Keep the inbox of a repository in place of the one before. The caller has locked the repository."""
    for table in (inbox_rows, inbox_people):
        connection.execute(delete(table).where(table.c.repository_id == repository_id))
    rows = [_values(repository_id, place, row) for place, row in enumerate(inbox.rows)]
    people = [
        {**{name: values[name] for name in _PLACE}, "login": login}
        for values, row in zip(rows, inbox.rows, strict=True)
        for login in _people(row)
    ]
    if rows:
        connection.execute(insert(inbox_rows), rows)
    if people:
        connection.execute(insert(inbox_people), people)
    rest = msgspec.msgpack.encode(InboxRest(inbox.unknowns, inbox.budgets)) if inbox.unknowns or inbox.budgets else None
    changed = {"inbox_at": inbox.at, "inbox_rest": rest, "changed_at": inbox.at}
    connection.execute(update(repositories).where(repositories.c.id == repository_id).values(changed))


def _values(repository_id: int, place: int, row: Row) -> dict[str, Any]:
    urgent = row.pushed or _NO_TIME
    return {
        "repository_id": repository_id,
        "place": place,
        "row": row.id,
        "section": SECTIONS.index(row.section),
        "urgent_at": urgent + _LATER if row.work is Work.AT_WORK else urgent,
        "value": msgspec.msgpack.encode(row),
    }


def _people(row: Row) -> list[str]:
    """Return who opened, reviews or is assigned, in lower case. No login is longer than a person would write."""
    logins = {login.lower() for pr in row.prs for login in (pr.author, *pr.requested, *pr.assigned)} - {""}
    return sorted(login for login in logins if len(login) <= MAX_AUTHOR and is_storable(login))
