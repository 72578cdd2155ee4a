"""What a forge says about pull requests whose creation no hook saw, and when it is asked at all."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fake_forge_tools import FakeForge
from hooks.hook_runs import bash, claude, clean_environment, hook, set_up
from pr_sessions import open_tracker
from pr_sessions.core.agents import Confidence, Role
from pr_sessions.open_pr.ask_forge import ask_forge
from pr_sessions.tracker import Tracker

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that stand for gh and glab are scripts")

Git = Callable[..., str]
URL = "https://github.com/acme/shop/pull/5"
MERGE_REQUEST = "https://gitlab.com/acme/shop/-/merge_requests/5"
ALONE = {"PR_SESSIONS_NO_TRACKER": "1"}
SWITCH = ".git/pr-sessions/pending/ask-forge"


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeForge:
    made = FakeForge(tmp_path / "forge")
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def root(clone: Path, git: Git, forge: FakeForge) -> Path:
    """A clone of acme/shop on the pushed branch `topic`, that may ask."""
    set_up(clone)
    git(clone, "remote", "add", "origin", "git@github.com:acme/shop.git")
    git(clone, "checkout", "-q", "-b", "topic")
    git(clone, "update-ref", "refs/remotes/origin/topic", "HEAD")
    configure(clone, "hooks.ask_forge: true\n")
    return clone


def configure(root: Path, text: str) -> None:
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(text)


def holding(forge: FakeForge, minutes: float = 0, url: str = URL, **more: Any) -> None:
    """The forge has one pull request, opened so many minutes ago."""
    created = (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    pr = {"number": 5, "url": url, "branch": "topic", "base": "main", "title": "T", "body": "", "created": created}
    forge.set(prs=[{**pr, "draft": False, "owner": "acme", "author": "octocat", "state": "open", **more}])


def worked(root: Path, command: str, output: str = "") -> Tracker:
    """Claude Code began a session, then ran a command."""
    response = {"stdout": output, "stderr": "", "interrupted": False}
    for payload in (claude("SessionStart", root), {**bash(root, command, ""), "tool_response": response}):
        assert hook(payload, **ALONE).returncode == 0
    tracker = open_tracker(root)
    tracker.drain()
    return tracker


def opened(tracker: Tracker) -> list[tuple[str, str, int, str]]:
    """Number, agent, confidence and reason of each pull request."""
    (session,) = tracker.sessions()
    return [
        (number, agent.name, agent.confidence, agent.evidence[0].detail)
        for number, record in session.pull_requests.items()
        for agent in record.agents
        if agent.role is Role.OPENED
    ]


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("gh pr create --fill || gh pr edit 5 --add-label x", URL),
        ("gh pr create --fill; cat notes", URL),
        ("gh pr create --fill > url", ""),
        ("gh pr create --head topic --fill &", ""),
    ],
)
def test_the_forge_settles_what_the_output_leaves_open(root: Path, forge: FakeForge, command: str, output: str) -> None:
    tracker = worked(root, command, output)
    assert opened(tracker) == []
    holding(forge)
    assert [confirmed.creation.address.url for confirmed in ask_forge(tracker)] == [URL]
    how = "gh pr edit" if "edit" in command else "gh pr create"
    assert opened(tracker) == [("5", "claude-code", Confidence.CERTAIN, f"claude-code: {how}")]
    assert ask_forge(tracker) == ()


def test_a_creation_that_no_hook_saw_is_found_by_its_head_branch(root: Path, forge: FakeForge) -> None:
    tracker = worked(root, "sleep 1")
    holding(forge)
    assert len(ask_forge(tracker)) == 1
    assert opened(tracker) == [("5", "claude-code", Confidence.LIKELY, "claude-code: found by its head branch")]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("gh pr create --fill; cat notes", {"minutes": 60}),
        ("gh pr create --fill; cat notes", {"author": "eve"}),
        ("gh pr create --fill; cat notes", {"branch": "other"}),
        ("ls", {"minutes": 60}),
        ("ls", {"author": "eve"}),
        ("ls", {"owner": "eve"}),
    ],
)
def test_what_somebody_else_opened_or_earlier_is_not_the_agents(
    root: Path, forge: FakeForge, command: str, told: dict[str, Any]
) -> None:
    tracker = worked(root, command, URL)
    holding(forge, **told)
    assert (ask_forge(tracker), opened(tracker)) == ((), [])


def test_two_agents_in_one_working_tree_are_not_distinguished(root: Path, forge: FakeForge) -> None:
    tracker = worked(root, "ls")
    assert hook({**claude("Stop", root), "session_id": "run-2"}, **ALONE).returncode == 0
    assert hook(claude("Stop", root), **ALONE).returncode == 0
    tracker.drain()
    holding(forge)
    assert (ask_forge(tracker), opened(tracker)) == ((), [])


@pytest.mark.parametrize("text", ["", "hooks.ask_forge: false\n"])
def test_without_the_setting_nothing_is_asked(root: Path, forge: FakeForge, text: str) -> None:
    configure(root, text)
    tracker = worked(root, "gh pr create --fill; cat notes", URL)
    holding(forge)
    assert (ask_forge(tracker), forge.calls("api"), forge.calls("pr"), opened(tracker)) == ((), [], [], [])
    assert not (root / SWITCH).exists()


def test_a_branch_that_was_not_pushed_is_not_asked_about(root: Path, forge: FakeForge, git: Git) -> None:
    git(root, "update-ref", "-d", "refs/remotes/origin/topic")
    assert (ask_forge(worked(root, "ls")), forge.calls("pr")) == ((), [])


def test_a_branch_is_asked_about_only_now_and_then(root: Path, forge: FakeForge) -> None:
    tracker = worked(root, "ls")
    assert [ask_forge(tracker), ask_forge(tracker)] == [(), ()]
    assert len(forge.calls("list")) == 1


def test_a_forge_that_fails_is_noted_and_disturbs_nobody(root: Path, forge: FakeForge) -> None:
    forge.set(fails={"pr list": [4, "", "To get started with GitHub CLI, please run: gh auth login"]})
    assert ask_forge(worked(root, "ls")) == ()
    assert "asking the forge: gh is not logged in to github.com" in (root / ".git/pr-sessions/hook.log").read_text()


def test_gitlab_is_asked_by_glab(root: Path, forge: FakeForge, git: Git) -> None:
    git(root, "remote", "set-url", "origin", "git@gitlab.com:acme/shop.git")
    tracker = worked(root, "glab mr create --fill; cat notes", MERGE_REQUEST)
    holding(forge, url=MERGE_REQUEST)
    assert len(ask_forge(tracker)) == 1
    assert opened(tracker) == [("5", "claude-code", Confidence.CERTAIN, "claude-code: glab mr create")]


def test_a_question_waits_for_a_command_that_goes_on_unseen(root: Path, forge: FakeForge, git: Git) -> None:
    git(root, "update-ref", "-d", "refs/remotes/origin/topic")
    tracker = worked(root, "gh pr create --fill &")
    assert ask_forge(tracker) == ()
    holding(forge)
    assert len(ask_forge(tracker)) == 1


def test_status_and_hooks_start_it_and_wait_for_nothing(root: Path, forge: FakeForge) -> None:
    """The forge hangs: both are done long before it would answer."""
    worked(root, "ls")
    status = [sys.executable, "-m", "pr_sessions", "status"]
    subprocess.run([*status[:-1], "drain"], cwd=root, check=True, env=clean_environment(), capture_output=True)
    (root / ".git/pr-sessions/pending/ask-forge").write_text("{}")
    os.utime(root / SWITCH, (1, 1))
    forge.set(hangs=["pr list"])
    begin = time.monotonic()
    subprocess.run(status, cwd=root, check=True, env=clean_environment(), capture_output=True)
    assert hook(claude("Stop", root)).returncode == 0
    assert time.monotonic() - begin < 10
    deadline = time.monotonic() + 30
    while not forge.calls("list") and time.monotonic() < deadline:
        pass
    assert len(forge.calls("list")) == 1


def test_the_answer_stands_in_the_file_that_says_when_it_was_asked(root: Path) -> None:
    ask_forge(worked(root, "ls"))
    assert list(json.loads((root / SWITCH).read_text())) == ["topic"]
