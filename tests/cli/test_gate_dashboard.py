"""`gate dashboard` as a job runs it, and as somebody tries it out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli

from fake_github import TOKEN, FakeGitHub
from pr_sessions.git.repository import CONFIG

US = "github-actions[bot]"
ADDRESS = "https://github.com/ada/shop/issues/2"
Runs = Callable[..., Any]


@pytest.fixture
def runs(fake: FakeGitHub, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """The command on a runner, on schedule: `runs("--json", GITHUB_TOKEN="")`."""
    fake.contents["main", CONFIG] = b"gate.dashboard: true\n"
    fake.viewer = US
    fake.add_pull(1, "auto-pr: <b>1</b>", "2025-11-22T10:00:00Z")
    (tmp_path / "event.json").write_text(json.dumps({"schedule": "29 * * * *"}))
    known = {
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_EVENT_NAME": "schedule",
        "GITHUB_REPOSITORY": "ada/shop",
        "GITHUB_API_URL": fake.url,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_ACTIONS": "true",
    }

    def run(*arguments: str, **environ: str) -> Any:
        for key, value in (known | environ).items():
            monkeypatch.setenv(key, value)
        return cli("gate", "dashboard", *arguments)

    return run


def test_it_says_what_it_did(fake: FakeGitHub, runs: Runs) -> None:
    done = [runs().out, runs().out]
    assert (done, list(fake.issues)) == ([f"created: {ADDRESS}\n", f"unchanged: {ADDRESS}\n"], [2])
    assert "auto-pr: &lt;b&gt;1&lt;/b&gt;" in fake.issues[2]["body"]


def test_elsewhere_it_shows_what_it_would_write(fake: FakeGitHub, runs: Runs) -> None:
    shown = runs("--json", GITHUB_ACTIONS="").json
    assert (shown["body"].splitlines()[0], shown["did"], fake.issues) == ("<!-- pr-sessions: dashboard -->", "", {})


def test_a_person_s_token_writes_nothing(fake: FakeGitHub, runs: Runs) -> None:
    fake.viewer = "ada"
    done = runs()
    assert (done.code, fake.issues, "and this is the token of ada" in done.out) == (0, {}, True)


def test_without_a_token_nothing_is_read(fake: FakeGitHub, runs: Runs) -> None:
    assert (runs(GITHUB_TOKEN="").out, fake.asked) == ("nothing is read without a token\n", [])


def test_without_a_repository_the_token_is_not_what_is_missing(fake: FakeGitHub, runs: Runs) -> None:
    done = runs(GITHUB_REPOSITORY="", GITHUB_EVENT_PATH="")
    assert (done.out, fake.asked) == ("no repository is named: use --repository\n", [])


def test_github_that_refuses_fails_no_job(fake: FakeGitHub, runs: Runs) -> None:
    fake.forbidden.add("issues/create")
    done = runs()
    assert (done.code, "give the job `permissions: issues: write`" in done.out) == (0, True)
