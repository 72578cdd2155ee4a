"""Rows as forges' APIs and their command-line tools write them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pr_sessions.core.models import PullRequest, State
from pr_sessions.errors import UnreadableFile
from pr_sessions.importers.jsonl import read_dated, read_jsonl

OPENED, MERGED = datetime(2026, 8, 1, 10, tzinfo=UTC), datetime(2026, 8, 1, 12, tzinfo=UTC)
GH = {
    "additions": 3,
    "author": {"id": "MDQ6VXNlcjE=", "is_bot": True, "login": "app/dependabot"},
    "baseRefName": "main",
    "body": "Words",
    "changedFiles": 2,
    "closedAt": "2026-08-01T12:00:00Z",
    "commits": [
        {
            "authoredDate": "2026-08-01T09:00:00Z",
            "authors": [{"email": "ann@example.org", "id": "", "login": "ann", "name": "Ann"}],
            "messageBody": "Session-ID: s-1",
            "messageHeadline": "Fix",
            "oid": "a" * 40,
        }
    ],
    "createdAt": "2026-08-01T10:00:00Z",
    "files": [{"path": "a.py", "additions": 1, "deletions": 0}],
    "headRefName": "fix",
    "isDraft": False,
    "labels": [{"id": "x", "name": "bug", "description": "", "color": "f"}],
    "mergedAt": "2026-08-01T12:00:00Z",
    "number": 12,
    "state": "MERGED",
    "title": "Fix",
    "url": "https://github.com/octo/shop/pull/12",
}
GLAB = {
    "id": 9001,
    "iid": 12,
    "title": "Fix",
    "description": "Words",
    "state": "merged",
    "created_at": "2026-08-01T10:00:00.000Z",
    "merged_at": "2026-08-01T12:00:00.000Z",
    "closed_at": None,
    "source_branch": "fix",
    "target_branch": "main",
    "author": {"id": 7, "username": "ann", "name": "Ann"},
    "labels": ["bug"],
    "sha": "a" * 40,
    "changes_count": "2",
    "web_url": "https://gitlab.com/octo/shop/-/merge_requests/12",
}
CLOUD = {
    "type": "pullrequest",
    "id": 12,
    "title": "Fix",
    "description": "Words",
    "state": "MERGED",
    "created_on": "2026-08-01T10:00:00.000000+00:00",
    "author": {"type": "user", "display_name": "Ann", "nickname": "ann", "account_id": "1:2"},
    "source": {"branch": {"name": "fix"}, "commit": {"hash": "aaaaaaaaaaaa"}, "repository": {}},
    "destination": {"branch": {"name": "main"}},
    "links": {"html": {"href": "https://bitbucket.org/octo/shop/pull-requests/12"}},
}
SERVER = {
    "id": 12,
    "version": 3,
    "title": "Fix",
    "description": "Words",
    "state": "MERGED",
    "open": False,
    "createdDate": 1785578400000,
    "closedDate": 1785585600000,
    "fromRef": {"id": "refs/heads/fix", "displayId": "fix", "latestCommit": "a" * 40},
    "toRef": {"id": "refs/heads/main", "displayId": "main"},
    "author": {"user": {"name": "ann", "emailAddress": "ann@example.org", "id": 7}, "role": "AUTHOR"},
}
FIX = PullRequest(
    number="12",
    title="Fix",
    body="Words",
    author="ann",
    state=State.MERGED,
    branch="fix",
    base="main",
    created=OPENED,
    closed=MERGED,
    merged=MERGED,
)


def read(text: str) -> list[PullRequest]:
    return list(read_jsonl([f"{line}\n".encode() for line in text.splitlines()], "prs.json", UTC))


def only(row: dict[str, Any]) -> PullRequest:
    (found,) = read(json.dumps([row]))
    return found


def test_a_row_of_gh_is_read() -> None:
    assert only(GH) == PullRequest(
        number="12",
        title="Fix",
        body="Words",
        author="dependabot[bot]",
        labels=("bug",),
        commit_messages=("Fix\n\nSession-ID: s-1",),
        commit_authors=("ann@example.org",),
        commits=("a" * 40,),
        files_changed=2,
        state=State.MERGED,
        branch="fix",
        base="main",
        created=OPENED,
        closed=MERGED,
        merged=MERGED,
    )


def test_a_row_of_gitlab_has_the_number_within_its_project() -> None:
    found = only(GLAB)

    assert (found.author_id, found.labels, found.commits) == (7, ("bug",), ("a" * 40,))
    assert found == PullRequest(
        number="12",
        title="Fix",
        body="Words",
        author="ann",
        author_id=7,
        labels=("bug",),
        commits=("a" * 40,),
        state=State.MERGED,
        branch="fix",
        base="main",
        created=OPENED,
        closed=MERGED,
        merged=MERGED,
    )


def test_a_row_of_bitbucket_data_center_is_read() -> None:
    assert only(SERVER) == FIX


def test_a_row_of_bitbucket_cloud_does_not_say_when_it_was_merged() -> None:
    assert only(CLOUD) == PullRequest(
        number="12",
        title="Fix",
        body="Words",
        author="ann",
        state=State.MERGED,
        branch="fix",
        base="main",
        created=OPENED,
    )


@pytest.mark.parametrize(
    ("row", "said", "state"),
    [
        (CLOUD, "DECLINED", State.CLOSED),
        (CLOUD, "SUPERSEDED", State.CLOSED),
        (CLOUD, "OPEN", State.OPEN),
        (SERVER, "DECLINED", State.CLOSED),
        ({**GLAB, "merged_at": None}, "opened", State.OPEN),
        ({**GLAB, "merged_at": None}, "locked", State.CLOSED),
    ],
)
def test_each_forge_has_its_own_words_for_a_state(row: dict[str, Any], said: str, state: State) -> None:
    assert only({**row, "state": said}).state == state


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GLAB) + "\n" + json.dumps(SERVER),
        json.dumps([[GLAB], [], [SERVER]]),
        json.dumps([GLAB]) + json.dumps([SERVER]),
        json.dumps([GLAB], indent=2) + "\n" + json.dumps([SERVER], indent=2),
        json.dumps({"size": 2, "isLastPage": True, "values": [GLAB, SERVER], "start": 0}),
        json.dumps({"values": [GLAB, SERVER], "page": 1}, indent=2),
        json.dumps([{"values": [GLAB]}, {"values": [SERVER]}]),
    ],
    ids=["lines", "slurp", "pages in a row", "printed pages", "page", "printed page", "pages"],
)
def test_pages_are_read_as_tools_print_them(text: str) -> None:
    assert [pr.number for pr in read(text)] == ["12", "12"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([[GLAB], [{**GLAB, "iid": "x"}]], "prs.json, page 2, item 1: Expected `int`, got `str` - at `$.iid`"),
        ([{"values": [{**CLOUD, "id": None}]}], "prs.json, item 1, value 1: Expected `int`, got `null` - at `$.id`"),
        ({"values": 1}, "prs.json, line 1: Expected `array`, got `int` - at `$.values`"),
        ([{**SERVER, "createdDate": 10**20}], "prs.json, item 1: not a date and time: 100000000000000000000"),
        ([GLAB, "x"], "prs.json, item 2: Expected `object`, got `str`"),
        ([[[GLAB]]], "prs.json, page 1, item 1: Expected `object`, got `array`"),
        ([{**GLAB, "iid": 0}], "prs.json, item 1: not a pull request number: '0'"),
    ],
)
def test_a_wrong_entry_is_named(value: Any, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(json.dumps(value))

    assert str(caught.value) == reason


def test_without_a_time_the_hint_says_which_field_gh_calls_so() -> None:
    rows = json.dumps([{"number": 1, "title": "Fix"}]).encode()
    with pytest.raises(UnreadableFile, match="pull request 1 has no created_at") as caught:
        list(read_dated([rows], "prs.json", UTC))

    assert "createdAt" in caught.value.hint


def test_many_pages_in_a_row_are_read_in_linear_time() -> None:
    assert len(read(f"[{json.dumps(GLAB)}]" * 3000)) == 3000
