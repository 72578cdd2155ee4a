"""What `ci` prints of a judgement."""

import click
import pytest
from msgspec.structs import replace

from judged import NOW, judged, live, pull, session, snapshot, viewed
from pr_sessions.cli.ci.explanation import lines, view
from pr_sessions.forges.github.payload import User
from pr_sessions.live.commands import Ask, Command
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.runner.event import Event
from pr_sessions.sessions.agent import Agent, Evidence
from pr_sessions.sessions.attribution import Choice, Tried
from pr_sessions.sessions.recording import Recorded
from pr_sessions.sessions.session import Facts, Placement, Rung, Verdict
from strategies import START


def whole() -> Judgement:
    told = replace(snapshot(pull(1), pull(2), _1="a", _2="b"), writers={"ann": True, "eve": False}, doubts=("a doubt",))
    tried = (Tried(Rung.MARK, (), "no mark of ours in the title or the body"), Tried(Rung.TIME, ("s",), "work of bot"))
    placement = Placement(Rung.TIME, START, "work of bot within 30 minutes")
    recorded = Recorded(
        number="2",
        verdict=Verdict(is_auto=True, evidence=(Evidence("title", "^auto-pr:"),)),
        choice=Choice(session_id="s", placement=placement, tried=tried),
        facts=Facts(placement=placement),
        agents=(Agent("codex", evidence=(Evidence("author", "codex[bot]"),)),),
    )
    home = session("1", "2", agents=("codex",))
    commands = (Command(9, "1", "ann", START, Ask.MOVE, "#2"),)
    event = Event(name="pull_request", action="opened", repository="ada/shop", number="2", sender=User("bot"))
    sessions = replace(live(home), recorded={"2": recorded}, believed={"2": True}, commands=commands)
    return judged(snapshot=told, sessions=sessions, view=viewed(told, home), event=event)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({}, "The checks of #2 run; they could have waited for the end of its session."),
        (
            {"is_fork": True},
            "The checks of #2 run at once: its branch lies in a fork, or nobody can tell where it lies.",
        ),
        (
            {"doubts": ("GitHub is down", "so are its lists", "and its files"), "is_fork": True},
            (
                "The checks of #2 run at once: not everything is known for sure: GitHub is down (and 2 more); "
                "its branch lies in a fork, or nobody can tell where it lies."
            ),
        ),
    ],
)
def test_the_decision_is_one_line(told: dict[str, object], line: str) -> None:
    assert list(lines(judged(**told), whole=False)) == [line]


def test_everything_is_told_on_request() -> None:
    assert [click.unstyle(line).rstrip() for line in lines(whole(), whole=True)] == list(WHOLE.splitlines())


WHOLE = """\
The checks of #2 run; they could have waited for the end of its session.

What happened
  event      pull_request opened
  where      ada/shop
  by         bot
  looked at  2025-11-22 10:20

Why automatic
  its title matches ^auto-pr:

  agent  role    confidence  by                  which is
  codex  opened  likely      author: codex[bot]  the forge's word

What can put a pull request into a session, strongest first; only something stronger would move it:
     stronger  hand     nobody put it there by hand
     stronger  hook     no agent's hook saw a session create it
     stronger  vendor   no id of an agent's run
     stronger  mark     no mark of ours named a session
     stronger  owned    no working tree or branch named a session
     stronger  commits  no other pull request of an agent's was found to share a commit with it
  -> decided   time     its author worked in this repository within the timeout (work of bot within 30 minutes)

How it stands
  state                    open
  from a fork, or unknown  no
  author believed          yes
  automatic                yes
  left out by a label      no
  session goes on          yes
  approved                 no
  ready for review         no
  merges by itself         no
  files                    1: src/shop.py

Its session
  id             bot-20251122-1000
  pull requests  1, 2
  to review      1, 2
  agents         codex
  ends           in 18 min

Who is believed
  the author of #2  yes
  ann               yes
  eve               no

What people asked for
  #1  move #2  ann, 2025-11-22 10:00

What could not be found out
  a doubt

7 requests to GitHub.
"""


def test_one_document_for_programs() -> None:
    assert view(judged(is_auto=False, session_id=None), whole=False) == {
        "number": "2",
        "is_auto_pr": False,
        "should_skip_scoring": False,
        "would_skip": False,
        "session_completed": False,
        "session_id": None,
        "prs": [],
        "gate": "advisory",
        "reasons": [{"why": "not automatic", "detail": ""}],
        "breaches": [],
        "doubts": [],
        "requests": 7,
    }


def test_the_whole_document_holds_what_led_to_it() -> None:
    told = view(whole(), whole=True)

    assert (told["at"], told["event"]["by"], told["believed"], told["writers"]) == (
        f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "bot",
        {"2": True},
        {"ann": True, "eve": False},
    )
    assert [step["decided"] for step in told["ladder"]].count(True) == 1
    assert told["session"]["review"] == ["1", "2"]


def test_what_people_wrote_stands_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    judgement = judged(doubts=("a\nb\x1b[31m\u202ec",))

    assert [line for line in lines(judgement, whole=True) if "\n" in line or "\x1b[31m" in line] == []
