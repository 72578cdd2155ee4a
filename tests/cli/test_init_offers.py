"""What `init` asks on a terminal, and only there."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import on_a_terminal
from ground import CONFIG, SESSION_FILE, Cli, Git, write

from fake_forge_tools import FakeForge

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a terminal that a test can type into")
TRACK = "Record also pull requests that people make with an agent? This records when people work with agents. [y/N]:"
QUESTION = "Add our one-line mark to the pull requests that agents open here, with your own gh? [y/N]:"
ASK_FORGE = "Ask the forge about pull requests whose creation no hook saw, with your own gh? [y/N]:"
Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def shop(repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a remote, on a machine that has gh."""
    for name, value in FakeForge(tmp_path / "forge").environ.items():
        monkeypatch.setenv(name, value)
    git(repo, "remote", "add", "origin", "git@github.com:acme/shop.git")
    return repo


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ("y\n\nn\n", {"mark: body", "track: opened"}),
        ("n\n\ny\n", {"mark: none", "track: agents"}),
        ("\n\n\n", {"mark: none", "track: opened"}),
    ],
)
def test_answers_stand_in_the_configuration_and_are_not_asked_for_again(
    shop: Path, answers: str, lines: set[str]
) -> None:
    code, shown = on_a_terminal(answers, "init")
    assert (code, QUESTION in shown, TRACK in shown) == (0, True, True)
    assert lines <= set((shop / CONFIG).read_text().splitlines())
    code, shown = on_a_terminal("", "init")
    assert (code, QUESTION in shown, TRACK in shown, "Nothing to do" in shown) == (0, False, False, True)


def test_who_says_what_is_recorded_is_not_asked(shop: Path) -> None:
    code, shown = on_a_terminal("n\nn\n", "init", "--track", "agents")
    assert (code, TRACK in shown, "\ntrack: agents\n" in (shop / CONFIG).read_text()) == (0, False, True)


@pytest.mark.parametrize(("answer", "line"), [("y", "true"), ("n", "false"), ("", "false")])
def test_whether_the_forge_is_asked_stands_there_too(shop: Path, answer: str, line: str) -> None:
    code, shown = on_a_terminal(f"n\n{answer}\n\n", "init")
    assert (code, ASK_FORGE in shown) == (0, True)
    assert f"\nhooks.ask_forge: {line}\n" in (shop / CONFIG).read_text()
    code, shown = on_a_terminal("", "init")
    assert (code, ASK_FORGE in shown, "Nothing to do" in shown) == (0, False, True)


def test_what_it_wrote_goes_with_uninstall(shop: Path, cli: Cli) -> None:
    on_a_terminal("y\ny\ny\n", "init")
    cli("uninstall")
    assert not (shop / CONFIG).exists()
    assert (shop / SESSION_FILE).exists()


def test_the_rest_of_a_configuration_stays(shop: Path) -> None:
    write(shop / CONFIG, "# ours\ntime_zone: UTC\nshare: local\n")
    on_a_terminal("y\ny\ny\n", "init")
    text = "# ours\ntime_zone: UTC\nshare: local\nmark: body\ntrack: agents\nhooks.ask_forge: true\n"
    assert (shop / CONFIG).read_text() == text


@pytest.mark.parametrize("arguments", [("--json",), ("--dry-run",)])
def test_nothing_is_asked_for_programs_and_trials(shop: Path, arguments: tuple[str, ...]) -> None:
    code, shown = on_a_terminal("", "init", *arguments)
    assert (code, QUESTION in shown, TRACK in shown) == (0, False, False)


def test_nothing_is_asked_without_a_terminal(shop: Path, spawn: Spawn) -> None:
    out, err = spawn("init").communicate()
    assert (QUESTION.encode() in out + err, TRACK.encode() in out + err) == (False, False)
    assert {"# mark: none", "# track: opened"} <= set((shop / CONFIG).read_text().splitlines())


def test_nothing_is_asked_where_there_is_nothing_to_mark(shop: Path, git: Git) -> None:
    git(shop, "remote", "remove", "origin")
    code, shown = on_a_terminal("n\n", "init")
    assert (code, QUESTION in shown) == (0, False)
