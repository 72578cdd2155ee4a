"""Who may read what we keep in git's folder, and what shares one lock."""

import os
import stat
from pathlib import Path

import pytest
from command_line import Cli, Git

from pr_sessions.git.discovery import find_repository
from pr_sessions.io.lock import locked

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")


def modes(root: Path) -> dict[str, set[str]]:
    """Permissions of everything in our folder, by kind."""
    state = root / ".git/pr-sessions"
    found = {path: path.lstat() for path in (state, *state.rglob("*"))}
    return {
        "folders": {oct(stat.S_IMODE(f.st_mode)) for f in found.values() if stat.S_ISDIR(f.st_mode)},
        "files": {oct(stat.S_IMODE(f.st_mode)) for f in found.values() if stat.S_ISREG(f.st_mode)},
    }


def work(cli: Cli) -> None:
    for line in ("init", "start --author a", "add 1 --title auto-pr:x --author a", "backup", "complete", "cleanup"):
        assert cli(*line.split()).code == 0


@pytest.mark.parametrize(
    ("shared", "folder", "file"),
    [
        (None, "0o700", "0o600"),
        ("umask", "0o700", "0o600"),
        ("false", "0o700", "0o600"),
        ("group", "0o2770", "0o660"),
        ("true", "0o2770", "0o660"),
        ("all", "0o2770", "0o660"),
        ("0640", "0o2750", "0o640"),
    ],
)
def test_ours_is_private_but_for_the_group_that_git_shares_with(
    repo: Path, cli: Cli, git: Git, shared: str | None, folder: str, file: str
) -> None:
    if shared:
        git(repo, "config", "core.sharedRepository", shared)

    work(cli)

    assert modes(repo) == {"folders": {folder}, "files": {file}}


def test_a_linked_worktree_shares_as_the_clone_does(
    repo: Path, cli: Cli, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repo, "config", "core.sharedRepository", "group")
    git(repo, "worktree", "add", "-q", "../other")
    monkeypatch.chdir(repo.parent / "other")

    work(cli)

    assert modes(repo) == {"folders": {"0o2770"}, "files": {"0o660"}}


def test_what_was_open_is_closed_at_the_next_write(repo: Path, cli: Cli) -> None:
    work(cli)
    state = repo / ".git/pr-sessions"
    for path in (state, *state.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)

    assert cli("add", "2", "--title", "auto-pr: x", "--author", "a").code == 0

    written = ("", "sessions.json", "lock", "journal.jsonl", "pending", "pending/lock")
    assert [oct((state / name).stat().st_mode & 0o077) for name in written] == ["0o0"] * len(written)


def test_outside_git_a_root_has_one_lock_however_it_is_reached(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "real/root"
    root.mkdir(parents=True)
    (tmp_path / "short").symlink_to(root)
    monkeypatch.chdir(root)
    assert cli("init").code == 0

    one, other = find_repository(root).lock, find_repository(tmp_path / "short").lock

    assert one == other
    with locked(one):
        assert (root / "docs/metrics/auto_pr_sessions.json.lock").exists()
