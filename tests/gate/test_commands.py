from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from snapshots import app, said

from pr_sessions.gate.commands import Command, CommandKind, parse_commands
from scene import minute

UNCLEAR = "after /session move stands one session's id, a pull request such as #12, or new"


def asked(body: str) -> list[tuple[CommandKind, str, str]]:
    return [(found.kind, found.target, found.problem) for found in parse_commands([said(7, 1, body)])]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/complete-session", [(CommandKind.COMPLETE, "", "")]),
        ("Thanks!\r\n\r\n  /complete-session \r\n", [(CommandKind.COMPLETE, "", "")]),
        ("/session status", [(CommandKind.STATUS, "", "")]),
        ("/session \t status", [(CommandKind.STATUS, "", "")]),
        ("/session move ada-20251122-1000", [(CommandKind.MOVE, "ada-20251122-1000", "")]),
        ("/session move #12", [(CommandKind.MOVE, "#12", "")]),
        ("/session move #0012", [(CommandKind.MOVE, "#12", "")]),
        ("/session move 12", [(CommandKind.MOVE, "12", "")]),
        ("/session move new", [(CommandKind.MOVE, "new", "")]),
        ("/session move", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move a b", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move #0", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move #x", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move octo/app#12", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move #" + "1" * 40, [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move #٣", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move ../../etc/passwd", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move $(id)", [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session move " + "a" * 201, [(CommandKind.MOVE, "", UNCLEAR)]),
        ("/session", []),
        ("/session statuses", []),
        ("/session status now", []),
        ("/session complete", []),
        ("/complete-session now", []),
        ("please /complete-session", []),
        ("/Complete-Session", []),
        ("> /complete-session", []),
        ("<blockquote>\n/complete-session\n</blockquote>", []),
        ("```\n/complete-session\n```", []),
        ("~~~\n/complete-session", []),
        ("    /complete-session", []),
        ("`/complete-session`", []),
        ("<!--\n/complete-session\n-->", []),
        ("", []),
    ],
)
def test_a_command_stands_alone_on_a_line_of_own_words(body: str, expected: list[tuple[CommandKind, str, str]]) -> None:
    assert asked(body) == expected


def test_a_comment_asks_for_each_thing_once_and_the_first_counts() -> None:
    body = "/session move #1\n/session status\n/session move new\n/complete-session\n/session status"
    assert asked(body) == [(CommandKind.MOVE, "#1", ""), (CommandKind.STATUS, "", ""), (CommandKind.COMPLETE, "", "")]


def test_a_command_tells_who_asked_where_and_when() -> None:
    (found,) = parse_commands([said(7, 3, "/session move new", "Bob", 99)])
    assert found == Command(99, "7", "Bob", minute(3), CommandKind.MOVE, "new")


def test_the_oldest_comes_first_and_of_one_moment_the_comment_that_was_first() -> None:
    comments = [said(7, 2, "/complete-session", comment_id=i) for i in (8, 9)] + [said(1, 1, "/complete-session")]
    assert [(c.number, c.comment) for c in parse_commands(reversed(comments))] == [("1", 1_000_060), ("7", 8), ("7", 9)]


def test_an_app_and_an_account_that_is_gone_ask_for_nothing() -> None:
    assert parse_commands([said(7, 1, "/complete-session", by) for by in (app("renovate[bot]"), app("x"), "")]) == ()


def test_a_comment_that_lacks_its_time_or_its_place_asks_for_nothing() -> None:
    whole = said(7, 1, "/complete-session")
    assert parse_commands([replace(whole, created=None), replace(whole, number="")]) == ()


def test_a_comment_longer_than_any_of_github_asks_for_nothing() -> None:
    assert asked("x" * 65_000 + "\n/complete-session") == [(CommandKind.COMPLETE, "", "")]
    assert asked("x" * 65_536 + "\n/complete-session") == []


@given(st.text(st.sampled_from("/session move#12`>~<!-\n\t \r\u2028\u202e"), max_size=60))
def test_whatever_stands_in_a_comment_the_target_is_one_that_can_be_shown(body: str) -> None:
    for _, target, problem in asked(body):
        assert target.removeprefix("#").isalnum() or problem


@pytest.mark.parametrize("line", ["nice\n", "/session move #1\n", "> `<!--\n", "/session " * 3])
def test_ten_thousand_comments_are_read_in_a_moment(line: str) -> None:
    comments = [said(7, place, line * 20) for place in range(10_000)]
    begun = perf_counter()
    parse_commands(comments)
    assert perf_counter() - begun < 20
