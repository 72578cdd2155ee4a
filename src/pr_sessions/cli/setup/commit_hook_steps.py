"""What installing and removing the commit trailer takes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pr_sessions.cli.setup import current_session_id
from pr_sessions.cli.setup.commit_hook import FOREIGN, NAME, WHOLE, is_shell, renewed, script, split, with_ours
from pr_sessions.cli.setup.steps import Act, Step, exists
from pr_sessions.errors import InvalidValue
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.git import run_git
from pr_sessions.stores.repository import Repository, worktrees

_LIMIT = 16 * MIB
# What somebody has to write into a hook that we do not touch.
LINE = 'sh "$(git rev-parse --git-common-dir)/pr-sessions/prepare-commit-msg" "$@"'


def is_installed(repository: Repository) -> bool:
    """Whether somebody asked for it in this clone."""
    return repository.state is not None and exists(_script(repository.state))


def to_install(repository: Repository) -> Iterator[Step]:
    """The clone's own script, and the lines that run it in git's hook, behind whatever is there."""
    if repository.state is None:
        return
    wanted, path = script(sys.executable, Path(current_session_id.__file__)), _script(repository.state)
    if read_bytes(path) != wanted:
        yield Step(Act.WRITE, path, "adds the trailer Session-ID to commit messages", wanted)
    folder = hooks_folder(repository)
    if _is_own(repository, folder):
        yield from _into_hook(folder / NAME)


def to_remove(repository: Repository) -> Iterator[Step]:
    """Both again; the hook of others as it was."""
    if repository.state is None:
        return
    if is_installed(repository):
        yield Step(Act.REMOVE, _script(repository.state), "script that adds the trailer")
    for folder in dict.fromkeys((hooks_folder(repository), repository.state.parent / "hooks")):
        if _is_own(repository, folder):
            yield from _out_of_hook(folder / NAME)


def note(repository: Repository) -> str | None:
    """What somebody has to do by hand: git's hooks lie where other repositories have theirs."""
    if not is_installed(repository):
        return None
    folder = hooks_folder(repository)
    if _is_own(repository, folder) or LINE.encode() in (read_bytes(folder / NAME, _LIMIT) or b""):
        return None
    return f"core.hooksPath leads out of this repository; add to {folder / NAME}: {LINE}"


def hooks_folder(repository: Repository) -> Path:
    """Where git looks for this working tree's hooks; with husky, where people put theirs."""
    told = os.fsdecode(run_git(repository.root, "rev-parse", "--git-path", "hooks")).rstrip("\n")
    folder = Path(os.path.realpath(repository.root / told))
    # Husky writes that folder anew at every installation; its files run those of the folder above.
    return folder.parent if folder.name == "_" and (folder / "h").is_file() else folder


def _script(state: Path) -> Path:
    return state / NAME


def _is_own(repository: Repository, folder: Path) -> bool:
    """Whether the folder is this clone's, or in one of its working trees."""
    roots = (*worktrees(repository), *([repository.common_dir] if repository.common_dir else []))
    return any(folder.is_relative_to(root) for root in roots)


def _into_hook(path: Path) -> Iterator[Step]:
    what = "runs that script before each commit"
    present = _present(path)
    if present is None:
        yield Step(Act.WRITE, path, what, WHOLE, runs=True)
    elif split(present).ours:
        if renewed(present) != present:
            yield Step(Act.WRITE, path, what, renewed(present))
    elif is_shell(present) and _is_run(path):
        yield Step(Act.WRITE, path, f"{what}, after what is there", with_ours(present))
    else:
        other = path.parent / FOREIGN
        if exists(other):
            raise InvalidValue(f"{path} is not ours, and {other} already keeps another one", "move one of them away")
        yield Step(Act.MOVE, path, f"to {FOREIGN}", to=other)
        yield Step(Act.WRITE, path, f"{what}, after {FOREIGN}", WHOLE, runs=True)


def _out_of_hook(path: Path) -> Iterator[Step]:
    present, other = _present(path), path.parent / FOREIGN
    if present is None or not (found := split(present)).ours:
        return
    if found.rest:
        # Somebody wrote into our own file: their lines stay, and what it runs for others does, too.
        if not exists(other):
            yield Step(Act.WRITE, path, "without our lines", found.rest)
    elif exists(other):
        yield Step(Act.MOVE, other, "the hook that was here before", to=path)
    else:
        yield Step(Act.REMOVE, path, "hook that ran it")


def _present(path: Path) -> bytes | None:
    """What a hook holds; of a link to somewhere else, that it is one."""
    if path.is_symlink():
        return b"\0"
    return read_bytes(path, _LIMIT)


def _is_run(path: Path) -> bool:
    """Whether git runs it as it is. One that it passes over must not begin to run because of us."""
    return os.name == "nt" or os.access(path, os.X_OK) or (path.parent / "_/h").is_file()
