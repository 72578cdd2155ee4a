"""The command line: finds the command, and turns every failure into a message and an exit code.

0 done, 1 the user can fix it, 2 wrong usage, 3 our bug, 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import NoReturn

import click

from pr_sessions.cli.commands import Commands
from pr_sessions.errors import Paused, PrSessionsError

DONE, FIXABLE, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

EXAMPLES = """\b
Examples:
  pr-sessions look                        what happened here lately
  pr-sessions init                        track this repository
  pr-sessions start --title "Billing"     begin a session
  pr-sessions add 42 --title "auto-pr: fix" --author cursor-bot
  pr-sessions show                        the current session
  pr-sessions show 42 --why               why a pull request is in its session
  pr-sessions complete

All commands: pr-sessions help --all
"""


def installed_version() -> str:
    """Return the installed version."""
    from importlib.metadata import version

    return version("pr-sessions")


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"pr-sessions {installed_version()}")
        ctx.exit()


@click.group(
    cls=Commands,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-V", "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version."
)
def pr_sessions() -> None:
    """Know which work session every pull request came from."""


def main() -> NoReturn:
    """Run the installed command."""
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a character gets an escape in its place.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # A failed write was reported already, and must not become an error at the end.
        with suppress(OSError):
            stream.flush()
    # Python would first free all that it imported, piece by piece: a tenth of the time of a command.
    os._exit(code)


def run(arguments: Sequence[str]) -> int:  # noqa: PLR0911 - one exit code for each kind of failure
    """Run one command; every failure becomes a message on stderr and an exit code."""
    if os.environ.get("_PR_SESSIONS_COMPLETE", "").startswith("powershell"):
        from pr_sessions.cli.completing import add_powershell

        add_powershell()
    try:
        result = pr_sessions.main(
            list(arguments),
            prog_name="pr-sessions",
            standalone_mode=False,
            color=False if os.environ.get("NO_COLOR") else True if os.environ.get("FORCE_COLOR") else None,
        )
    except click.ClickException as error:
        _say_usage(error)
        return USAGE if isinstance(error, click.UsageError) else FIXABLE
    except PrSessionsError as error:
        return _say_paused(error, arguments) if isinstance(error, Paused) else say_error(error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; what was saved before is safe", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader closed the pipe early; click exits by itself then.
        return DONE
    except OSError as error:
        return _say_refused(error)
    except Exception:  # noqa: BLE001 - the top: whatever else happens is our bug, and must say so
        return _say_bug()
    return result if isinstance(result, int) else DONE


def _say_usage(error: click.ClickException) -> None:
    """Write what click says of wrong usage; an argument may be a name that came with a clone."""
    from io import StringIO

    from pr_sessions.core.visible_text import visible

    said = StringIO()
    error.show(file=said)
    click.echo(visible(said.getvalue()), err=True, nl=False)


def say_error(error: PrSessionsError) -> int:
    """Write what is wrong and the hint to stderr; return the exit code."""
    _say("error", str(error), "red")
    if error.hint:
        _say("hint", error.hint, "cyan")
    return FIXABLE


def _say_refused(error: OSError) -> int:
    """Report what the system refuses at a path, which the user can change; without a path it is our bug."""
    if not error.filename:
        return _say_bug()
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(error.filename)
    hint = "give yourself permission there" if isinstance(error, PermissionError) else ""
    return say_error(PrSessionsError(f"cannot use {name}: {error.strerror or error}", hint))


def _say(label: str, text: str, colour: str) -> None:
    from pr_sessions.render.terminal import note

    note(f"{click.style(label, fg=colour, bold=True)}: {text}")


def _say_paused(pause: Paused, arguments: Sequence[str]) -> int:
    """Say that tracking is off. Nothing was done, and no workflow fails for it."""
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
