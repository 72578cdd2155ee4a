"""A store of a database: one writer for each repository, readers that disturb nobody, and what is kept after errors."""

import threading
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, select

from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.policy import Policy
from pr_sessions.errors import NotFound
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import open_engine, reading
from pr_sessions.storage.sql.schema import pull_requests, repositories, session_aliases, sessions
from pr_sessions.storage.sql.store import SqlStore
from scene import minute
from sql_stores import sql_store

NOW = minute(0)
ADA, BOB = begin("ada-1", "ada", NOW), begin("bob-1", "bob", NOW)
RECORD = PullRequestRecord(author="ada", created=NOW)


def put(store: SqlStore, *values: Session, absorbed: tuple[str, ...] = ()) -> None:
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(*values, absorbed=absorbed))


def beside(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_the_second_writer_of_a_repository_waits_and_sees_what_the_first_one_stored(database: Engine) -> None:
    store, begun, order = sql_store(database), threading.Event(), []

    def second() -> None:
        begun.set()
        with store.transaction(NOW) as work:
            order.append(("second", [s.id for s in work.sessions]))
            work.commit(work.sessions.put(BOB))

    with store.transaction(NOW) as work:
        thread = beside(second)
        assert begun.wait(20)
        work.commit(work.sessions.put(ADA))
        order.append(("first", []))
    thread.join()
    assert order == [("first", []), ("second", ["ada-1"])]
    assert [s.id for s in store.read()] == ["ada-1", "bob-1"]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_repositories_are_changed_side_by_side(database: Engine) -> None:
    store, other = sql_store(database), sql_store(database, "ada/other")
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(ADA))
        thread = beside(lambda: put(other, BOB))
        thread.join(20)
        assert not thread.is_alive()
        assert [s.id for s in other.read()] == ["bob-1"]
    assert [s.id for s in store.read()] == ["ada-1"]


def test_a_reader_waits_for_no_writer_and_no_writer_for_a_reader(database: Engine) -> None:
    store = sql_store(database)
    put(store, ADA)
    before = store.read()
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(BOB))
        assert [s.id for s in before] == ["ada-1"]
    assert [s.id for s in store.read()] == ["ada-1", "bob-1"]


def test_what_was_read_can_be_asked_for_more_after_the_transaction(database: Engine) -> None:
    store = sql_store(database)
    put(store, ADA)
    with store.transaction(NOW) as work:
        before = work.sessions
        work.commit(before.put(BOB))
    assert (before.get("bob-1"), before.get("ada-1"), before.get("none")) == (None, ADA, None)


def test_what_was_committed_stays_if_the_block_fails_later(database: Engine) -> None:
    store = sql_store(database)

    def fail() -> None:
        with store.transaction(NOW) as work:
            work.commit(work.sessions.put(ADA), AuditEntry(NOW, "ada", "start"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ([s.id for s in store.read()], len(store.audit_log().entries)) == (["ada-1"], 1)


def test_repositories_do_not_see_each_others_sessions(database: Engine) -> None:
    store, other = sql_store(database), sql_store(database, "ada/other")
    put(store, replace(ADA, pull_requests={"7": RECORD}, aliases=("old",)))
    put(other, replace(ADA, title="another", pull_requests={"8": RECORD}))
    assert [s.title for s in other.read()] == ["another"]
    assert (other.read().for_pull_request("7"), other.read().get("old")) == (None, None)


def test_an_absorbed_session_leaves_no_row_of_its_own(database: Engine) -> None:
    store = sql_store(database)
    put(store, replace(ADA, pull_requests={"7": RECORD}), replace(BOB, pull_requests={"8": RECORD}, aliases=("old",)))
    both = {"7": RECORD, "8": RECORD}
    put(store, replace(ADA, pull_requests=both, aliases=("bob-1", "old")), absorbed=("bob-1",))
    with reading(database) as connection:
        rows = [
            connection.execute(select(columns[0], columns[1]).order_by(columns[0])).all()
            for columns in (
                (sessions.c.id, sessions.c.pull_request_count),
                (pull_requests.c.number, pull_requests.c.session_id),
                (session_aliases.c.alias, session_aliases.c.session_id),
            )
        ]
    assert rows == [[("ada-1", 2)], [("7", "ada-1"), ("8", "ada-1")], [("bob-1", "ada-1"), ("old", "ada-1")]]


def test_only_what_changed_is_written(database: Engine) -> None:
    store = sql_store(database)
    put(store, replace(ADA, pull_requests={"7": RECORD, "8": RECORD}), replace(BOB, pull_requests={"9": RECORD}))
    with reading(database) as connection:
        before = {row.number: row.id for row in connection.execute(select(pull_requests))}
    put(store, replace(ADA, pull_requests={"7": RECORD, "8": replace(RECORD, state="merged"), "10": RECORD}))
    with reading(database) as connection:
        after = {row.number: row.id for row in connection.execute(select(pull_requests))}
    assert {number: after[number] for number in ("7", "8", "9")} == before
    assert sorted(after) == ["10", "7", "8", "9"]


def test_every_change_counts_and_the_first_end_is_known(database: Engine) -> None:
    store = sql_store(database)
    put(store, begin("late-1", "ada", minute(5)), ADA)
    put(store, replace(ADA, title="x"))
    with store.transaction(minute(1)) as work:
        work.commit(work.sessions, AuditEntry(minute(1), "ada", "sync"))
    with reading(database) as connection:
        row = connection.execute(select(repositories)).one()
    assert (row.revision, row.changed_at, row.expires_at) == (2, NOW, NOW + Policy().timeout)
    assert row.extra == {"last_updated": "2025-11-22T10:00:00Z"}


def test_a_repository_that_was_removed_meanwhile_is_named(database: Engine) -> None:
    with pytest.raises(NotFound, match="the repository is not in the database any more"):
        put(SqlStore(database, 99), ADA)


def test_a_store_of_another_process_sees_what_was_stored(database: Engine) -> None:
    store = sql_store(database)
    put(store, ADA)
    other = open_engine(database.url.render_as_string(hide_password=False))
    assert list(SqlStore(other, store.repository_id).read()) == [ADA]
    other.dispose()
