"""What the tests of `init`, `where`, `doctor` and their like share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
Git = Callable[..., str]
AsNobody = Callable[..., tuple[int, str, str]]

SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
CONFIG = ".cursor/config/session_config.yaml"
DOCUMENT = ".git/pr-sessions/sessions.json"


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
