import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.models import PullRequest, State
from pr_sessions.errors import UnreadableFile
from pr_sessions.importers.jsonl import MAX_LINE, lines_of, read_jsonl

EAST = timezone(timedelta(hours=2))


def read(*lines: bytes) -> list[PullRequest]:
    return list(read_jsonl(lines, "prs.jsonl", EAST))


def row(**keys: Any) -> bytes:
    return json.dumps({"number": 1, **keys}).encode()


def complaint(*lines: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(*lines)
    assert caught.value.hint
    return str(caught.value)


def test_a_row_of_our_own_export_is_read() -> None:
    line = row(
        number=12,
        title="Fix",
        author="ann",
        created_at="2025-11-22T10:00:00-05:00",
        branch="fix",
        body="Words",
        changed_files=2,
        test_files_added=1,
        doc_files=1,
        additions=3,
        deletions=4,
        files=["a", "b"],
        auto=True,
        head_sha="1" * 40,
        base_sha="2" * 40,
    )

    expected = PullRequest(
        number="12",
        title="Fix",
        body="Words",
        author="ann",
        files_changed=2,
        test_files_added=1,
        docs_updated=True,
        branch="fix",
        created=datetime(2025, 11, 22, 15, tzinfo=UTC),
    )
    assert read(line) == [expected]


def test_a_row_as_github_spells_it_is_read() -> None:
    line = row(
        number=12,
        title="Fix",
        body=None,
        user={"login": "dependabot[bot]", "id": 1},
        head={"ref": "fix", "sha": "1"},
        base={"ref": "main", "sha": "2"},
        state="closed",
        html_url="https://example.org/12",
        labels=[{"name": "x"}],
        commits=3,
        created_at="2025-11-22T10:00:00Z",
        closed_at="2025-11-22T11:00:00Z",
        merged_at="2025-11-22T11:00:00Z",
        changed_files=2,
    )

    expected = PullRequest(
        number="12",
        title="Fix",
        author="dependabot[bot]",
        author_id=1,
        labels=("x",),
        files_changed=2,
        state=State.MERGED,
        branch="fix",
        base="main",
        created=datetime(2025, 11, 22, 10, tzinfo=UTC),
        closed=datetime(2025, 11, 22, 11, tzinfo=UTC),
        merged=datetime(2025, 11, 22, 11, tzinfo=UTC),
    )
    assert read(line) == [expected]


def test_a_row_may_tell_its_commits_and_who_wrote_them() -> None:
    commits = [{"sha": "a" * 40, "message": "x", "email": "ada@example.org"}, {"message": "y", "email": "Copilot"}]
    (found,) = read(row(number=1, author="ada", author_id=7, labels=["codex"], commits=commits))
    assert (found.author_id, found.labels, found.commit_messages, found.commit_authors) == (
        7,
        ("codex",),
        ("x", "y"),
        ("ada@example.org",),
    )


def test_what_a_row_does_not_say_stays_unsaid() -> None:
    assert read(b'{"number": 1}') == [PullRequest(number="1")]


def test_null_says_nothing() -> None:
    keys = "title body author user branch head base state created_at closed_at merged_at changed_files files doc_files"
    keys += " labels commits author_id"

    assert read(row(**dict.fromkeys(keys.split()))) == [PullRequest(number="1")]


@pytest.mark.parametrize(("said", "number"), [(7, "7"), ("7", "7"), ("owner/na.me#7", "owner/na.me#7")])
def test_a_number_may_be_text(said: int | str, number: str) -> None:
    assert read(row(number=said)) == [PullRequest(number=number)]


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ({"state": "open"}, State.OPEN),
        ({"state": "OPEN"}, State.OPEN),
        ({"state": "opened"}, State.OPEN),
        ({"state": "closed"}, State.CLOSED),
        ({"state": "MERGED"}, State.MERGED),
        ({"state": "closed", "merged_at": "2025-11-22T10:00:00Z"}, State.MERGED),
        ({"merged_at": "2025-11-22T10:00:00Z"}, State.MERGED),
        ({"closed_at": "2025-11-22T10:00:00Z"}, State.CLOSED),
        ({}, None),
    ],
)
def test_the_state_is_what_the_row_and_its_times_say(keys: dict[str, str], state: State | None) -> None:
    assert [one.state for one in read(row(**keys))] == [state]


@pytest.mark.parametrize(
    ("keys", "count"), [({"files": ["a", "b"]}, 2), ({"files": ["a"], "changed_files": 0}, 0), ({"files": []}, 0)]
)
def test_files_are_counted_where_no_count_is_given(keys: dict[str, Any], count: int) -> None:
    assert [one.files_changed for one in read(row(**keys))] == [count]


@pytest.mark.parametrize(("count", "updated"), [(0, False), (3, True)])
def test_documentation_is_updated_where_files_of_it_changed(count: int, updated: bool) -> None:
    assert [one.docs_updated for one in read(row(doc_files=count))] == [updated]


