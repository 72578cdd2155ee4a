"""What people and programs are told of check runs that were written."""

import pytest
from msgspec import json

from pr_sessions.cli.ci.report_text import lines, tell, view
from pr_sessions.live.checks.plan import Act
from pr_sessions.live.checks.runs import Done, Report
from pr_sessions.live.checks.steps import Memory
from pr_sessions.sessions.policy import GateMode

SHA = "a" * 40
ACT = Act(number="7", sha=SHA, status="queued", memory=Memory.WAITING, title="Waits", summary="It waits.")
BEGUN = Act(
    number="", sha=SHA, status="in_progress", memory=Memory.DISPATCHED, title="Waits for", summary="", branch="work-7"
)


def report(*done: Done, writes: bool = True, **told: tuple[str, ...]) -> Report:
    return Report(gate=GateMode.ENFORCE, writes=writes, looked_at=3, done=done, **told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (report(), ["3 commits looked at: nothing to do"]),
        (report(Done(ACT)), ["#7 aaaaaaa: queued (Waits)"]),
        (report(Done(BEGUN)), ["aaaaaaa: in_progress, started on work-7 (Waits for)"]),
        (report(Done(ACT, "it failed")), []),
        (report(Done(ACT), writes=False), ["#7 aaaaaaa: would be queued (Waits)"]),
        (report(notes=("nothing here",)), ["nothing here"]),
    ],
)
def test_a_line_tells_each_check_run(told: Report, expected: list[str]) -> None:
    assert list(lines(told)) == expected


def test_problems_stand_on_stderr_and_make_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(report(), as_json=False) == 0
    assert tell(report(Done(ACT, "it\nfailed"), problems=("no answer",)), as_json=False) == 1

    assert capsys.readouterr().err == "problem: no answer\nproblem: it failed\n"


def test_as_data_it_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    tell(report(Done(BEGUN)), as_json=True)

    assert json.decode(capsys.readouterr().out) == view(report(Done(BEGUN))) | {"problems": [], "notes": []}
    assert view(report(Done(BEGUN)))["check_runs"] == [
        {
            "number": None,
            "sha": SHA,
            "status": "in_progress",
            "conclusion": None,
            "title": "Waits for",
            "started_on": "work-7",
            "problem": None,
        }
    ]
