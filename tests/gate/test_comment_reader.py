"""How much of the comments is read, and what is said of the rest."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from snapshots import DEVIN, said

from asking import Ask
from fake_github import FakeGitHub
from pr_sessions.core.gate import Why
from pr_sessions.core.times import write_time
from pr_sessions.gate import commands
from pr_sessions.gate.assess import assess
from pr_sessions.gate.commands import (
    LONGEST,
    MOST,
    TOO_LONG,
    TOO_MANY,
    TOO_SLOW,
    CommandKind,
    CommentReader,
    LeftOut,
    parse_commands,
)
from pr_sessions.gate.event import Event
from scene import minute

LINE = "Words that ask for nothing.\n"
LONG = LINE * (2 * LONGEST // len(LINE))


def asked(body: str) -> list[tuple[CommandKind, str]]:
    """What is asked for in what is read of a comment."""
    read, _ = CommentReader().read([said(7, 1, body)])
    return [(command.kind, command.target) for command in parse_commands(read.values())]


@pytest.mark.parametrize(
    ("body", "unknowns"),
    [
        (f"/session status\n{LONG}", []),
        (f"{LONG}/session status", [TOO_LONG.format(7)]),
        (f"/complete-session\n{LONG}/complete-session", [TOO_LONG.format(7)]),
        (f"/session status\n{'x' * 100_000}", []),
        ("/session status " * LONGEST, [TOO_LONG.format(7)]),
        (LONG, []),
        ("x" * LONGEST + "/session", [TOO_LONG.format(7)]),
    ],
    ids=["before", "behind", "both", "one-long-line-behind", "one-long-line", "nothing", "across"],
)
def test_of_a_long_comment_the_beginning_is_read_and_a_command_behind_it_is_a_doubt(
    body: str, unknowns: list[str]
) -> None:
    read, left_out = CommentReader().read([said(7, 1, body)])

    assert [one.reason for one in left_out] == unknowns
    assert max(len(one.body) for one in read.values()) <= LONGEST


def test_a_line_is_read_whole_or_not_at_all() -> None:
    filler = "x" * (LONGEST - len("\n/session move #1"))
    assert asked(f"{filler}\n/session move #12") == []
    assert asked(f"{filler[2:]}\n/session move #12\n") == [(CommandKind.MOVE, "#12")]


@pytest.mark.parametrize(
    "body",
    [
        f"<blockquote>\n\n/complete-session\n{LONG}</blockquote>",
        f"<blockquote>\n\n/complete-session\n{LONG}</BLOCKQUOTE>",
        f"```\n/complete-session\n{LONG}```",
        f"<!--\n/complete-session\n{LONG}-->",
    ],
)
def test_what_is_quoted_or_code_is_still_that_where_its_end_was_not_read(body: str) -> None:
    assert asked(body) == []


def test_the_newest_comments_that_may_ask_are_read() -> None:
    comments = [said(7, n, "/session status", "Ann", comment_id=n) for n in range(1, MOST + 3)]
    read, left_out = CommentReader().read(comments)

    assert [one.comment for one in parse_commands(read.values())] == list(range(3, MOST + 3))
    assert set(left_out) == {LeftOut("7", "ann", TOO_MANY.format(7))}


def test_each_pull_request_has_its_own_number_of_comments() -> None:
    comments = [said(n % 2 + 7, n, "/session status") for n in range(2 * MOST)]
    assert CommentReader().read(comments)[1] == ()


def test_comments_that_ask_for_nothing_take_nobodys_place() -> None:
    comments = [said(7, 1, "/session status"), *(said(7, n, "LGTM") for n in range(2, 2 * MOST))]
    comments += [said(7, 1000 + n, "/session status", DEVIN) for n in range(2 * MOST)]
    read, left_out = CommentReader().read(comments)

    assert (len(parse_commands(read.values())), left_out) == (1, ())


def test_when_the_time_is_used_up_the_oldest_are_left_out() -> None:
    comments = [said(7, n, f"/session move #{n}", comment_id=n) for n in (1, 2, 3, 4)]
    six_seconds_each = count(0, 6).__next__
    read, left_out = CommentReader(six_seconds_each).read(comments)

    assert [one.target for one in parse_commands(read.values())] == ["#3", "#4"]
    assert [one.reason for one in left_out] == [TOO_SLOW.format(7)] * 2


def test_the_time_is_that_of_the_job_and_not_of_each_reading() -> None:
    reader = CommentReader(count(0, 6).__next__)
    for n in (1, 2):
        reader.read([said(7, n, f"/session move #{n}")])

    assert reader.read([said(7, 3, "/session move #3")])[1] == (LeftOut("7", "ada", TOO_SLOW.format(7)),)


@pytest.fixture
def unknowns(fake: FakeGitHub, ask: Ask) -> Any:
    """What the gate doubts of an automatic pull request of ada's."""

    def found(*, clock: Any = None) -> list[str]:
        fake.permissions |= {"ada": "write"}
        fake.add_pull(7, "auto-pr: work", write_time(minute(0)), "ada")
        happened = Event(name="pull_request", action="opened", repository="ada/shop", number="7")
        reader = CommentReader(clock) if clock else None
        decision = ask(lambda github: assess(github, happened, minute(20), reader=reader)).decision
        return [reason.detail for reason in decision.reasons if reason.why is Why.UNKNOWN]

    return found


@pytest.mark.parametrize(("permission", "matters"), [("write", True), ("read", False), (None, False)])
def test_what_was_left_out_is_a_doubt_if_its_author_may_write(
    permission: str | None, matters: bool, fake: FakeGitHub, unknowns: Any
) -> None:
    fake.permissions |= {"bob": permission} if permission else {}
    fake.add_comment(7, f"{LONG}/complete-session", "bob", write_time(minute(5)))

    assert unknowns() == ([TOO_LONG.format(7)] if matters else [])


def test_what_was_left_out_elsewhere_is_none(fake: FakeGitHub, unknowns: Any) -> None:
    fake.permissions["bob"] = "write"
    fake.add_pull(3, "Docs", write_time(minute(0)), "bob")
    fake.add_comment(3, f"{LONG}/complete-session", "bob", write_time(minute(5)))

    assert unknowns() == []


def test_time_that_is_used_up_is_a_doubt(fake: FakeGitHub, unknowns: Any) -> None:
    for n in range(3):
        fake.add_comment(7, f"/session move #7 {n}", "ada", write_time(minute(5) + timedelta(seconds=n)))

    assert unknowns(clock=count(0, 6).__next__) == [TOO_SLOW.format(7)]


def test_the_work_is_bounded_whatever_was_written() -> None:
    body = "/session x\n" + "```\n" * 16_000
    comments = [said(7, 1, body, comment_id=n) for n in range(900)]
    looks: list[float] = []

    def clock() -> float:
        looks.append(0.0)
        return 0.0

    read, _ = CommentReader(clock).read(comments)
    # Two looks at the clock for each comment that is understood.
    assert (len(looks), sum(len(one.body) <= LONGEST for one in read.values())) == (2 * MOST, 900)


def test_a_comment_is_understood_once_however_often_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(commands, "own_lines", lambda body: looked.append(body) or ())
    for _ in range(3):
        parse_commands([said(7, 1, "/session status, once")])

    assert looked == ["/session status, once"]
