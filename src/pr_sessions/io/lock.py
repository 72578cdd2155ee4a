"""One writer at a time: an advisory lock on a file that the system frees when its holder dies."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from pr_sessions.errors import Busy, CannotWrite
from pr_sessions.io import file_lock
from pr_sessions.io.files import cannot_write
from pr_sessions.io.folder import Folder, content, status
from pr_sessions.io.places import Place

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.02
_NOTE_LIMIT = 200
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def locked(place: Place, *, wait: float = 10.0) -> Iterator[None]:
    """Hold the lock file while the block runs. It excludes other processes and other threads of this one.

    The file is created when missing and no writer removes it: what counts is the lock, not the file.

    Args:
        place: the lock file.
        wait: seconds to wait for another holder.

    Raises:
        Busy: another holder kept it for longer than `wait`.
        CannotWrite: the file cannot be opened, or its file system has no locks.
    """
    descriptor = _acquire(place, wait)
    try:
        _leave_note(descriptor)
        yield
    finally:
        file_lock.free(descriptor)
        os.close(descriptor)


def next_in_line(place: Place) -> Place:
    """Return the file that the next writer locks; it is created when somebody has to wait for the first time."""
    return Place(place.root, f"{place.below}.next", place.bits)


def _acquire(place: Place, wait: float) -> int:
    deadline = time.monotonic() + wait
    try:
        somebody_waits = status(next_in_line(place)) is not None
    except OSError as error:
        raise cannot_write(place, error, action="lock") from error
    if not somebody_waits and (descriptor := _try(place)) is not None:
        return descriptor
    # One at a time stands next in line, or a process that comes again and again would leave nobody else a gap.
    turn = _wait_for(next_in_line(place), place, wait, deadline)
    try:
        return _wait_for(place, place, wait, deadline)
    finally:
        file_lock.free(turn)
        os.close(turn)


def _wait_for(file: Place, lock: Place, wait: float, deadline: float) -> int:
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


def _try(place: Place) -> int | None:
    """Return the descriptor that holds the lock, `None` while another one does."""
    try:
        with Folder.above(place, create=True) as folder:
            return file_lock.open_and_take(folder, place.below.rpartition("/")[2], place.bits)
    except OSError as error:
        raise _no_locks(place, error) from error


def _no_locks(place: Place, error: OSError) -> CannotWrite:
    if error.errno in _WITHOUT_LOCKS:
        return CannotWrite(
            f"cannot lock {place}: {error.strerror}",
            "this file system has no locks, so two writers could lose each other's work: use a local disk",
        )
    return cannot_write(place, error, action="lock")


def _leave_note(descriptor: int) -> None:
    """Say who holds the lock. Never the arguments: they may hold a pull request's words."""
    program = os.path.basename(sys.argv[0] if sys.argv else "") or "python"
    since = datetime.now(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    note = f"{os.getpid()} {since}Z {program[:80]}\n".encode(errors="replace")
    # The note only serves a message: a full disk must not make the lock fail.
    with suppress(OSError):
        # To empty the file would give its block back and take another one, which may wait for the disk.
        if os.fstat(descriptor).st_size > len(note):
            os.ftruncate(descriptor, len(note))
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, note)


def _busy(place: Place) -> Busy:
    pid, since, program = _read_note(place)
    if not (pid.isdecimal() and since and program):
        return Busy(f"{place} is locked by another process", "wait until it is done and run the command again")
    return Busy(
        f"{place} is locked by process {pid} ({program}, since {since})",
        f"wait until it is done and run the command again; end process {pid} if it hangs",
    )


def _read_note(place: Place) -> tuple[str, str, str]:
    try:
        text = (content(place, _NOTE_LIMIT) or b"").decode(errors="replace")
    except OSError:
        text = ""
    printable = "".join(c for c in text if c.isprintable())
    pid, since, program = (*printable.split(" ", 2), "", "", "")[:3]
    return pid, since, program
