"""A team that hides people later finds nobody's name in what was stored before: sessions, lists, the log."""

from msgspec import json
from sqlalchemy import Engine, select

from pr_sessions.core.policy import People, Policy
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.queries import PullRequestFilter
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.hide import hide_stored_people
from pr_sessions.storage.sql.merge import merge_file
from pr_sessions.storage.sql.queries import SqlQueries
from pr_sessions.storage.sql.schema import audit, pull_requests, sessions
from pr_sessions.storage.sql.store import SqlStore
from scene import minute
from sql_stores import sql_store

NOW = minute(0)
HIDDEN, SHOWN = Policy(people=People.HIDDEN), Policy()
AGENTS = [{"name": "claude-code", "role": "assisted", "confidence": "certain"}]
RECORD = {"author": "mallory", "branch": "mallory/fix", "agents": AGENTS, "created": "2025-11-22T10:00:00Z"}
SESSION = {
    "session_id": "s-1",
    "author": "claude-code",
    "started": "2025-11-22T10:00:00Z",
    "metadata": {"pull_requests": {"7": RECORD}},
}
FILE = {"version": "1.0", "active_sessions": {"s-1": SESSION}, "unattributed": {"8": RECORD}}


def filled(engine: Engine) -> SqlStore:
    store = sql_store(engine)
    merge_file(store, FileSessions(parse(json.encode(FILE), "sessions.json")), NOW, "mallory")
    with store.transaction(NOW) as work:
        work.commit(work.sessions, AuditEntry(NOW, "mallory", "note"))
    return store


def texts(engine: Engine) -> str:
    with reading(engine) as connection:
        return str(
            [tuple(row) for table in (sessions, pull_requests, audit) for row in connection.execute(select(table))]
        )


def test_nothing_that_was_stored_names_the_person(database: Engine) -> None:
    store = filled(database)
    assert "mallory" in texts(database)

    assert hide_stored_people(database, store.repository_id, HIDDEN, NOW) == 1

    assert "mallory" not in texts(database)
    lines = SqlQueries(database).pull_requests(PullRequestFilter()).items
    assert {(line.number, line.author) for line in lines} == {("7", "claude-code"), ("8", "claude-code")}


def test_it_is_done_once_until_the_team_shows_people_again(database: Engine) -> None:
    store = filled(database)
    hide_stored_people(database, store.repository_id, HIDDEN, NOW)
    merge_file(store, FileSessions(parse(json.encode(FILE), "sessions.json")), NOW, "mallory")
    again = hide_stored_people(database, store.repository_id, HIDDEN, NOW)
    shown = hide_stored_people(database, store.repository_id, SHOWN, NOW)
    with store.transaction(NOW) as work:
        work.commit(work.sessions, AuditEntry(NOW, "mallory", "note"))
    hide_stored_people(database, store.repository_id, HIDDEN, NOW)

    assert (again, shown, "mallory" in texts(database)) == (0, 0, False)
