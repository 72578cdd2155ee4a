"""What many tests play with: a clock that stands still, real git, and the look of a folder."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from pr_sessions.core.models import PullRequest, Session
from pr_sessions.io.places import Place
from pr_sessions.tracker import Tracker, open_tracker

START = datetime(2025, 11, 22, 10, 0, tzinfo=UTC)


def minute(number: float) -> datetime:
    """So many minutes after the clock's start."""
    return START + timedelta(minutes=number)


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def set(self, minutes: float) -> datetime:
        """Moves to so many minutes after the start."""
        self.now = minute(minutes)
        return self.now


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Runs git in a folder; what it prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=False, capture_output=True, text=True)
    if check and done.returncode:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


def committed(root: Path) -> Path:
    """A new repository with one commit on `main`, by whom the environment names."""
    first = _first(*(os.environ.get(f"GIT_AUTHOR_{name}", "") for name in ("NAME", "EMAIL")))
    return copytree(Path(first.name) / "first", root)


@cache
def _first(_name: str, _email: str) -> TemporaryDirectory[str]:
    """The repository from which each test gets a copy: four programs would take as long as most tests."""
    folder = TemporaryDirectory()
    root = Path(folder.name) / "first"  # The folder itself is closed to others.
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for sample in (root / ".git/hooks").iterdir():
        sample.unlink()
    (root / "deep/er").mkdir(parents=True)
    (root / "deep/er/code.py").write_text("pass\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return folder


def tracker_at(path: Path, clock: Clock, **environ: str) -> Tracker:
    """A tracker that knows no other environment than the one given."""
    return open_tracker(path, environ=environ, clock=clock)


def auto(number: int | str, author: str = "ada", **told: Any) -> PullRequest:
    """An automatic pull request."""
    return PullRequest(**{"number": str(number), "title": "auto-pr: work", "author": author, **told})


def overview(tracker: Tracker) -> dict[str, tuple[tuple[str, ...], str]]:
    """Each session's pull requests and trigger, the latter empty while it is active."""
    return {s.id: (s.prs, s.completion.trigger if s.completion else "") for s in tracker.sessions()}


def on_disk(place: Place) -> Path:
    """Where a place is on the disk, for a test that looks at it or changes it by itself."""
    return Path(place.path)


def place(path: Path) -> Place:
    """A path as a place in the folder that holds it."""
    return Place(path.parent, path.name)


def ids(*sessions: Session) -> list[str]:
    """Their ids."""
    return [session.id for session in sessions]


def look(root: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of change of every file below a folder but the lock, which says who held it last."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name not in ("lock", "lock.next")
    }


def python_environment() -> dict[str, str]:
    """The environment of a child process that imports what this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
