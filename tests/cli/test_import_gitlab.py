"""`import --gitlab`, through a `glab` that tests provide."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Git

from fake_forge_tools import FakeForge
from pr_sessions.cli.gitlab_import import project_address
from pr_sessions.core.urls import Address
from pr_sessions.git.remotes import parse_remotes

BEGIN = datetime(2026, 8, 1, 10, tzinfo=UTC)


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeForge:
    forge = FakeForge(tmp_path / "forge")
    monkeypatch.setenv("PATH", forge.environ["PATH"])
    return forge


def row(number: int, minutes: int, project: str = "octo/shop") -> dict[str, Any]:
    return {
        "iid": number,
        "title": "auto-pr: fix",
        "author": {"id": 7, "username": "bot"},
        "state": "opened",
        "created_at": (BEGIN + timedelta(minutes=minutes)).isoformat(),
        "web_url": f"https://gitlab.com/{project}/-/merge_requests/{number}",
    }


def test_all_pages_are_recorded_each_merge_request_once(repo: Path, cli: Cli, git: Git, forge: FakeForge) -> None:
    git(repo, "remote", "add", "origin", "git@gitlab.com:octo/shop.git")
    # More of them at one time than a page holds.
    forge.set(past=[row(number, max(0, number - 70)) for number in range(1, 131)])
    done = cli("import", "--gitlab", "octo/shop", "--json").json
    again = cli("import", "--gitlab", "octo/shop", "--json").json

    assert (done["read"], done["added"], done["changed"]) == (130, 130, True)
    assert (again["read"], again["added"], again["changed"]) == (130, 0, False)
    assert cli("show", "130").code == 0


def test_only_what_was_opened_since_is_asked_for(repo: Path, cli: Cli, forge: FakeForge) -> None:
    forge.set(past=[row(1, 0), row(2, 600)])
    done = cli("import", "--gitlab", "octo/shop", "--since", "2026-08-01T12:00:00Z", "--json").json

    assert done["read"] == 1
    assert cli("show", "octo/shop#2").code == 0


def test_where_it_breaks_off_it_says_how_to_go_on(repo: Path, cli: Cli, forge: FakeForge) -> None:
    past = [row(number, number) for number in range(1, 131)]
    forge.set(past=past, broken_after=past[60]["created_at"])
    result = cli("import", "--gitlab", "octo/shop")

    assert (result.code, "502 Bad Gateway" in result.err) == (1, True)
    assert "go on with --since 2026-08-01T11:39:00+00:00" in result.err
    assert cli("show", "octo/shop#90").code == 0


def test_without_glab_it_says_what_to_install(repo: Path, cli: Cli, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("pr_sessions.forges.tool.find_program", lambda _name: None)
    result = cli("import", "--gitlab", "octo/shop")

    assert (result.code, "glab is not installed" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("project", "remote", "address"),
    [
        ("octo/shop", "", Address("gitlab.com", "octo/shop")),
        ("octo/sub/shop", "git@gitlab.corp.example:octo/sub/shop", Address("gitlab.corp.example", "octo/sub/shop")),
        ("octo/shop", "git@code.example:octo/shop", Address("code.example", "octo/shop")),
        ("octo/api", "git@gitlab.corp.example:octo/shop", Address("gitlab.corp.example", "octo/api")),
        ("https://code.example/octo/api", "git@gitlab.com:octo/shop", Address("code.example", "octo/api")),
    ],
)
def test_a_project_is_named_by_its_path_or_its_url(project: str, remote: str, address: Address) -> None:
    assert project_address(project, parse_remotes(f"origin\t{remote} (fetch)")) == address


@pytest.mark.parametrize("project", ["shop", "", "octo/shop?x=1", "-x/y z", "octo/../shop"])
def test_something_else_is_an_error(repo: Path, cli: Cli, project: str) -> None:
    assert cli("import", "--gitlab", project).code == 1
