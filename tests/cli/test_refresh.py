"""`show --refresh` and `list --refresh`: titles and states as the forge has them, which are never stored."""

import json
from pathlib import Path

import pytest
from command_line import Cli, Git

from fake_github import TOKEN, FakeGitHub


@pytest.fixture(autouse=True)
def environment(fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GH_TOKEN", TOKEN)


@pytest.fixture
def recorded(repo: Path, git: Git, fake: FakeGitHub, cli: Cli) -> FakeGitHub:
    """A session of three: one is open, one was merged meanwhile, and one is not there any more."""
    git(repo, "remote", "add", "origin", f"{fake.url}/ada/shop.git")
    for number in (1, 2, 3):
        cli("add", str(number), "--title", "auto-pr: x", "--author", "ada", "--state", "open")
    fake.add_pull(1, "auto-pr: model \x1b[31m\u202e" + "x" * 200, "2025-11-22T10:00:00Z")
    fake.add_pull(2, "auto-pr: numbers", "2025-11-22T10:10:00Z")
    fake.pulls[2] |= {"state": "closed", "merged_at": "2025-11-22T11:00:00Z", "closed_at": "2025-11-22T11:00:00Z"}
    return fake


def test_show_has_the_titles_and_states_of_now(recorded: FakeGitHub, cli: Cli) -> None:
    result = cli("show", "1", "--refresh")
    rows = [line.split(maxsplit=8) for line in result.out.splitlines() if line.startswith(("  1 ", "  2 ", "  3 "))]
    assert [(row[0], row[1], row[8]) for row in rows] == [
        ("1", "open", "auto-pr: model  [31m " + "x" * 38 + "…"),
        ("2", "merged", "auto-pr: numbers"),
        ("3", "open", "-"),
    ]
    assert "\nNot read from GitHub\n  #3: GitHub does not find this" in result.out
    assert all(line.isprintable() for line in result.out.splitlines())


def test_without_it_nobody_is_asked_and_no_title_is_known(recorded: FakeGitHub, cli: Cli) -> None:
    out = cli("show", "1").out
    assert ("auto-pr" in out, "title" in out, recorded.asked) == (False, False, [])


def test_list_has_what_is_open_and_a_title(recorded: FakeGitHub, cli: Cli) -> None:
    lines = cli("list", "--refresh").out.splitlines()
    assert lines[0].split()[-2:] == ["open", "title"]
    assert "  1 of 2 read  auto-pr: model " in lines[1]


def test_list_says_of_what_was_not_read_neither_that_it_is_open_nor_that_it_is_not(
    recorded: FakeGitHub, cli: Cli
) -> None:
    recorded.pulls.clear()
    assert "  not read  -" in cli("list", "--refresh").out.splitlines()[1]


def test_nothing_of_it_is_stored(recorded: FakeGitHub, cli: Cli, repo: Path) -> None:
    before = {path: path.read_bytes() for path in repo.rglob("*.json")}
    cli("show", "1", "--refresh")
    cli("list", "--refresh")
    assert {path: path.read_bytes() for path in repo.rglob("*.json")} == before


def test_as_json_it_stands_apart_from_what_is_stored(recorded: FakeGitHub, cli: Cli) -> None:
    for arguments in (("show", "1"), ("list",)):
        data = json.loads(cli(*arguments, "--refresh", "--json").out)["refreshed"]
        assert (data["source"], data["pull_requests"]["2"]) == (
            "GitHub",
            {"title": "auto-pr: numbers", "state": "merged", "draft": False},
        )
        assert [unknown.partition(":")[0] for unknown in data["unknowns"]] == ["#3"]
        assert "refreshed" not in json.loads(cli(*arguments, "--json").out)


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("GH_TOKEN", "", "GitHub was not asked: no token"),
        ("GH_TOKEN", "wrong", "GitHub does not accept the token from GH_TOKEN"),
    ],
)
def test_where_the_forge_cannot_be_asked_the_stored_state_is_shown(
    recorded: FakeGitHub, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str, note: str
) -> None:
    monkeypatch.setenv(name, value)
    result = cli("show", "1", "--refresh")
    assert (result.code, result.out) == (0, cli("show", "1").out)
    assert result.err.startswith(f"titles and states are as they were stored: {note}")
    assert "\nhint: " in result.err


def test_a_clone_without_a_forge_is_said(repo: Path, cli: Cli, fake: FakeGitHub) -> None:
    cli("add", "1", "--title", "auto-pr: x", "--author", "ada")
    assert cli("list", "--refresh").err == (
        "titles and states are as they were stored: no remote leads to GitHub or GitLab\n"
        "hint: leave out --refresh to see what is stored\n"
    )


def test_an_overview_has_no_titles_to_refresh(repo: Path, cli: Cli, fake: FakeGitHub) -> None:
    result = cli("show", "--refresh")
    assert (result.code, "--refresh takes a pull request or a session" in result.err) == (2, True)
