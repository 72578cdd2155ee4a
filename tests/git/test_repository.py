import os
import subprocess
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import pytest

from pr_sessions.errors import NotARepository, PrSessionsError, UnreadableFile
from pr_sessions.git.discovery import find_repository, standalone, worktrees
from pr_sessions.git.repository import Repository, prepare_state
from pr_sessions.io.gitdir import branch_in_head
from scene import on_disk

Git = Callable[..., str]

REFTABLE_HEAD = "ref: refs/heads/.invalid\n"


def checked_out(repository: Repository) -> str | None:
    """The branch that is checked out."""
    return branch_in_head(str(repository.git_dir))


def as_git_sees_it(git: Git, folder: Path) -> Repository:
    told = git(folder, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir")
    return Repository(*(Path(line).resolve() for line in told.splitlines()))


def as_git_lists_them(git: Git, folder: Path) -> tuple[Path, ...]:
    lines = git(folder, "worktree", "list", "--porcelain").splitlines()
    return tuple(Path(line.removeprefix("worktree ")) for line in lines if line.startswith("worktree "))


@pytest.fixture
def world(tmp_path: Path, clone: Path, git: Git) -> Path:
    """Every layout that git offers, side by side; see `LAYOUTS`."""
    git(clone, "worktree", "add", "-q", "-b", "side", "../worktree")
    git(clone, "worktree", "add", "-q", "-b", "inner", "inside")
    git(tmp_path, "clone", "-q", "--bare", "clone", "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", "-b", "wt", "../of-bare")
    git(tmp_path, "clone", "-q", "--separate-git-dir", "apart", "clone", "separate")
    git(tmp_path, "clone", "-q", "clone", "super")
    git(tmp_path / "super", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(clone), "lib/sub")
    git(tmp_path / "super/lib/sub", "worktree", "add", "-q", "-b", "s", str(tmp_path / "of-sub"))
    git(tmp_path, "clone", "-q", "clone", "moved-tree")
    git(tmp_path / "moved-tree", "config", "core.worktree", str(tmp_path / "else where; #1"))
    (tmp_path / "else where; #1").mkdir()
    (tmp_path / "linked").symlink_to("clone/deep")
    (tmp_path / "outer").mkdir()
    git(tmp_path / "outer", "init", "-q")
    (tmp_path / "outer/empty/.git").mkdir(parents=True)
    return tmp_path


LAYOUTS = [
    "clone",
    "clone/deep/er",
    "clone/inside/deep",
    "worktree",
    "worktree/deep/er",
    "of-bare/deep",
    "separate/deep",
    "super/lib",
    "super/lib/sub",
    "super/lib/sub/deep",
    "of-sub/deep",
    "moved-tree",
    "linked",
    "linked/er",
    "outer/empty",
]


@pytest.mark.parametrize("folder", LAYOUTS)
def test_it_finds_what_git_finds(world: Path, git: Git, folder: str) -> None:
    assert find_repository(world / folder) == as_git_sees_it(git, world / folder)


@pytest.mark.parametrize("folder", ["clone", "clone/deep/er", "clone/inside/deep", "worktree", "super/lib", "linked"])
def test_it_lists_the_worktrees_that_git_lists(world: Path, git: Git, folder: str) -> None:
    main, *linked = as_git_lists_them(git, world / folder)
    assert worktrees(find_repository(world / folder)) == (main, *sorted(linked, key=lambda root: root.name))


@pytest.mark.parametrize(
    ("folder", "roots"),
    [
        ("super/lib/sub", ("super/lib/sub", "of-sub")),
        ("of-sub", ("super/lib/sub", "of-sub")),
        ("separate", ("separate",)),
        ("moved-tree", ("else where; #1",)),
        ("of-bare", ("of-bare",)),
    ],
)
def test_it_lists_working_trees_where_git_lists_a_git_folder(world: Path, folder: str, roots: tuple[str, ...]) -> None:
    assert worktrees(find_repository(world / folder)) == tuple(world / root for root in roots)


def test_a_worktree_that_is_gone_or_replaced_is_not_listed(clone: Path, git: Git, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "-b", "a", "../gone")
    git(clone, "worktree", "add", "-q", "-b", "b", "../replaced")
    (tmp_path / "gone").rename(tmp_path / "away")
    (tmp_path / "replaced").rename(tmp_path / "away too")
    git(tmp_path, "clone", "-q", "clone", "replaced")
    assert worktrees(find_repository(clone)) == (clone,)


def test_a_worktree_that_was_moved_by_hand_still_lists_itself(clone: Path, git: Git, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "-b", "a", "../gone")
    (tmp_path / "gone").rename(tmp_path / "moved")
    assert worktrees(find_repository(tmp_path / "moved")) == (clone, tmp_path / "moved")


def test_worktrees_with_relative_paths_are_listed(clone: Path, git: Git, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "-b", "a", "../near")
    (clone / ".git/worktrees/near/gitdir").write_text("../../../../near/.git\n")
    (tmp_path / "near/.git").write_text("gitdir: ../clone/.git/worktrees/near\n")
    assert worktrees(find_repository(tmp_path / "near")) == (clone, tmp_path / "near")


ENVIRONMENTS = [
    ("clone", {"GIT_DIR": ".git"}),
    ("worktree", {"GIT_DIR": "{world}/clone/.git/worktrees/worktree"}),
    ("outer", {"GIT_DIR": "{world}/clone/.git"}),
    ("outer", {"GIT_DIR": "../clone/.git", "GIT_WORK_TREE": "../worktree"}),
    ("clone/deep", {"GIT_WORK_TREE": "er"}),
    ("outer", {"GIT_DIR": "{world}/moved-tree/.git"}),
    ("outer", {"GIT_DIR": "{world}/super/.git/modules/lib/sub"}),
    ("clone", {"GIT_DIR": ".git/worktrees/worktree", "GIT_COMMON_DIR": ".git"}),
    ("outer", {"GIT_DIR": "{world}/bare.git", "GIT_WORK_TREE": "{world}/of-bare"}),
    ("clone", {"GIT_DIR": ""}),
]


@pytest.mark.parametrize(("folder", "environ"), ENVIRONMENTS)
def test_git_s_variables_count_as_they_do_for_git(
    world: Path, git: Git, folder: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {name: value.replace("{world}", str(world)) for name, value in environ.items()}
    found = find_repository(world / folder, named)
    for name, value in named.items():
        if value:
            monkeypatch.setenv(name, value)
    git_dir, common = git(
        world / folder, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"
    ).splitlines()
    assert (found.git_dir, found.common_dir) == (Path(git_dir), Path(common))
    # `--show-toplevel` needs the current folder to be inside.
    named_root = named.get("GIT_WORK_TREE")
    expected = world / folder / named_root if named_root else Path(git(world / folder, "rev-parse", "--show-toplevel"))
    assert found.root == expected.resolve()


def test_a_subfolder_with_git_dir_set_is_no_second_world(clone: Path) -> None:
    found = find_repository(clone / "deep/er", {"GIT_DIR": str(clone / ".git")})
    assert found == find_repository(clone)


def test_without_its_variables_the_environment_does_not_count(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(world / "super/.git"))
    assert find_repository(world / "clone").root == world / "clone"


class TestRefusal:
    @pytest.mark.parametrize("folder", ["bare.git", "bare.git/refs/heads"])
    def test_a_bare_repository(self, world: Path, folder: str) -> None:
        self.refused(
            world / folder,
            f"{world / 'bare.git'} is a bare repository and has no working tree",
            "make one with `git worktree add PATH BRANCH` and work there",
        )

    def test_a_git_folder_that_is_set_to_bare(self, clone: Path, git: Git) -> None:
        git(clone, "config", "core.bare", "true")
        self.refused(
            clone,
            f"{clone / '.git'} is a bare repository and has no working tree",
            "make one with `git worktree add PATH BRANCH` and work there",
        )

    @pytest.mark.parametrize(
        "config", ["[core]\nbare", "[CORE] Bare = YES ; x", "[a]\n[core]\n# bare = no\n\tbare=on", "[core]bare=1"]
    )
    def test_bare_in_every_spelling(self, clone: Path, config: str) -> None:
        (clone / ".git/config").write_text(config)
        with pytest.raises(NotARepository, match="bare"):
            find_repository(clone)

    @pytest.mark.parametrize(
        "config", ["", "[core]\nbare =", "[core]\nbare = false", '[core "x"]\nbare = true', "[a]\nbare = true"]
    )
    def test_not_bare_in_every_spelling(self, clone: Path, config: str) -> None:
        (clone / ".git/config").write_text(config)
        assert find_repository(clone).root == clone

    @pytest.mark.parametrize("folder", [".git", ".git/hooks", ".git/worktrees/worktree", ".git/refs/heads"])
    def test_git_s_own_folder(self, world: Path, folder: str) -> None:
        self.refused(
            world / "clone" / folder,
            f"{world / 'clone/.git'} is git's own folder, not a working tree",
            f"run it in {world / 'clone'}",
        )

    def test_a_folder_outside(self, tmp_path: Path) -> None:
        self.refused(
            tmp_path,
            f"{tmp_path} is not in a git repository",
            "run `git init`, or `pr-sessions init` to track this folder without git",
        )

    @pytest.mark.parametrize(
        "content", [b"", b"gitdir:", b"gitdir: ../nowhere", b"gitdir: ..", b"nonsense", b"gitdir: \0", b"\xff" * 9999]
    )
    def test_a_broken_git_file(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a/b").mkdir(parents=True)
        (tmp_path / "a/.git").write_bytes(content)
        self.refused(
            tmp_path / "a/b",
            f"{tmp_path / 'a/.git'} does not lead to a git repository",
            "for a worktree, run `git worktree repair` in the main one; for a submodule, `git submodule update --init`",
        )

    def test_a_git_dir_that_is_none(self, clone: Path) -> None:
        with pytest.raises(NotARepository, match=r"GIT_DIR names .*deep, which is not a git repository"):
            find_repository(clone, {"GIT_DIR": "deep"})

    def refused(self, folder: Path, message: str, hint: str) -> None:
        with pytest.raises(NotARepository) as caught:
            find_repository(folder)
        assert (str(caught.value), caught.value.hint) == (message, hint)


class TestWithoutGit:
    @pytest.mark.parametrize("file", ["docs/metrics/auto_pr_sessions.json", ".cursor/config/session_config.yaml"])
    def test_the_nearest_tracked_folder_stands_alone(self, tmp_path: Path, file: str) -> None:
        for root in (tmp_path / "a", tmp_path / "a/b"):
            (root / file).parent.mkdir(parents=True)
            (root / file).touch()
        (tmp_path / "a/b/c").mkdir()
        assert find_repository(tmp_path / "a/b/c") == Repository(tmp_path / "a/b")

    def test_any_folder_can_be_made_one(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(".")
        assert standalone(tmp_path / "link") == Repository(tmp_path)

    def test_it_is_its_only_tree(self, tmp_path: Path) -> None:
        assert worktrees(standalone(tmp_path)) == (tmp_path,)

    def test_it_has_no_state_to_prepare(self, tmp_path: Path) -> None:
        prepare_state(standalone(tmp_path))
        assert list(tmp_path.iterdir()) == []


SPECIFIED = {
    "session_file": "/w/docs/metrics/auto_pr_sessions.json",
    "marker": "/w/.cursor/.session_id",
    "pr_index": "/w/.cursor/data/session_state.json",
    "config": "/w/.cursor/config/session_config.yaml",
    "scripts": "/w/.cursor/scripts",
    "analytics": "/w/docs/metrics/analytics",
    "archive": "/w/docs/metrics/archive",
    "gitignore": "/w/.gitignore",
    "gitattributes": "/w/.gitattributes",
}


def places(repository: Repository) -> dict[str, str | None]:
    others = {"documents", "worktree"}
    kinds = (property, cached_property)
    values = {name for name in dir(Repository) if isinstance(getattr(Repository, name), kinds)} - others
    found = {name: getattr(repository, name) for name in values}
    return {name: place and Path(place.path).as_posix() for name, place in found.items()}


class TestPlaces:
    def test_a_clone_keeps_its_state_in_the_shared_git_folder(self) -> None:
        assert places(Repository(Path("/w"), Path("/m/.git/worktrees/w"), Path("/m/.git"))) == {
            **SPECIFIED,
            "exclude": "/m/.git/info/exclude",
            "state": "/m/.git/pr-sessions",
            "clone_sessions": "/m/.git/pr-sessions/sessions.json",
            "lock": "/m/.git/pr-sessions/lock",
            "backups": "/m/.git/pr-sessions/backups",
            "journal": "/m/.git/pr-sessions/journal.jsonl",
            "pending": "/m/.git/pr-sessions/pending",
            "readme": "/m/.git/pr-sessions/README",
            "hook_log": "/m/.git/pr-sessions/hook.log",
            "policy_cache": "/m/.git/pr-sessions/policy-w.json",
            "signature_cache": "/m/.git/pr-sessions/signatures-w.json",
            "paused": "/m/.git/pr-sessions/paused",
            "quarantine": "/m/.git/pr-sessions/quarantine",
            "forge_cursors": "/m/.git/pr-sessions/forges.json",
            "run_ids": "/m/.git/pr-sessions/runs.json",
            "last_looks": "/m/.git/pr-sessions/inbox.json",
        }

    def test_a_folder_without_git_stands_alone(self) -> None:
        assert places(Repository(Path("/w"))) == {
            **SPECIFIED,
            "exclude": None,
            "forge_cursors": None,
            "run_ids": None,
            "last_looks": None,
            "state": None,
            "clone_sessions": None,
            "lock": "/w/docs/metrics/auto_pr_sessions.json.lock",
            "backups": "/w/docs/metrics",
            "journal": "/w/docs/metrics/auto_pr_sessions.journal.jsonl",
            "pending": None,
            "readme": None,
            "hook_log": None,
            "policy_cache": None,
            "signature_cache": None,
            "paused": "/w/.cursor/.pr-sessions-paused",
            "quarantine": "/w/.cursor/quarantine",
        }


class TestBranch:
    @pytest.mark.parametrize("name", ["main", "feature/deep/x", "ünïcode", "auto-pr@1"])
    def test_it_is_the_one_that_is_checked_out(self, clone: Path, git: Git, name: str) -> None:
        git(clone, "checkout", "-q", "-B", name)
        assert checked_out(find_repository(clone)) == name

    def test_each_worktree_has_its_own(self, world: Path) -> None:
        assert checked_out(find_repository(world / "worktree")) == "side"
        assert checked_out(find_repository(world / "clone")) == "main"

    def test_an_unborn_branch_has_a_name_already(self, tmp_path: Path, git: Git) -> None:
        git(tmp_path, "init", "-q", "-b", "fresh")
        assert checked_out(find_repository(tmp_path)) == "fresh"

    def test_detached_is_none(self, clone: Path, git: Git) -> None:
        git(clone, "checkout", "-q", "--detach")
        assert checked_out(find_repository(clone)) is None

    @pytest.mark.parametrize("head", [REFTABLE_HEAD, "", "ref: refs/remotes/origin/main\n", "\xff\0"])
    def test_a_head_that_names_no_branch_is_none(self, clone: Path, head: str) -> None:
        (clone / ".git/HEAD").write_text(head)
        assert checked_out(find_repository(clone)) is None


class TestState:
    def test_it_explains_itself_and_the_tree_stays_clean(self, clone: Path, git: Git) -> None:
        prepare_state(find_repository(clone))
        assert "Sessions of this clone" in (clone / ".git/pr-sessions/README").read_text()
        assert git(clone, "status", "--porcelain", "--ignored") == ""

    def test_all_worktrees_share_it(self, world: Path) -> None:
        states = [find_repository(world / name).state for name in ("clone/deep", "clone/inside", "worktree")]
        assert [state and on_disk(state) for state in states] == [world / "clone/.git/pr-sessions"] * 3

    def test_a_second_time_changes_nothing(self, clone: Path) -> None:
        prepare_state(find_repository(clone))
        (clone / ".git/pr-sessions/README").write_text("mine")
        prepare_state(find_repository(clone))
        assert (clone / ".git/pr-sessions/README").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="permission bits as POSIX has them")
@pytest.mark.parametrize(
    ("closed", "told"),
    [
        (".git", "cannot look into {clone}/.git/HEAD: permission denied"),
        ("deep", "cannot look into {clone}/deep/er/.git: permission denied"),
    ],
)
def test_what_may_not_be_read_is_told(
    open_clone: Path, child: Callable[..., subprocess.Popen[str]], closed: str, told: str
) -> None:
    (open_clone / closed).chmod(0)
    code = """
import os, sys
from pathlib import Path
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.discovery import find_repository
if os.geteuid() == 0:
    os.setuid(65534)
try:
    find_repository(Path(sys.argv[1]))
except PrSessionsError as error:
    print(error)
"""
    said, _ = child(code, str(open_clone / "deep/er")).communicate()
    (open_clone / closed).chmod(0o755)
    assert said.strip() == told.format(clone=open_clone)


@pytest.mark.parametrize("place", ["HEAD", "config", "commondir"])
def test_a_folder_in_the_place_of_git_s_files_is_an_error_of_ours(clone: Path, place: str) -> None:
    file = clone / ".git" / place
    file.unlink(missing_ok=True)
    file.mkdir()
    with pytest.raises(PrSessionsError) as caught:
        find_repository(clone)
    assert isinstance(caught.value, NotARepository | UnreadableFile)


def test_a_name_that_is_too_long_for_any_folder_leads_to_no_repository(clone: Path) -> None:
    (clone / ".git/commondir").write_text("9" * 5000)

    with pytest.raises(NotARepository, match="is not in a git repository"):
        find_repository(clone)
