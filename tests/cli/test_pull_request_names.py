"""Every command that takes a pull request takes it as `42`, `#42`, `!42`, `owner/name#42` or a URL."""

from pathlib import Path

import click
import pytest
from command_line import Cli, Git, day

from pr_sessions.cli import options
from pr_sessions.cli.commands import SECTIONS
from pr_sessions.cli.main import pr_sessions

OURS = ("42", "#42", "!42", "ada/shop#42", "Ada/Shop!42", "https://github.com/ada/shop/pull/42")
LINES = {
    "add": ("add", "PR", "--title", "wip: x", "--author", "ada", "--at", day("10:00"), "--json"),
    "classify": ("classify", "--pr-number", "PR", "--title", "wip: x", "--author", "ada", "--json"),
    "find": ("find", "PR", "--json"),
    "explain": ("explain", "PR", "--json"),
    "link": ("link", "PR", "bob-20251122-1000", "--json"),
    "move": ("move", "PR", "bob-20251122-1000", "--json"),
    "unlink": ("unlink", "PR", "--json"),
}


@pytest.fixture
def clone(repo: Path, git: Git, cli: Cli) -> Path:
    """A clone of ada/shop that knows a pull request of its own, one of another repository, and two sessions."""
    git(repo, "remote", "add", "origin", "git@github.com:ada/shop.git")
    for number, author in (("42", "ada"), ("ann/tools#42", "ann"), ("9", "bob")):
        cli("add", number, "--title", "wip: x", "--author", author, "--at", day("10:00"))
    return repo


@pytest.mark.parametrize("spelling", OURS)
@pytest.mark.parametrize("name", LINES)
def test_a_pull_request_of_this_clone_is_its_number(clone: Path, cli: Cli, name: str, spelling: str) -> None:
    result = cli(*(spelling if word == "PR" else word for word in LINES[name]))

    assert (result.code, result.json.get("pr_number", "42")) == (0, "42")


@pytest.mark.parametrize("spelling", ["ann/tools#42", "ann/tools!42", "https://github.com/ann/tools/pull/42"])
def test_one_of_another_repository_keeps_its_name(clone: Path, cli: Cli, spelling: str) -> None:
    assert cli("find", spelling, "--json").json["pr_number"] == "ann/tools#42"


def test_the_host_of_a_url_counts(clone: Path, cli: Cli) -> None:
    url = "https://gitlab.com/ada/shop/-/merge_requests/42"
    cli("add", url, "--title", "wip: x", "--author", "eve", "--at", day("10:00"))

    assert cli("find", "ada/shop#42", "--json").json["session_id"] == "ada-20251122-1000"
    assert cli("find", "42", "--json").json["session_id"] == "ada-20251122-1000"


@pytest.mark.parametrize("text", ["x", "0", "https://github.com/ada/shop/issues/42", ""])
def test_anything_else_is_wrong_usage(clone: Path, cli: Cli, text: str) -> None:
    result = cli("find", text)

    assert (result.code, result.out) == (2, "")
    assert f"not a pull request: {text!r}; name it as 42, #42, !42, owner/name#42 or its URL" in result.err


def test_every_command_with_a_pull_request_is_tried() -> None:
    context = click.Context(pr_sessions)
    commands = {name: pr_sessions.get_command(context, name) for lines in SECTIONS.values() for name in lines}
    taking = {
        name
        for name, command in commands.items()
        if command and any(isinstance(p.type, options.Number) for p in command.params)
    }
    assert taking == set(LINES)
