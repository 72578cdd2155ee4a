"""Files and folders below a root, opened without following a link.

Git restores symbolic links on clone, so a name in a working tree may lead anywhere: to a secret, into `.git`.
Each component is opened from the folder above it (`openat` with `O_NOFOLLOW`), so nothing can be swapped in between.
The hooks of coding agents use this module: it imports little, and raises nothing but `OSError`.
"""

import errno
import os
import stat
import sys
import time

from pr_sessions.io.places import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

_BINARY = getattr(os, "O_BINARY", 0)  # otherwise Windows changes line ends
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its other end
# A folder that may be searched but not listed can still be passed through; other systems than Linux lack the flag.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_HAS_FOLDER_DESCRIPTORS = os.open in os.supports_dir_fd and bool(_NO_FOLLOW)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_WRITING = os.O_WRONLY | os.O_RDWR
_NAME_SURROGATE = 0x20000000
_PIECE = 16 * 1024
_LARGE_PIECE = 16 * 1024 * 1024
# Between tries to rename: on Windows a virus scanner or a reader may hold the file for a moment.
_PAUSES = (*(min(0.2, 0.01 * 2**n) for n in range(9)), None) if os.name == "nt" else (None,)


class LinkInPath(OSError):
    """A component is a symbolic link or, on Windows, another reparse point. `filename` is its path."""


class NotAFile(OSError):
    """A folder, a pipe or a device stands where a file belongs; the message says which."""


