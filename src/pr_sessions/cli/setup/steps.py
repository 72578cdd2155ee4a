"""What `init` and `uninstall` do, as values: the same list is shown by a dry run and carried out by a real one."""

import os
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.files import cannot_write, make_folder, remove_file, replace_file
from pr_sessions.stores.lock import locked
from pr_sessions.stores.repository import Repository, prepare_state


class Act(StrEnum):
    """What happens to a path: a file, the clone's own folder, git's configuration of the clone."""

    WRITE = "write"
    REMOVE = "remove"
    MOVE = "move"
    PREPARE = "prepare"
    RECORD = "record"
    FORGET = "forget"
    REGISTER = "register"
    UNREGISTER = "unregister"
    CONNECT = "connect"
    DISCONNECT = "disconnect"


class Step(Struct, frozen=True):
    """One change.

    Attributes:
        what: what it is for, in a few words.
        data: the whole new content, for `WRITE`.
        runs: whether a new file is a program.
        to: where it goes, for `MOVE`; what is there is replaced.
    """

    act: Act
    path: Path
    what: str
    data: bytes = b""
    runs: bool = False
    to: Path | None = None


Plan = Callable[[], tuple[Step, ...]]


def carry_out(plan: Plan, repository: Repository) -> tuple[Step, ...]:
    """Plans under the lock and does it; returns what was done. Where nothing is to be done not even the lock is taken.

    Raises:
        Busy: another process holds the lock.
        CannotWrite: the disk, a folder or its permissions refuse; the steps before are done.
    """
    if not plan():
        return ()
    with locked(repository.lock):
        steps = plan()
        # The lock's own file goes while it is held: nobody else can hold it then. Windows removes no open file.
        for step in steps:
            if step.path != repository.lock or os.name != "nt":
                _do(step, repository)
    if os.name == "nt":
        for step in steps:
            if step.path == repository.lock:
                _do(step, repository)
    return steps


def perform(steps: tuple[Step, ...], repository: Repository) -> None:
    """Does it without the lock: for files that no lock of ours protects.

    Raises:
        CannotWrite: the disk, a folder or its permissions refuse; the steps before are done.
    """
    for step in steps:
        _do(step, repository)


def exists(path: Path) -> bool:
    """Whether something is there.

    Raises:
        UnreadableFile: the folder may not be looked into.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UnreadableFile(
            f"cannot look at {path}: {error.strerror or error}", f"give yourself read permission for {path.parent}"
        ) from error
    return True


def _do(step: Step, repository: Repository) -> None:
    match step.act:
        case Act.PREPARE:
            prepare_state(repository)
        case Act.WRITE:
            replace_file(step.path, step.data, mode=0o755 if step.runs else None)
        case Act.REMOVE:
            remove_file(step.path)
            _remove_empty(step.path.parent, (repository.root, repository.common_dir, _outside(step.path, repository)))
        case Act.MOVE:
            _move(step.path, step.to or step.path)
            _remove_empty(step.path.parent, (repository.root, repository.common_dir))
        case Act.RECORD | Act.FORGET:
            _interpreter(step.act, repository)
        case Act.REGISTER | Act.UNREGISTER:
            _merge_driver(step.act, repository)
        case Act.CONNECT | Act.DISCONNECT:
            _hooks(step.act, repository)


def _move(path: Path, to: Path) -> None:
    """Moves a file as it is; a link goes on leading where it led."""
    try:
        make_folder(to.parent)
        if path.is_symlink():
            target = _seen_from(to.parent, path.parent, str(path.readlink()))
            to.unlink(missing_ok=True)
            to.symlink_to(target)
            path.unlink()
        else:
            path.replace(to)
    except OSError as error:
        raise cannot_write(path, error, action="move") from error


def _seen_from(folder: Path, before: Path, target: str) -> str:
    """What a link says in a folder one step deeper, or again one step higher, letter by letter."""
    up = f"..{os.sep}"
    if folder.parent == before and not Path(target).is_absolute():
        return up + target
    return target.removeprefix(up) if folder == before.parent else target


def _interpreter(act: Act, repository: Repository) -> None:
    from pr_sessions.scripts.install import forget_interpreter, record_interpreter

    (record_interpreter if act is Act.RECORD else forget_interpreter)(repository.root)


def _merge_driver(act: Act, repository: Repository) -> None:
    from pr_sessions.cli.setup.merge_driver import register, unregister

    (register if act is Act.REGISTER else unregister)(repository.root)


def _hooks(act: Act, repository: Repository) -> None:
    from pr_sessions.cli.setup.agent_hooks import connect, disconnect

    (connect if act is Act.CONNECT else disconnect)(repository.root)


def _outside(path: Path, repository: Repository) -> Path | None:
    """Of a user's own folders only the one that held the file may go."""
    return None if path.is_relative_to(repository.root) else path.parent.parent


def _remove_empty(folder: Path, stop: tuple[Path | None, ...]) -> None:
    """Folders that became empty go, too; one that still holds something ends it."""
    with suppress(OSError):
        while folder not in stop:
            folder.rmdir()
            folder = folder.parent
