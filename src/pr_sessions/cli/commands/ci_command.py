"""`pr-sessions ci`: the gate at an event of GitHub, and a group whose commands are imported when they are called."""

import os
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import output
from pr_sessions.cli.ci.entrance import Asked, event_options, run
from pr_sessions.errors import CannotWrite

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.judgement import Judgement
    from pr_sessions.live.runner.event import Event

COMMANDS: tuple[str, ...] = ("check", "comment", "report", "sweep")
OVER_BUDGET = 1


class Gate(click.Group):
    """Each command is a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pr_sessions.cli.ci.{cmd_name}_command")
        command: click.Command = module.command
        command.help = (command.help or "").replace("\\b", "\b")
        return command


@click.group("ci", cls=Gate, invoke_without_command=True)
@event_options
@click.option(
    "--explain", is_flag=True, help="Tell everything: which session and why, who was believed, what was asked."
)
@click.pass_context
def command(context: click.Context, asked: Asked) -> int:
    r"""Decide at an event of GitHub whether checks may wait.

    On a runner the decision becomes the step's outputs and its summary. It is "they run" wherever anything is in doubt,
    and the command fails for nothing that GitHub does: only for a breached budget, where the team wants that. A
    recorded event is judged at its own time.

    \b
    Examples:
      pr-sessions ci
      pr-sessions ci --event event.json --explain
    """
    if context.invoked_subcommand:
        if asked != Asked():
            raise click.UsageError(f"options belong behind `{context.invoked_subcommand}`", context)
        return 0
    judgement = run(asked, _judge)
    _leave(judgement, os.environ)
    _show(judgement, asked)
    return _budget(judgement)


async def _judge(github: "GitHub | None", event: "Event", now: datetime) -> "Judgement":
    from pr_sessions.live.judgement import judge

    return await judge(github, event, now)


def _leave(judgement: "Judgement", environ: Mapping[str, str]) -> None:
    """What the runner reads: without the summary nobody is misled, without the outputs the jobs that follow are."""
    from pr_sessions.live.runner.outputs import append_summary, step_outputs, write_outputs
    from pr_sessions.live.runner.summary import summary

    if told := environ.get("GITHUB_STEP_SUMMARY"):
        try:
            append_summary(Path(told), summary(judgement))
        except CannotWrite as error:
            output.note(f"without a summary: {error}")
    if told := environ.get("GITHUB_OUTPUT"):
        write_outputs(Path(told), step_outputs(judgement))


def _show(judgement: "Judgement", asked: Asked) -> None:
    from pr_sessions.cli.ci import explanation

    data = explanation.view(judgement, whole=asked.explain)
    output.show(data, explanation.lines(judgement, whole=asked.explain), as_json=asked.json)


def _budget(judgement: "Judgement") -> int:
    """Told where people look at the run; a failure only where the team wants that."""
    from pr_sessions.live.runner.outputs import annotation
    from pr_sessions.live.wording import breach_words
    from pr_sessions.sessions.policy import OverBudget

    fails = judgement.policy.over_budget is OverBudget.FAIL
    for breach in judgement.breaches:
        said = breach_words(breach, output.one_line)
        if output.on_a_runner():
            click.echo(annotation("error" if fails else "warning", "Too many open pull requests", said), err=True)
        else:
            output.note(said)
    return OVER_BUDGET if fails and judgement.breaches else 0
