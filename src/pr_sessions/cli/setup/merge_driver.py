"""Git's merge driver for the session file: asked for in `.gitattributes`, registered in each clone's configuration."""

import shlex
import sys
from pathlib import Path

from pr_sessions.stores.git import local_setting, run_git
from pr_sessions.stores.repository import ARCHIVE, SESSION_FILE

NAME = "joins session files, so that no session is lost"
# Attributes are asked for by name; whether the file is there does not matter.
_ASKED = (SESSION_FILE, f"{ARCHIVE}/auto_pr_sessions-2025-11.json")
ATTRIBUTES = (f"/{SESSION_FILE} merge=pr-sessions", f"/{ARCHIVE}/*.json merge=pr-sessions")
# A driver with a name and no command makes git fail: so the command comes first, and goes last.
_KEYS = ("merge.pr-sessions.driver", "merge.pr-sessions.name")
_BEGIN = "try() { "
# Git runs it in a shell of its own, on every system. Where our program is gone, git's own text merge is what is left;
# where it refuses a version (65), the text merge shows both, and never passes for a solution.
_LINE = (
    _BEGIN.replace("{", "{{") + '"$@" merge-driver %O %A %B %P; case $? in 0) exit 0;; '
    "65) git merge-file -L ours -L base -L theirs %A %O %B; exit 1;; esac; }}; "
    "test -x {python} && try {python} -P -m pr_sessions; "
    "command -v pr-sessions >/dev/null && try pr-sessions; "
    "exec git merge-file -L ours -L base -L theirs %A %O %B"
)


def command_line(interpreter: str) -> str:
    """What git runs: our program by the interpreter, else the installed command, else git's own text merge."""
    return _LINE.format(python=shlex.quote(interpreter).replace("%", "%%"))


def interpreter_in(line: str) -> str | None:
    """The interpreter of a command line that `init` wrote; `None` for any other line."""
    try:
        words = shlex.split(line.replace("%%", "%")) if line.startswith(_BEGIN) else []
    except ValueError:
        return None
    found = words[words.index("-x") + 1] if "-x" in words[:-1] else None
    return found if found and command_line(found) == line else None


def registered(root: Path) -> str | None:
    """The command line that this clone's git runs; `None` where none is registered."""
    return local_setting(root, _KEYS[0])


def is_asked_for(root: Path) -> bool:
    """Whether git's attributes ask for the driver, for the session file and for archives."""
    answer = run_git(root, "check-attr", "-z", "merge", "--", *_ASKED)
    return answer.split(b"\0")[2::3] == [b"pr-sessions"] * len(_ASKED)


def leftovers(root: Path) -> bool:
    """Whether anything of it stands in the clone's configuration."""
    return any(local_setting(root, key) is not None for key in _KEYS)


def register(root: Path) -> None:
    """Writes the command into the clone's own configuration, for the interpreter that runs now.

    Raises:
        GitFailed: git is missing or refused.
    """
    for key, value in zip(_KEYS, (command_line(sys.executable), NAME), strict=True):
        run_git(root, "config", "--local", "--replace-all", key, value)


def unregister(root: Path) -> None:
    """Takes it out again.

    Raises:
        GitFailed: git is missing or refused.
    """
    for key in reversed(_KEYS):
        if local_setting(root, key) is not None:
            run_git(root, "config", "--local", "--unset-all", key)
