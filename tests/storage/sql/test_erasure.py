"""An erased person is gone from everything that is stored, and does not come back with a sync or a report."""

import zlib
from typing import Any

import pytest
from msgspec import json, msgpack
from sqlalchemy import Engine, insert, select

from pr_sessions.cli.main import run
from pr_sessions.core.models import PullRequest, PullRequestRecord
from pr_sessions.core.policy import Policy
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.erase import ErasedPerson, erase_person
from pr_sessions.storage.sql.export import export
from pr_sessions.storage.sql.merge import merge_file
from pr_sessions.storage.sql.schema import deliveries, evidence, metadata, reports, settings
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.workspace import NullWorkspace
from scene import minute
from sql_stores import sql_store

NOW = minute(0)
# Ids of sessions stay: clones know the sessions by them.
RECORD = {
    "author": "Mallory",
    "branch": "mallory/fix",
    "state": "open",
    "seen": "2025-11-22T10:00:00Z",
    "placement": {"rung": "hand", "at": "2025-11-22T10:00:00Z", "detail": "put into s-1", "by": "mallory"},
}
SESSION = {
    "session_id": "s-1",
    "author": "mallory",
    "started": "2025-11-22T10:00:00Z",
    "metadata": {"title": "Mallory's work", "pull_requests": {"7": RECORD}},
}
FILE = {"version": "1.0", "active_sessions": {"s-1": SESSION}, "unattributed": {"8": RECORD}}


def session_file() -> FileSessions:
    return FileSessions(parse(json.encode(FILE), "sessions.json"))


def texts(engine: Engine) -> str:
    """Return everything that is stored, as one text in lower case."""
    with reading(engine) as connection:
        rows = [tuple(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
        values = [zlib.decompress(value) for value in connection.scalars(select(reports.c.value)) if value]
    return f"{rows} {values}".lower()


def filled(engine: Engine) -> SqlStore:
    store = sql_store(engine)
    merge_file(store, session_file(), NOW, "mallory")
    report = zlib.compress(msgpack.encode({"pull_request": {"author": "Mallory", "number": "7"}, "at": NOW}))
    with writing(engine) as connection:
        connection.execute(
            insert(reports).values(
                repository_id=store.repository_id,
                kind="pull_request",
                subject="7",
                number="7",
                author="mallory",
                at=NOW,
                updated_at=NOW,
                value=report,
            )
        )
        review = {"repository_id": store.repository_id, "kind": "review", "subject": "Mallory", "at": NOW}
        connection.execute(insert(evidence).values(review))
    return store


def test_an_erased_person_is_named_nowhere(database: Engine) -> None:
    filled(database)
    assert "mallory" in texts(database)
    assert erase_person(database, "@MALLORY", NOW, "admin") == ErasedPerson(sessions=1, unattributed=1, entries=1)
    assert "mallory" not in texts(database)


def test_what_the_person_did_stays(database: Engine) -> None:
    store = filled(database)
    erase_person(database, "mallory", NOW, "admin")
    session = store.read()["s-1"]
    record = session.pull_requests["7"]
    assert (session.author, session.title) == ("erased", "erased's work")
    assert (record.author, record.branch, record.state) == ("erased", "-", "open")
    assert record.attribution
    assert record.attribution.by == "erased"
    assert [(entry.by, entry.operation) for entry in store.audit_log().entries] == [("erased", "sync")]


def test_somebody_else_stays(database: Engine) -> None:
    store = filled(database)
    before = export(store).to_bytes()
    assert erase_person(database, "mal", NOW, "admin") == ErasedPerson(0, 0, 0)
    assert export(store).to_bytes() == before


def test_a_sync_does_not_bring_the_person_back(database: Engine) -> None:
    store = filled(database)
    erase_person(database, "mallory", NOW, "admin")
    before = export(store).to_bytes()
    merged = merge_file(store, session_file(), NOW, "mallory")
    assert (merged.changed, "mallory" in texts(database)) == (False, False)
    assert export(store).to_bytes() == before
    with writing(database) as connection:
        assert connection.scalar(select(settings.c.value).where(settings.c.name == "tombstone_key"))


def test_recording_does_not_bring_the_person_back(database: Engine) -> None:
    store = sql_store(database)
    erase_person(database, "mallory", NOW, "admin")
    tracker = Tracker(None, Policy(), store, NullWorkspace("mallory"), environ={}, clock=lambda: NOW)
    tracker.record(PullRequest(number="7", title="auto-pr: x", author="Mallory", branch="mallory/x"))
    (session,) = store.read()
    assert (session.author, session.pull_requests["7"].author) == ("erased", "erased")
    assert [entry.by for entry in store.audit_log().entries] == ["erased"]
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put_unattributed("9", PullRequestRecord(author="Mallory")))
    assert store.read().all_unattributed() == {"9": PullRequestRecord(author="erased")}


def test_to_erase_a_person_again_changes_nothing(database: Engine) -> None:
    store = filled(database)
    erase_person(database, "mallory", NOW, "admin")
    before = export(store).to_bytes()
    assert erase_person(database, "mallory", NOW, "admin") == ErasedPerson(0, 0, 0)
    assert export(store).to_bytes() == before


def test_nobody_is_no_person(database: Engine) -> None:
    for login in ("", "@", "erased"):
        with pytest.raises(InvalidValue, match="nobody is named"):
            erase_person(database, login, NOW, "admin")


def test_the_command_erases(database: Engine, database_url: str, capfd: Any) -> None:
    filled(database)
    assert run(["database", "erase", "mallory", "--database", database_url]) == 0
    assert capfd.readouterr().out == "Erased from 1 session, 1 unattributed pull request, 1 audit entry\n"
    assert "mallory" not in texts(database)


def test_deliveries_that_were_given_up_and_name_the_person_are_removed(database: Engine) -> None:
    common = {"hook": "1", "event": "push", "mailbox": "repository:7", "received_at": NOW, "next_at": NOW}
    rows = [
        {**common, "guid": login, "state": "dead", "payload": zlib.compress(json.encode({"login": login}))}
        for login in ("Mallory", "ada")
    ]
    with writing(database) as connection:
        connection.execute(insert(deliveries), rows)
    erase_person(database, "mallory", NOW, "admin")
    with reading(database) as connection:
        assert list(connection.scalars(select(deliveries.c.guid))) == ["ada"]
