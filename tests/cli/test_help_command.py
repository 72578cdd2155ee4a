"""`help`, `version`, and the two screens of commands."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest
from command_line import Cli

from pr_sessions.cli.commands import SECTIONS

FIRST_SCREEN = """\
See:
  inbox   Show what needs people now: open pull requests by session, why, and
          what is next.
  look    Show the sessions of a history, or of what is open on GitHub. Writes
          nothing.
  show    Show a session, or explain why a pull request is in it.
  report  Print the analytics, or evidence for an auditor.
  serve   Show everything in a browser: the inbox, sessions, why, storage.

Work:
  start     Begin a session.
  add       Record a pull request, or update what is known of it.
  open      Open a pull request for the current branch, and record it.
  complete  End a session.

Correct:
"""
LISTED = re.compile(r"^  ([a-z]+) {2,}[A-Z]", re.MULTILINE)


def listed(text: str) -> list[str]:
    """The commands that a screen lists, without the options above them."""
    return LISTED.findall(text.partition("See:")[2])


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",)])
def test_the_first_screen_has_what_people_need_first(cli: Cli, words: tuple[str, ...]) -> None:
    result = cli(*words)

    assert (result.code, result.err) == (0, "")
    assert FIRST_SCREEN in result.out
    assert listed(result.out) == [
        *(
            "inbox",
            "look",
            "show",
            "report",
            "serve",
            "start",
            "add",
            "open",
            "complete",
            "link",
            "undo",
            "init",
            "doctor",
            "sync",
        ),
        *("gate", "help"),
    ]
    assert result.out.endswith("  All commands: pr-sessions help --all\n")


def test_help_all_lists_every_command(cli: Cli) -> None:
    assert listed(cli("help", "--all").out) == [name for lines in SECTIONS.values() for name in lines]


@pytest.mark.parametrize("words", [("add",), ("backup", "list"), ("gate",), ("gate", "decide"), ("hook", "selftest")])
def test_help_of_a_command_is_its_own(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli("help", *words) == cli(*words, "--help")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("help nope", "No such command 'nope'. Did you mean 'open'?"),
        ("help gate nope", "No such command 'nope'."),
        ("help add x", "`pr-sessions add` has no commands."),
        ("help add --all", "COMMAND and --all exclude each other."),
    ],
)
def test_help_of_nothing_is_wrong_usage(cli: Cli, line: str, message: str) -> None:
    result = cli(*line.split())

    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", f"Error: {message}")


@pytest.mark.parametrize("words", [("version",), ("--version",), ("-V",)])
def test_the_version(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli(*words).out == f"pr-sessions {version('pr-sessions')}\n"


def test_the_version_as_json(cli: Cli) -> None:
    assert cli("version", "--json").json == {"version": version("pr-sessions")}


def test_help_imports_no_command() -> None:
    script = (
        "import sys\n"
        "from pr_sessions.cli.main import run\n"
        "run(['--help'])\n"
        "own = [m for m in sys.modules if m.startswith('pr_sessions.')]\n"
        "print(*sorted(own), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    assert done.stderr.split() == [
        "pr_sessions.cli",
        "pr_sessions.cli.commands",
        "pr_sessions.cli.main",
        "pr_sessions.errors",
    ]
