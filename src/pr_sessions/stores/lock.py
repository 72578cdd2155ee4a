"""One writer at a time: an advisory lock on a file that the system frees when its holder dies."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pr_sessions import file_lock
from pr_sessions.errors import Busy, CannotWrite
from pr_sessions.stores.files import cannot_write, make_folder

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.02
_NOTE_LIMIT = 200
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def locked(path: Path, *, wait: float = 10.0) -> Iterator[None]:
    """Hold the lock file while the block runs. It excludes other processes and other threads of this one.

    The file is created when missing and no writer removes it: what counts is the lock, not the file.

    Args:
        path: the lock file.
        wait: seconds to wait for another holder.

    Raises:
        Busy: another holder kept it for longer than `wait`.
        CannotWrite: the file cannot be opened, or its file system has no locks.
    """
    descriptor = _acquire(path, wait)
    try:
        _leave_note(descriptor)
        yield
    finally:
        file_lock.free(descriptor)
        os.close(descriptor)


def next_in_line(path: Path) -> Path:
    """The file that whoever is next holds; it appears when somebody has to wait for the first time."""
    return path.with_name(f"{path.name}.next")


def _acquire(path: Path, wait: float) -> int:
    deadline = time.monotonic() + wait
    if not next_in_line(path).exists() and (descriptor := _try(path)) is not None:
        return descriptor
    # One at a time stands next in line, or a process that comes again and again would leave nobody else a gap.
    turn = _wait_for(next_in_line(path), path, wait, deadline)
    try:
        return _wait_for(path, path, wait, deadline)
    finally:
        file_lock.free(turn)
        os.close(turn)


def _wait_for(file: Path, lock: Path, wait: float, deadline: float) -> int:
    pause = _FIRST_PAUSE
    # Opened anew for each try: waiting on a file that somebody removed would lock nothing.
    while (descriptor := _try(file)) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise _busy(lock)
        time.sleep(min(pause, left))
        # Who has waited for long looks more often than who has just come.
        pause = max(_FIRST_PAUSE, min(pause * 1.5, _LONGEST_PAUSE * left / wait))
    return descriptor


def _try(path: Path) -> int | None:
    """The descriptor that holds the lock, `None` while another one does."""
    try:
        make_folder(path.parent)
        # Python's descriptors do not pass to programs that are started: a child cannot keep the lock.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        taken = file_lock.take(descriptor)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):
            raise _no_locks(path, error) from error
        raise
    # A lock on a file that somebody removed meanwhile excludes nobody who comes later.
    if taken and file_lock.is_there(descriptor, path):
        return descriptor
    os.close(descriptor)
    return None


def _no_locks(path: Path, error: OSError) -> CannotWrite:
    if error.errno in _WITHOUT_LOCKS:
        return CannotWrite(
            f"cannot lock {path}: {error.strerror}",
            "this file system has no locks, so two writers could lose each other's work: use a local disk",
        )
    return cannot_write(path, error, action="lock")


def _leave_note(descriptor: int) -> None:
    """Say who holds the lock. Never the arguments: they may hold a pull request's words."""
    program = Path(sys.argv[0] if sys.argv else "").name or "python"
    since = datetime.now(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    note = f"{os.getpid()} {since}Z {program[:80]}\n"
    # The note only serves a message: a full disk must not make the lock fail.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, note.encode(errors="replace"))


def _busy(path: Path) -> Busy:
    pid, since, program = _read_note(path)
    if not (pid.isdecimal() and since and program):
        return Busy(f"{path} is locked by another process", "wait until it is done and run the command again")
    return Busy(
        f"{path} is locked by process {pid} ({program}, since {since})",
        f"wait until it is done and run the command again; end process {pid} if it hangs",
    )


def _read_note(path: Path) -> tuple[str, str, str]:
    try:
        with path.open("rb") as file:
            text = file.read(_NOTE_LIMIT).decode(errors="replace")
    except OSError:
        text = ""
    printable = "".join(c for c in text if c.isprintable())
    pid, since, program = (*printable.split(" ", 2), "", "", "")[:3]
    return pid, since, program
