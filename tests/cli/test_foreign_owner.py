"""A repository that belongs to another user: git does not trust it, and neither do we."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Cli, Git

from pr_sessions.io import gitdir

pytestmark = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0, reason="only root can make files that belong to somebody else"
)

NOBODY = 65534
HOOK = Path(__file__).parents[2] / "src/pr_sessions/hooks/hook.py"


def hook(folder: Path) -> None:
    payload = {"session_id": "S1", "cwd": str(folder), "hook_event_name": "SessionStart"}
    subprocess.run(
        [sys.executable, "-I", "-S", HOOK, "claude-code"],
        input=json.dumps(payload).encode(),
        env={**os.environ, "PR_SESSIONS_NO_TRACKER": "1"},
        check=True,
    )


@pytest.fixture
def planted(repo: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of ours below one in which another user put a `.git` file that leads into our clone."""
    assert cli("init").code == 0
    assert cli("start", "--title", "secret plan").code == 0
    shared = tmp_path / "shared"
    (shared / "mine").mkdir(parents=True)
    (shared / ".git").write_text(f"gitdir: {repo}/.git\n")
    os.chown(shared / ".git", NOBODY, NOBODY)
    monkeypatch.chdir(shared / "mine")
    return shared


def test_what_another_user_put_above_us_gets_nothing(planted: Path, repo: Path, cli: Cli) -> None:
    before = sorted(planted.rglob("*"))

    hook(planted / "mine")
    result = cli("add", "1", "--title", "auto-pr: x", "--author", "a")

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"error: {planted}/.git belongs to another user, so git does not trust {planted}\n"
        f"hint: if you do: git config --global --add safe.directory {planted}\n"
    )
    assert sorted(planted.rglob("*")) == before
    assert not (repo / ".git/pr-sessions/pending/events.jsonl").exists()


@pytest.mark.parametrize("name", [".", ".git"])
def test_a_clone_of_another_user_is_refused_until_git_trusts_it(
    repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert cli("init").code == 0
    os.chown(repo / name, NOBODY, NOBODY)

    refused = cli("status")
    hook(repo)
    events = repo / ".git/pr-sessions/pending/events.jsonl"
    kept = events.exists()
    settings = {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": str(repo)}
    for key, value in settings.items():
        monkeypatch.setenv(f"GIT_CONFIG_{key}", value)

    assert (refused.code, kept, cli("status").code) == (1, False, 0)


def test_who_became_root_by_sudo_works_as_before(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (repo, repo / ".git"):
        os.chown(path, NOBODY, NOBODY)
    monkeypatch.setenv("SUDO_UID", str(NOBODY))

    assert gitdir.foreign_owner(str(repo), str(repo / ".git")) is None


def test_outside_git_a_file_of_another_user_above_is_no_repository(
    tmp_path: Path, cli: Cli, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "shared/docs/metrics/auto_pr_sessions.json"
    place.parent.mkdir(parents=True)
    place.write_text("{}")
    os.chown(place, NOBODY, NOBODY)
    (tmp_path / "shared/mine").mkdir()
    monkeypatch.chdir(tmp_path / "shared/mine")

    result = cli("start", "--title", "secret")

    assert (result.code, "is not in a git repository" in result.err, place.read_text()) == (1, True, "{}")
