"""`pr-sessions benchmark`: a group whose commands are imported when they are called."""

from importlib import import_module

import click

COMMANDS = ("detection", "grouping")


class Benchmarks(click.Group):
    """Each benchmark is a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pr_sessions.cli.benchmarks.{cmd_name}_benchmark")
        command: click.Command = module.command
        command.help = (command.help or "").replace("\\b", "\b")
        return command


@click.group("benchmark", cls=Benchmarks)
def command() -> None:
    r"""Measure the rules on pull requests of which the truth is known.

    \b
    Examples:
      pr-sessions benchmark detection aidev
      pr-sessions benchmark grouping aidev
    """
