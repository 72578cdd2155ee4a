"""Which clone a folder belongs to, read from git's own files without git."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.errors import NotARepository
from pr_sessions.git.discovery import find_repository
from pr_sessions.io import gitdir

Git = Callable[..., str]
Found = tuple[str, str, str] | None

HERE = ("clone", "clone/.git", "clone/.git")
# A folder made of a clone, and what is found there: the tree's root, git's folder for it, the one that all trees share.
LAYOUTS: dict[str, tuple[Callable[[Path, Git], Path], Found]] = {}


def layout(*found: str) -> Callable[[Callable[[Path, Git], Path]], Callable[[Path, Git], Path]]:
    def keep(make: Callable[[Path, Git], Path]) -> Callable[[Path, Git], Path]:
        LAYOUTS[make.__name__] = make, (found[0], found[1], found[2]) if found else None
        return make

    return keep


@layout(*HERE)
def main_tree(clone: Path, git: Git) -> Path:
    return clone


@layout(*HERE)
def a_folder_inside(clone: Path, git: Git) -> Path:
    return clone / "deep/er"


@layout(*HERE)
def a_folder_that_is_gone(clone: Path, git: Git) -> Path:
    return clone / "gone/long ago"


@layout("w", "clone/.git/worktrees/w", "clone/.git")
def linked_worktree(clone: Path, git: Git) -> Path:
    git(clone, "worktree", "add", "-q", "-b", "w", str(clone.parent / "w"))
    return clone.parent / "w/deep"


@layout()
def worktree_of_a_moved_clone(clone: Path, git: Git) -> Path:
    git(clone, "worktree", "add", "-q", "-b", "w", str(clone.parent / "w"))
    clone.rename(clone.parent / "elsewhere")
    return clone.parent / "w"


@layout("clone/sub", "clone/.git/modules/sub", "clone/.git/modules/sub")
def submodule(clone: Path, git: Git) -> Path:
    git(clone, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(clone), "sub")
    return clone / "sub/deep"


@layout("clone", "store", "store")
def separate_git_dir(clone: Path, git: Git) -> Path:
    git(clone, "init", "-q", f"--separate-git-dir={clone.parent / 'store'}")
    return clone


@layout("clone/deep", "clone/.git", "clone/.git")
def configured_worktree(clone: Path, git: Git) -> Path:
    (clone / "deep/.git").mkdir()
    git(clone, "config", "core.worktree", str(clone / "deep"))
    return clone


@layout()
def bare(clone: Path, git: Git) -> Path:
    git(clone.parent, "clone", "-q", "--bare", str(clone), "bare.git")
    return clone.parent / "bare.git"


@layout()
def configured_bare(clone: Path, git: Git) -> Path:
    config = clone / ".git/config"
    config.write_text(config.read_text().replace("bare = false", "bare = true  # really"))
    assert git(clone, "config", "core.bare") == "true"
    return clone


@layout()
def inside_gits_own_folder(clone: Path, git: Git) -> Path:
    return clone / ".git/refs"


@layout()
def a_file_that_leads_nowhere(clone: Path, git: Git) -> Path:
    (clone / "deep/.git").write_text("gitdir: ../nowhere\n")
    return clone / "deep/er"


@layout(*HERE)
def an_empty_folder_of_that_name(clone: Path, git: Git) -> Path:
    (clone / "deep/.git").mkdir()
    return clone / "deep/er"


@layout()
def without_git(clone: Path, git: Git) -> Path:
    (clone.parent / "plain").mkdir()
    return clone.parent / "plain"


if os.name != "nt":

    @layout(*HERE)
    def symbolic_link(clone: Path, git: Git) -> Path:
        (clone.parent / "link").symlink_to(clone / "deep")
        return clone.parent / "link"


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_clone_is_found_from_a_folder(clone: Path, git: Git, name: str) -> None:
    make, expected = LAYOUTS[name]
    folder = make(clone, git)
    found = gitdir.layout(str(folder))
    near = found and (found.root, found.git_dir, found.common)
    assert near == (expected and tuple(str(clone.parent / path) for path in expected))
    if found:
        assert found.state.path == str(Path(found.common, "pr-sessions"))
        assert gitdir.git_dir_at(found.root) in (found.git_dir, None)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_hook_finds_the_clone_that_a_command_finds(clone: Path, git: Git, name: str) -> None:
    folder = LAYOUTS[name][0](clone, git)
    found = gitdir.layout(str(folder))
    if found is None:
        with pytest.raises(NotARepository):
            find_repository(folder)
        return
    repository = find_repository(folder)
    assert (str(repository.root), str(repository.git_dir), str(repository.common_dir)) == (
        found.root,
        found.git_dir,
        found.common,
    )
    assert repository.state == found.state
    assert repository.bits == found.state.bits
