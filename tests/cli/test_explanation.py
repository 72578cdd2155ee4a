"""What `ci` prints of a judgement."""

import click
import pytest
from msgspec.structs import replace

from assessments import NOW, assessed, pull, rebuilt, session, snapshot, viewed
from pr_sessions.core.agents import Agent, Evidence
from pr_sessions.core.attribution import AttributionResult, Candidate
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord, Verdict
from pr_sessions.core.recording import Recorded
from pr_sessions.forges.base import User
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.commands import Command, CommandKind
from pr_sessions.gate.event import Event
from pr_sessions.render.assessment import lines, view
from pr_sessions.render.table import plain_lines
from strategies import START


def whole() -> Assessment:
    told = replace(
        snapshot(pull(1), pull(2), _1="a", _2="b"), writers={"ann": True, "eve": False}, unknowns=("a doubt",)
    )
    candidates = (
        Candidate(Basis.MARKER, (), "no mark of ours in the title or the body"),
        Candidate(Basis.TIME, ("s",), "work of bot"),
    )
    attribution = Attribution(Basis.TIME, START, "work of bot within 30 minutes")
    agents = (Agent("codex", evidence=(Evidence("author", "codex[bot]"),)),)
    recorded = Recorded(
        number="2",
        verdict=Verdict(is_auto=True, evidence=(Evidence("title", "^auto-pr:"),), agents=agents),
        result=AttributionResult(session_id="s", attribution=attribution, candidates=candidates),
        record=PullRequestRecord(attribution=attribution),
    )
    home = session("1", "2", agents=("codex",))
    commands = (Command(9, "1", "ann", START, CommandKind.MOVE, "#2"),)
    event = Event(name="pull_request", action="opened", repository="ada/shop", number="2", sender=User("bot"))
    sessions = replace(rebuilt(home), recorded={"2": recorded}, trusted={"2": True}, commands=commands)
    return assessed(snapshot=told, sessions=sessions, view=viewed(told, home), event=event)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({}, "The checks of #2 run; they could have waited for the end of its session."),
        (
            {"is_fork": True},
            "The checks of #2 run at once: its branch lies in a fork, or nobody can tell where it lies.",
        ),
        (
            {"unknowns": ("GitHub is down", "so are its lists", "and its files"), "is_fork": True},
            (
                "The checks of #2 run at once: not everything is known for sure: GitHub is down (and 2 more); "
                "its branch lies in a fork, or nobody can tell where it lies."
            ),
        ),
    ],
)
def test_the_decision_is_one_line(told: dict[str, object], line: str) -> None:
    assert list(lines(assessed(**told), whole=False)) == [line]


def test_everything_is_told_on_request() -> None:
    assert [click.unstyle(line).rstrip() for line in plain_lines(lines(whole(), whole=True))] == list(
        WHOLE.splitlines()
    )


WHOLE = """\
The checks of #2 run; they could have waited for the end of its session.

What happened
  event      pull_request opened
  where      ada/shop
  by         bot
  looked at  2025-11-22 10:20

Why automatic
  its title matches ^auto-pr:

  agent  role    confidence  by                  source
  codex  opened  likely      author: codex[bot]  the forge

What can put a pull request into a session, strongest first; only something stronger would move it:
     stronger  manual     nobody put it there manually
     stronger  hook       no agent's hook saw a session create it
     stronger  agent_run  no id of an agent's run
     stronger  marker     no mark of ours named a session
     stronger  workspace  no working tree or branch named a session
     stronger  stack      no stack of the forge is known that it is in
     stronger  commits    no other pull request of an agent's was found to share a commit with it
  -> decided   time       its author worked in this repository within the timeout (work of bot within 30 minutes)

How it stands
  state                              open
  from a fork, or unknown            no
  author believed                    yes
  automatic                          yes
  made with an agent                 no
  left out by a label                no
  session goes on                    yes
  quiet for longer than checks wait  no
  approved                           no
  ready for review                   no
  merges by itself                   no
  files                              1: src/shop.py

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
    assert view(assessed(is_auto=False, session_id=None), whole=False) == {
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
    assessment = assessed(unknowns=("a\nb\x1b[31m\u202ec",))

    assert [line for line in lines(assessment, whole=True) if "\n" in line or "\x1b[31m" in line] == []
