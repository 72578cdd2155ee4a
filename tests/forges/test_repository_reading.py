"""What stands in the repository itself, and the comments below all of its pull requests."""

from datetime import UTC, datetime

from asking import Ask
from fake_github import FakeGitHub


def test_a_file_is_read_from_a_branch(fake: FakeGitHub, ask: Ask) -> None:
    fake.contents["sessions", "docs/metrics/auto_pr_sessions.json"] = b"{}\n"
    assert ask(lambda github: github.text_file("docs/metrics/auto_pr_sessions.json", "sessions")) == b"{}\n"


def test_a_file_that_is_not_there_is_none(ask: Ask) -> None:
    assert ask(lambda github: github.text_file("missing.yaml")) is None


def test_a_large_file_is_read_whole(fake: FakeGitHub, ask: Ask) -> None:
    fake.contents["main", "large.json"] = b"x" * (3 << 20)
    assert ask(lambda github: github.text_file("large.json")) == b"x" * (3 << 20)


def test_comments_below_all_pull_requests_are_read_from_a_time_on(fake: FakeGitHub, ask: Ask) -> None:
    fake.add_comment(7, "too early", "ann", "2025-11-22T09:00:00Z")
    fake.add_comment(7, "/complete-session", "ann", "2025-11-22T10:00:00Z")
    fake.add_comment(8, "thanks", "bob", "2025-11-22T11:00:00Z")
    since = datetime(2025, 11, 22, 10, tzinfo=UTC)
    found = ask(lambda github: github.comments_since(since))
    assert [(c.number, c.author.login, c.body) for c in found] == [
        ("7", "ann", "/complete-session"),
        ("8", "bob", "thanks"),
    ]
