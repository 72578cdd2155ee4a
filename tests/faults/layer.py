"""Every system call by which a program changes files below a folder: recorded, and made to fail on demand."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from msgspec import Struct

# What the model of a disk understands.
KNOWN = ("open", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "fchmod", "ftruncate")
# Other ways to change a file. No operation uses one; whoever comes to do so has to teach it to the model first.
UNKNOWN = (
    *("rename", "renames", "remove", "removedirs", "makedirs", "link", "symlink", "chmod", "chown", "fchown", "utime"),
    *("truncate", "pwrite", "pwritev", "writev", "sendfile", "copy_file_range", "splice", "posix_fallocate", "mknod"),
    *("mkfifo", "fdopen", "setxattr", "removexattr", "fdatasync", "sync"),
)
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Call(Struct, frozen=True):
    """One system call.

    Attributes:
        path: below the folder that is watched.
        other: the target of `replace`.
        data: of `write`.
        position: where `write` writes, and the length that `ftruncate` leaves.
    """

    name: str
    path: str
    other: str = ""
    data: bytes = b""
    position: int = 0


class Layer:
    """Stands between the program and `os` while its block runs. Only what happens below the folder counts.

    Args:
        root: the folder.
        fails: the error for the call of that number, counted from 1; with 0 it passes.
    """

    def __init__(self, root: Path, fails: Callable[[int], int] = lambda _: 0) -> None:
        self.root = os.path.realpath(root)
        self.calls: list[Call] = []
        self._fails = fails
        self._paths: dict[int, str] = {}
        self._positions: dict[int, int] = {}
        self._patch = pytest.MonkeyPatch()
        self._os = {name: getattr(os, name) for name in (*KNOWN, *UNKNOWN, "close", "lseek") if hasattr(os, name)}
        self._io_open = io.open

    def __enter__(self) -> Self:
        for name in (*KNOWN, "close", "lseek"):
            self._patch.setattr(os, name, getattr(self, name))
        for name in UNKNOWN:
            if name in self._os:
                self._patch.setattr(os, name, self._refusing(name))
        self._patch.setattr(io, "open", self._reading)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def open(self, path: Any, flags: int, *more: Any, **options: Any) -> int:
        place = self._below(path, options.get("dir_fd"))
        if place is not None and flags & CHANGING:
            assert not flags & (os.O_TRUNC | os.O_APPEND), f"the model does not know these flags: {place}"
            self._note(Call("open", place))
        descriptor: int = self._os["open"](path, flags, *more, **options)
        if place is not None:
            self._paths[descriptor], self._positions[descriptor] = place, 0
        return descriptor

    def close(self, descriptor: int) -> None:
        self._paths.pop(descriptor, None)
        self._os["close"](descriptor)

    def lseek(self, descriptor: int, position: int, how: int) -> int:
        self._positions[descriptor] = self._os["lseek"](descriptor, position, how)
        return self._positions[descriptor]

    def write(self, descriptor: int, data: Any) -> int:
        if descriptor in self._paths:
            at = self._positions[descriptor]
            self._note(Call("write", self._paths[descriptor], data=bytes(data), position=at))
        count: int = self._os["write"](descriptor, data)
        self._positions[descriptor] = self._positions.get(descriptor, 0) + count
        return count

    def fsync(self, descriptor: int) -> None:
        # Recorded, not carried out: no power is cut here, and the disk is slow.
        assert descriptor in self._paths
        self._note(Call("fsync", self._paths[descriptor]))

    def fchmod(self, descriptor: int, mode: int) -> None:
        assert descriptor in self._paths
        self._note(Call("fchmod", self._paths[descriptor]))
        self._os["fchmod"](descriptor, mode)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._note(Call("ftruncate", self._paths[descriptor], position=length))
        self._os["ftruncate"](descriptor, length)

    def replace(self, source: Any, target: Any, **options: Any) -> None:
        before = self._inside(source, options.get("src_dir_fd"))
        self._note(Call("replace", before, self._inside(target, options.get("dst_dir_fd"))))
        self._os["replace"](source, target, **options)

    def unlink(self, path: Any, **options: Any) -> None:
        self._note(Call("unlink", self._inside(path, options.get("dir_fd"))))
        self._os["unlink"](path, **options)

    def mkdir(self, path: Any, mode: int = 0o777, **options: Any) -> None:
        self._note(Call("mkdir", self._inside(path, options.get("dir_fd"))))
        self._os["mkdir"](path, mode, **options)

    def rmdir(self, path: Any, **options: Any) -> None:
        self._note(Call("rmdir", self._inside(path, options.get("dir_fd"))))
        self._os["rmdir"](path, **options)

    def _note(self, call: Call) -> None:
        self.calls.append(call)
        if number := self._fails(len(self.calls)):
            raise OSError(number, os.strerror(number))

    def _below(self, path: Any, folder: int | None = None) -> str | None:
        """A path from the folder that is watched; its descriptor says where a name is that counts from an open one."""
        if folder is None:
            text = str(Path.cwd() / os.fsdecode(path))
            return os.path.relpath(text, self.root) if text.startswith(self.root) else None
        above = self._paths.get(folder)
        return None if above is None else os.path.normpath(Path(above, os.fsdecode(path)))

    def _inside(self, path: Any, folder: int | None = None) -> str:
        place = self._below(path, folder)
        assert place is not None, f"a change outside of what is watched: {path}"
        return place

    def _refusing(self, name: str) -> Callable[..., Any]:
        def refuse(*arguments: Any, **_: Any) -> Any:
            raise AssertionError(f"the model does not know os.{name}{arguments}")

        return refuse

    def _reading(self, path: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        inside = not isinstance(path, int) and self._below(path) is not None
        assert not inside or not set(mode) & set("wax+"), f"the model does not see what is written to {path}"
        return self._io_open(path, mode, *more, **options)
