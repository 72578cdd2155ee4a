"""The files that `init --scripts` writes into `.cursor/scripts/`, and the interpreter that runs them in this clone."""

import sys
from collections.abc import Mapping
from pathlib import Path

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

# Committed, so without any path of this machine; older interpreters must be able to parse it.
_TEXT = '''\
#!/usr/bin/env python3
"""Runs pr_sessions.scripts.{name}. `pr-sessions init --scripts` wrote this file."""

import os
import sys


def elsewhere(error):
    """Runs this script with the interpreter that `pr-sessions init --scripts` recorded in this clone."""
    import subprocess

    command = ["git", "-C", os.path.dirname(os.path.abspath(__file__)), "config", "--local", "{key}"]
    try:
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        found = os.fsdecode(answer.stdout).strip()
    except OSError:
        found = ""
    if found and os.path.isfile(found) and "PR_SESSIONS_SCRIPT" not in os.environ:
        environment = dict(os.environ, PR_SESSIONS_SCRIPT="{name}")
        return subprocess.call([found, os.path.abspath(__file__)] + sys.argv[1:], env=environment)
    sys.stderr.write("error: pr-sessions cannot be used with %s: %s\\n" % (sys.executable, error))
    sys.stderr.write("hint: pipx install pr-sessions, then in this clone: pr-sessions init --scripts\\n")
    return 1


try:
    from pr_sessions.scripts import {name} as module
except ImportError as error:
    if __name__ != "__main__":
        raise ImportError("%s - pip install pr-sessions for %s" % (error, sys.executable)) from error
    sys.exit(elsewhere(error))

module.places.script = __file__
if __name__ == "__main__":
    sys.exit(module.main())
# Whoever imports this file gets the package's module, so that reassigning its constants counts.
sys.modules[__name__] = module
'''


def script_files() -> Mapping[str, bytes]:
    """Every script by its path from the repository's root; the same on every machine."""
    return {f"{FOLDER}/{name}.py": _TEXT.format(name=name, key=KEY).encode() for name in SCRIPTS}


def recorded_interpreter(root: Path) -> str | None:
    """The interpreter that the clone's scripts fall back on."""
    from pr_sessions.stores.git import local_setting

    return local_setting(root, KEY)


def record_interpreter(root: Path) -> None:
    """Notes in the clone's own git configuration the interpreter that has the package: the one that runs now.

    Raises:
        GitFailed: git is missing or refused.
    """
    from pr_sessions.stores.git import run_git

    run_git(root, "config", "--local", KEY, sys.executable)


def forget_interpreter(root: Path) -> None:
    """Takes the note out again.

    Raises:
        GitFailed: git is missing or refused.
    """
    from pr_sessions.stores.git import run_git

    if recorded_interpreter(root) is not None:
        run_git(root, "config", "--local", "--unset-all", KEY)
