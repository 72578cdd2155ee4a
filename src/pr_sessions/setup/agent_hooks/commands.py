"""The command lines that hosts run. Each is silent and ends in success, whatever is missing or broken.

`python -I -S missing.py` exits with 2, which blocks an agent, so no line ends with the exit code of Python.
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
LONGEST = 8192  # longer than any path of ours; it bounds the time that foreign lines take

# https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository
_NO_BARE = "-c safe.bareRepository=explicit"
# What any version of ours wrote after the host's name, which only keeps the line silent and successful.
_END = frozenset({"2>/dev/null", ">/dev/null", "||", ":", "true", "exit", "0"})
# Version 0.1.0 wrote `agents`.
_SCRIPT = re.compile(r"[/\\]pr_sessions[/\\](?:hooks|agents)[/\\]hook\.py\Z")
_OLD_SCRIPT = re.compile(r"[/\\]agents[/\\]hook\.py\Z")
_WINDOWS = re.compile(
    r"""(?:@|& )(["'])(?P<python>[^"\r\n]+)\1 -I -S \1(?P<script>[^"\r\n]+)\1 [a-z-]+ """
    r"""(?:2>NUL \|\| exit /b 0|2>\$null; exit 0)\Z"""
)
_PORTABLE = re.compile(
    rf"(?:g=\$\(command -v git\) && case \$g in /\*\|\?:/\*\) h=\$\([^|;]*--get {re.escape(KEY)} 2>/dev/null\)"
    rf" && [^|;]* 2>/dev/null;; esac \|\| :"
    # As 0.1.0 wrote it.
    rf"|h=\$\(git [^|;]*--get {re.escape(KEY)} 2>/dev/null\) && [^|;]* 2>/dev/null \|\| :"
    rf"|\$h = git [^|;]*--get {re.escape(KEY)} 2>\$null; if \(\$h\) {{ [^|;]* }}; exit 0)\Z"
)


class Shell(StrEnum):
    """The shell in which a host runs its command lines."""

    SH = "sh"
    CMD = "cmd"
    POWERSHELL = "powershell"


class Program(Struct, frozen=True):
    """What a command line runs.

    Attributes:
        python: the interpreter.
        script: the entry point for hooks.
    """

    python: str
    script: str

    @property
    def missing(self) -> str | None:
        """The part that does not exist; `None` if both do."""
        return next((part for part in (self.python, self.script) if not Path(part).is_file()), None)

    def words(self) -> str:
        """Return the beginning of a command line for sh, and for PowerShell unless a path has a quote."""
        return f"{_quoted(self.python)} -I -S {_quoted(self.script)}"


def this_program() -> Program:
    """Return the interpreter that runs now, and the script of this package.

    Raises:
        InvalidValue: their paths cannot be written into a JSON file.
    """
    script = Path(pr_sessions.__file__).resolve().parent / "hooks" / "hook.py"
    try:
        f"{sys.executable}{script}".encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(
            f"the path of this interpreter cannot be written into a JSON file: {sys.executable!a}",
            "install pr-sessions in a folder whose name is UTF-8",
        ) from error
    return Program(sys.executable, str(script))


def direct(program: Program, host: str, shell: Shell) -> str:
    """Return the command line of one machine, with absolute paths."""
    if shell is Shell.CMD:
        # If a quote were the first character, cmd would remove it and the last one.
        return f'@"{program.python}" -I -S "{program.script}" {host} 2>NUL || exit /b 0'
    if shell is Shell.POWERSHELL:
        python, script = (f"'{part.replace(chr(39), chr(39) * 2)}'" for part in (program.python, program.script))
        return f"& {python} -I -S {script} {host} 2>$null; exit 0"
    return f"{program.words()} {host} 2>/dev/null || :"


def portable(host: str, shell: Shell) -> str:
    """Return the command line of every machine: interpreter and script come from the clone's git configuration.

    Some hosts change the folder, and pass the project's in a variable. The parentheses keep the line from ending the
    shell. The output of git is run, so it must not come from a tracked folder that looks like a bare repository, nor
    from a `git` in the current folder.
    """
    if shell is Shell.POWERSHELL:
        setting = f"$h = git {_NO_BARE} config --local --get {KEY} 2>$null"
        return f'{setting}; if ($h) {{ Invoke-Expression "& $h {host}" 2>$null }}; exit 0'
    setting = f'"$g" {_NO_BARE} -C "${{CLAUDE_PROJECT_DIR:-.}}" config --local --get {KEY} 2>/dev/null'
    run = f'h=$({setting}) && (eval "$h {host}") 2>/dev/null'
    return f"g=$(command -v git) && case $g in /*|?:/*) {run};; esac || :"


def is_ours(command: str) -> bool:
    """Tell whether `init` of any version wrote this command line, for any interpreter."""
    return is_portable(command) or program_in(command) is not None


def is_portable(command: str) -> bool:
    """Tell whether it is one of ours that reads the clone's git configuration."""
    return len(command) <= LONGEST and _PORTABLE.match(command) is not None


def is_current(command: str, host: str) -> bool:
    """Tell whether this version's `init` would write a command line of ours in this way, for any program."""
    shell = shell_of(command)
    if is_portable(command):
        return shell is not Shell.CMD and command == portable(host, shell)
    program = program_in(command)
    return program is not None and not _OLD_SCRIPT.search(program.script) and command == direct(program, host, shell)


def shell_of(command: str) -> Shell:
    """Return the shell for which a command line of ours is written."""
    if command.startswith(("& ", "$h = ")):
        return Shell.POWERSHELL
    return Shell.CMD if command.startswith("@") else Shell.SH


def program_in(command: str) -> Program | None:
    """Return what a command line of ours with absolute paths runs; `None` for any other line."""
    if len(command) > LONGEST:
        return None
    match = _WINDOWS.match(command)
    if match:
        quote = match[1]
        python, script = (match[part].replace(quote * 2, quote) for part in ("python", "script"))
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
    """Return what the clone's git configuration names; `None` if `init` did not write it."""
    return _program_in_words(f"{setting} any")


def _quoted(text: str) -> str:
    """Return the text in quotes, which PowerShell needs after its `&`."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
