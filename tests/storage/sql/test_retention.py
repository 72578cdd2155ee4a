"""A database forgets what ended long ago only if an administrator wants it, and a sync does not bring it back."""

from datetime import timedelta

import pytest
from msgspec import json
from msgspec.structs import replace
from sqlalchemy import Engine, func, select

from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Completion, PullRequestRecord, Session, Trigger
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.merge import merge_file
from pr_sessions.storage.sql.retention import forget, set_keep_days
from pr_sessions.storage.sql.schema import pull_requests, session_aliases
from pr_sessions.storage.sql.store import SqlStore
from scene import minute
from sql_stores import sql_store

NOW = minute(0)
LONG_AGO = NOW - timedelta(days=40)
RECORD = PullRequestRecord(author="ada", created=LONG_AGO)


def ended(session_id: str, days: float) -> Session:
    at = NOW - timedelta(days=days)
    session = begin(session_id, "ada", at)
    return replace(session, completion=Completion(at, Trigger.MANUAL), pull_requests={session_id: RECORD})


OLD, RECENT = replace(ended("old-1", 40), aliases=("older",)), ended("recent-1", 20)
ACTIVE = begin("active-1", "ada", LONG_AGO)


def filled(engine: Engine) -> SqlStore:
    store = sql_store(engine)
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(OLD, RECENT, ACTIVE).put_unattributed("9", RECORD))
    return store


def test_everything_is_kept_at_first(database: Engine) -> None:
    store = filled(database)
    assert (forget(database, NOW), [*store.read()]) == (0, [ACTIVE, OLD, RECENT])


def test_what_ended_before_is_removed_with_all_its_rows(database: Engine) -> None:
    store = filled(database)
    set_keep_days(database, 30)
    assert (forget(database, NOW), [*store.read()], {**store.read().all_unattributed()}) == (1, [ACTIVE, RECENT], {})
    with reading(database) as connection:
        counts = [
            connection.scalar(select(func.count()).select_from(table)) for table in (pull_requests, session_aliases)
        ]
    assert counts == [1, 0]
    (entry,) = store.audit_log().entries
    assert (entry.by, entry.operation, entry.details) == ("pr-sessions", "forget", {"sessions": 1, "unattributed": 1})
    assert forget(database, NOW) == 0


def test_a_sync_does_not_bring_back_what_was_forgotten(database: Engine) -> None:
    store = filled(database)
    set_keep_days(database, 30)
    forget(database, NOW)
    file = FileSessions(parse(json.encode({"version": "1.0"}), "sessions.json")).put(OLD, ended("recent-2", 10))
    merged = merge_file(store, file, NOW, "ada")
    assert (merged.received, sorted(s.id for s in store.read())) == (
        ("recent-2",),
        ["active-1", "recent-1", "recent-2"],
    )


def test_it_can_be_kept_for_ever_again(database: Engine) -> None:
    filled(database)
    set_keep_days(database, 30)
    set_keep_days(database, None)
    assert forget(database, NOW) == 0


@pytest.mark.parametrize("days", [0, -1, 10**6])
def test_a_number_of_days_that_makes_no_sense_is_refused(database: Engine, days: int) -> None:
    with pytest.raises(InvalidValue, match="sessions cannot be kept for"):
        set_keep_days(database, days)
