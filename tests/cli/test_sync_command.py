"""`pr-sessions sync`, and what `doctor` says of a clone that shares by a branch."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ground import CONFIG, DOCUMENT, SESSION_FILE, Cli, Git, write

AT = ("--at", "2025-11-22T10:00:00Z")


@pytest.fixture
def hub(repo: Path, git: Git, tmp_path: Path) -> Path:
    """A bare repository, the remote of `repo`."""
    git(repo, "clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    git(repo, "remote", "add", "origin", str(tmp_path / "hub.git"))
    return tmp_path / "hub.git"


@pytest.fixture
def ready(cli: Cli, repo: Path, hub: Path, git: Git) -> Path:
    """A repository that shares by a branch, with nothing left to commit."""
    cli("init")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "set up")
    git(repo, "push", "-q", "origin", "main")
    return repo


def findings(cli: Cli) -> list[tuple[str, ...]]:
    told = cli("doctor", "--json").json["findings"]
    return [(f["severity"], f["problem"], f["place"], f["hint"]) for f in told]


@pytest.mark.usefixtures("ready")
def test_it_says_what_travelled(cli: Cli) -> None:
    cli("start", "--author", "ada", *AT)
    told = cli("sync")
    assert (told.code, told.out, told.err) == (
        0,
        "Synced with origin/pr-sessions: 0 sessions received, 1 session sent.\n",
        "",
    )
    assert cli("sync").out == "Nothing to do: this clone and origin/pr-sessions hold the same.\n"


@pytest.mark.usefixtures("hub")
def test_where_nothing_is_known_nothing_is_done(cli: Cli) -> None:
    assert cli("sync").out == ("Nothing to do: no session is known here, and origin/pr-sessions does not exist yet.\n")


@pytest.mark.usefixtures("ready")
def test_json_is_one_document(cli: Cli, git: Git, hub: Path) -> None:
    cli("start", "--author", "ada", *AT)
    assert cli("sync", "--json").json == {
        "remote": "origin",
        "branch": "pr-sessions",
        "commit": git(hub, "rev-parse", "pr-sessions"),
        "pushed": True,
        "received": [],
        "sent": ["ada-20251122-1000"],
        "tries": 1,
    }


def test_the_tree_stays_clean_and_head_where_it_is(cli: Cli, ready: Path, git: Git) -> None:
    git(ready, "checkout", "-q", "--detach")
    before = git(ready, "rev-parse", "HEAD")
    cli("start", "--author", "ada", *AT)
    assert cli("sync").code == 0
    assert (git(ready, "status", "--porcelain"), git(ready, "rev-parse", "HEAD")) == ("", before)


def test_a_workflow_s_checkout_takes_part(
    cli: Cli, ready: Path, git: Git, hub: Path, tmp_path: Path, spawn: Callable[..., subprocess.Popen[bytes]]
) -> None:
    cli("start", "--author", "ada", *AT)
    cli("sync")
    git(tmp_path, "clone", "-q", "--depth=1", "--single-branch", "-b", "main", hub.as_uri(), "work")
    git(tmp_path / "work", "checkout", "-q", "--detach")
    add = ("add", "7", "--title", "auto-pr: x", "--author", "bot", *AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "work")
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
            patch.delenv(name)
        for arguments in (add, ("sync", "--json")):
            running = spawn(*arguments, CI="true")
            out, err = running.communicate()
            assert (running.returncode, err) == (0, b"")
    assert json.loads(out)["sent"] == ["bot-20251122-1000"]
    assert cli("sync", "--json").json["received"] == ["bot-20251122-1000"]


LOCAL = """\
error: the configuration keeps the sessions in this clone (share: local)
hint: pr-sessions init --share branch
"""
FOREIGN = """\
error: origin/main is not a branch of sessions: it holds deep
hint: nothing was changed. Name another one: pr-sessions sync --branch NAME, or sync_branch in the configuration
"""
UNSAFE = """\
error: not a branch name: '+main'
hint: letters, digits, '_', '.', '-', parts divided by '/', at most 100: pr-sessions, data/sessions
"""


@pytest.mark.parametrize(
    ("settings", "arguments", "told"),
    [
        ("share: local\n", (), LOCAL),
        ("", ("--remote", "up"), "error: no remote is named up\nhint: there is origin\n"),
        ("", ("--branch", "main"), FOREIGN),
        ("", ("--branch", "+main"), UNSAFE),
    ],
)
@pytest.mark.usefixtures("hub")
def test_what_cannot_be_synced_is_told_with_the_way_out(
    cli: Cli, repo: Path, settings: str, arguments: tuple[str, ...], told: str
) -> None:
    write(repo / CONFIG, settings)
    refused = cli("sync", *arguments)
    assert (refused.code, refused.out, refused.err) == (1, "", told)


@pytest.mark.usefixtures("repo")
def test_without_a_remote_the_way_out_is_to_add_one(cli: Cli) -> None:
    refused = cli("sync", "--json")
    told = "error: this clone has no remote to sync with\nhint: git remote add origin URL\n"
    assert (refused.code, refused.out, refused.err) == (1, "", told)


@pytest.mark.usefixtures("ready")
def test_while_tracking_is_off_it_does_nothing(cli: Cli, git: Git, hub: Path) -> None:
    cli("start", "--author", "ada", *AT)
    cli("pause")
    assert (cli("sync", "--json").json, git(hub, "branch", "--list", "pr-sessions")) == ({"paused": True}, "")


class TestDoctor:
    def test_sessions_that_nobody_else_has_are_a_note(self, cli: Cli, ready: Path) -> None:
        assert findings(cli) == []
        cli("start", "--author", "ada")
        told = "1 session has news that origin/pr-sessions had not when last seen"
        assert findings(cli) == [("note", told, str(ready / DOCUMENT), "pr-sessions sync")]
        cli("sync")
        assert findings(cli) == []

    def test_a_clone_in_which_git_does_not_ignore_the_file(self, cli: Cli, ready: Path) -> None:
        (ready / ".git/info/exclude").unlink()
        told = "git does not ignore it, though it should travel by a branch of its own"
        assert findings(cli) == [("warning", told, str(ready / SESSION_FILE), "pr-sessions init")]
        cli("init")
        assert findings(cli) == []

    def test_a_file_that_git_tracks_all_the_same(self, cli: Cli, ready: Path, git: Git) -> None:
        git(ready, "add", "--force", SESSION_FILE)
        told = "git tracks it, though it should travel by a branch of its own"
        way_out = f"git rm --cached {SESSION_FILE}, or share it: pr-sessions init --share commit"
        assert findings(cli) == [("warning", told, str(ready / SESSION_FILE), way_out)]

    def test_a_remote_that_is_not_there_is_a_note(self, cli: Cli, ready: Path, git: Git) -> None:
        cli("start", "--author", "ada")
        git(ready, "remote", "remove", "origin")
        problem = "not compared with its branch: this clone has no remote to sync with"
        assert findings(cli) == [("note", problem, str(ready / DOCUMENT), "git remote add origin URL")]
