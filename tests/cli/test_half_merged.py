"""Where git has not finished merging the session file and no marker stands in it: said by all, overwritten by none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ground import DOCUMENT, SESSION_FILE, Cli, Git, never_time_out, tree

AT = "2025-11-22T10:00:00Z"
SESSION = "ada-20251122-1000"
EVERY_COMMAND = (
    ("add", "9", "--title", "auto-pr: x"),
    ("backup",),
    ("classify", "--pr-number", "9"),
    ("cleanup",),
    ("complete", SESSION),
    ("explain", "1"),
    ("find", "1"),
    ("link", "1", SESSION),
    ("list",),
    ("merge", SESSION, SESSION),
    ("move", "1", "--new"),
    ("report",),
    ("restore",),
    ("show", SESSION),
    ("start",),
    ("status",),
    ("touch",),
    ("undo",),
    ("unlink", "1"),
)

REFUSAL = (
    "error: git has not finished merging {path}: its versions wait in git's index\n"
    "hint: join them: pr-sessions doctor --repair\n"
)


@pytest.fixture
def ready(cli: Cli, repo: Path, git: Git) -> Path:
    """No driver; git keeps our side whole in the tree, as for a file of bytes."""
    cli("init", "--share", "commit", "--time-zone", "UTC")
    never_time_out(repo)
    (repo / ".gitattributes").write_text(f"/{SESSION_FILE} -merge\n")
    cli("start", "--author", "ada", "--at", AT)
    add(cli, 1)
    cli("backup")
    save(git, repo)
    return repo


def add(cli: Cli, number: int) -> None:
    told = ("--author", "ada", "--at", f"2025-11-22T10:0{number}:00Z", "--session", SESSION, "--create")
    assert cli("add", str(number), "--title", "auto-pr: x", *told).code == 0


def save(git: Git, root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "work")


def diverge(cli: Cli, git: Git, root: Path, document: Path) -> None:
    """`side` adds 3 as somebody else would: this clone has not heard of it; the branch at hand adds 2."""
    kept, here = document.read_bytes(), git(root, "branch", "--show-current").strip()
    git(root, "checkout", "-q", "-b", "side")
    add(cli, 3)
    save(git, root)
    git(root, "checkout", "-q", here)
    document.write_bytes(kept)
    add(cli, 2)
    save(git, root)


def stopped(git: Git, root: Path, *words: str) -> None:
    with pytest.raises(Exception, match="exit status"):
        git(root, *words)
    assert "<<<<<<<" not in (root / SESSION_FILE).read_text()


def revert(git: Git, root: Path) -> None:
    """The commit before the last is taken back, and both touched the file."""
    stopped(git, root, "revert", "--no-edit", "HEAD~1")


def stash_pop(git: Git, root: Path) -> None:
    git(root, "checkout", "-q", "side", "--", SESSION_FILE)
    git(root, "stash", "-q")
    (root / SESSION_FILE).write_text((root / SESSION_FILE).read_text().replace('"version"', '"x": 1,\n  "version"', 1))
    save(git, root)
    stopped(git, root, "stash", "pop", "-q")


WAYS: dict[str, Callable[[Git, Path], None]] = {
    "merge": lambda git, root: stopped(git, root, "merge", "-q", "side"),
    "rebase": lambda git, root: stopped(git, root, "rebase", "-q", "side"),
    "cherry-pick": lambda git, root: stopped(git, root, "cherry-pick", "side"),
    "stash pop": stash_pop,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("in_worktree", [False, True], ids=["main tree", "worktree"])
def test_by_any_way_it_is_refused_then_repaired(
    cli: Cli, ready: Path, git: Git, monkeypatch: pytest.MonkeyPatch, way: str, in_worktree: bool
) -> None:
    root = ready
    if in_worktree:
        root = ready.parent / "other"
        git(ready, "worktree", "add", "-q", "-b", "other", str(root))
        monkeypatch.chdir(root)
    diverge(cli, git, root, ready / DOCUMENT)
    WAYS[way](git, root)
    before = (root / SESSION_FILE).read_bytes()
    refused = cli("add", "9", "--title", "auto-pr: x")
    assert (refused.code, refused.err) == (1, REFUSAL.format(path=root.resolve() / SESSION_FILE))
    assert (root / SESSION_FILE).read_bytes() == before
    assert cli("doctor", "--repair").code == 0
    assert git(root, "ls-files", "-u") == ""
    assert sorted(cli("show", SESSION, "--json").json["prs"]) == ["1", "2", "3"]


def test_a_revert_is_refused_and_repaired_too(cli: Cli, ready: Path, git: Git) -> None:
    for number in (2, 3):
        add(cli, number)
        save(git, ready)
    revert(git, ready)
    assert cli("add", "9", "--title", "auto-pr: x").code == 1
    assert cli("doctor", "--repair").code == 0
    assert sorted(cli("show", SESSION, "--json").json["prs"]) == ["1", "2", "3"]


def test_every_command_says_so_and_changes_nothing(cli: Cli, ready: Path, git: Git) -> None:
    diverge(cli, git, ready, ready / DOCUMENT)
    WAYS["merge"](git, ready)
    told = REFUSAL.format(path=ready.resolve() / SESSION_FILE)
    cli("status")  # Git refreshes its index, once.
    before = tree(ready)
    for words in EVERY_COMMAND:
        refused = cli(*words)
        assert (words, refused.code, refused.out, refused.err) == (words, 1, "", told)
    after = tree(ready)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed <= {".git/pr-sessions/lock", ".git/pr-sessions/lock.next", ".git/pr-sessions"}


def test_another_worktree_s_merge_is_none_of_ours_but_doctor_names_it(cli: Cli, ready: Path, git: Git) -> None:
    git(ready, "worktree", "add", "-q", "-b", "other", str(ready.parent / "other"))
    diverge(cli, git, ready, ready / DOCUMENT)
    stopped(git, ready, "merge", "-q", "side")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ready.parent / "other")
        assert cli("status").code == 0
        repaired = cli("doctor", "--repair")
        way_out = f"cd {ready.resolve()} && pr-sessions doctor --repair"
        assert (repaired.code, repaired.out.splitlines()) == (
            0,
            ["Nothing to repair.", f"Another working tree needs it, too: {way_out}"],
        )
        assert cli("doctor", "--repair", "--json").json["other_trees"] == [str(ready.resolve())]
        assert way_out in [finding["hint"] for finding in cli("doctor", "--json").json["findings"]]
    assert cli("doctor", "--repair", "--json").json["other_trees"] == []


def test_a_side_that_removed_the_file_is_no_reason_to_write_over_it(cli: Cli, ready: Path, git: Git) -> None:
    git(ready, "checkout", "-q", "-b", "side")
    git(ready, "rm", "-q", SESSION_FILE)
    save(git, ready)
    git(ready, "checkout", "-q", "main")
    add(cli, 2)
    save(git, ready)
    stopped(git, ready, "merge", "-q", "side")
    assert cli("add", "9", "--title", "auto-pr: x").code == 1
    assert cli("doctor", "--repair").code == 0
    assert sorted(cli("show", SESSION, "--json").json["prs"]) == ["1", "2"]


def test_a_configuration_with_conflict_markers_is_refused_by_line(cli: Cli, ready: Path) -> None:
    config = ready / ".cursor/config/session_config.yaml"
    config.write_text("<<<<<<< HEAD\ntimeout_minutes: 30\n=======\ntimeout_minutes: 60\n>>>>>>> side\n")
    refused = cli("status")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"error: {config.resolve()}:1: holds a conflict marker of git\n"
        "hint: pr-sessions config --check says how to fix each\n"
    )
