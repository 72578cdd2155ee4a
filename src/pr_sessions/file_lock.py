"""The system's advisory lock on an open file, in one way for all of us. Imports little: agents wait for the hook."""

import os
import sys


def is_there(descriptor: int, path: str | os.PathLike[str]) -> bool:
    """Whether the open file is still the one at that path. A lock on a removed file excludes nobody who comes later."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


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
