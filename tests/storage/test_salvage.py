from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from pr_sessions.errors import NewerVersion
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.repair import Recovered, recover

START = "2025-11-22T10:00:00Z"
GOOD = {"session_id": "good", "author": "ada", "started": START}


def of(*active: dict[str, Any], completed: tuple[Any, ...] = (), **top: Any) -> Recovered:
    sessions = {record["session_id"]: record for record in active}
    whole = {"version": "1.0", "active_sessions": sessions, "completed_sessions": completed, **top}
    return recover(json.encode(whole), "f")


def records(found: Recovered) -> list[dict[str, Any]]:
    return [entry.raw for document in found.documents for entry in document.entries]


@pytest.mark.parametrize("value", [{"token": "x"}, {"name": "x", "version": "1.2.3"}, {"unattributed": {}}])
def test_of_another_program_s_object_nothing_is_taken(value: dict[str, Any]) -> None:
    found = recover(json.encode(value), "f")
    assert (found.documents, found.complete, bool(found.problem)) == ((), False, True)


def test_a_sound_file_has_no_problem() -> None:
    found = of(GOOD)
    assert (found.problem, found.complete, records(found)) == ("", True, [GOOD])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 9000])
def test_nothing_can_be_read_of_what_is_no_document(data: bytes) -> None:
    found = recover(data, "f")
    assert (found.documents, found.complete, found.problem[:14]) == ((), False, "cannot read f:")


@pytest.mark.parametrize(
    "wrong",
    [{"started": "soon"}, {"prs": 7}, {"metadata": {"title": 7, "pull_requests": {"1": {"state": "gone"}, "2": 5}}}],
)
def test_a_record_that_is_not_understood_is_no_problem(wrong: dict[str, Any]) -> None:
    found = of(GOOD, {"session_id": "s", "author": "ada", **wrong}, completed=(7, {"author": "x"}))
    assert (found.problem, found.complete, [r["session_id"] for r in records(found)]) == ("", True, ["good", "s"])


@pytest.mark.parametrize("wrong", [{"completed_sessions": {}}, {"unattributed": []}])
def test_a_part_of_the_wrong_kind_goes_and_nothing_else(wrong: dict[str, Any]) -> None:
    whole = {"version": "1.0", "active_sessions": {"good": GOOD}, **wrong}
    found = recover(json.encode(whole), "f")
    assert (records(found), found.complete, bool(found.problem)) == ([GOOD], False, True)


@pytest.mark.parametrize(("their", "complete"), [('"bob"', True), ("7", True), ('"bob", "author": 1', False)])
def test_a_conflict_is_two_tellings(their: str, complete: bool) -> None:
    text = f'{{"active_sessions": {{"s": {{\n<<<<<<< o\n"author": "ada"\n=======\n"author": {their}\n>>>>>>> t\n}}}}}}'
    found = recover(text.encode(), "f")
    assert (len(found.documents), found.complete) == (1 + complete, complete)
    assert "conflict marker" in found.problem


def test_a_newer_version_is_not_broken() -> None:
    with pytest.raises(NewerVersion):
        recover(b'{"version": "2.0"}', "f")


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
    for document in recover(json.encode(whole), "f").documents:
        collection = FileSessions(document, UTC)
        tuple(collection)
        collection.to_bytes()
        collection.count_pull_requests()
