"""What `init` and `uninstall` do, as values: a dry run shows the same list that a real run carries out."""

import os
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from pr_sessions.git.commands import local_setting, run_git
from pr_sessions.git.repository import Repository, prepare_state, refuse_links
from pr_sessions.io.files import (
    cannot_write,
    link_target,
    make_folder,
    move_file,
    move_link,
    remove_empty_folder,
    remove_file,
    replace_file,
)
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place


class Action(StrEnum):
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
        to: the target of `MOVE`, which is replaced.
        settings: keys of the clone's git configuration and their new values; `None` removes one.
    """

    action: Action
    path: Place
    what: str
    data: bytes = b""
    runs: bool = False
    to: Place | None = None
    settings: tuple[tuple[str, str | None], ...] = ()


Plan = Callable[[], tuple[Step, ...]]


def carry_out(plan: Plan, repository: Repository) -> tuple[Step, ...]:
    """Plan under the lock, carry the steps out and return them. Without steps, the lock is not taken.

    Raises:
        Busy: another process holds the lock.
        CannotWrite: the disk, a folder or its permissions refuse; the steps before are done.
    """
    if not plan():
        return ()
    refuse_links(repository)
    with locked(repository.lock):
        steps = plan()
        # The lock's own file is removed while the lock is held, except on Windows, which removes no open file.
        perform(tuple(step for step in steps if step.path != repository.lock or os.name != "nt"), repository)
    if os.name == "nt":
        perform(tuple(step for step in steps if step.path == repository.lock), repository)
    return steps


def perform(steps: tuple[Step, ...], repository: Repository) -> None:
    """Carry the steps out without the lock, for files that it does not protect.

    Raises:
        CannotWrite: the disk, a folder or its permissions refuse; the steps before are done.
    """
    for step in steps:
        _perform(step, repository)


def _perform(step: Step, repository: Repository) -> None:
    match step.action:
        case Action.PREPARE:
            prepare_state(repository)
        case Action.WRITE:
            replace_file(step.path, step.data, mode=0o755 if step.runs else None)
        case Action.REMOVE:
            remove_file(step.path)
            _remove_empty(step.path.parent)
        case Action.MOVE:
            _move(step.path, step.to or step.path)
            _remove_empty(step.path.parent)
        case _:
            configure(repository.root, step.settings)


def configure(root: Path, settings: Iterable[tuple[str, str | None]]) -> None:
    """Write settings of the clone's git configuration in this order, or remove those that are to be `None`.

    Raises:
        GitFailed: git is missing or refused.
    """
    for key, value in settings:
        if value is not None:
            run_git(root, "config", "--local", "--replace-all", key, value)
        elif local_setting(root, key) is not None:
            run_git(root, "config", "--local", "--unset-all", key)


def _move(path: Place, to: Place) -> None:
    """Move a file as it is; a link goes on leading where it led."""
    if (target := link_target(path)) is not None:
        up = f"..{os.sep}"
        # The folder is one level deeper than before, or again one level higher.
        if to.parent.parent == path.parent and not Path(target).is_absolute():
            target = up + target
        elif to.parent == path.parent.parent:
            target = target.removeprefix(up)
        move_link(path, to, target)
        return
    try:
        make_folder(to.parent)
        move_file(path, to)
    except OSError as error:
        raise cannot_write(path, error, action="move") from error


def _remove_empty(folder: Place) -> None:
    """Remove folders that became empty, up to the root of the place."""
    while folder.below and remove_empty_folder(folder):
        folder = folder.parent
