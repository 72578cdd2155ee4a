"""Real git and real processes, independent of the user's own configuration."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def own_git_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    settings = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "HOME": str(tmp_path),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def git() -> Git:
    """Run git in a folder: `git(folder, "init")`."""

    def run(folder: Path, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return run


@pytest.fixture
def clone(tmp_path: Path, git: Git) -> Path:
    """A repository with one commit on `main`."""
    return committed(tmp_path / "clone", git)


@pytest.fixture
def open_clone(open_folder: Path, git: Git) -> Path:
    """The same where somebody without rights can reach it."""
    return committed(open_folder / "clone", git)


def committed(root: Path, git: Git) -> Path:
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "deep/er").mkdir(parents=True)
    (root / "deep/er/code.py").write_text("pass\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that somebody without rights can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@pytest.fixture
def child() -> Callable[..., subprocess.Popen[str]]:
    """Start Python code in a process of its own: `child(code, *arguments)`."""

    def start(code: str, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*prefix, sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start
