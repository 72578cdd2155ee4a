"""What `look` says of what is open: from values, so that every part is seen."""

from datetime import timedelta

import pytest
from click import unstyle
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Role
from pr_sessions.core.explain import Explanation
from pr_sessions.core.gate import Decision, Reason, Why
from pr_sessions.core.models import Session
from pr_sessions.core.overlaps import Overlap, OverlapList, Overlaps
from pr_sessions.core.relations import AgentCount
from pr_sessions.gate.status import Breach
from pr_sessions.look.survey import PullRequestGroup, Survey, SurveyedPullRequest
from pr_sessions.render.survey import survey_lines
from pr_sessions.render.table import plain_lines
from pr_sessions.render.terminal import age
from scene import START, minute

COULD_WAIT = Decision(postpone=True, skip=False)


def one(number: int, agent: str = "cursor", *reasons: Reason, **told: object) -> SurveyedPullRequest:
    known = {
        "title": f"Part {number}",
        "author": "ada",
        "opened": START,
        "branch": f"work-{number}",
        "base": "main",
        "is_draft": False,
        "is_fork": False,
        "files": ("a.py",),
        "at_opening": Decision(not reasons, skip=False, reasons=reasons) if reasons else COULD_WAIT,
    }
    session = Session(id="ada-20251122-1000")
    agents = (Agent(agent),) if agent else ()
    explanation = Explanation(number=str(number), is_auto=True, agents=agents, session=session)
    return SurveyedPullRequest(**{"explanation": explanation, **known, **told})


def session(name: str, *numbers: int, **told: object) -> PullRequestGroup:
    prs = tuple(map(str, numbers))
    known = {
        "author": "ada",
        "started": START,
        "latest": minute(5),
        "files": 3,
        "agents": ("cursor",),
        "goes_on": False,
    }
    return PullRequestGroup(**{"session_id": name, "prs": prs, "review": prs, "oldest": START, **known, **told})


DONE = "explicit_marker: [session-complete]"
WHOLE = Survey(
    repository="ada/shop",
    at=START + timedelta(hours=3),
    sessions=(
        session("ada-20251122-1000", 1, 2, 3, 4, 5, 9, ended=minute(60), trigger="timeout"),
        session("bob-20251122-1010", 6, files=None, ended=minute(12), trigger=DONE, agents=("cursor", "devin")),
        session("cleo-20251122-1250", 7, oldest=minute(170), ends=minute(192), goes_on=True, agents=()),
        session("cleo-20251122-1255", 8, oldest=None, goes_on=True),
    ),
    unattributed=("10",),
    excluded=("11",),
    not_automatic=(
        PullRequestGroup(author="dora", prs=("12", "13", "14", "16")),
        PullRequestGroup(author="", prs=("15",)),
    ),
    agents=(AgentCount("cursor", Role.OPENED, "certain", 7), AgentCount("devin", Role.ASSISTED, "hint", 1)),
    shared_files=Overlaps(
        across_sessions=OverlapList((Overlap(("1", "6"), ("a.lock", "b.py", "c.py", "d.py")),), 3),
        outside_sessions=OverlapList((Overlap(("2", "12"), ("a.py",)),), 1),
        in_session=OverlapList((Overlap(("1", "2"), ("a.py",)),), 1),
    ),
    stacks=(("1", "2", "3"), ("1", "4")),
    breaches=(Breach("cursor", 7, 5),),
    unknowns=("GitHub did not tell the comments",),
    pull_requests={
        str(pr.number): pr
        for pr in (
            one(1),
            one(2, is_draft=True),
            *map(one, range(3, 6)),
            one(6, "devin", Reason(Why.COMPLETED, DONE)),
            one(7, "", author="cleo"),
            one(8),
            one(9),
            one(10, "", Reason(Why.NO_SESSION)),
            one(11, "", Reason(Why.EXCLUDED), Reason(Why.ALWAYS, ".github/x.yml")),
            *(one(number, "", Reason(Why.NOT_AUTOMATIC)) for number in (12, 13, 14)),
            one(15, "", Reason(Why.UNKNOWN, "its files are not known")),
            one(16, "", Reason(Why.FORK)),
        )
    },
)


def lines(overview: Survey) -> list[str]:
    """As they are shown where there is no colour."""
    return list(map(unstyle, plain_lines(survey_lines(overview))))


