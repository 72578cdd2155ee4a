"""Whole files: read within bounds, replaced so that a crash at any moment leaves the old or the new one.

No function here follows a link below the root of a place.
"""

import errno
import math
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress

from pr_sessions.errors import CannotWrite, UnreadableFile
from pr_sessions.io.folder import Folder, LinkInPath, NotAFile, open_file, read_up_to, write_and_sync
from pr_sessions.io.folder import status as _status
from pr_sessions.io.places import Place

MIB = 1024 * 1024
_PIECE = 64 * 1024
STALE_TEMPORARY = 3600.0

_TEMPORARY = re.compile(r"\.[0-9]+-[0-9a-f]{16}\.tmp\Z")
_NO_LINKS = "pr-sessions follows no links in a repository: put a real file or folder in the place of {link}"
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


def read_bytes(place: Place, limit: int = 256 * MIB) -> bytes | None:
    """Read a file; return `None` when there is none.

    Args:
        place: the file.
        limit: the most bytes that are read.

    Raises:
        UnreadableFile: a link is on its path, it is a folder or a device, larger than `limit`, or may not be read.
    """
    return _read(place, limit, b"")


def read_alike(place: Place, known: bytes, limit: int = 256 * MIB) -> bytes | None:
    """Read a file that likely holds `known`: where it does, return those bytes and make no second copy.

    Raises:
        UnreadableFile: as `read_bytes` does.
    """
    return _read(place, limit, known)


