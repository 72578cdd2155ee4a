"""What a forge sends of open pull requests, with anything in any place: a value or an error, and never a bug."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github import open_payload
from pr_sessions.forges.gitlab import payload

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
AT, SHA = "2025-11-22T10:00:00Z", "a" * 40
ACTOR = {"__typename": "Bot", "login": "cursor", "databaseId": 1}
NODE: dict[str, Any] = {
    "number": 7,
    "state": "OPEN",
    "author": ACTOR,
    "createdAt": AT,
    "headRefOid": SHA,
    "headRepository": {"nameWithOwner": "ada/shop"},
    "changedFiles": 1,
    "mergeable": "MERGEABLE",
    "files": {"pageInfo": {"hasNextPage": False}, "nodes": [{"path": "a.py", "changeType": "ADDED"}]},
    "labels": {"nodes": [{"name": "a"}]},
    "reviewRequests": {"nodes": [{"requestedReviewer": ACTOR}]},
    "latestOpinionatedReviews": {
        "nodes": [{"state": "APPROVED", "author": ACTOR, "commit": {"oid": SHA}, "submittedAt": AT}]
    },
    "commits": {"nodes": [{"commit": {"oid": SHA, "message": "a", "committedDate": AT, "author": {"email": "a"}}}]},
    "head": {"nodes": [{"commit": {"statusCheckRollup": {"state": "SUCCESS"}}}]},
    "closingIssuesReferences": {"nodes": [{"number": 1, "repository": {"nameWithOwner": "ada/shop"}}]},
}
PAGE: dict[str, Any] = {
    "viewer": {"login": "ada"},
    "repository": {
        "nameWithOwner": "ada/shop",
        "isArchived": False,
        "pullRequests": {"totalCount": 1, "pageInfo": {"hasNextPage": True, "endCursor": "x"}, "nodes": [NODE]},
    },
}
MERGE_REQUEST: dict[str, Any] = {
    "iid": 7,
    "state": "opened",
    "author": {"username": "ada", "id": 7},
    "created_at": AT,
    "source_project_id": 1,
    "target_project_id": 1,
    "labels": ["a"],
    "reviewers": [{"username": "bob"}],
    "head_pipeline": {"status": "success"},
    "diff_refs": {"start_sha": SHA},
    "changes_count": "1",
}
DETAILS = payload.read_open(MERGE_REQUEST, "octo/shop")
READERS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "a pull request": (lambda value: open_payload.read_open(value, "ada/shop"), NODE),
    "a page": (open_payload.read_page, PAGE),
    "a merge request of a list": (lambda value: payload.read_open(value, "octo/shop"), MERGE_REQUEST),
    "a merge request": (lambda value: payload.with_itself(DETAILS, value), MERGE_REQUEST),
    "approvals": (lambda value: payload.with_approvals(DETAILS, value), {"approved_by": [{"user": {"username": "a"}}]}),
    "commits": (lambda value: payload.with_commits(DETAILS, value), [{"id": SHA, "committed_date": AT}]),
    "files": (lambda value: payload.with_diffs(DETAILS, payload.read_diffs(value)), [{"new_path": "a", "diff": "+a"}]),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one in a place."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        return value | {key: with_value(value[key], rest, new)}
    return [with_value(each, rest, new) if index == key else each for index, each in enumerate(value)]


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_anything_in_any_place_is_read_or_refused(name: str, data: st.DataObject) -> None:
    reader, right = READERS[name]
    wrong = with_value(right, data.draw(st.sampled_from(places(right))), data.draw(ANYTHING))

    with suppress(InvalidValue):
        reader(wrong)
