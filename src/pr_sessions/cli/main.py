"""The command line: finds the command, and turns every failure into a message and an exit code.

0 done, 1 the user can mend it, 2 wrong usage, 3 our bug, 130 interrupted.
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from pr_sessions.errors import Paused, PrSessionsError

DONE, MENDABLE, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

# Help without importing any command: what each is for, by section.
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "See": {
        "demo": "Show everything once, in a throw-away repository.",
        "look": "Show the sessions of a history, or of what is open on GitHub. Writes nothing.",
        "status": "Show the current session, the counts and the last ten.",
        "list": "List sessions, with filters.",
        "show": "Show one session with its pull requests.",
        "find": "Find the session of a pull request.",
        "explain": "Explain why a pull request is where it is.",
        "report": "Print the analytics.",
        "benchmark": "Measure the rules on pull requests of which the truth is known.",
    },
    "Work": {
        "start": "Begin a session.",
        "touch": "Note activity in the current session.",
        "check": "Tell whether a pull request is automatic. Stores nothing.",
        "open": "Open a pull request for the current branch, and record it.",
        "add": "Record a pull request, or update what is known of it.",
        "complete": "End a session.",
        "cleanup": "End every session that has run out.",
        "import": "Record pull requests of the past.",
        "hook": "Take an agent's event from its hook.",
    },
    "Correct": {
        "link": "Put a pull request into a session by hand.",
        "unlink": "Take a pull request out of its session by hand.",
        "move": "Move a pull request to another session by hand, or to a new one.",
        "merge": "Make two sessions one by hand.",
        "undo": "Take the last correction, or completion by hand, back.",
        "log": "Show who changed what, when and why.",
    },
    "Forge": {
        "ci": "Decide at an event of GitHub whether checks may wait.",
    },
    "Keep": {
        "init": "Set a repository up.",
        "uninstall": "Remove everything but session data.",
        "config": "Show or check the effective configuration.",
        "where": "Show every place in which something is stored.",
        "doctor": "Find every inconsistency and its way out.",
        "sync": "Share sessions by a branch of their own.",
        "backup": "Keep a copy of everything, or list the copies.",
        "restore": "Join a backup in. Removes nothing.",
        "pause": "Switch tracking off here.",
        "resume": "Switch tracking on again.",
    },
}
# What other programs call, and `--help` does not show.
PLUMBING = ("drain", "merge-driver")


class Commands(click.Group):
    """A group that imports a command when it is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*self.list_commands(ctx), *PLUMBING):
            return None
        from importlib import import_module

        module = import_module(f"pr_sessions.cli.commands.{cmd_name.replace('-', '_')}_command")
        command: click.Command = module.command
        # The docstrings are raw; click wants the character itself before lines that must stay as they are.
        for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            each.help = (each.help or "").replace("\\b", "\b")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0].startswith("-") or args[0] in (*self.list_commands(ctx), *PLUMBING):
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = get_close_matches(args[0], self.list_commands(ctx), n=1)
        guess = f" Did you mean '{near[0]}'?" if near else ""
        raise click.UsageError(f"No such command {args[0][:60]!r}.{guess}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


EXAMPLES = """\b
Examples:
  pr-sessions look                        what happened here lately
  pr-sessions init                        track this repository
  pr-sessions start --title "Billing"     begin a session
  pr-sessions add 42 --title "auto-pr: fix" --author cursor-bot
  pr-sessions status
  pr-sessions complete
"""


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"pr-sessions {version('pr-sessions')}")
        ctx.exit()


@click.group(cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def pr_sessions() -> None:
    """Know which work session every pull request came from."""


def main() -> NoReturn:
    """The entry point of the installed command."""
    # One command is over before collecting garbage would pay.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        _survive_any_console(stream)
    code = run(sys.argv[1:])
    _flush()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command; every failure becomes a message on stderr and an exit code."""
    try:
        result = pr_sessions.main(
            list(arguments), prog_name="pr-sessions", standalone_mode=False, color=_colour_wish(os.environ)
        )
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else MENDABLE
    except PrSessionsError as error:
        return _say_paused(error, arguments) if isinstance(error, Paused) else say_error(error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was saved before is safe", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader closed the pipe early; click exits by itself then.
        return DONE
    except Exception:  # noqa: BLE001 - the top: whatever else happens is our bug, and must say so
        return _say_bug()
    return result if isinstance(result, int) else DONE


def say_error(error: PrSessionsError) -> int:
    """What is wrong and the way out, on stderr; the exit code."""
    _say("error", str(error), "red")
    if error.hint:
        _say("hint", error.hint, "cyan")
    return MENDABLE


def _say(label: str, text: str, colour: str) -> None:
    from pr_sessions.cli.output import harmless

    click.echo(f"{click.style(label, fg=colour, bold=True)}: {harmless(text)}", err=True)


def _say_paused(pause: Paused, arguments: Sequence[str]) -> int:
    """Off means harmless: nothing is done, and no workflow fails for it."""
    _say("paused", str(pause), "yellow")
    _say("hint", pause.hint, "cyan")
    if "--json" in arguments:
        click.echo('{"paused": true}')
    return DONE


def _say_bug() -> int:
    from traceback import format_exc

    click.echo(format_exc(), err=True)
    _say("bug", "pr-sessions has a bug, and your sessions are as they were. Please report the lines above.", "red")
    return BUG


def _colour_wish(environ: Mapping[str, str]) -> bool | None:
    """`NO_COLOR` forbids colour; otherwise a terminal decides."""
    return False if environ.get("NO_COLOR") else None


def _survive_any_console(stream: Any) -> None:
    """A console that cannot show a character gets an escape in its place."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    """What could not be printed was reported, and must not become an error while Python ends."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
