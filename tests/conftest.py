"""Real git and real processes, independent of the user's own configuration."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import examples  # noqa: F401 - before any property: it sets how many examples one gets
import scene
from forked import Server

# Fixtures `database` and `database_url`: SQLite and PostgreSQL.
pytest_plugins = ["databases"]

# httpcore looks for it at every step of a request, in vain, which takes longer than the request.
sys.modules.setdefault("sniffio", None)

_OURS = ("AUTO_PR_SESSION_AUTHOR", "PR_SESSIONS", "PR_SESSIONS_NO_TRACKER", "CI", "NO_COLOR")


def pytest_configure() -> None:
    # A shell's background job ignores interrupts, and so would every process that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without any configuration but an empty one of git's."""
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").touch()
    return home


@pytest.fixture(autouse=True)
def own_environment(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "GH_")) or name in _OURS]:
        monkeypatch.delenv(name)
    settings = {
        "GIT_CONFIG_GLOBAL": str(empty_home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "HOME": str(empty_home),
        "TZ": "UTC",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Runs commands in processes that are forked from one that has imported everything."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def git() -> Callable[..., str]:
    """Run git in a folder: `git(folder, "init")`."""
    return scene.git


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[[str], Path]:
    """Make a repository of that name with one commit on `main`."""
    return lambda name: scene.committed(tmp_path / name)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit on `main`."""
    return scene.committed(tmp_path / "clone")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that somebody without rights can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@pytest.fixture
def clock() -> scene.Clock:
    """A clock that stands still until it is moved."""
    return scene.Clock()


@pytest.fixture
def child() -> Callable[..., subprocess.Popen[str]]:
    """Start Python code in a process of its own: `child(code, *arguments)`."""

    def start(code: str, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*prefix, sys.executable, "-c", code, *arguments],
            env=scene.python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start
