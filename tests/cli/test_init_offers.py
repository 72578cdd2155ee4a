"""What `init` asks on a terminal, and only there."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ground import CONFIG, SESSION_FILE, Cli, Git, write

from fake_forge_tools import FakeForge

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a terminal that a test can type into")
QUESTION = "Add our one-line mark to the pull requests that agents open here, with your own gh? [y/N]:"
Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def shop(repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a remote, on a machine that has gh."""
    for name, value in FakeForge(tmp_path / "forge").environ.items():
        monkeypatch.setenv(name, value)
    git(repo, "remote", "add", "origin", "git@github.com:acme/shop.git")
    return repo


def on_a_terminal(answer: str, *arguments: str) -> tuple[int, str]:
    """The exit code and all that the terminal shows."""
    import pty

    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "pr_sessions", "init", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass  # Linux says so when the other end closes.
    os.close(ours)
    return process.wait(), shown.decode()


@pytest.mark.parametrize(("answer", "line"), [("y\n", "mark: body\n"), ("n\n", "mark: none\n"), ("\n", "mark: none\n")])
def test_the_answer_stands_in_the_configuration_and_is_not_asked_for_again(shop: Path, answer: str, line: str) -> None:
    code, shown = on_a_terminal(answer)
    assert (code, QUESTION in shown, f"\n{line}" in (shop / CONFIG).read_text()) == (0, True, True)
    code, shown = on_a_terminal("")
    assert (code, QUESTION in shown, "Nothing to do" in shown) == (0, False, True)


def test_what_it_wrote_goes_with_uninstall(shop: Path, cli: Cli) -> None:
    on_a_terminal("y\n")
    cli("uninstall")
    assert not (shop / CONFIG).exists()
    assert (shop / SESSION_FILE).exists()


def test_the_rest_of_a_configuration_stays(shop: Path) -> None:
    write(shop / CONFIG, "# ours\ntime_zone: UTC\nshare: local\n")
    on_a_terminal("y\n")
    assert (shop / CONFIG).read_text() == "# ours\ntime_zone: UTC\nshare: local\nmark: body\n"


@pytest.mark.parametrize("arguments", [("--json",), ("--dry-run",)])
def test_nothing_is_asked_for_programs_and_trials(shop: Path, arguments: tuple[str, ...]) -> None:
    code, shown = on_a_terminal("", *arguments)
    assert (code, QUESTION in shown) == (0, False)


def test_nothing_is_asked_without_a_terminal(shop: Path, spawn: Spawn) -> None:
    out, err = spawn("init").communicate()
    assert (QUESTION.encode() in out + err, "\n# mark: none\n" in (shop / CONFIG).read_text()) == (False, True)


def test_nothing_is_asked_where_there_is_nothing_to_mark(shop: Path, git: Git) -> None:
    git(shop, "remote", "remove", "origin")
    code, shown = on_a_terminal("")
    assert (code, QUESTION in shown) == (0, False)
