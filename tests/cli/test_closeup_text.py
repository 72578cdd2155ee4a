"""What `look OWNER/REPO --why` says of one pull request: from values, so that every part is seen."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from click import unstyle
from msgspec.structs import replace

from pr_sessions.core.gate import decide
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.overlaps import Overlap
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, User
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import Snapshot, rebuild
from pr_sessions.gate.status import pull_request_status
from pr_sessions.look.forge import survey_assessed
from pr_sessions.render.closeup import closeup_lines
from pr_sessions.render.json import closeup_json
from pr_sessions.render.table import plain_lines
from rules import all_signatures
from scene import minute

POLICY = Policy()
ADA = User("ada", 1, "User")
CURSOR = User("cursor[bot]", 206951365, "Bot")


def told(number: int, minutes: float, title: str, author: User = ADA, **own: object) -> ForgePullRequest:
    pull_request = PullRequest(
        number=str(number),
        title=title,
        author=author.login,
        author_id=author.id,
        state=State.OPEN,
        branch=f"work-{number}",
        base="main",
        created=minute(minutes),
    )
    known = {"author": author, "repository": "ada/shop", "head_repository": "ada/shop", "head_sha": "6dcb09b"}
    return ForgePullRequest(pull_request=pull_request, **{**known, **own})


PULLS = (
    told(1, 0, "auto-pr: model"),
    told(2, 5, "auto-pr: numbers", is_draft=True),
    told(3, 6, "Upgrade", head_repository="eve/shop"),
    told(4, 7, "Menu", CURSOR),
)

FILES = {"1": "src/a.py src/b.py", "2": "src/a.py", "3": "db.sql", "4": "src/c.py .github/ci.yml"}


def assessed(
    number: str,
    *,
    minutes: float = 20,
    policy: Policy = POLICY,
    files: Mapping[str, str] = FILES,
    pulls: tuple[ForgePullRequest, ...] = PULLS,
) -> Assessment:
    now = minute(minutes)
    snapshot = Snapshot(
        repository="ada/shop",
        pull_requests={one.pull_request.number: one for one in pulls},
        writers={"ada": True},
        files={number: tuple(map(ChangedFile, paths.split())) for number, paths in files.items()},
    )
    rebuilt = rebuild(snapshot, all_signatures(policy), now)
    stands = pull_request_status(number, snapshot, rebuilt, policy, now)
    return Assessment(
        event=Event(name="pull_request", number=number),
        at=now,
        rules=all_signatures(policy),
        snapshot=snapshot,
        rebuilt=rebuilt,
        status=stands,
        decision=decide(stands, policy),
    )


def shown(assessment: Assessment) -> Iterator[str]:
    return plain_lines(closeup_lines(survey_assessed(assessment)))


def as_data(assessment: Assessment) -> dict[str, Any]:
    return closeup_json(survey_assessed(assessment))


WHY_1 = """\
#1 is automatic
  title     auto-pr: model
  author    ada
  believed  yes
  opened    2025-11-22 10:00, 20 min ago
  state     open
  branch    work-1 into main
  files     2 files: src/a.py, src/b.py
  agents    no sign of an agent

Why automatic
  its title matches ^auto-pr:

Its checks, by the gate
  today        could wait for the end of its session
  when opened  could wait for the end of its session

Its session
  ada-20251122-1000  2 open pull requests, 2 files
    open for 20 min, goes on, 15 min left
    #2 (draft) auto-pr: numbers
    #1 auto-pr: model

What was asked, the strongest first
  agent_run  no id of an agent's run                   nothing
  marker     no mark of ours in the title or the body  nothing
  workspace  no live session in this working tree      nothing
  workspace  branch work-1                             nothing
  time       work of ada within 30 minutes             nothing
  So it began a session of its own.

Others that are open and touch the same files
  #2 ada: 1 file: src/a.py
"""
WHY_3 = """\
#3 is not automatic
  title     Upgrade
  author    ada
  believed  no: what it says of itself does not count
  opened    2025-11-22 10:06, 14 min ago
  state     open
  branch    work-3 into main, of a fork
  files     1 file: db.sql
  agents    no sign of an agent

