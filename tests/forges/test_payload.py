"""What GitHub tells, as values: whole payloads, and everything that real ones lack."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descriptions import description
from pr_sessions.core.models import PullRequest, State
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, User
from pr_sessions.forges.github.payload import read_pull_request, with_files


def payload(**told: Any) -> dict[str, Any]:
    official: dict[str, Any] = description().example("pull-request")
    return official | {"state": "open", "closed_at": None, "merged_at": None, "merged": False} | told


def test_the_official_example_is_read_whole() -> None:
    moment = datetime(2011, 1, 26, 19, 1, 12, tzinfo=UTC)

    assert read_pull_request(description().example("pull-request")) == ForgePullRequest(
        pull_request=PullRequest(
            number="1347",
            title="Amazing new feature",
            body="Please pull these awesome changes in!",
            author="octocat",
            author_id=1,
            labels=("bug",),
            files_changed=5,
            state=State.MERGED,
            branch="new-topic",
            base="master",
            created=moment,
            closed=moment,
            merged=moment,
        ),
        author=User("octocat", 1, "User"),
        repository="octocat/Hello-World",
        head_repository="octocat/Hello-World",
        head_sha="6dcb09b5b57875f334f61aebed695e2e4193db5e",
        updated=moment,
    )


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, State.OPEN),
        ({"state": "closed", "closed_at": "2025-11-22T10:00:00Z"}, State.CLOSED),
        ({"state": "closed", "merged_at": "2025-11-22T10:00:00Z"}, State.MERGED),
        ({"state": "closed", "merged": True}, State.MERGED),
        ({"state": "OPEN"}, State.OPEN),
        ({"state": "strange"}, None),
        ({"state": None}, None),
    ],
)
def test_the_state_is_what_came_of_it(told: dict[str, Any], state: State | None) -> None:
    assert read_pull_request(payload(**told)).pull_request.state is state


def test_an_account_that_is_gone_is_nobody() -> None:
    read = read_pull_request(payload(user=None)).pull_request

    assert (read.author, read.author_id) == ("", None)


@pytest.mark.parametrize("head", [None, {}, {"ref": "x", "sha": "1", "repo": None, "user": None}])
def test_a_head_that_is_gone_counts_as_a_fork(head: Any) -> None:
    assert read_pull_request(payload(head=head)).is_fork


def test_a_branch_of_the_same_repository_is_no_fork_however_it_is_spelt() -> None:
    head = {"ref": "x", "sha": "1", "repo": {"full_name": "OctoCat/hello-world"}}

    assert not read_pull_request(payload(head=head)).is_fork


def test_the_least_that_a_payload_may_hold_is_a_number() -> None:
    assert read_pull_request({"number": 1}).pull_request == PullRequest(number="1")


@pytest.mark.parametrize(
    "wrong",
    [{"number": None}, {"number": 0}, {"number": "1"}, {"title": 5}, {"created_at": "soon"}, {"labels": "bug"}],
)
def test_what_is_of_another_kind_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        read_pull_request(payload(**wrong))


FIELDS = ("number", "title", "body", "user", "labels", "state", "merged", "draft", "auto_merge", "head", "base")
TIMES = ("created_at", "updated_at", "closed_at", "merged_at", "changed_files")
VALUES = st.none() | st.text(max_size=5) | st.integers() | st.lists(st.none(), max_size=2) | st.just({})


@given(st.dictionaries(st.sampled_from(FIELDS + TIMES), VALUES))
def test_no_payload_is_more_than_refused(told: dict[str, Any]) -> None:
    try:
        read = read_pull_request(payload() | told)
    except InvalidValue:
        return
    assert int(read.pull_request.number) > 0


def test_files_tell_how_much_is_tests_and_documentation() -> None:
    files = [
        ChangedFile("src/x.py", "modified"),
        ChangedFile("tests/test_x.py", "added"),
        ChangedFile("tests/test_y.py", "modified"),
        ChangedFile("docs/x.md", "removed"),
    ]
    told = with_files(PullRequest(number="1"), files)

    assert (told.files_changed, told.test_files_added, told.docs_updated) == (4, 1, True)
