"""`pr-sessions gate`: what a workflow runs at an event of GitHub."""

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.cli.commands.gate_server_commands import move_command, off_command, on_command
from pr_sessions.cli.gate_entrance import Asked, Place, event_options, may_write, run
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import CannotWrite, InvalidValue
from pr_sessions.render import terminal
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.gate.assess import Assessment
    from pr_sessions.gate.checks.publish import Report
    from pr_sessions.gate.comments.publish import CommentReport
    from pr_sessions.gate.event import Event


OVER_BUDGET = 1
# Set by the action, which knows for which mode `init --github` wrote it.
POSTPONES = "PR_SESSIONS_POSTPONES"
NOT_WRITTEN = "the workflows are those of advisory mode; run `pr-sessions init --github --from ...` again"


class _Gate(click.Group):
    """Its help keeps the order of the commands, and shows the first line of each whole."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, (each.help or "").splitlines()[0]) for name, each in self.commands.items()])


@click.group("gate", cls=_Gate)
def gate_command() -> None:
    r"""Decide when checks run, comment, and report.

    The workflows of `init --github` run these commands. They write only at a runner's own event. With --event, and
    anywhere else, they show what they would write.

    \b
    Examples:
      pr-sessions gate decide
    """


@gate_command.command("decide")
@event_options
@click.option("--explain", is_flag=True, help="Show everything: which session and why, who is trusted, what was read.")
def decide_command(asked: Asked) -> int:
    r"""Decide at an event of GitHub whether checks may wait.

    Writes the step's outputs and summary. Fails only for an exceeded budget, if the team wants that. Assesses a
    recorded event at its own time.

    \b
    Examples:
      pr-sessions gate decide
      pr-sessions gate decide --event event.json --explain
    """
    assessment = run(asked, _decide)
    _leave(assessment, os.environ)
    from pr_sessions.render.assessment import lines, view

    data = view(assessment, whole=asked.explain)
    terminal.show(data, lines(assessment, whole=asked.explain), as_json=asked.json)
    return _report_breaches(assessment)


async def _decide(github: "GitHub | None", event: "Event", now: datetime) -> "Assessment":
    from msgspec.structs import replace

    from pr_sessions.core.gate import without_waiting
    from pr_sessions.gate.assess import assess_event

    assessment = await assess_event(github, event, now)
    if os.environ.get(POSTPONES) != "false":
        return assessment
    return replace(assessment, decision=without_waiting(assessment.decision, NOT_WRITTEN))


def _leave(assessment: "Assessment", environ: Mapping[str, str]) -> None:
    """Write what the runner reads. Only the outputs must succeed: the jobs that follow depend on them."""
    from pr_sessions.render.assessment import step_outputs, summary

    if path := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            terminal.append_summary(Path(path), summary(assessment))
        except CannotWrite as error:
            terminal.note(f"without a summary: {error}")
    if path := environ.get("GITHUB_OUTPUT"):
        terminal.write_outputs(Path(path), step_outputs(assessment))


def _report_breaches(assessment: "Assessment") -> int:
    """Report each breached budget where people look at the run; return the exit code."""
    from pr_sessions.core.policy import OverBudget
    from pr_sessions.gate.wording import breach_words

    fails = assessment.policy.over_budget is OverBudget.FAIL
    for breach in assessment.breaches:
        said = breach_words(breach, one_line)
        if terminal.on_a_runner():
            level = "error" if fails else "warning"
            click.echo(terminal.annotation(level, "Too many open pull requests", said), err=True)
        else:
            terminal.note(said)
    return OVER_BUDGET if fails and assessment.breaches else 0


@gate_command.command("comment")
@event_options
def comment_command(asked: Asked) -> None:
    r"""Comment on the pull requests of a session, and answer commands.

    Needs `pull-requests: write`. On a schedule, updates all sessions. Never fails because of GitHub.

    \b
    Examples:
      pr-sessions gate comment
    """
    write = may_write(asked)
    outcome = run(asked, partial(_comment, write=write))
    if write and (path := os.environ.get("GITHUB_OUTPUT")):
        # Jobs that have nothing to do in advisory mode need not start.
        terminal.write_outputs(Path(path), {"gate": outcome.gate or ""})
    writes = [{"number": planned.number, "kind": planned.kind, "text": planned.text} for planned in outcome.planned]
    data = {"done": outcome.done, "planned": writes, "notes": (*outcome.notes, *outcome.refused)}
    terminal.show(data, _comment_lines(outcome), as_json=asked.json)


async def _comment(github: "GitHub | None", event: "Event", now: datetime, *, write: bool) -> "CommentReport":
    from pr_sessions.gate.comments.catch_up import catch_up
    from pr_sessions.gate.comments.publish import CommentReport, publish
    from pr_sessions.gate.rebuild import OUTSIDER, is_from_outsider

    if reason := _silence(event):
        return CommentReport(notes=(reason,))
    if github is None:
        return CommentReport(notes=("nothing is said without a token",))
    if await is_from_outsider(github, event):
        return CommentReport(notes=(OUTSIDER,))
    return await (publish if event.number else catch_up)(github, event, now, write=write)


def _silence(event: "Event") -> str:
    """Return why nothing is said, whatever GitHub reports; empty where something may be."""
    from pr_sessions.gate.comments.publish import ABOUT, READS
    from pr_sessions.gate.event import OCCASIONS

    is_about_pr = bool(event.number) and event.name in ABOUT
    if not is_about_pr and (event.problem or event.name not in OCCASIONS):
        return f"nothing to say about {event.name or 'an unknown event'}: {event.problem or 'it is no pull request'}"
    if event.is_of_fork and event.name != "pull_request_target":
        return READS
    if event.comment and event.comment.author.is_bot:
        return "nothing to say to an App's comment"
    return ""


def _comment_lines(outcome: "CommentReport") -> Iterator[str]:
    yield from (f"{c.kind} on #{c.number}: {c.did} {one_line(c.address, 200)}".rstrip() for c in outcome.done)
    for write in outcome.planned:
        yield f"{write.kind} on #{write.number}: would be {'edited' if write.comment else 'written'}"
        yield from (f"  {line}".rstrip() for line in write.text.splitlines())
    yield from (one_line(note, 400) for note in (*outcome.notes, *outcome.refused))


@gate_command.command("dashboard")
@event_options
def dashboard_command(asked: Asked) -> None:
    r"""Keep one issue up to date that shows what is open.

    Needs `issues: write` and `gate.dashboard: true`. When somebody with write access ticks a box of the issue, starts
    checks. Never fails because of GitHub.

    \b
    Examples:
      pr-sessions gate dashboard
    """
    from pr_sessions.cli.gate_dashboard import dashboard

    outcome = run(asked, partial(dashboard, write=may_write(asked)))
    data = {"did": outcome.did, "url": outcome.address, "body": outcome.body, "notes": outcome.notes}
    done = [f"{outcome.did}: {one_line(outcome.address, 200)}"] if outcome.did else []
    lines = [*done, *(one_line(note, 400) for note in outcome.notes), *outcome.body.splitlines()]
    terminal.show(data, lines, as_json=asked.json)


@gate_command.command("check")
@event_options
def check_command(asked: Asked) -> int:
    r"""Update the check `pr-sessions`, and start checks that no longer wait.

    Needs `checks: write`, and `actions: write` to start checks. Assesses a recorded event as of today.

    \b
    Examples:
      pr-sessions gate check
    """
    from pr_sessions.gate.checks.publish import report

    return _show_checks(asked, partial(_as_of_today, report))


@gate_command.command("finish")
@event_options
def finish_command(asked: Asked) -> int:
    r"""Report on a run's own commit how its checks ended.

    Run it in the last job of the workflow with the checks. Needs `checks: write`. Does nothing with `gate: advisory`.

    \b
    Examples:
      pr-sessions gate finish
    """
    from pr_sessions.gate.checks.publish import report_this_commit

    return _show_checks(asked, partial(_as_of_today, report_this_commit))


@gate_command.command("sweep")
@click.option(
    "--repository", type=Place(), default="", metavar="OWNER/REPO", help="Which repository. [default: the runner's]"
)
@options.as_json
def sweep_command(repository: str, json: bool) -> int:
    r"""Start and complete everything that is due on open pull requests.

    Run it on a schedule. Catches up on missed events, and reports for forks and Dependabot. With `gate: advisory`, only
    shows what it would do.

    \b
    Examples:
      pr-sessions gate sweep
    """
    return _show_checks(Asked(repository=repository, json=json), _sweep)


async def _sweep(github: "GitHub | None", event: "Event", now: datetime, *, write: bool) -> "Report":
    from pr_sessions.gate.checks.sweep import sweep

    if github is None and event.repository:
        raise InvalidValue("open pull requests cannot be looked at: GitHub is not asked", "its reason stands above")
    if github is None:
        raise InvalidValue("nobody knows which repository to look at", "name it, such as --repository ada/shop")
    return await sweep(github, now, write=write)


async def _as_of_today(
    report: Callable[..., Awaitable["Report"]], github: "GitHub | None", event: "Event", _then: datetime, *, write: bool
) -> "Report":
    return await report(github, event, utc_now(), write=write)


def _show_checks(asked: Asked, work: Callable[..., Awaitable["Report"]]) -> int:
    """Do the work on check runs, and print what became of it; return the exit code."""
    done = run(asked, partial(work, write=may_write(asked)))
    from pr_sessions.render.outcomes import show_checks

    return show_checks(done, as_json=asked.json)


for _command in (off_command, on_command, move_command):
    gate_command.add_command(_command)
