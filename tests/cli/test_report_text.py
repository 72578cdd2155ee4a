"""What people and programs are told of check runs that were written."""

import pytest
from msgspec import json

from pr_sessions.core.policy import GateMode
from pr_sessions.gate.checks.publish import PublishedCheck, Report
from pr_sessions.gate.checks.updates import CheckPhase, CheckUpdate
from pr_sessions.render.outcomes import check_lines, checks_json, show_checks

SHA = "a" * 40
ACT = CheckUpdate(number="7", sha=SHA, status="queued", phase=CheckPhase.WAITING, title="Waits", summary="It waits.")
BEGUN = CheckUpdate(
    number="",
    sha=SHA,
    status="in_progress",
    phase=CheckPhase.DISPATCHED,
    title="Waits for",
    summary="",
    branch="work-7",
)


def report(*done: PublishedCheck, writes: bool = True, **told: tuple[str, ...]) -> Report:
    return Report(gate=GateMode.ENFORCE, writes=writes, looked_at=3, done=done, **told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (report(), ["3 commits looked at: nothing to do"]),
        (report(PublishedCheck(ACT)), ["#7 aaaaaaa: queued (Waits)"]),
        (report(PublishedCheck(BEGUN)), ["aaaaaaa: in_progress, started on work-7 (Waits for)"]),
        (report(PublishedCheck(ACT, "it failed")), []),
        (report(PublishedCheck(ACT), writes=False), ["#7 aaaaaaa: would be queued (Waits)"]),
        (report(notes=("nothing here",)), ["nothing here"]),
    ],
)
def test_a_line_tells_each_check_run(told: Report, expected: list[str]) -> None:
    assert list(check_lines(told)) == expected


def test_problems_stand_on_stderr_and_make_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_checks(report(), as_json=False) == 0
    assert show_checks(report(PublishedCheck(ACT, "it\nfailed"), problems=("no answer",)), as_json=False) == 1

    assert capsys.readouterr().err == "problem: no answer\nproblem: it failed\n"


def test_as_data_it_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show_checks(report(PublishedCheck(BEGUN)), as_json=True)

    assert json.decode(capsys.readouterr().out) == checks_json(report(PublishedCheck(BEGUN))) | {
        "problems": [],
        "notes": [],
    }
    assert checks_json(report(PublishedCheck(BEGUN)))["check_runs"] == [
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
