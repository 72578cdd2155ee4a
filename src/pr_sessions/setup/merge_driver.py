"""Git's merge driver for the session file: named in `.gitattributes`, registered in each clone's configuration."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.git.commands import local_setting, read_git
from pr_sessions.git.repository import ARCHIVE, Repository
from pr_sessions.hooks.detach import STUB
from pr_sessions.io.places import Place
from pr_sessions.setup import ignore_block
from pr_sessions.setup.steps import Action, Step

NAME = "joins session files, so that no session is lost"
# Git tells the attributes of a path whether or not the file exists.
_PATHS = (SESSION_FILE, f"{ARCHIVE}/auto_pr_sessions-2025-11.json")
ATTRIBUTES = (f"/{SESSION_FILE} merge=pr-sessions", f"/{ARCHIVE}/*.json merge=pr-sessions")
# A driver with a name and no command makes git fail: so the command comes first, and goes last.
_DRIVER, _NAME = "merge.pr-sessions.driver", "merge.pr-sessions.name"
_BEGIN = "try() { "
# Git runs it in its own shell, on every system. Where our program is gone, git's text merge is the fallback. Where our
# program refuses a version (65), the text merge shows both sides and reports a conflict. The installed command starts
# an interpreter that is not isolated, so Python's variables are removed from its environment, and only an absolute
# entry of PATH may find it.
_LINE = (
    _BEGIN.replace("{", "{{") + '"$@" merge-driver %O %A %B %P; case $? in 0) exit 0;; '
    "65) git merge-file -L ours -L base -L theirs %A %O %B; exit 1;; esac; }}; "
    "test -x {python} && test -f {stub} && try {python} -I {stub}; "
    # Only builtins of the shell: a program of that name may lie in the working tree.
    "unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE PYTHONINSPECT PYTHONBREAKPOINT PYTHONPLATLIBDIR "
    "PYTHONWARNINGS PYTHONEXECUTABLE PYTHONPYCACHEPREFIX PYTHONCASEOK; "
    'p=$(command -v pr-sessions) && case $p in /*) try "$p";; esac; '
    "exec git merge-file -L ours -L base -L theirs %A %O %B"
)


class Program(Struct, frozen=True):
    """What a command line of `init` runs first.

    Attributes:
        python: the interpreter.
        stub: the entry point of its package.
    """

    python: str
    stub: str


def to_install(repository: Repository) -> Iterator[Step]:
    """Write the lines in `.gitattributes`, and the command in the clone's configuration."""
    what = "git joins the session file instead of merging its lines"
    yield from ignore_block.to_write(repository.gitattributes, ATTRIBUTES, what)
    command = command_line(this_program())
    if repository.common_dir and registered(repository.root) != command:
        place, what = Place(repository.common_dir, "config"), f"merge driver, run by {sys.executable}"
        yield Step(Action.REGISTER, place, what, settings=((_DRIVER, command), (_NAME, NAME)))


def to_remove(repository: Repository) -> Iterator[Step]:
    """Remove both."""
    if repository.common_dir is None:
        return
    yield from ignore_block.to_write(repository.gitattributes, (), "")
    if any(local_setting(repository.root, key) is not None for key in (_NAME, _DRIVER)):
        place = Place(repository.common_dir, "config")
        yield Step(Action.UNREGISTER, place, "merge driver", settings=((_NAME, None), (_DRIVER, None)))


def this_program() -> Program:
    """Return the interpreter that runs now, with this package."""
    return Program(sys.executable, STUB)


def command_line(program: Program) -> str:
    """Return what git runs: our program by the interpreter, else the installed command, else git's text merge."""
    python, stub = (shlex.quote(path).replace("%", "%%") for path in (program.python, program.stub))
    return _LINE.format(python=python, stub=stub)


def program_in(line: str) -> Program | None:
    """Return what a command line that this version's `init` wrote runs; `None` for any other line."""
    try:
        words = shlex.split(line.replace("%%", "%")) if line.startswith(_BEGIN) else []
    except ValueError:
        return None
    paths = [words[n + 1] for n, word in enumerate(words[:-1]) if word in ("-x", "-f")]
    program = Program(*paths) if len(paths) == 2 else None
    return program if program and command_line(program) == line else None


def is_of_another_version(line: str) -> bool:
    """Tell whether the `init` of another version wrote this line: 0.1.0 did not isolate the driver."""
    return line.startswith(f'{_BEGIN}"$@" merge-driver ') and program_in(line) is None


def registered(root: Path) -> str | None:
    """Return the command line that this clone's git runs; `None` where none is registered."""
    return local_setting(root, _DRIVER)


def is_in_attributes(root: Path) -> bool:
    """Tell whether git's attributes name the driver for the session file and for archives."""
    output = read_git(root, "check-attr", "-z", "merge", "--", *_PATHS)
    return output.split(b"\0")[2::3] == [b"pr-sessions"] * len(_PATHS)
