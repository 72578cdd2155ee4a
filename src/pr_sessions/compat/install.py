"""The files that `init --scripts` writes into `.cursor/scripts/`, and how this clone runs them."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from msgspec import Struct

FOLDER = ".cursor/scripts"
SCRIPTS = (
    "auto_pr_session_manager",
    "cursor_session_hook",
    "minimal_metadata_system",
    "session_analytics",
    "session_cli",
    "validate_config",
    "monitor_sessions",
)
KEY = "pr-sessions.interpreter"
STUB_KEY = "pr-sessions.stub"

# Committed, so without any path of this machine; older interpreters must be able to parse it.
_TEXT = r'''#!/usr/bin/env python3
"""Runs pr_sessions.compat.{name}. `pr-sessions init --scripts` wrote this file."""

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", sys.flags.isolated):
    # Python looks into this folder first, where a repository may bring a module of any name.
    del sys.path[0]

import os


def run_isolated():
    """Run the script in a process into which no module of a repository comes; return its exit code."""
    if os.environ.get("PYTHONPATH"):
        leave_out(os.environ["PYTHONPATH"].split(os.pathsep))
    command = own_command() or recorded_command()
    if command is None:
        sys.stderr.write("error: %s has no pr-sessions, and no other is recorded in this clone\n" % sys.executable)
        sys.stderr.write("hint: install pr-sessions, then in this clone: pr-sessions init --scripts\n")
        return 1
    flags = ["-B"] if sys.dont_write_bytecode else []
    flags += ["-X", "utf8"] if getattr(sys.flags, "utf8_mode", 0) else []
    words = [command[0], "-I"] + flags + [command[1], "--script", "{name}", os.path.abspath(__file__)] + sys.argv[1:]
    if os.name == "nt":
        import subprocess

        return subprocess.call(words)
    os.execv(words[0], words)


def leave_out(places):
    """Take places that the environment names out of the path."""
    named = [os.path.abspath(place) for place in places]
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) not in named]


def own_command():
    """This interpreter, and the entrance of the pr-sessions that is installed for it."""
    import site

    if sys.version_info < (3, 11) or not sys.executable:
        return None
    if "PYTHONUSERBASE" in os.environ:
        leave_out([site.getusersitepackages()])
    stubs = [os.path.join(place, "pr_sessions", "stub.py") for place in site.getsitepackages() + sys.path]
    return next(((sys.executable, stub) for stub in stubs if os.path.isfile(stub)), None)


def recorded_command():
    """The interpreter and the entrance that `pr-sessions init --scripts` recorded in this clone."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    places = [os.path.join(place, "git") for place in os.get_exec_path() if os.path.isabs(place)]
    gits = [place + end for place in places for end in ("", ".exe") if os.path.isfile(place + end)]
    # Without a `.git`, git takes a folder for a repository that somebody may have committed as one.
    if not gits or not os.path.exists(os.path.join(root, ".git")):
        return None
    ask = [gits[0], "-C", root, "config", "--local", "--get"]
    command = [read(ask + [key]) for key in ("{key}", "{stub_key}")]
    return command if all(os.path.isabs(path) and os.path.isfile(path) for path in command) else None


def read(words):
    """What a command prints."""
    import subprocess

    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return os.fsdecode(process.communicate()[0]).strip()


if __name__ == "__main__":
    sys.exit(run_isolated())

try:
    from pr_sessions.compat import {name} as module
except ImportError as error:
    raise ImportError("%s - install pr-sessions for %s" % (error, sys.executable)) from error

module.places.script = __file__
# An import of this file gets the package's module, so that reassigning its constants counts.
sys.modules[__name__] = module
'''


class Recorded(Struct, frozen=True):
    """What the clone's scripts fall back on; a part is `None` where it is not recorded.

    Attributes:
        interpreter: one that has the package.
        stub: the package's entrance, which version 0.1.0 did not record.
    """

    interpreter: str | None
    stub: str | None

    @property
    def settings(self) -> tuple[tuple[str, str | None], ...]:
        """The same as settings of the clone's git configuration."""
        return (KEY, self.interpreter), (STUB_KEY, self.stub)


def script_files() -> Mapping[str, bytes]:
    """Return every script by its path from the repository's root; the same on every machine."""
    return {f"{FOLDER}/{name}.py": _TEXT.format(name=name, key=KEY, stub_key=STUB_KEY).encode() for name in SCRIPTS}


def this_program() -> Recorded:
    """Return what runs now."""
    from pr_sessions.hooks.detach import STUB

    return Recorded(sys.executable, STUB)


def recorded(root: Path) -> Recorded:
    """Return what the clone's own git configuration holds."""
    from pr_sessions.git.commands import local_setting

    return Recorded(local_setting(root, KEY), local_setting(root, STUB_KEY))


def run(name: str, file: str, arguments: Sequence[str]) -> int:
    """Run a script in the process that its installed file has started isolated; return its exit code.

    Args:
        name: one of `SCRIPTS`.
        file: the installed file.
        arguments: those of the script.
    """
    if name not in SCRIPTS:
        sys.stderr.write(f"error: no script is named {name[:60]!r}\nhint: pr-sessions init --scripts writes {file}\n")
        return 1
    from pr_sessions.compat import places

    # Isolation ignores PYTHONIOENCODING, and callers read the output accordingly.
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    for stream, handling in ((sys.stdout, errors or None), (sys.stderr, "backslashreplace")):
        with suppress(LookupError):
            if isinstance(stream, TextIOWrapper) and encoding:
                stream.reconfigure(encoding=encoding, errors=handling)
    module = import_module(f"pr_sessions.compat.{name}")
    places.script = file
    sys.argv = [file, *arguments]
    code: int = module.main()
    return code
