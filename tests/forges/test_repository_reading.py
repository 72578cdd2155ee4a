"""What stands in the repository itself, and the comments below all of its pull requests."""

from datetime import UTC, datetime

import pytest

from asking import Ask
from fake_github import FakeGitHub, Fault
from pr_sessions.errors import ForgeFailed


def test_a_file_is_read_from_a_branch(fake: FakeGitHub, ask: Ask) -> None:
    fake.contents["sessions", "docs/metrics/auto_pr_sessions.json"] = b"{}\n"
    assert ask(lambda github: github.file("docs/metrics/auto_pr_sessions.json", "sessions")) == b"{}\n"


def test_a_file_that_is_not_there_is_none(ask: Ask) -> None:
    assert ask(lambda github: github.file("missing.yaml")) is None


def test_a_large_file_is_read_whole(fake: FakeGitHub, ask: Ask) -> None:
    fake.contents["main", "large.json"] = b"x" * (3 << 20)
    assert ask(lambda github: github.file("large.json")) == b"x" * (3 << 20)


def test_comments_below_all_pull_requests_are_read_from_a_time_on(fake: FakeGitHub, ask: Ask) -> None:
    fake.add_comment(7, "too early", "ann", "2025-11-22T09:00:00Z")
    fake.add_comment(7, "/complete-session", "ann", "2025-11-22T10:00:00Z")
    fake.add_comment(8, "thanks", "bob", "2025-11-22T11:00:00Z")
    since = datetime(2025, 11, 22, 10, tzinfo=UTC)
    found, complete = ask(lambda github: github.comments_since(since))
    assert complete
    assert [(c.number, c.author.login, c.body) for c in found] == [
        ("8", "bob", "thanks"),
        ("7", "ann", "/complete-session"),
    ]


def test_of_very_many_comments_only_the_newest_pages_are_read(fake: FakeGitHub, ask: Ask) -> None:
    for minute in range(5):
        fake.add_comment(7, str(minute), "ann", f"2025-11-22T10:0{minute}:00Z")
    fake.page_size = 1
    since = datetime(2025, 11, 22, tzinfo=UTC)
    found, complete = ask(lambda github: github.comments_since(since, limit=3))
    assert ([c.body for c in found], complete, len(fake.asked)) == (["4", "3", "2"], False, 3)


def test_the_newest_pull_requests_are_read_in_order(fake: FakeGitHub, ask: Ask) -> None:
    for number in range(1, 8):
        fake.add_pull(number, "auto-pr: fix", f"2025-11-22T10:0{number}:00Z")
    fake.pulls[6]["state"] = "closed"
    fake.page_size = 2
    page = ask(lambda github: github.pull_requests("open", limit=3))
    numbers = [pr.pull_request.number for pr in page.pull_requests]
    assert (numbers, page.is_last) == (["7", "5", "4", "3", "2", "1"], True)
    assert not ask(lambda github: github.pull_requests("all", limit=1)).is_last


def test_a_folder_is_no_file(fake: FakeGitHub, ask: Ask) -> None:
    fake.faults.append(Fault(status=200, body=b"[]"))
    with pytest.raises(ForgeFailed, match="a folder or a link where a file was asked for"):
        ask(lambda github: github.file("docs"))