TEXT = """\
ada/shop: 9 open pull requests of agents in 4 sessions
4 reviews instead of 9. 7 other pull requests are open.

Agents
  cursor  opened    7 pull requests  certain
  devin   assisted  1 pull request   hint

What to review next: what has ended, then the largest; in this order
  ada-20251122-1000  6 open pull requests, 3 files
    cursor, open for 3 h 00 min, ended 2025-11-22 11:00
    #1 Part 1
    #2 (draft) Part 2
    #3 Part 3
    ... and #4-#5, #9
  bob-20251122-1010  1 open pull request
    cursor + devin, open for 3 h 00 min, ended 2025-11-22 10:12, [session-compl…
    #6 Part 6
  cleo-20251122-1250  1 open pull request, 3 files
    open for 10 min, goes on, 12 min left
    #7 Part 7
  cleo-20251122-1255            goes on  unknown       #8

Automatic, in no session: none fits, or several equally well
  #10 Part 10

Left out of sessions by their label
  #11 Part 11

Pairs that touch the same files, in different sessions
  #1 cursor and #6 devin  4 files: b.py, c.py, d.py and 1 more
  ... and 2 more

Pairs that touch the same files, at least one in no session
  #2 cursor and #12 ada  1 file: a.py

Pairs that touch the same files, in one session
  #1 and #2  1 file: a.py

Stacks, each built on the one before
  #1 <- #2 <- #3
  #1 <- #4

Checks that could have waited, by the gate, when they were opened
  8 of 16  would have waited for the end of their session
  3        nothing says that it is automatic
  1        its branch lies in a fork, or nobody can tell where it lies
  1        its session does not go on
  1        no session fits, or several equally well
  1        not everything is known for sure: its files are not known
  1        the label no-session takes it out of sessions

More than gate.open_budget allows
  cursor  7 open  5 allowed

No sign of an agent: 5 pull requests, by author
  dora                          #12-#14, #16
  unknown author                #15

What could not be read
  GitHub did not tell the comments

Next
  pr-sessions look ada/shop --why 1  why one is where it is
  pr-sessions look ada/shop --json   all of it
  pr-sessions inbox ada/shop         what needs people now
"""


def test_every_part_has_its_place() -> None:
    assert "\n".join(lines(WHOLE)) + "\n" == TEXT


def test_no_line_is_longer_than_a_terminal() -> None:
    long = {number: replace(pr, title="x" * 300, author="y" * 300) for number, pr in WHOLE.pull_requests.items()}
    pairs = WHOLE.shared_files.across_sessions.pairs
    files = Overlaps(across_sessions=OverlapList(tuple(Overlap(pair.numbers, ("z" * 300,)) for pair in pairs), 1))
    sessions = tuple(replace(each, session_id="s" * 200, agents=("t" * 90,)) for each in WHOLE.sessions)
    told = replace(WHOLE, pull_requests=long, shared_files=files, sessions=sessions, unknowns=("d" * 300,))

    assert max(map(len, lines(told))) == 80


def test_nothing_open_is_one_line() -> None:
    assert lines(Survey(repository="ada/shop", at=START)) == ["ada/shop: nothing is open"]


def test_people_alone_are_no_sessions() -> None:
    told = Survey(
        repository="ada/shop",
        at=START,
        not_automatic=(PullRequestGroup(author="dora", prs=("12",)),),
        pull_requests={"12": one(12, "", Reason(Why.NOT_AUTOMATIC))},
    )

    assert lines(told) == [
        "ada/shop: 1 open pull request, none of agents in a session",
        "",
        "Checks that could have waited, by the gate, when they were opened",
        "  0 of 1  would have waited for the end of their session",
        "  1       nothing says that it is automatic",
        "",
        "No sign of an agent: 1 pull request, by author",
        "  dora                          #12",
        "",
        "Next",
        "  pr-sessions look ada/shop --why 12  why one is where it is",
        "  pr-sessions look ada/shop --json    all of it",
        "  pr-sessions inbox ada/shop          what needs people now",
    ]


def test_many_sessions_are_cut_with_a_count() -> None:
    many = tuple(session(f"ada-{number}", number) for number in range(1, 13))
    told = Survey(repository="ada/shop", at=START, sessions=many, pull_requests={str(n): one(n) for n in range(1, 13)})

    assert "  ... and 4 more with 4 pull requests" in lines(told)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"goes_on": True}, "    cursor, open for 3 h 00 min, goes on"),
        ({}, "    cursor, open for 3 h 00 min, idle since 2025-11-22 10:05"),
    ],
)
def test_where_nothing_runs_out_a_session_goes_on_or_is_idle(told: dict[str, bool], text: str) -> None:
    overview = replace(WHOLE, sessions=(session("ada-20251122-1000", 1, **told),))

    assert text in lines(overview)


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(minutes=-5), "under a minute"),
        (timedelta(minutes=21), "21 min"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_an_age_is_told_as_people_count(passed: timedelta, text: str) -> None:
    assert age(START, START + passed) == text


def test_an_unknown_age_is_said_to_be_unknown() -> None:
    assert age(None, START) == "unknown"