def test_a_time_without_a_zone_is_read_in_the_given_one() -> None:
    assert [one.created for one in read(row(created_at="2025-11-22T10:00:00"))] == [
        datetime(2025, 11, 22, 8, tzinfo=UTC)
    ]


def test_blank_lines_and_a_byte_order_mark_are_passed_over() -> None:
    assert read(b"\xef\xbb\xbf\n", b"\r\n", row() + b"\r\n", b"  \n") == [PullRequest(number="1")]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array_is_read_like_lines(indent: int | None) -> None:
    text = json.dumps([{"number": 1}, {"number": 2, "body": "x\ny"}], indent=indent).encode()

    assert read(*(b"\n" + text).splitlines(keepends=True)) == [
        PullRequest(number="1"),
        PullRequest(number="2", body="x\ny"),
    ]


def test_an_empty_file_has_no_pull_requests() -> None:
    assert (read(), read(b"[]"), read(b"\xef\xbb\xbf")) == ([], [], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"number": 1', "Input data was truncated"),
        (b'{"number": 1} x', "JSON is malformed: trailing characters (byte 15)"),
        (b"12", "Expected `object`, got `int`"),
        (b'{"title": "x"}', "Object missing required field `number`"),
        (row(number=None), "Expected `int | str`, got `null` - at `$.number`"),
        (row(number=1.5), "Expected `int | str`, got `float` - at `$.number`"),
        (row(number=-1), "not a pull request number: '-1'"),
        (row(number=0), "not a pull request number: '0'"),
        (row(number="../12"), "not a pull request number: '../12'"),
        (row(title=5), "Expected `str | null`, got `int` - at `$.title`"),
        (row(changed_files=-1), "Expected `int` >= 0 - at `$.changed_files`"),
        (row(state="odd"), "not a state of a pull request: 'odd'"),
        (row(created_at="soon"), "not a date and time: 'soon'"),
        (row(created_at=""), "not a date and time: ''"),
        (row(user={}), "Object missing required field `login` - at `$.user`"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(line: bytes, reason: str) -> None:
    assert complaint(row(), b"", line, row()) == f"prs.jsonl, line 3: {reason}"


@pytest.mark.parametrize(
    "line",
    [
        '{"number": 1}'.encode("utf-16"),
        b'{"number": 1, "title": "\xff"}',
        b'{"number": 1, "title": "\\ud83e"}',
        b'{"number": 1, "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"<<<<<<< HEAD",
    ],
)
def test_what_is_no_json_in_utf8_is_an_error(line: bytes) -> None:
    assert complaint(line).startswith("prs.jsonl, line 1: ")


def test_a_wrong_item_of_an_array_is_named_with_its_reason() -> None:
    assert complaint(b'[{"number": 1},\n', b'{"number": true}]') == (
        "prs.jsonl, item 2: Expected `int | str`, got `bool` - at `$.number`"
    )


def test_a_broken_array_is_an_error() -> None:
    assert complaint(b"\n", b"[1,\n", b"2") == "prs.jsonl, array at line 2: Input data was truncated"


@pytest.mark.parametrize("start", [b'{"number": 1, "body": "', b"["])
def test_a_line_that_is_too_long_is_refused(start: bytes) -> None:
    assert complaint(start + b" " * MAX_LINE) == "prs.jsonl, line 1: longer than 64 MiB"


def test_an_array_that_is_too_long_is_refused() -> None:
    assert complaint(b"[" + b" " * 10 + b"1,", b" " * 5 + b"x" * MAX_LINE) == "prs.jsonl, line 2: longer than 64 MiB"
    assert complaint(b"[1,", b"x" * MAX_LINE) == "prs.jsonl, array at line 1: longer than 64 MiB"


def test_a_file_gives_its_lines() -> None:
    assert list(lines_of(io.BytesIO(b"a\n\nb"))) == [b"a\n", b"\n", b"b"]


def test_of_an_endless_line_no_more_than_the_bound_is_read() -> None:
    file = io.BytesIO(b"x" * (MAX_LINE + 10))

    assert (len(next(lines_of(file))), file.tell()) == (MAX_LINE + 1, MAX_LINE + 1)


@given(st.lists(st.binary()))
def test_any_bytes_are_pull_requests_or_a_clear_error(lines: list[bytes]) -> None:
    with suppress(UnreadableFile):
        read(*lines)


@pytest.mark.parametrize(
    ("said", "commits"),
    [
        (["a" * 40, "b" * 64], ("a" * 40, "b" * 64)),
        ([{"oid": "a" * 40, "messageHeadline": "x"}, {"sha": "B" * 12}], ("a" * 40, "B" * 12)),
        (["a" * 11, "HEAD", "-rf", {}, "a" * 65], ()),
        (["a" * 12] * 300, ("a" * 12,) * 250),
        (None, ()),
    ],
)
def test_hashes_of_commits_are_read_as_the_api_and_its_command_line_tell_them(
    said: Any, commits: tuple[str, ...]
) -> None:
    assert [each.commits for each in read(row(commits=said))] == [commits]