def _read(place: Place, limit: int, known: bytes) -> bytes | None:
    try:
        descriptor = open_file(place, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size
            if size <= limit:
                if known and size == len(known) and _holds(descriptor, known):
                    return known
                os.lseek(descriptor, 0, os.SEEK_SET)
                # In one piece what is as large as it was a moment ago: to put ten megabytes together costs time.
                data = os.read(descriptor, size + 1)
                return data if len(data) >= size else data + read_up_to(descriptor, size + 1 - len(data))
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cannot_read(place, error) from error
    raise UnreadableFile(
        f"cannot read {place}: it has {size} bytes, more than the {limit} that are allowed",
        "move it away, or put the right file in its place",
    )


def _holds(descriptor: int, known: bytes) -> bool:
    """Compare piece by piece: a piece stays in the processor's cache, and no memory has to be found for the whole."""
    position = 0
    while (piece := os.read(descriptor, _PIECE)) and known.startswith(piece, position):
        position += len(piece)
    return not piece and position == len(known)


def status(place: Place) -> os.stat_result | None:
    """Return the status of a file or folder, `None` where there is none.

    Raises:
        UnreadableFile: it is a link, or the folder above may not be looked into.
    """
    try:
        return _status(place)
    except OSError as error:
        raise cannot_read(place, error, action="look at") from error


def look_at_each(places: Iterable[Place]) -> None:
    """Look at each of these places, the folders of several only once.

    Raises:
        UnreadableFile: one is a link, or the folder above it may not be looked into.
    """
    by_folder: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        by_folder.setdefault((place.root, place.below.rpartition("/")[0]), []).append(place)
    for inside in by_folder.values():
        try:
            with Folder.above(inside[0]) as folder:
                for place in inside:
                    folder.status(place.below.rpartition("/")[2])
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise cannot_read(inside[0], error, action="look at") from error


def exists(place: Place) -> bool:
    """Tell whether a file or folder is there.

    Raises:
        UnreadableFile: as `status` does.
    """
    return status(place) is not None


def is_folder(place: Place) -> bool:
    """Tell whether a folder is there.

    Raises:
        UnreadableFile: as `status` does.
    """
    info = status(place)
    return info is not None and stat.S_ISDIR(info.st_mode)


def is_file(place: Place) -> bool:
    """Tell whether a regular file is there.

    Raises:
        UnreadableFile: as `status` does.
    """
    info = status(place)
    return info is not None and stat.S_ISREG(info.st_mode)


def names_in(folder: Place) -> tuple[str, ...]:
    """List the names of everything in a folder; none where there is no such folder.

    Raises:
        UnreadableFile: a link is on its path, or it may not be listed.
    """
    try:
        with Folder(folder) as opened:
            return tuple(opened.names())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise cannot_read(folder, error, action="list") from error


def files_in(folder: Place) -> dict[str, os.stat_result]:
    """List the regular files in a folder with their status, by name; links and everything else are left out.

    Raises:
        UnreadableFile: as `names_in` does.
    """
    try:
        records: dict[str, os.stat_result] = {}
        with Folder(folder) as opened:
            for name in sorted(opened.names()):
                with suppress(FileNotFoundError):  # It may be gone meanwhile.
                    records[name] = os.stat(opened.at(name), follow_symlinks=False, **opened.options)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise cannot_read(folder, error, action="list") from error
    return {name: record for name, record in records.items() if stat.S_ISREG(record.st_mode)}


def replace_file(place: Place, data: bytes, *, mode: int | None = None, lasting: bool = True) -> None:
    """Put `data` in the place of the file, whole and on the disk, or leave the file as it was.

    Missing folders are created.

    Args:
        place: the file.
        data: its whole new content.
        mode: permission bits of a new file in a working tree; an existing file keeps its own, a place with bits those.
        lasting: whether the replacement itself has to outlast a loss of power; otherwise the file before may be back.

    Raises:
        CannotWrite: a link is on its path; the disk, the folder or its permissions refuse.
    """
    try:
        with Folder.above(place, create=True) as folder:
            name = place.below.rpartition("/")[2]
            bits = folder.existing_bits(name)
            temporary = f".{name}.{os.getpid()}-{os.urandom(8).hex()}.tmp"
            try:
                folder.write_new(temporary, data, place.bits or (mode if bits is None else bits))
                folder.rename(temporary, name)
                if lasting:
                    folder.sync()
            except BaseException:
                # The first error is the one to report.
                with suppress(OSError):
                    folder.unlink(temporary)
                raise
    except OSError as error:
        raise cannot_write(place, error) from error


def replace_changed_file(place: Place, data: bytes) -> bool:
    """Put `data` in the place of the file as `replace_file` does, unless the file holds just that; return whether.

    Raises:
        CannotWrite: a link is on its path; the disk, the folder or its permissions refuse.
    """
    with suppress(UnreadableFile):  # What cannot be read holds something else.
        if read_bytes(place) == data:
            return False
    replace_file(place, data)
    return True


def append_bytes(place: Place, data: bytes, *, on_new_line: bool = False) -> None:
    """Add to the end of a file, on the disk when this returns. A cut write leaves a part of `data` at the end.

    Args:
        place: the file.
        data: what is added.
        on_new_line: whether a line that a crash cut is ended first, so that it swallows nothing.

    Raises:
        CannotWrite: a link is on its path; the disk, the folder or its permissions refuse.
    """
    try:
        with Folder.above(place, create=True) as folder:
            name = place.below.rpartition("/")[2]
            is_new = folder.status(name) is None
            descriptor = folder.open(name, (os.O_RDWR if on_new_line else os.O_WRONLY) | os.O_CREAT, place.bits)
            try:
                if on_new_line and os.lseek(descriptor, 0, os.SEEK_END):
                    os.lseek(descriptor, -1, os.SEEK_END)
                    data = data if os.read(descriptor, 1) == b"\n" else b"\n" + data
                os.lseek(descriptor, 0, os.SEEK_END)
                write_and_sync(descriptor, data)
            finally:
                os.close(descriptor)
            if is_new:
                folder.sync()
    except OSError as error:
        raise cannot_write(place, error) from error


def remove_file(place: Place) -> None:
    """Remove a file; that there is none is fine.

    Raises:
        CannotWrite: it is a link; the folder or its permissions refuse.
    """
    try:
        with Folder.above(place) as folder:
            name = place.below.rpartition("/")[2]
            if folder.status(name):
                folder.unlink(name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise cannot_write(place, error, action="remove") from error


def remove_empty_folder(place: Place) -> bool:
    """Remove a folder that is there and empty; tell whether it went."""
    try:
        with Folder.above(place) as folder:
            os.rmdir(folder.at(place.name), **folder.options)
    except OSError:
        return False
    return True


def make_folder(place: Place) -> None:
    """Create a folder and the missing ones above it, each on the disk before anything is put in.

    Raises:
        OSError: as the system says; `LinkInPath` where a component is a link.
    """
    Folder(place, create=True).close()


def remove_temporary(*places: Place) -> None:
    """Remove what killed writers left next to these files. The caller holds the lock that all their writers hold."""
    for place in places:
        above, _, name = place.below.rpartition("/")
        sweep_temporaries(Place(place.root, above), f"{name}.", math.inf)


def sweep_temporaries(folder: Place, name: str, now: float) -> None:
    """Remove what killed writers left behind: our temporary files older than an hour.

    Args:
        folder: where the files lie.
        name: the name of the file that was written, or how such names begin.
        now: seconds since 1970, as file times are; infinite where nobody can be writing.
    """
    # A leftover that cannot be listed or removed is no reason to fail the work at hand.
    with suppress(OSError), Folder(folder) as opened:
        for temporary in opened.names():
            if temporary.startswith(f".{name}") and _TEMPORARY.search(temporary):
                with suppress(OSError):
                    info = os.stat(opened.at(temporary), follow_symlinks=False, **opened.options)
                    if info.st_mtime < now - STALE_TEMPORARY:
                        opened.unlink(temporary)


def cannot_read(place: Place, error: OSError, *, action: str = "read") -> UnreadableFile:
    """Return the system's refusal in our words, with a hint."""
    if isinstance(error, LinkInPath):
        return UnreadableFile(_link_message(place, error, action), _NO_LINKS.replace("{link}", str(error.filename)))
    if isinstance(error, NotAFile):
        return UnreadableFile(
            f"cannot {action} {place}: {error.strerror}", "move it away, or put the right file in its place"
        )
    if isinstance(error, PermissionError):
        return UnreadableFile(
            f"cannot {action} {place}: permission denied", f"give yourself read permission for {place}"
        )
    return UnreadableFile(f"cannot {action} {place}: {error.strerror or error}")


def cannot_write(place: Place, error: OSError, *, action: str = "write") -> CannotWrite:
    """Return the system's refusal in our words, with a hint."""
    if isinstance(error, LinkInPath):
        return CannotWrite(_link_message(place, error, action), _NO_LINKS.replace("{link}", str(error.filename)))
    hint = _HINTS.get(error.errno or 0, "")
    return CannotWrite(
        f"cannot {action} {place}: {error.strerror or error}", hint.replace("{folder}", str(place.parent))
    )


def _link_message(place: Place, error: LinkInPath, action: str) -> str:
    what = "it" if error.filename == place.path else error.filename
    return f"cannot {action} {place}: {what} is a symbolic link"


def move_file(source: Place, target: Place) -> None:
    """Put a file in the place of another, or of none, on the same disk. The folder of the target is there.

    Raises:
        OSError: as the system says; `LinkInPath` where one of them is a link.
    """
    with Folder.above(source) as before, Folder.above(target) as after:
        before.status(source.name)
        after.status(target.name)
        before.rename(source.name, target.name, after)


def link_target(place: Place) -> str | None:
    """Return what a link says; `None` where there is none, or something else.

    Raises:
        UnreadableFile: the folder above may not be looked into, or lies behind a link.
    """
    try:
        with Folder.above(place) as folder:
            return os.readlink(folder.at(place.name), **folder.options)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.EINVAL:  # It is no link.
            return None
        raise cannot_read(place, error, action="look at") from error


def move_link(source: Place, target: Place, says: str) -> None:
    """Put a link in the place of a file, or of none, and remove the one that was there. What it says may change.

    Raises:
        CannotWrite: the folders or their permissions refuse.
    """
    try:
        with Folder.above(source) as before, Folder.above(target, create=True) as after:
            with suppress(FileNotFoundError):
                after.unlink(target.name)
            os.symlink(says, after.at(target.name), **after.options)
            before.unlink(source.name)
    except OSError as error:
        raise cannot_write(source, error, action="move") from error
