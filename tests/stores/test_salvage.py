from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from pr_sessions.errors import NewerVersion
from pr_sessions.stores.book import Book
from pr_sessions.stores.salvage import Salvage, salvage

START = "2025-11-22T10:00:00Z"
GOOD = {"session_id": "good", "author": "ada", "started": START}


def of(*active: dict[str, Any], completed: tuple[Any, ...] = (), **top: Any) -> Salvage:
    sessions = {record["session_id"]: record for record in active}
    whole = {"version": "1.0", "active_sessions": sessions, "completed_sessions": completed, **top}
    return salvage(json.encode(whole), "f", UTC)


def records(found: Salvage) -> list[dict[str, Any]]:
    return [entry.record for document in found.documents for entry in document.entries]


def test_a_sound_file_has_no_problem() -> None:
    found = of(GOOD)
    assert (found.problem, found.complete, found.broken, records(found)) == ("", True, (), [GOOD])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 9000])
def test_nothing_can_be_read_of_what_is_no_document(data: bytes) -> None:
    found = salvage(data, "f", UTC)
    assert (found.documents, found.complete, found.problem[:14]) == ((), False, "cannot read f:")


@pytest.mark.parametrize(
    ("wrong", "rest"),
    [
        ({"started": "soon"}, {"session_id": "s", "author": "ada"}),
        ({"prs": 7}, {"session_id": "s", "author": "ada"}),
        ({"metadata": []}, {"session_id": "s", "author": "ada"}),
        (
            {"metadata": {"title": 7, "pull_requests": {"1": {"author": "bob", "state": "gone"}, "2": 5}}},
            {"session_id": "s", "author": "ada", "metadata": {"pull_requests": {"1": {"author": "bob"}}}},
        ),
    ],
)
def test_of_a_session_goes_what_cannot_be_read_and_nothing_else(wrong: dict[str, Any], rest: dict[str, Any]) -> None:
    found = of(GOOD, {"session_id": "s", "author": "ada", **wrong})
    assert (records(found), found.broken, found.complete) == ([GOOD, rest], ("s",), False)


def test_a_session_whose_end_cannot_be_read_is_active() -> None:
    found = of(completed=({**GOOD, "completed": "soon", "completion_trigger": "manual"},))
    assert [(e.id, e.completed, e.record) for e in found.documents[0].entries] == [("good", False, GOOD)]


def test_what_is_no_session_at_all_goes() -> None:
    found = of(GOOD, completed=(7, {"author": "nobody"}))
    assert (records(found), found.complete) == ([GOOD], False)


def test_an_unattributed_pull_request_that_cannot_be_read_is_named() -> None:
    found = of(unattributed={"1": {"author": "ada"}, "2": 5})
    assert (found.documents[0].top["unattributed"], found.broken) == ({"1": {"author": "ada"}}, ("2",))


@pytest.mark.parametrize(("their", "complete"), [('"bob"', True), ("7", False)])
def test_a_conflict_is_two_tellings(their: str, complete: bool) -> None:
    text = f'{{"active_sessions": {{"s": {{\n<<<<<<< o\n"author": "ada"\n=======\n"author": {their}\n>>>>>>> t\n}}}}}}'
    found = salvage(text.encode(), "f", UTC)
    assert (len(found.documents), found.complete, "conflict marker" in found.problem) == (2, complete, True)


def test_a_newer_version_is_not_broken() -> None:
    with pytest.raises(NewerVersion):
        salvage(b'{"version": "2.0"}', "f", UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([START, "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["s", "started", "completed", "metadata", "pull_requests", "prs", "1", "state", "seen"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON, JSON)
def test_whatever_the_file_holds_what_is_left_can_be_read(active: Any, completed: Any, unattributed: Any) -> None:
    whole = {"active_sessions": active, "completed_sessions": completed, "unattributed": unattributed}
    for document in salvage(json.encode(whole), "f", UTC).documents:
        book = Book(document, UTC)
        tuple(book)
        book.to_bytes()
        book.count_pull_requests()
