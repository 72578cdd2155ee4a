"""The command line on real repositories, independent of the user's own configuration."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import Cli, Git, Result
from ground import AsNobody

import scene
from asking import fake, no_credentials
from forked import MAIN, MAIN_AS_NOBODY, Server
from pr_sessions.cli.main import run

__all__ = ["fake", "no_credentials"]

OUR_VARIABLES = ("AUTO_PR_SESSION_AUTHOR", "PR_SESSIONS", "PR_SESSIONS_NO_TRACKER", "CI", "NO_COLOR")


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "GH_")) or name in OUR_VARIABLES]:
        monkeypatch.delenv(name)
    settings = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Test Person",
        "GIT_AUTHOR_EMAIL": "test@example.com",
        "GIT_COMMITTER_NAME": "Test Person",
        "GIT_COMMITTER_EMAIL": "test@example.com",
        "HOME": str(tmp_path),
        "TZ": "UTC",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    # Local times of this very process follow the variable only when they are told to.
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture
def git() -> Git:
    """Run git in a folder: `git(folder, "init")`."""

    def call(folder: Path, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return call


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh repository with one commit on `main`; it is the current folder."""
    root = scene.committed(tmp_path / "repo")
    with (root / ".git/config").open("a") as file:
        file.write("[user]\n\tname = Test Person\n\temail = test@example.com\n")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command in this process: `cli("status", "--json")`."""

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def forked(server: Server) -> Cli:
    """Run a command in a forked process: `forked("status", stdin=b"", GH_TOKEN="x")`.

    For what reads standard input, or another environment, or starts programs; the rest is `cli`'s.
    """

    def call(*arguments: str, folder: Path | None = None, stdin: bytes = b"", **environ: str) -> Result:
        environment = {**os.environ, **environ}
        return Result(*server.run(MAIN, list(arguments), folder or Path.cwd(), environment, stdin))

    return call


@pytest.fixture
def as_nobody(server: Server) -> AsNobody:
    """Code, stdout and stderr of a command that is run by somebody who may not do everything, as root may."""

    def call(folder: Path, *arguments: str) -> tuple[int, str, str]:
        # Git reads nothing in a folder that belongs to somebody else, unless it is told to.
        trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        return server.run(MAIN_AS_NOBODY, list(arguments), folder, {**os.environ, **trust})

    return call


@pytest.fixture
def spawn() -> Callable[..., subprocess.Popen[bytes]]:
    """Start a command in a process of its own: `spawn("add", "42", PYTHONIOENCODING="cp1252")`."""

    def start(*arguments: str, **environ: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "pr_sessions", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.fixture
def open_repo(repo: Path) -> Iterator[Path]:
    """The same where somebody without rights can reach it: pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        yield Path(shutil.move(repo, root / "repo"))
        for folder in root.rglob("*"):
            folder.chmod(0o755)
