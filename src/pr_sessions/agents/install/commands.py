"""The command lines that hosts run. Whatever is missing or broken, each is silent and ends in success.

`python -I -S missing.py` exits with 2, which blocks an agent; so no line ends in what Python says.
"""

import re
import shlex
import sys
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

import pr_sessions
from pr_sessions.errors import InvalidValue

KEY = "pr-sessions.hook"
LONGEST = 8192  # no path of ours comes near it, and what others wrote must not cost us time

# Written by us, by whatever version: everything after the host's name only keeps it silent and successful.
_END = frozenset({"2>/dev/null", ">/dev/null", "||", ":", "true", "exit", "0"})
_SCRIPT = re.compile(r"[/\\]pr_sessions[/\\]agents[/\\]hook\.py\Z")
_WINDOWS = re.compile(
    r"""(?:@|& )(["'])(?P<python>[^"\r\n]+)\1 -I -S \1(?P<script>[^"\r\n]+)\1 [a-z-]+ """
    r"""(?:2>NUL \|\| exit /b 0|2>\$null; exit 0)\Z"""
)
_PORTABLE = re.compile(
    rf"(?:h=\$\(git [^|;]*--get {re.escape(KEY)} 2>/dev/null\) && [^|;]* 2>/dev/null \|\| :"
    rf"|\$h = git [^|;]*--get {re.escape(KEY)} 2>\$null; if \(\$h\) {{ [^|;]* }}; exit 0)\Z"
)


class Shell(StrEnum):
    """What a host gives its command lines to."""

    SH = "sh"
    CMD = "cmd"
    POWERSHELL = "powershell"


class Program(Struct, frozen=True):
    """What a command line runs.

    Attributes:
        python: the interpreter.
        script: the entrance for hooks.
    """

    python: str
    script: str

    @property
    def missing(self) -> str | None:
        """What of it is not there; `None` if all is."""
        return next((part for part in (self.python, self.script) if not Path(part).is_file()), None)

    def words(self) -> str:
        """The beginning of a command line for sh; PowerShell reads it the same way, unless a quote stands in a path."""
        return f"{_quoted(self.python)} -I -S {_quoted(self.script)}"


def this_program() -> Program:
    """The interpreter that runs now, and the script beside this package.

    Raises:
        InvalidValue: their paths cannot be written into a JSON file.
    """
    script = Path(pr_sessions.__file__).resolve().parent / "agents" / "hook.py"
    try:
        f"{sys.executable}{script}".encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(
            f"the path of this interpreter cannot be written into a JSON file: {sys.executable!a}",
            "install pr-sessions in a folder whose name is UTF-8",
        ) from error
    return Program(sys.executable, str(script))


def direct(program: Program, host: str, shell: Shell) -> str:
    """The command line of one machine, with absolute paths."""
    if shell is Shell.CMD:
        # With a quote as its first character, cmd would drop that one and the last one.
        return f'@"{program.python}" -I -S "{program.script}" {host} 2>NUL || exit /b 0'
    if shell is Shell.POWERSHELL:
        python, script = (f"'{part.replace(chr(39), chr(39) * 2)}'" for part in (program.python, program.script))
        return f"& {python} -I -S {script} {host} 2>$null; exit 0"
    return f"{program.words()} {host} 2>/dev/null || :"


def portable(host: str, shell: Shell) -> str:
    """The command line of every machine: interpreter and script come from the clone's own git configuration.

    Some hosts change the folder, and tell the project's in a variable. What stands in brackets cannot end the shell.
    """
    if shell is Shell.POWERSHELL:
        ask = f"$h = git config --local --get {KEY} 2>$null"
        return f'{ask}; if ($h) {{ Invoke-Expression "& $h {host}" 2>$null }}; exit 0'
    ask = f'git -C "${{CLAUDE_PROJECT_DIR:-.}}" config --local --get {KEY} 2>/dev/null'
    return f'h=$({ask}) && (eval "$h {host}") 2>/dev/null || :'


def is_ours(command: str) -> bool:
    """Whether `init` wrote this command line, in whatever version and for whatever interpreter."""
    return is_portable(command) or program_in(command) is not None


def is_portable(command: str) -> bool:
    """Whether it is one of ours that looks into the clone's git configuration."""
    return len(command) <= LONGEST and _PORTABLE.match(command) is not None


def shell_of(command: str) -> Shell:
    """The shell for which a command line of ours is written."""
    if command.startswith(("& ", "$h = ")):
        return Shell.POWERSHELL
    return Shell.CMD if command.startswith("@") else Shell.SH


def program_in(command: str) -> Program | None:
    """What a command line of ours with absolute paths runs; `None` for every other one."""
    if len(command) > LONGEST:
        return None
    found = _WINDOWS.match(command)
    if found:
        quote = found[1]
        python, script = (found[part].replace(quote * 2, quote) for part in ("python", "script"))
        return Program(python, script) if _SCRIPT.search(script) else None
    return _program_in_words(command)


def _program_in_words(command: str) -> Program | None:
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if len(words) < 5 or words[1:3] != ["-I", "-S"] or not _SCRIPT.search(words[3]):
        return None
    return Program(words[0], words[3]) if _END.issuperset(words[5:]) else None


def program_in_setting(setting: str) -> Program | None:
    """What the clone's git configuration names; `None` where that is not what `init` writes."""
    return _program_in_words(f"{setting} any")


def _quoted(text: str) -> str:
    """Always in quotes, since PowerShell runs only then what begins a line, after its `&`."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
