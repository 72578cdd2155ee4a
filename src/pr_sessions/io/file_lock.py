"""The system's advisory lock on an open file, in one way for all of us. Imports little: agents wait for the hook."""

import os
import sys

from pr_sessions.io.folder import Folder


def open_and_take(folder: Folder, name: str, bits: int | None) -> int | None:
    """Open the lock file, create it where it is missing, and take its lock at once.

    Returns:
        The descriptor that holds the lock, `None` while another one does.

    Raises:
        OSError: as the system says; `LinkInPath` where it is a link.
    """
    # Python's descriptors do not pass to programs that are started: a child cannot keep the lock.
    descriptor = folder.open(name, os.O_RDWR | os.O_CREAT, bits)
    try:
        if take(descriptor) and _is_there(descriptor, folder, name):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_there(descriptor: int, folder: Folder, name: str) -> bool:
    """Tell whether the open file still has that name. A lock on a removed file excludes nobody who comes later."""
    info = folder.status(name)
    return info is not None and os.path.samestat(os.fstat(descriptor), info)


if sys.platform == "win32":
    import errno
    import msvcrt

    # Far behind whatever the file says: a locked byte cannot be read by others there.
    _BYTE = 1 << 30

    def take(descriptor: int) -> bool:
        """Takes the lock at once, or not at all."""
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

    def free(descriptor: int) -> None:
        """Gives the lock back."""
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def take(descriptor: int) -> bool:
        """Takes the lock at once, or not at all."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def free(descriptor: int) -> None:
        """Gives the lock back."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
