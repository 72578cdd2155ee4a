"""A database gives back the session file that a clone has for the same sessions, to the letter."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import json
from sqlalchemy import Engine

from examples import few
from pr_sessions.core.policy import People, Policy
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.sql.export import export
from pr_sessions.storage.sql.merge import merge_file
from pr_sessions.storage.sql.store import SqlStore
from scene import minute
from sql_stores import sql_store
from strategies import tellings

NOW = minute(0)


def session_file(sessions: list[dict[str, Any]], **top: Any) -> FileSessions:
    document = {"version": "1.0", "active_sessions": {s["session_id"]: s for s in sessions}, **top}
    return FileSessions(parse(json.encode(document), "sessions.json"))


@pytest.fixture
def new_name() -> Callable[[], str]:
    """A repository's name for each example of a property."""
    numbers = count()
    return lambda: f"ada/tool-{next(numbers)}"


def test_an_empty_repository_gives_an_empty_session_file(database: Engine) -> None:
    assert export(sql_store(database)).to_bytes() == FileSessions().to_bytes()


STRANGE = {
    "session_id": "ada-1",
    "later": {"b": [1, 1.0, 1e30], "a": "\u0000é"},
    "author": "ada",
    "started": "2025-11-22T10:00:00+00:00",
    "prs": ["7", 8],
    "metadata": {
        "x": {"z": 1, "y": 2},
        "pull_requests": {"7": {"state": "orbit", "later": 1, "author": "ada"}, "9": "no record", "10": None},
    },
}


def test_what_is_not_understood_comes_back_to_the_letter(database: Engine) -> None:
    store = sql_store(database)
    file = session_file(
        [STRANGE], version="1.3", note="x", unattributed={"11": {"later": [None]}, "12": 5}, completed_sessions=["no"]
    )
    merge_file(store, file, NOW, "ada")
    assert export(store).to_bytes() == file.to_bytes()


@settings(few, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=tellings(3))
def test_merging_gives_what_files_give(
    database: Engine, new_name: Callable[[], str], copies: list[FileSessions]
) -> None:
    store = sql_store(database, new_name())
    expected = FileSessions()
    for copy in copies:
        expected = merge_collections(expected, copy)
        merged = merge_file(store, copy, NOW, "ada")
        assert merged.sessions.to_bytes() == expected.to_bytes()
        assert export(store).to_bytes() == expected.to_bytes()
        assert list(store.read()) == list(expected.rewritten())
        assert not merge_file(store, copy, NOW, "ada").changed


def test_a_merge_says_what_each_side_knew_better(database: Engine) -> None:
    store = sql_store(database)
    ada, bob = ({"session_id": i, "started": "2025-11-22T10:00:00Z"} for i in ("ada-1", "bob-1"))
    merge_file(store, session_file([ada]), NOW, "ada")
    merged = merge_file(store, session_file([bob]), NOW, "bob")
    assert (merged.received, merged.sent, merged.changed) == (("bob-1",), ("ada-1",), True)
    assert [(e.by, e.operation, e.reason, e.details) for e in store.audit_log().entries] == [
        ("ada", "sync", "server", {"received": ["ada-1"], "sent": 0}),
        ("bob", "sync", "server", {"received": ["bob-1"], "sent": 1}),
    ]


def test_an_id_that_no_database_can_keep_is_refused_and_nothing_is_stored(database: Engine) -> None:
    store = sql_store(database)
    for session_id in ("a\0b", "a" * 501):
        with pytest.raises(InvalidValue, match="an id or number that no database can keep"):
            merge_file(store, session_file([{"session_id": session_id}]), NOW, "ada")
    assert list(store.read()) == []


def test_a_team_that_hides_people_stores_none_that_a_file_names(database: Engine) -> None:
    agent = {"name": "codex", "role": "assisted", "confidence": "certain"}
    record = {"author": "ada", "branch": "ada/x", "agents": [agent]}
    file = session_file([{"session_id": "s-1", "metadata": {"pull_requests": {"7": record}}}])
    store = sql_store(database, policy=Policy(people=People.HIDDEN))
    merge_file(store, file, NOW, "ada")
    session = SqlStore(database, store.repository_id).read()["s-1"]
    assert (session.pull_requests["7"].author, session.pull_requests["7"].branch) == ("codex", "-")
    assert [entry.by for entry in store.audit_log().entries] == ["-"]


def test_a_policy_that_hides_people_later_hides_those_that_are_stored(database: Engine) -> None:
    agent = {"name": "codex", "role": "assisted", "confidence": "certain"}
    file = session_file(
        [{"session_id": "s-1", "metadata": {"pull_requests": {"7": {"author": "ada", "agents": [agent]}}}}]
    )
    store = sql_store(database)
    merge_file(store, file, NOW, "ada")
    hiding = SqlStore(database, store.repository_id, policy=Policy(people=People.HIDDEN))
    assert hiding.read()["s-1"].pull_requests["7"].author == "codex"
    assert b'"ada"' not in export(hiding).to_bytes()


def test_a_repository_that_is_gone_is_named(database: Engine) -> None:
    with pytest.raises(NotFound, match="the repository is not in the database any more"):
        export(SqlStore(database, 99))
