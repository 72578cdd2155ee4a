"""A tracker does the same over memory, files, SQLite and PostgreSQL, whatever it is made to do."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, json
from msgspec.structs import replace
from sqlalchemy import Engine

from databases import KINDS, new_url
from examples import few
from pr_sessions.core.models import PullRequest
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.repository import Repository
from pr_sessions.storage.base import SessionStore
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.store import FileStore
from pr_sessions.storage.memory import MemoryStore
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.export import export
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.workspace import NullWorkspace
from scene import Clock
from sql_stores import sql_store

AUTHORS = st.sampled_from(["ada", "bob"])
NUMBERS = st.sampled_from(["1", "2", "3", "bob/tool#1"])
# A session by its place among those that there are.
PLACES = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("start"), AUTHORS, st.just("")),
    st.tuples(st.just("record"), AUTHORS, NUMBERS),
    st.tuples(st.just("record"), AUTHORS, NUMBERS),
    st.tuples(st.just("link"), PLACES, NUMBERS),
    st.tuples(st.just("unlink"), PLACES, NUMBERS),
    st.tuples(st.just("move"), PLACES, NUMBERS),
    st.tuples(st.just("merge"), PLACES, PLACES),
    st.tuples(st.just("complete"), PLACES, st.just("")),
    st.tuples(st.just("undo"), PLACES, st.just("")),
    st.tuples(st.just("cleanup"), PLACES, st.just("")),
)
MINUTES = st.sampled_from([0, 1, 20, 200])


class Stores(Struct):
    """The databases that all examples share, each with new repositories."""

    engines: dict[str, Engine]
    numbers: Iterator[int]

    @contextmanager
    def new(self) -> Iterator[dict[str, SessionStore]]:
        name = f"ada/tool-{next(self.numbers)}"
        with tempfile.TemporaryDirectory() as folder:
            git = Path(folder, ".git")
            git.mkdir()
            clone = Repository(Path(folder), git, git)
            files = FileStore(clone.documents, clone.lock, clone.backups, repository=clone, policy=Policy())
            databases = {kind: sql_store(engine, name) for kind, engine in self.engines.items()}
            yield {"memory": MemoryStore(InMemorySessions()), "files": files, **databases}


@pytest.fixture
def stores(request: Any, tmp_path: Path) -> Iterator[Stores]:
    with ExitStack() as stack:
        engines = {kind: open_engine(new_url(kind, request, tmp_path)) for kind in KINDS}
        for engine in engines.values():
            stack.callback(engine.dispose)
        yield Stores(engines, count())


def step(tracker: Tracker, what: str, first: Any, second: Any) -> object:
    """Do one step; return what came of it, or what is wrong with it."""
    names = sorted(tracker.sessions().names())
    name: Callable[[int], str] = lambda place: names[place % len(names)] if names else "none"  # noqa: E731
    steps: Mapping[str, Callable[[], object]] = {
        "start": lambda: tracker.start(first).session,
        "record": lambda: tracker.record(
            PullRequest(number=second, title="auto-pr: a step", author=first, branch=f"{first}/x", files_changed=3)
        ),
        "link": lambda: tracker.link(second, name(first)),
        "unlink": lambda: tracker.unlink(second),
        "move": lambda: tracker.move(second, None if first == 3 else name(first)),
        "merge": lambda: tracker.merge(name(first), name(second)),
        "complete": lambda: tracker.complete(name(first)).session,
        "undo": lambda: replace(tracker.undo(), entry=None),
        "cleanup": tracker.cleanup,
    }
    try:
        return steps[what]()
    except PrSessionsError as error:
        return type(error)


def without_ids(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry is about, as JSON has it; each store gives entries ids of its own."""
    return {key: value for key, value in json.decode(json.encode(details)).items() if key != "undoes"}


def all_of(store: SessionStore) -> tuple[object, ...]:
    sessions = store.read()
    entries = [
        replace(
            entry, id="", details={k: v for k, v in json.decode(json.encode(entry.details)).items() if k != "undoes"}
        )
        for entry in store.audit_log().entries
    ]
    # An old name and its session, the pull requests in none, and who did what.
    return list(sessions), dict(sessions.names()), dict(sessions.all_unattributed()), entries


def written(store: SessionStore) -> bytes:
    """Return the session file."""
    if isinstance(store, SqlStore):
        return export(store).to_bytes()
    sessions = store.read()
    assert isinstance(sessions, FileSessions)
    return sessions.to_bytes()


@settings(few, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(MINUTES, STEPS), min_size=1, max_size=12))
def test_the_same_steps_give_the_same_sessions(stores: Stores, steps: list[tuple[int, tuple[str, Any, Any]]]) -> None:
    with stores.new() as kept:
        clock, passed = Clock(), 0
        trackers = {
            kind: Tracker(None, Policy(), store, NullWorkspace("eve"), environ={}, clock=clock)
            for kind, store in kept.items()
        }
        for minutes, each in steps:
            passed += minutes
            clock.set(passed)
            results = {kind: step(tracker, *each) for kind, tracker in trackers.items()}
            assert results == dict.fromkeys(kept, results["memory"])
        everything = {kind: all_of(store) for kind, store in kept.items()}
        assert everything == dict.fromkeys(kept, everything["memory"])
        files = {kind: written(store) for kind, store in kept.items() if kind != "memory"}
        assert files == dict.fromkeys(files, files["files"])
