"""Every `SessionStore` keeps what a transaction puts, and refuses what did not come from it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from databases import KINDS, new_url
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import PullRequest, PullRequestRecord, Session
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.git.repository import Repository
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.base import Scope, SessionStore
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.store import FileStore
from pr_sessions.storage.memory import MemoryStore
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.workspace import NullWorkspace
from scene import minute
from sql_stores import sql_store

NOW = minute(0)
ADA, BOB = begin("ada-1", "ada", NOW), begin("bob-1", "bob", NOW)
RECORD = PullRequestRecord(author="ada", created=NOW)


def in_memory(_: Path) -> SessionStore:
    return MemoryStore(InMemorySessions())


def in_files(root: Path) -> SessionStore:
    git = root / ".git"
    git.mkdir()
    repository = Repository(root, git, git)
    files, lock, backups = repository.documents, repository.lock, repository.backups
    return FileStore(files, lock, backups, repository=repository, policy=Policy())


@pytest.fixture(params=["memory", "files", *KINDS])
def store(request: Any, tmp_path: Path) -> Iterator[SessionStore]:
    if request.param not in KINDS:
        yield in_memory(tmp_path) if request.param == "memory" else in_files(tmp_path)
        return
    engine = open_engine(new_url(request.param, request, tmp_path))
    yield sql_store(engine)
    engine.dispose()


@pytest.fixture
def tracker(store: SessionStore, tmp_path: Path) -> Tracker:
    minutes: Iterator[int] = iter(range(1, 1000))
    clock = lambda: minute(next(minutes) / 10)  # noqa: E731
    return Tracker(Repository(tmp_path), Policy(), store, NullWorkspace("ada"), environ={}, clock=clock)


def put(store: SessionStore, *sessions: Session, absorbed: tuple[str, ...] = ()) -> bool:
    with store.transaction(NOW) as work:
        return work.commit(work.sessions.put(*sessions, absorbed=absorbed))


def test_a_new_store_holds_nothing(store: SessionStore) -> None:
    assert (list(store.read()), store.audit_log().entries) == ([], ())


def test_what_is_committed_is_read(store: SessionStore) -> None:
    assert put(store, BOB, ADA)
    assert list(store.read()) == [ADA, BOB]


def test_without_a_commit_nothing_is_stored(store: SessionStore) -> None:
    with store.transaction(NOW) as work:
        work.sessions.put(ADA)
    assert list(store.read()) == []


def test_an_error_in_the_block_stores_nothing(store: SessionStore) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction(NOW) as work:
        work.commit(work.sessions.put(ADA).put(replace(BOB, title=str(1 // 0))))
    assert list(store.read()) == []


def test_a_session_that_is_put_again_replaces_itself(store: SessionStore) -> None:
    put(store, ADA, BOB)
    put(store, replace(ADA, title="the parser"))
    assert list(store.read()) == [replace(ADA, title="the parser"), BOB]


def test_the_transaction_shows_what_was_committed_last(store: SessionStore) -> None:
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(ADA))
        work.commit(work.sessions.put(BOB))
        assert list(work.sessions) == [ADA, BOB]
    assert list(store.read()) == [ADA, BOB]


def test_nothing_new_is_not_written(store: SessionStore) -> None:
    put(store, ADA)
    assert not put(store)
    assert not put(store, ADA)


def test_an_absorbed_session_is_found_by_its_old_id(store: SessionStore) -> None:
    put(store, ADA, BOB)
    whole = replace(ADA, aliases=(BOB.id,))
    assert put(store, whole, absorbed=(BOB.id,))
    sessions = store.read()
    assert (list(sessions), sessions.get(BOB.id), dict(sessions.names())) == (
        [whole],
        whole,
        {ADA.id: ADA.id, BOB.id: ADA.id},
    )


def test_a_pull_request_in_no_session_is_kept_until_it_has_one(store: SessionStore) -> None:
    with store.transaction(NOW) as work:
        assert work.commit(work.sessions.put_unattributed("7", RECORD))
    assert dict(store.read().all_unattributed()) == {"7": RECORD}
    with store.transaction(NOW) as work:
        assert work.commit(work.sessions.put_unattributed("7", None))
    assert dict(store.read().all_unattributed()) == {}


def test_counts_the_pull_requests_of_all_sessions(store: SessionStore) -> None:
    put(store, replace(ADA, pull_requests={"7": RECORD}), replace(BOB, carried=("8", "9")))
    assert store.read().count_pull_requests() == 3


def test_the_audit_log_has_the_entries_in_order_each_with_an_id(store: SessionStore) -> None:
    first, second = AuditEntry(NOW, "ada", "start", "asked", {"session": "ada-1"}), AuditEntry(NOW, "bob", "link")
    with store.transaction(NOW) as work:
        work.commit(work.sessions.put(ADA), first)
        work.commit(work.sessions, second)
    entries = store.audit_log().entries
    assert [replace(entry, id="") for entry in entries] == [first, second]
    assert len({entry.id for entry in entries} - {""}) == 2


def test_an_entry_without_a_change_is_kept_and_no_session_is_written(store: SessionStore) -> None:
    put(store, ADA)
    with store.transaction(NOW) as work:
        assert not work.commit(work.sessions, AuditEntry(NOW, "ada", "sync"), touch_last_updated=False)
    assert [entry.operation for entry in store.audit_log().entries] == ["sync"]


FOREIGN: dict[str, Callable[[SessionStore], Any]] = {
    "read outside": lambda store: store.read().put(BOB),
    "of memory": lambda _: InMemorySessions(BOB),
    "of a file": lambda _: FileSessions().put(BOB),
}


@pytest.mark.parametrize("store", ["files", *KINDS], indirect=True)
@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_a_collection_that_did_not_come_from_the_transaction_is_refused(
    store: SessionStore, foreign: Callable[[SessionStore], Any]
) -> None:
    put(store, ADA)
    with pytest.raises(ValueError, match="not made of"), store.transaction(NOW) as work:
        work.commit(foreign(store))
    assert (list(store.read()), store.audit_log().entries) == ([ADA], ())


def test_memory_refuses_what_another_store_read(tmp_path: Path) -> None:
    store, other = in_memory(tmp_path), in_memory(tmp_path)
    with pytest.raises(ValueError, match="not made of"), store.transaction(NOW) as work:
        work.commit(other.read().put(ADA))
    assert list(store.read()) == []


def test_a_scope_leaves_out_nothing_that_was_never_archived(store: SessionStore) -> None:
    put(store, ADA)
    with store.transaction(NOW, Scope) as work:
        assert list(work.sessions) == [ADA]


def test_a_tracker_records_and_undoes_on_every_store(tracker: Tracker) -> None:
    session = tracker.start().session
    tracker.record(PullRequest(number="7", title="auto-pr: a step", author="ada"))
    assert tracker.unlink(7).changed
    assert tracker.sessions().for_pull_request("7") is None
    undone = tracker.undo()
    assert (undone.entry.operation, tracker.find(7).id) == ("unlink", session.id)


def test_a_tracker_merges_and_parts_sessions_on_every_store(tracker: Tracker) -> None:
    put(tracker.store, replace(ADA, pull_requests={"7": RECORD}), replace(BOB, pull_requests={"8": RECORD}))
    assert tracker.merge("ada-1", "bob-1").session.id == "ada-1"
    assert dict(tracker.sessions().names()) == {"ada-1": "ada-1", "bob-1": "ada-1"}
    tracker.undo()
    assert [(s.id, s.prs) for s in tracker.sessions()] == [("ada-1", ("7",)), ("bob-1-2", ("8",))]
