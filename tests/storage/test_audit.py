"""Which entry an undo undoes: the last one in effect, or one by its id."""

from datetime import UTC, datetime

import pytest

from pr_sessions.errors import Ambiguous, InvalidValue, NotFound
from pr_sessions.storage.audit import AuditEntry, AuditLog, find_undoable

AT = datetime(2025, 11, 22, 10, tzinfo=UTC)


def entry(entry_id: str, operation: str = "merge", reason: str = "manual", **details: object) -> AuditEntry:
    return AuditEntry(AT, "ada", operation, reason, details, entry_id)


def undo(entry_id: str, undoes: str) -> AuditEntry:
    return entry(entry_id, "undo", undoes=undoes)


def undoable(entries: list[AuditEntry], entry_id: str | None = None) -> str:
    return find_undoable(AuditLog(tuple(entries)), entry_id).id


A, B, OTHER = entry("a1"), entry("b1"), entry("r1", "record", "time")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([A, B, OTHER], "b1"),
        ([A, B, undo("u1", "b1")], "a1"),
        ([A, undo("u1", "a1"), B], "b1"),
        ([A, B, undo("u1", "b1"), undo("u2", "u1")], "u2"),
        ([A, undo("u1", "a1"), B, undo("u2", "u1")], "u2"),
        ([A, B, undo("u1", "b1"), undo("u2", "u1"), undo("u3", "u2")], "a1"),
        ([A, undo("u1", "gone")], "a1"),
        ([A, entry("c1", "complete", "timeout"), entry("l1", "link", before="x", after="x")], "a1"),
        ([A, entry("c1", "complete", "manual_cli")], "c1"),
        ([entry("l1", "link", before="x", after="y"), entry("s1", "sweep")], "l1"),
    ],
)
def test_the_last_one_that_stands(entries: list[AuditEntry], expected: str) -> None:
    assert undoable(entries) == expected


@pytest.mark.parametrize("entries", [[], [OTHER], [A, undo("u1", "a1")], [undo("u1", "gone")]])
def test_there_may_be_none(entries: list[AuditEntry]) -> None:
    with pytest.raises(NotFound, match="nothing to undo"):
        undoable(entries)


@pytest.mark.parametrize(
    ("entries", "entry_id", "expected"),
    [
        ([A, B], "a1", "a1"),
        ([A, B], "a", "a1"),
        ([A, entry("a12")], "a1", "a1"),
        ([A, B, undo("u1", "a1")], "u1", "u1"),
        ([A, undo("u1", "a1"), undo("u2", "u1")], "u2", "u2"),
        ([A, undo("u1", "a1"), undo("u2", "u1")], "a1", "u2"),
        ([A, undo("u1", "gone")], "u1", "u1"),
    ],
)
def test_one_by_its_id(entries: list[AuditEntry], entry_id: str, expected: str) -> None:
    assert undoable(entries, entry_id) == expected


@pytest.mark.parametrize(
    ("entries", "entry_id"),
    [
        ([A, undo("u1", "a1")], "a1"),
        ([A, undo("u1", "a1"), undo("u2", "u1")], "u1"),
        ([A, undo("u1", "a1"), undo("u2", "u1"), undo("u3", "u2")], "u2"),
    ],
)
def test_one_that_was_taken_back_is_not_taken_back_twice(entries: list[AuditEntry], entry_id: str) -> None:
    with pytest.raises(InvalidValue, match=f"was taken back already, by {entries[-1].id}"):
        undoable(entries, entry_id)


@pytest.mark.parametrize(
    "other", [OTHER, entry("r1", "complete", "timeout"), entry("r1", "link", before="x", after="x")]
)
def test_what_has_nothing_to_go_back_to_is_refused(other: AuditEntry) -> None:
    with pytest.raises(InvalidValue, match="cannot be taken back"):
        undoable([A, other], "r1")


@pytest.mark.parametrize(("entry_id", "error"), [("x", NotFound), ("", NotFound), ("a", Ambiguous)])
def test_an_id_that_names_none_or_several_is_an_error(entry_id: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        undoable([A, entry("a2")], entry_id)
