"""`inbox --watch`, with a clock that moves by sleeping only."""

import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from inboxes import inbox_of, open_pr
from pr_sessions.cli import inbox_watch
from pr_sessions.core.inbox import Inbox
from pr_sessions.core.inbox_view import View
from pr_sessions.core.open_pull_requests import Checks
from pr_sessions.errors import ForgeFailed
from pr_sessions.render import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ONE = inbox_of((open_pr(1),))
FAILS = inbox_of((open_pr(1, checks=Checks.FAILING),))


def watched(*readings: Inbox | Exception) -> list[float]:
    """How long it slept between these readings, before somebody interrupted it."""
    slept: list[float] = []
    left: Iterator[Inbox | Exception] = iter(readings)

    def read() -> Inbox:
        reading = next(left)
        if isinstance(reading, Exception):
            raise reading
        return reading

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == len(readings):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inbox_watch.watch(read, lambda _: View(), sleep)
    return slept


def test_elsewhere_the_inbox_comes_first_and_then_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert watched(ONE, ONE, FAILS, ONE) == [60.0] * 4
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "acme/shop: 1 open pull request in 1 row"
    assert [re.sub(r"^\d\d:\d\d ", "", line) for line in lines if re.match(r"\d\d:\d\d ", line)] == [
        "changed acme/shop #1 Change 1: waiting for others: #1: checks fail -> ada corrects the checks of #1",
        "changed acme/shop #1 Change 1: needs review: #1: not reviewed yet -> review #1",
    ]


def test_on_a_terminal_it_is_drawn_anew_within_its_height(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "is_terminal", lambda: True)
    for name, value in {"COLUMNS": "80", "LINES": "6", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    watched(ONE, FAILS)
    first, second = capsys.readouterr().out.split("\x1b[H\x1b[2J")[1:]
    assert [len(text.splitlines()) for text in (first, second)] == [5, 4]
    assert first.splitlines()[-1].startswith("... and ")


def test_what_the_forge_refuses_is_said_and_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(watched(ONE, ForgeFailed("GitHub cannot be reached: \x1b[31m"), ONE)) == 3
    assert capsys.readouterr().err == "not read this time: GitHub cannot be reached:  [31m\n"


def test_what_cannot_be_read_at_first_is_an_error() -> None:
    def read() -> Inbox:
        raise ForgeFailed("GitHub cannot be reached")

    sleep: Callable[[float], None] = pytest.fail
    with pytest.raises(ForgeFailed):
        inbox_watch.watch(read, lambda _: View(), sleep)


@pytest.mark.parametrize(("requests", "seconds"), [(1, 60), (16, 60), (50, 180), (500, 1800)])
def test_an_hour_takes_a_thousand_requests_at_most(requests: int, seconds: float) -> None:
    pause = inbox_watch.pause(replace(ONE, requests=requests))
    assert (pause.total_seconds(), requests * 3600 / pause.total_seconds() <= 1000) == (seconds, True)
