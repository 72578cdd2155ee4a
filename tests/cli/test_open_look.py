"""`look` at what is open on GitHub, in processes of their own that ask the fake one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Git, Result
from merged import shop as shop_history

import scene
from fake_github import TOKEN, FakeGitHub, Fault

CURSOR = {"login": "cursor[bot]", "id": 206951365, "type": "Bot"}
OPENED = datetime(2025, 11, 22, 10, tzinfo=UTC)

SHOP = """\
"""

Look = Callable[..., Result]


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Two sessions of a person's agent, one pull request of an agent's own, two by hand, one of them from a fork."""
    for number, clock, title in (
        (1, "10:00", "auto-pr: model of an invoice"),
        (2, "10:12", "auto-pr: invoice numbers"),
        (3, "10:20", "auto-pr: invoices as PDF"),
        (4, "14:00", "wip: menu"),
        (5, "15:00", "Upgrade the database"),
        (6, "15:10", "auto-pr: from afar"),
        (7, "16:00", "Bump the menu"),
    ):
        fake.add_pull(number, title, f"2025-11-22T{clock}:00Z")
        fake.files[number] = [fake.file(f"src/{number}.py")]
    fake.permissions["bot"] = "write"
    fake.pulls[2]["base"]["ref"] = "work-1"
    fake.pulls[3]["draft"] = True
    fake.pulls[5]["user"] |= {"login": "ann", "id": 7}
    fake.permissions["ann"] = "write"
    fake.pulls[6]["head"]["repo"]["full_name"] = "eve/shop"
    fake.pulls[6]["user"] |= {"login": "eve", "id": 8}
    fake.pulls[7]["user"] |= CURSOR
    fake.files[1] += [fake.file("src/ids.py")]
    fake.files[4] += [fake.file("src/menu.py"), fake.file(".github/workflows/ci.yml")]
    fake.files[7] = [fake.file("src/menu.py"), fake.file("src/ids.py")]
    return fake


@pytest.fixture
def look(fake: FakeGitHub, tmp_path: Path) -> Look:
    """Runs `look` in an empty folder, or in another: `look("ada/shop", folder=clone, GH_TOKEN="")`."""

    def call(*arguments: str, folder: Path = tmp_path, **environ: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "pr_sessions", "look", *arguments],
            cwd=folder,
            env=scene.python_environment() | {"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN, **environ},
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def clone(repo: Path, git: Git, fake: FakeGitHub) -> Path:
    """A repository with a history whose remote leads to the fake."""
    shop_history(repo)
    git(repo, "remote", "add", "origin", f"{fake.url}/ada/shop.git")
    return repo


def days() -> str:
    return f"{(datetime.now(UTC) - OPENED).days} days"


def test_what_is_open_is_shown_in_the_order_of_review(shop: FakeGitHub, look: Look) -> None:
    result = look("ada/shop")

    assert (result.code, result.out, result.err) == (0, SHOP.replace("DAYS", days()), "17 requests to GitHub\n")
