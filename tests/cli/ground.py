"""What the tests of `init`, `where`, `doctor` and their like share."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
Git = Callable[..., str]

SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
CONFIG = ".cursor/config/session_config.yaml"
DOCUMENT = ".git/pr-sessions/sessions.json"

# Everything is imported before the rights go: afterwards Python's own files may be out of reach.
_AS_NOBODY = """
import os, pkgutil, sys
import encodings.idna, json, subprocess, tempfile, zoneinfo, yaml, tzlocal
import pr_sessions
for module in pkgutil.walk_packages(pr_sessions.__path__, "pr_sessions."):
    if "scripts" not in module.name and "__main__" not in module.name:
        __import__(module.name)
from pr_sessions.cli.main import run
if os.geteuid() == 0:
    os.setuid(65534)
sys.exit(run(sys.argv[1:]))
"""


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its content and time of change, git's own folder included."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes() if path.is_file() else b"", path.lstat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
    }


def write(path: Path, text: str) -> None:
    """A file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def never_time_out(root: Path) -> None:
    """Sessions of a day long past stay active."""
    with (root / CONFIG).open("a") as file:
        file.write("enable_timeout_completion: false\n")


def as_nobody(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Code, stdout and stderr of a command that is run by somebody who may not do everything, as root may."""
    # Git reads nothing in a folder that belongs to somebody else, unless it is told to.
    trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, *arguments],
        cwd=folder,
        env={**os.environ, **trust, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr
