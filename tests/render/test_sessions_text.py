"""Rows of sessions as a terminal shows them."""

import re

import pytest
from rich.text import Text

from pr_sessions.core.models import PullRequestRecord, Session, State
from pr_sessions.core.policy import Policy
from pr_sessions.core.summary import SessionSummary
from pr_sessions.render import screen
from pr_sessions.render.sessions import list_lines, pull_request_lines
from scene import START

PAGE = "https://github.com/ada/shop/pull/"
SESSION = Session(
    id="ada-20251122-1000",
    author="ada",
    started=START,
    last_activity=START,
    pull_requests={"1": PullRequestRecord(state=State.OPEN), "ada/docs#2": PullRequestRecord(state=State.CLOSED)},
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "is_terminal", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")


def links(text: str) -> list[str]:
    return [link for link in re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b", text) if link]


def test_numbers_of_the_clones_own_are_links_and_states_have_signs() -> None:
    text = screen.draw(pull_request_lines(SESSION, PAGE), 100)
    assert links(text) == [f"{PAGE}1"]
    assert [line.split()[:3] for line in Text.from_ansi(text).plain.splitlines()[2:]] == [
        ["1", "●", "open"],
        ["ada/docs#2", "✗", "closed"],
    ]


def test_a_session_leads_to_its_last_pull_request_of_the_clone() -> None:
    summary = SessionSummary(SESSION, Policy(), START)
    assert links(screen.draw(list_lines([summary], {}, page=PAGE), 100)) == [f"{PAGE}1"]
    assert links(screen.draw(list_lines([summary], {}), 100)) == []
