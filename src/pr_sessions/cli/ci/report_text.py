"""What became of our check runs, for people and as data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pr_sessions.cli import output

if TYPE_CHECKING:
    from pr_sessions.live.checks.runs import Done, Report


def tell(report: "Report", *, as_json: bool) -> int:
    """Prints it, problems on stderr; the exit code."""
    output.show(view(report), lines(report), as_json=as_json)
    for problem in report.failed:
        output.note(f"problem: {output.one_line(problem, 500)}")
    return 1 if report.failed else 0


def lines(report: "Report") -> Iterator[str]:
    """One line for each check run that was written, or would have been; the problems are told on stderr."""
    would = "" if report.writes else "would be "
    for done in report.done:
        if not done.problem:
            yield output.one_line(f"{_named(done)}: {would}{_state(done)}", 200)
    if not (report.notes or report.done or report.problems):
        yield f"{output.plural(report.looked_at, 'commit')} looked at: nothing to do"
    yield from report.notes


def view(report: "Report") -> dict[str, Any]:
    """The same as data."""
    return {
        "gate": report.gate,
        "written": report.writes,
        "looked_at": report.looked_at,
        "check_runs": [_one(done) for done in report.done],
        "problems": report.problems,
        "notes": report.notes,
    }


def _one(done: "Done") -> dict[str, Any]:
    act = done.act
    return {
        "number": act.number or None,
        "sha": act.sha,
        "status": act.status,
        "conclusion": act.conclusion,
        "title": act.title,
        "started_on": act.branch or None,
        "problem": done.problem or None,
    }


def _named(done: "Done") -> str:
    act = done.act
    return f"#{act.number} {act.sha[:7]}" if act.number else act.sha[:7]


def _state(done: "Done") -> str:
    act = done.act
    begun = f", started on {act.branch}" if act.branch else ""
    return f"{act.conclusion or act.status}{begun} ({act.title})"
