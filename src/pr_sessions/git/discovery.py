"""Find the repository that a folder belongs to and its working trees, without starting git."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pr_sessions.errors import NotARepository, PrSessionsError, UnreadableFile
from pr_sessions.git.repository import Repository
from pr_sessions.io import gitdir
from pr_sessions.io.files import status
from pr_sessions.io.places import Place, below_users_folder


def current_folder() -> Path:
    """Return the current folder.

    Raises:
        NotARepository: it was removed, or a folder above it may not be searched.
    """
    try:
        return Path.cwd()
    except OSError as error:
        gone = os.environ.get("PWD", "the current folder")
        raise NotARepository(f"cannot look into {gone}: {error.strerror or error}", "go to another folder") from error


def find_repository(start: Path, environ: Mapping[str, str] = {}) -> Repository:
    """Return the repository that a folder belongs to, or the nearest folder above that is tracked without git.

    Args:
        start: any folder inside, as git's current folder.
        environ: where `GIT_DIR`, `GIT_WORK_TREE` and `GIT_COMMON_DIR` count as they do for git.

    Raises:
        NotARepository: there is none, it has no working tree, or its `.git` file is broken.
        UnreadableFile: outside git, a link stands in the place of the session file or the configuration.
    """
    try:
        return _find(real(start), environ)
    except gitdir.BrokenGitFile as error:
        raise NotARepository(
            f"{error.filename} does not lead to a git repository",
            "for a worktree, run `git worktree repair` in the main one; for a submodule, `git submodule update --init`",
        ) from error
    except OSError as error:
        raise _closed(error, NotARepository) from error


def find_bare(folder: Path, *, is_named: bool) -> Repository | None:
    """Return the bare repository that a folder is, that its `.git` file leads to, or that it keeps as `.bare`.

    Only the history of a bare repository can be read.

    Args:
        folder: the folder.
        is_named: the user named it. Otherwise one inside a working tree is not entered: its author may have put it
            there, and git would read its configuration.
    """
    place = real(folder)
    is_inside = any(gitdir.has_entry(str(above)) for above in place.parents)
    if gitdir.is_git_dir(str(place)):
        return None if ".git" in place.parts or (is_inside and not is_named) else _bare_repository(place)
    if gitdir.has_entry(str(place)):
        git_dir = gitdir.git_dir_at(str(place))
        return _bare_repository(Path(git_dir)) if git_dir and _is_bare(git_dir) else None
    kept = place / ".bare"
    return _bare_repository(kept) if not is_inside and gitdir.is_git_dir(str(kept)) else None


def _bare_repository(git_dir: Path) -> Repository:
    return Repository(git_dir, git_dir, Path(gitdir.common_dir_of(str(git_dir))))


def _is_bare(git_dir: str) -> bool:
    """Return whether a folder of git's has no working tree; that of a linked one has."""
    return gitdir.common_dir_of(git_dir) == git_dir and gitdir.is_bare(gitdir.core_settings(git_dir))


def standalone(root: Path) -> Repository:
    """Return a folder that is tracked without git."""
    return Repository(real(root))


def real(path: Path) -> Path:
    """Return the path without symbolic links, absolute."""
    return Path(os.path.realpath(path))


def worktrees(repository: Repository) -> tuple[Path, ...]:
    """Return the roots of all working trees of the clone that exist, the main one first.

    Raises:
        UnreadableFile: one of them may not be looked into.
    """
    if repository.common_dir is None:
        return (repository.root,)
    try:
        main = _main_root(repository, repository.common_dir)
        linked = map(Path, gitdir.linked_worktrees(str(repository.common_dir)))
        # The current one is there for sure, even where git lost track of a folder that was moved.
        return tuple(dict.fromkeys((*((main,) if main else ()), *linked, repository.root)))
    except OSError as error:
        raise _closed(error, UnreadableFile) from error


def _closed(error: OSError, kind: type[PrSessionsError]) -> PrSessionsError:
    """Return what the system says of git's own files, in our words."""
    if isinstance(error, PermissionError):
        return kind(f"cannot look into {error.filename}: permission denied", "give yourself read permission there")
    return kind(f"cannot read {error.filename}: {error.strerror or error}", "see what git says: git status")


def place_of(path: Path, repository: Repository) -> Place:
    """Return a path as a place below git's folder or the working tree that holds it, else as the user's own.

    Of a path that lies outside, the folder above is resolved: those links are the user's.
    """
    whole = Path(os.path.normpath(path.absolute()))
    # Git's folder counts as git finds it: `.git` may be a link that the user made, since no clone brings one.
    named = (repository.root / ".git", repository.common_dir) if repository.git_dir == repository.common_dir else ()
    for folder in (*named, repository.common_dir, *worktrees(repository)):
        if folder and folder != whole and whole.is_relative_to(folder):
            root = repository.common_dir if named and folder == named[0] else folder
            return Place(root or folder, whole.relative_to(folder).as_posix())
    return below_users_folder(whole)