class Folder:
    """An open folder: names in it are reached through its descriptor, on Windows through its checked path.

    Raises:
        LinkInPath: a component is a link.
        OSError: as the system says; `FileNotFoundError` where there is no such folder.
    """

    __slots__ = ("_descriptor", "_path", "options")
    _descriptor: int

    def __init__(self, place: Place, *, create: bool = False) -> None:
        self._walk(place, place.below, create=create)

    @classmethod
    def above(cls, place: Place, *, create: bool = False) -> "Folder":
        """Open the folder that holds a place. Above the root there is nothing, so the root's is the root."""
        folder = cls.__new__(cls)
        folder._walk(place, place.below.rpartition("/")[0], create=create)
        return folder

    def at(self, name: str) -> str:
        """The path by which a call with `options` reaches a name in this folder."""
        return name if self.options else os.path.join(self._path, name)

    def full(self, name: str) -> str:
        """The whole path of a name in this folder, for messages."""
        return os.path.join(self._path, name)

    def names(self) -> "list[str]":
        """List the names of everything in it."""
        listable = self.listable()
        try:
            return os.listdir(listable)
        finally:
            if isinstance(listable, int):
                os.close(listable)

    def status(self, name: str) -> "os.stat_result | None":
        """The status of what has that name; `None` if nothing has it.

        Raises:
            LinkInPath: it is a link.
        """
        try:
            info = os.stat(self.at(name), follow_symlinks=False, **self.options)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if is_link(info.st_mode, getattr(info, "st_reparse_tag", 0)):
            raise LinkInPath(errno.ELOOP, "it is a symbolic link", self.full(name))
        return info

    def open(self, name: str, flags: int, bits: int | None = None) -> int:
        """Open a regular file.

        Args:
            name: of the file.
            flags: as for `os.open`.
            bits: permissions that the file has when this returns, if it is opened for writing; `None` leaves those
                of a file that is there, and gives a new one what the umask says.

        Raises:
            LinkInPath: it is a link.
            NotAFile: it is something else.
        """
        if not self.options:
            self.status(name)
        flags |= _NO_FOLLOW | _NO_WAIT | _BINARY
        try:
            descriptor = os.open(self.at(name), flags, 0o666 if bits is None else bits, **self.options)
        except OSError as error:
            self._explain(name, error)
            raise
        try:
            self._check(descriptor, name, bits if flags & _WRITING else None)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def touch(self, name: str, bits: int | None = None) -> None:
        """Set the time of a file's last change to now; create it where it is missing."""
        descriptor = self.open(name, os.O_WRONLY | os.O_CREAT, bits)
        try:
            os.utime(descriptor if os.utime in os.supports_fd else self.at(name))
        finally:
            os.close(descriptor)

    def existing_bits(self, name: str) -> "int | None":
        """Return the permissions of the regular file of that name; `None` where nothing has it.

        Raises:
            OSError: something else has it; `LinkInPath` where that is a link.
        """
        info = self.status(name)
        if info is None:
            return None
        if stat.S_ISDIR(info.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if not stat.S_ISREG(info.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return stat.S_IMODE(info.st_mode) & 0o777

    def write_new(self, name: str, data: bytes, bits: "int | None") -> None:
        """Create a file that is whole and on the disk when this returns."""
        # Each system call stands here by itself, so that tests can cut at every one of them.
        descriptor = self.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, bits)
        try:
            write_and_sync(descriptor, data)
        finally:
            os.close(descriptor)

    def rename(self, name: str, new_name: str, into: "Folder | None" = None) -> None:
        """Rename a file, here or into another folder. What has the new name is replaced; a link itself is."""
        target = into or self
        options = {"src_dir_fd": self._descriptor, "dst_dir_fd": target._descriptor} if self.options else {}
        for pause in _PAUSES:
            try:
                os.replace(self.at(name), target.at(new_name), **options)
            except PermissionError:
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                return

    def unlink(self, name: str) -> None:
        """Remove a file, or a link itself."""
        os.unlink(self.at(name), **self.options)

    def listable(self) -> "int | str":
        """What `os.scandir`, `os.listdir` and `fsync` take; the caller closes a descriptor."""
        if not self.options:
            return self._path
        return os.open(".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0), **self.options)

    def sync(self) -> None:
        """Put the names in it on the disk, as far as the system can."""
        try:
            descriptor = self.listable()
        except PermissionError:
            return  # A folder that may be written but not read cannot be opened for this.
        if isinstance(descriptor, str):
            return  # Windows opens no folders.
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the descriptor."""
        # Forgotten first: an interrupt between the two must not make anybody close it twice.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _walk(self, place: Place, below: str, *, create: bool) -> None:
        """Begin at the root, and step into each folder below."""
        self._path = place.root
        self._descriptor = -1
        self.options: dict[str, Any] = {}
        if _HAS_FOLDER_DESCRIPTORS:
            self._descriptor = os.open(place.root, _FOLDER)
            self.options = {"dir_fd": self._descriptor}
        try:
            for name in below.split("/") if below else ():
                self._enter(name, place.bits, create=create)
        except BaseException:
            self.close()
            raise

    def _enter(self, name: str, bits: int | None, *, create: bool) -> None:
        try:
            self._step(name)
        except FileNotFoundError:
            if not create:
                raise
            self._create(name, bits)
            self._step(name)
        if create and bits is not None and self.options:
            info = os.fstat(self._descriptor)
            if (info.st_mode ^ folder_bits(bits)) & 0o2777 and _may_change(info):
                # The descriptor may be one for passing through only, whose permissions cannot be changed.
                opened = os.open(".", os.O_RDONLY, dir_fd=self._descriptor)
                try:
                    os.fchmod(opened, folder_bits(bits))
                finally:
                    os.close(opened)

    def _step(self, name: str) -> None:
        if not self.options:
            info = self.status(name)
            if info is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.full(name))
            if not stat.S_ISDIR(info.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self.full(name))
        else:
            try:
                descriptor = os.open(name, _FOLDER | _NO_FOLLOW, **self.options)
            except OSError as error:
                self._explain(name, error)
                raise
            above, self._descriptor = self._descriptor, descriptor
            self.options = {"dir_fd": descriptor}
            if above >= 0:
                os.close(above)
        self._path = self.full(name)

    def _create(self, name: str, bits: int | None) -> None:
        try:
            os.mkdir(self.at(name), 0o777 if bits is None else folder_bits(bits) & 0o777, **self.options)
        except FileExistsError:
            return  # Another process was quicker.
        if self.options:
            self.sync()

    def _check(self, descriptor: int, name: str, bits: int | None) -> None:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise _not_a_file(stat.S_IFMT(info.st_mode), self.full(name))
        if bits is not None and info.st_mode & 0o777 != bits and _may_change(info):
            os.fchmod(descriptor, bits)

    def _explain(self, name: str, error: OSError) -> None:
        """Raise the plain reason where a link or a device is behind an error of the system."""
        # A link gives ELOOP, with O_DIRECTORY ENOTDIR, on FreeBSD EMLINK; a socket ENXIO.
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK, errno.ENXIO, errno.EISDIR):
            info = self.status(name)
            if info and not stat.S_ISREG(info.st_mode):
                raise _not_a_file(stat.S_IFMT(info.st_mode), self.full(name)) from error
        error.filename = self.full(name)


def open_file(place: Place, flags: int) -> int:
    """Open a regular file and return its descriptor. Missing folders are not created.

    Raises:
        LinkInPath: a component is a link.
        NotAFile: it is a folder, a pipe or a device.
        OSError: as the system says.
    """
    with Folder.above(place) as folder:
        return folder.open(place.below.rpartition("/")[2], flags, place.bits)


def content(place: Place, limit: int) -> bytes | None:
    """Read the first `limit` bytes of a file; `None` where there is none.

    Raises:
        OSError: as `open_file`.
    """
    try:
        descriptor = open_file(place, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return read_up_to(descriptor, limit)
    finally:
        os.close(descriptor)


def read_up_to(descriptor: int, limit: int) -> bytes:
    """Read a regular file from where it stands, at most `limit` bytes."""
    data = os.read(descriptor, min(limit, _PIECE))
    # A short read is the end of a regular file; most of ours end in the first piece.
    if len(data) < _PIECE:
        return data
    pieces = [data]
    left = limit - len(data)
    while left > 0 and (data := os.read(descriptor, min(left, _LARGE_PIECE))):
        pieces.append(data)
        left -= len(data)
    return b"".join(pieces)


def status(place: Place) -> "os.stat_result | None":
    """Return the status of a file or folder; `None` where there is none.

    Raises:
        LinkInPath: a component is a link.
        OSError: as the system says.
    """
    if not place.below:
        try:
            return os.stat(place.root)
        except (FileNotFoundError, NotADirectoryError):
            return None
    try:
        with Folder.above(place) as folder:
            return folder.status(place.below.rpartition("/")[2])
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_and_sync(descriptor: int, data: bytes) -> None:
    """Write all of it, and put it on the disk."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    if sys.platform == "darwin":
        import fcntl

        # There, fsync stops at the drive's cache; file systems without the stronger call still have fsync.
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError:
            os.fsync(descriptor)
    else:
        os.fsync(descriptor)


def folder_bits(bits: int) -> int:
    """The permissions of a folder for those of its files: who may read may search, and a shared group is inherited."""
    shared = stat.S_ISGID if bits & 0o070 else 0
    return 0o700 | bits | (bits >> 2 & 0o011) | shared


def _may_change(info: os.stat_result) -> bool:
    return os.name != "nt" and info.st_uid == os.geteuid()


def is_link(mode: int, reparse_tag: int) -> bool:
    """Tell whether a path leads elsewhere, from its mode and, on Windows, its reparse tag.

    Junctions are no links by their mode. Placeholders of cloud storage have a tag and lead nowhere else.
    https://learn.microsoft.com/windows/win32/api/winnt/nf-winnt-isreparsetagnamesurrogate
    """
    return stat.S_ISLNK(mode) or bool(reparse_tag & _NAME_SURROGATE)


def _not_a_file(kind: int, path: str) -> OSError:
    if kind == stat.S_IFDIR:
        return NotAFile(errno.EISDIR, "it is a folder", path)
    return NotAFile(errno.EINVAL, f"it is {_KINDS.get(kind, 'not a file')}, not a file", path)
