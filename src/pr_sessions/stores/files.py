"""Whole files: read within bounds, replaced so that a crash at any moment leaves the old or the new one."""

import errno
import math
import os
import re
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pr_sessions.errors import CannotWrite, UnreadableFile

MIB = 1024 * 1024
_PIECE = 64 * 1024
STALE_TEMPORARY = 3600.0

_TEMPORARY = re.compile(r"\.[0-9]+-[0-9a-f]{16}\.tmp\Z")
_BINARY = getattr(os, "O_BINARY", 0)  # else Windows changes line ends
# A virus scanner or a reader may hold the file for a moment, on Windows only.
_TRIES = 10 if os.name == "nt" else 1
_UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_HINTS = {
    errno.ENOSPC: "the disk is full: free some space and run the command again",
    errno.EDQUOT: "your disk quota is used up: free some space and run the command again",
    errno.EFBIG: "the file would be larger than this system or `ulimit -f` allows",
    errno.EROFS: "the file system is read-only: work in a writable clone",
    errno.EACCES: "give yourself write permission for {folder}",
    errno.EPERM: "give yourself write permission for {folder}",
    errno.ENOTDIR: "a file is in the place of a folder on this path: move it away",
    errno.EEXIST: "a file is in the place of a folder on this path: move it away",
    errno.EISDIR: "a folder is in the place of this file: move it away",
    errno.EIO: "the disk reports an error: check its health before you go on",
}


def read_bytes(path: Path, limit: int = 256 * MIB) -> bytes | None:
    """Read a file; `None` when there is none.

    Args:
        path: the file.
        limit: the most bytes that are read.

    Raises:
        UnreadableFile: it is a folder or a device, larger than `limit`, or may not be read.
    """
    return _read(path, limit, Path.read_bytes)


def read_alike(path: Path, known: bytes, limit: int = 256 * MIB) -> bytes | None:
    """As `read_bytes`, for a file that likely holds what is known already: then those bytes and no second copy.

    Raises:
        UnreadableFile: as `read_bytes` does.
    """
    return _read(path, limit, lambda file: known if _holds(file, known) else file.read_bytes())


def _holds(path: Path, known: bytes) -> bool:
    """Piece by piece: a piece stays in the processor's cache, and no memory has to be found for the whole."""
    place = 0
    with path.open("rb", buffering=0) as file:
        while (piece := file.read(_PIECE)) and known.startswith(piece, place):
            place += len(piece)
    return not piece and place == len(known)


def _read(path: Path, limit: int, read: Callable[[Path], bytes]) -> bytes | None:
    try:
        reason = _why_not(path.stat(), limit)
        if reason is None:
            return read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise UnreadableFile(
            f"cannot read {path}: permission denied", f"give yourself read permission for {path}"
        ) from error
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror or error}") from error
    raise UnreadableFile(f"cannot read {path}: {reason}", "move it away, or put the right file in its place")


def _why_not(facts: os.stat_result, limit: int) -> str | None:
    if stat.S_ISDIR(facts.st_mode):
        return "it is a folder"
    # Opening a pipe would wait for ever, a device may have no end.
    if not stat.S_ISREG(facts.st_mode):
        return "it is not a regular file"
    if facts.st_size > limit:
        return f"it has {facts.st_size} bytes, more than the {limit} that are allowed"
    return None


def names_in(folder: Path) -> tuple[str, ...]:
    """The names of everything in a folder; none where there is no such folder.

    Raises:
        UnreadableFile: it may not be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return tuple(entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise UnreadableFile(
            f"cannot list {folder}: {error.strerror or error}", f"give yourself read permission for {folder}"
        ) from error


def replace_file(path: Path, data: bytes, *, mode: int | None = None, lasting: bool = True) -> None:
    """Put `data` in the place of the file, whole and on the disk, or leave the file as it was.

    Missing folders are created. A symbolic link stays, the file that it points to is replaced.

    Args:
        path: the file.
        data: its whole new content.
        mode: permission bits of a new file; an existing file keeps its own.
        lasting: whether the replacement itself has to outlast a loss of power; otherwise the file before may be back.

    Raises:
        CannotWrite: the disk, the folder or its permissions refuse.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{os.urandom(8).hex()}.tmp")
    try:
        bits = _existing_mode(target)
        make_folder(target.parent)
        _write_new(temporary, data, mode if bits is None else bits)
        move(temporary, target)
        if lasting:
            _sync_folder(target.parent)
    except BaseException as error:
        _discard(temporary)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def append_bytes(path: Path, data: bytes) -> None:
    """Add to the end of a file, on the disk when this returns. A cut write leaves a part of `data` at the end.

    Raises:
        CannotWrite: the disk, the folder or its permissions refuse.
    """
    try:
        is_new = not path.exists()
        make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | _BINARY, 0o666)
        try:
            os.lseek(descriptor, 0, os.SEEK_END)
            _write_all(descriptor, data)
            _sync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def remove_file(path: Path) -> None:
    """Remove a file; that there is none is fine.

    Raises:
        CannotWrite: the folder or its permissions refuse.
    """
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise cannot_write(path, error, action="remove") from error


def make_folder(folder: Path) -> None:
    """Create a folder and the missing ones above it, on the disk before anything is put in."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def sweep_beside(*paths: Path) -> None:
    """Remove what killed writers left beside these files. The caller holds the lock that all their writers hold."""
    for path in paths:
        target = Path(os.path.realpath(path))
        sweep_temporaries(target.parent, f"{target.name}.", math.inf)


def sweep_temporaries(folder: Path, name: str, now: float) -> None:
    """Remove what killed writers left behind: our temporary files older than an hour.

    Args:
        folder: where the files lie.
        name: the name of the file that was written, or how such names begin.
        now: seconds since 1970, as file times are; infinite where nobody can be writing.
    """
    # A leftover that cannot be listed or removed is no reason to fail the work at hand.
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(f".{name}") and _TEMPORARY.search(entry.name):
                _discard_older(Path(entry.path), now - STALE_TEMPORARY)


def cannot_write(path: Path, error: OSError, *, action: str = "write") -> CannotWrite:
    """The system's refusal in our words, with the way out."""
    hint = _HINTS.get(error.errno or 0, "")
    return CannotWrite(f"cannot {action} {path}: {error.strerror or error}", hint.replace("{folder}", str(path.parent)))


def _existing_mode(target: Path) -> int | None:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return stat.S_IMODE(mode) & 0o777


def _write_new(temporary: Path, data: bytes, mode: int | None) -> None:
    # Each system call stands here by itself, so that tests can cut at every one of them.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        if mode is not None and sys.platform != "win32":
            os.fchmod(descriptor, mode)
        _write_all(descriptor, data)
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # There, fsync stops at the drive's cache; file systems without the stronger call still have fsync.
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # a folder that may be written but not read cannot be opened for this
    try:
        _sync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)


def move(temporary: Path, target: Path) -> None:
    """Puts a file in the place of another, or none, on the same disk."""
    for attempt in range(_TRIES):
        try:
            temporary.replace(target)
        except PermissionError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(min(0.2, 0.01 * 2**attempt))
        else:
            return


def _discard(temporary: Path) -> None:
    # The first error is the one to report.
    with suppress(OSError):
        temporary.unlink()


def _discard_older(temporary: Path, limit: float) -> None:
    with suppress(OSError):
        if temporary.stat().st_mtime < limit:
            temporary.unlink()