Its checks, by the gate
  today        run at once
               its branch lies in a fork, or nobody can tell where it lies
               nothing says that it is automatic
  when opened  run at once
               its branch lies in a fork, or nobody can tell where it lies
               nothing says that it is automatic

Its session
  None.
"""
WHY_4 = """\
#4 is automatic
  title     Menu
  author    cursor[bot]
  believed  yes
  opened    2025-11-22 10:07, 13 min ago
  state     open
  branch    work-4 into main
  files     2 files: src/c.py, .github/ci.yml
  agents    opened by cursor: its author is cursor

Why automatic
  the agent cursor opened it

  agent   role    confidence  by                     source
  cursor  opened  certain     author: cursor/author  the forge

Its checks, by the gate
  today        run at once
               it changes what gate.always names: .github/ci.yml
  when opened  run at once
               it changes what gate.always names: .github/ci.yml

Its session
  cursor-bot-20251122-1007-4  1 open pull request, 2 files
    cursor, open for 13 min, goes on, 17 min left
    #4 Menu

What was asked, the strongest first
  agent_run  no id of an agent's run                   nothing
  marker     no mark of ours in the title or the body  nothing
  workspace  no live session in this working tree      nothing
  workspace  branch work-4                             nothing
  commits    no commits are known                      nothing
  So it began a session of its own.
"""


@pytest.mark.parametrize(("number", "text"), [("1", WHY_1), ("3", WHY_3), ("4", WHY_4)])
def test_everything_about_one(number: str, text: str) -> None:
    assert "".join(f"{unstyle(line)}\n" for line in shown(assessed(number))) == text


def test_what_waits_is_said_to_wait_where_the_team_wants_that() -> None:
    enforced = replace(POLICY, gate=GateMode.ENFORCE, gate_checks=("tests",), gate_workflow="ci.yml")
    half = replace(enforced, gate_workflow=None)

    assert [checks("1", policy) for policy in (enforced, half)] == [
        ["  today        wait for the end of its session", "  when opened  wait for the end of its session"],
        [
            "  today        could wait for the end of its session",
            "               the gate is not set up in full: enforce needs gate.workflow",
            "  when opened  could wait for the end of its session",
            "               the gate is not set up in full: enforce needs gate.workflow",
        ],
    ]


def checks(number: str, policy: Policy) -> list[str]:
    lines = list(map(unstyle, shown(assessed(number, policy=policy))))
    start = lines.index("Its checks, by the gate") + 1
    return lines[start : lines.index("", start)]


def test_one_that_is_closed_has_no_opening_to_judge() -> None:
    closed = replace(PULLS[0], pull_request=replace(PULLS[0].pull_request, state=State.CLOSED, closed=minute(3)))
    lines = list(map(unstyle, shown(assessed("1", pulls=(closed,)))))

    assert "  state     closed" in lines
    assert "  ada-20251122-1000, nothing of it is open" in lines
    assert not [line for line in lines if "when opened" in line]


def test_hostile_words_stay_on_their_line() -> None:
    evil = "\x1b[31m\r\n::error::" + "x" * 500
    lines = list(shown(assessed("1", pulls=(told(1, 0, f"auto-pr: {evil}"),), files={"1": "a\nb"})))

    assert all(unstyle(line).isprintable() and len(unstyle(line)) <= 80 for line in lines)


def test_all_of_it_as_json() -> None:
    seen = as_data(assessed("2"))

    assert (seen["number"], seen["state"], seen["is_auto"], seen["session_id"]) == (
        "2",
        "open",
        True,
        "ada-20251122-1000",
    )
    assert seen["gate"] == seen["at_opening"] == {"postpone": True, "reasons": ()}
    assert seen["session"]["review"] == ("2", "1")
    assert [step["rung"] for step in seen["tried"]] == ["agent_run", "marker", "workspace", "workspace", "time"]
    assert seen["overlaps"] == (Overlap(("1", "2"), ("src/a.py",)),)


def test_what_could_not_be_read_is_said() -> None:
    seen = assessed("1")
    doubtful = replace(seen, snapshot=replace(seen.snapshot, unknowns=("the comments: GitHub has a problem",)))
    lines = list(map(unstyle, shown(doubtful)))

    assert lines[-2:] == ["What could not be read", "  the comments: GitHub has a problem"]
