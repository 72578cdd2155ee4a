from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from msgspec import json

from examples import few
from pr_sessions.errors import UnreadableFile
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.git_merge import merge_versions
from pr_sessions.storage.files.merge import merge_collections
from strategies import tellings

START = "2025-11-22T10:00:00Z"


def version(session: dict[str, Any], **top: Any) -> bytes:
    record = {"session_id": "s", "author": "ada", "started": START, **session}
    return json.encode({"version": "1.0", "active_sessions": {"s": record}, "completed_sessions": [], **top})


def merged(base: bytes, ours: bytes, theirs: bytes) -> dict[str, Any]:
    both = {merge_versions(base, a, b, "sessions.json", UTC) for a, b in ((ours, theirs), (theirs, ours))}
    assert len(both) == 1, "which side is ours must not show"
    whole: dict[str, Any] = json.decode(both.pop())
    return whole


@pytest.mark.parametrize(
    ("base", "one", "other", "expected"),
    [
        ({"x": 5}, {"x": 5}, {"x": 3}, {"x": 3}),
        ({"x": 5}, {"x": 7}, {"x": 3}, {"x": 7}),
        ({"x": 5}, {}, {"x": 5}, {"x": 5}),
        ({}, {"x": 1}, {"y": 2}, {"x": 1, "y": 2}),
        ({"x": 1}, {"x": 1}, {"x": True}, {"x": True}),
        ({"x": {"a": 9, "b": 9}}, {"x": {"a": 1, "b": 9}}, {"x": {"a": 9, "b": 2}}, {"x": {"a": 1, "b": 2}}),
    ],
    ids=["one changed it", "both changed it", "absence deletes nothing", "both added", "not the same", "inside"],
)
def test_of_a_field_that_we_do_not_know_the_base_tells_who_changed_it(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any], expected: dict[str, Any]
) -> None:
    def place(fields: dict[str, Any]) -> bytes:
        record = {"7": {"author": "ada", **fields}}
        return version({"x_": fields, "metadata": {"n": fields, "pull_requests": record}, "prs": ["7"]}, t=fields)

    whole = merged(place(base), place(one), place(other))
    session = whole["active_sessions"]["s"]
    record = {k: v for k, v in session["metadata"]["pull_requests"]["7"].items() if k in ("x", "y")}
    assert [whole["t"], session["x_"], session["metadata"]["n"], record] == [expected] * 4


def test_the_base_never_takes_a_known_field_back() -> None:
    late, early = "2025-11-22T10:09:00Z", "2025-11-22T10:05:00Z"
    base, ours = version({"last_activity": late}), version({"last_activity": early})
    assert merged(base, ours, base)["active_sessions"]["s"]["last_activity"] == late


@pytest.mark.parametrize("base", [b"", b"{", b"[]", b"<<<<<<< x\n"])
def test_a_base_that_is_missing_or_cannot_be_read_decides_nothing(base: bytes) -> None:
    assert merged(base, version({"x": 1}), version({"x": 2}))["active_sessions"]["s"]["x"] == 2


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"version": "1.0", "unattributed": []}', b'{"version": "2.0"}'])
def test_a_version_that_cannot_be_read_is_refused(broken: bytes) -> None:
    for ours, theirs in ((broken, version({})), (version({}), broken)):
        with pytest.raises(UnreadableFile):
            merge_versions(b"", ours, theirs, "sessions.json", UTC)


def test_what_one_side_does_not_understand_stays_with_what_the_other_knows() -> None:
    ours, theirs = version({"title": "soon", "author": 5}), version({"author": "ada", "prs": [None]})
    session = merged(b"", ours, theirs)["active_sessions"]["s"]
    assert (session["author"], session["title"], session["prs"]) == ("ada", "soon", [None])


@few
@given(tellings(2))
def test_without_a_base_it_is_the_join(told: list[FileSessions]) -> None:
    one, other = told
    expected = merge_collections(one, other).to_bytes()
    assert merge_versions(b"", one.to_bytes(), other.to_bytes(), "sessions.json", UTC) == expected