def _find(here: Path, environ: Mapping[str, str]) -> Repository:
    if environ.get("GIT_DIR"):
        return _named(here, environ)
    for folder in _upward(here):
        git_dir = gitdir.git_dir_at(str(folder))
        if git_dir is not None:
            _refuse_foreign(folder, git_dir)
            return _with_tree(folder, Path(git_dir), here, environ)
        if gitdir.is_git_dir(str(folder)):
            raise _inside_git(folder)
    return _without_git(here)


def _upward(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _named(here: Path, environ: Mapping[str, str]) -> Repository:
    """Return the repository that the environment names, as in git's own hooks."""
    git_dir = real(here / environ["GIT_DIR"])
    common = _common(git_dir, here, environ)
    if not gitdir.is_git_dir(str(git_dir), str(common)):
        raise NotARepository(f"GIT_DIR names {git_dir}, which is not a git repository", "unset GIT_DIR")
    # Git takes the current folder for the root then; a subfolder must not become a second world.
    owner = next((f for f in _upward(here) if gitdir.git_dir_named_by(str(f / ".git")) == str(git_dir)), here)
    return _with_tree(owner, git_dir, here, environ)


def _with_tree(folder: Path, git_dir: Path, here: Path, environ: Mapping[str, str]) -> Repository:
    common = _common(git_dir, here, environ)
    settings = gitdir.core_settings(str(common))
    bits = gitdir.private_bits(settings)
    if environ.get("GIT_WORK_TREE"):
        return Repository(real(here / environ["GIT_WORK_TREE"]), git_dir, common, bits)
    if git_dir != common:
        return Repository(folder, git_dir, common, bits)
    # As in git, `core.bare` and `core.worktree` speak of the main worktree only.
    if gitdir.is_bare(settings):
        raise _bare(git_dir)
    named = gitdir.configured_root(str(git_dir), settings)
    return Repository(Path(named) if named else folder, git_dir, common, bits)


def _common(git_dir: Path, here: Path, environ: Mapping[str, str]) -> Path:
    named = environ.get("GIT_COMMON_DIR")
    return real(here / named) if named else Path(gitdir.common_dir_of(str(git_dir)))


def _main_root(repository: Repository, common: Path) -> Path | None:
    if repository.git_dir == common:
        return repository.root
    settings = gitdir.core_settings(str(common))
    if gitdir.is_bare(settings):
        return None
    named = gitdir.configured_root(str(common), settings)
    return Path(named) if named else common.parent if common.name == ".git" else None


def _refuse_foreign(folder: Path, git_dir: str) -> None:
    """Refuse another user's repository, unless git's configuration says to trust it.

    Raises:
        NotARepository: it is not trusted.
    """
    foreign = gitdir.foreign_owner(str(folder), git_dir)
    if foreign is None:
        return
    from pr_sessions.git.commands import try_git

    if try_git(folder, "rev-parse", "--git-dir").returncode:
        raise NotARepository(
            f"{foreign} belongs to another user, so git does not trust {folder}",
            f"if you do: git config --global --add safe.directory {folder}",
        )


def _without_git(here: Path) -> Repository:
    for folder in _upward(here):
        tree = Repository(folder)
        records = [record for place in (tree.session_file, tree.config) if (record := status(place))]
        # Another user who may write to a folder above could otherwise have our sessions written there.
        if records and (folder == here or all(map(gitdir.is_own, records))):
            return tree
    raise NotARepository(
        f"{here} is not in a git repository",
        "run `git init`, or `pr-sessions init` to track this folder without git",
    )


def _inside_git(folder: Path) -> NotARepository:
    git_folder = next((f for f in _upward(folder) if f.name == ".git"), None)
    if git_folder:
        return NotARepository(f"{git_folder} is git's own folder, not a working tree", f"run it in {git_folder.parent}")
    outer = next((above for above in folder.parents if gitdir.has_entry(str(above))), None)
    if outer is None:
        return _bare(folder)
    # The author of that tree may have put it there, and git itself would read its configuration:
    # https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository
    return NotARepository(
        f"{folder} is a bare repository inside the working tree {outer}, and is not entered",
        f"run it in {outer}; to see the history of the other one, name it: pr-sessions look {folder}",
    )


def _bare(folder: Path) -> NotARepository:
    return NotARepository(
        f"{folder} is a bare repository and has no working tree",
        "make one with `git worktree add PATH BRANCH` and work there",
    )
