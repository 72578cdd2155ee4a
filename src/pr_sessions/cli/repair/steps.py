"""What a repair does, as values: the same list is shown by a dry run and carried out by a real one."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from pr_sessions.stores.backups import take
from pr_sessions.stores.files import remove_file, replace_file
from pr_sessions.stores.git import run_git
from pr_sessions.stores.lock import locked
from pr_sessions.stores.repository import Repository, prepare_state


class Act(StrEnum):
    """What happens to a path. `JOIN` only says where sessions come from; `RESOLVE` tells git's index."""

    BACK_UP = "back up"
    QUARANTINE = "quarantine"
    JOIN = "join"
    WRITE = "write"
    REMOVE = "remove"
    RESOLVE = "resolve"


class Step(Struct, frozen=True):
    """One change.

    Attributes:
        what: what it is for, in a few words.
        data: the whole content that is kept, put aside or written.
    """

    act: Act
    path: Path
    what: str
    data: bytes = b""


class Repair(Struct, frozen=True):
    """Everything that has to be done.

    Attributes:
        lost: ids of sessions of which no copy can be read; their records stay in the quarantine.
    """

    steps: tuple[Step, ...] = ()
    lost: tuple[str, ...] = ()


def carry_out(plan: Callable[[], Repair], repository: Repository, now: datetime) -> Repair:
    """Plans under the lock and does it; where nothing is to be done not even the lock is taken.

    Every file is put aside before another takes its place, so that a repair that was cut short can be run again.

    Raises:
        Busy: another process holds the lock.
        CannotWrite: the disk, a folder or its permissions refuse; the steps before are done.
        GitFailed: git refuses.
    """
    if not plan().steps:
        return Repair()
    prepare_state(repository)
    with locked(repository.lock):
        repair = plan()
        for step in repair.steps:
            _do(step, repository, now)
    return repair


def _do(step: Step, repository: Repository, now: datetime) -> None:
    match step.act:
        case Act.BACK_UP:
            take(step.path, step.data, now)
        case Act.QUARANTINE | Act.WRITE:
            replace_file(step.path, step.data)
        case Act.REMOVE:
            remove_file(step.path)
        case Act.RESOLVE:
            run_git(repository.root, "--literal-pathspecs", "add", "--", str(step.path))
        case Act.JOIN:
            pass
