"""The journal of changes: JSON Lines, append-only, bounded; the file before is kept once.

It says who, when, what and why, in ids and numbers; never a title or a body.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pr_sessions.errors import CannotWrite, InvalidValue
from pr_sessions.sessions.times import read_time, write_time
from pr_sessions.stores.files import MIB, append_bytes, cannot_write, read_bytes

LARGEST = MIB
# The file grows beyond its bound by one line at most.
_READABLE = 4 * MIB


class Change(Struct, frozen=True):
    """One change.

    Attributes:
        id: names it for an `undo`.
        at: when it was made.
        by: who made it.
        what: the operation, such as `link`.
        why: the reason, in a word or two.
        told: what it was about: ids, numbers, counts.
    """

    id: str
    at: datetime
    by: str
    what: str
    why: str
    told: Mapping[str, Any]


class Journal(Struct, frozen=True):
    """Everything that can be read of it.

    Attributes:
        changes: the oldest first.
        unreadable: lines that are none, such as one that a crash cut.
    """

    changes: tuple[Change, ...]
    unreadable: int


def older(path: Path) -> Path:
    """The generation before."""
    return path.with_name(f"{path.name}.1")


def append(path: Path, at: datetime, by: str, what: str, why: str = "", **told: Any) -> None:
    """Adds one change, on the disk when this returns. The caller holds the document's lock.

    Raises:
        CannotWrite: the disk, the folder or its permissions refuse.
    """
    record = {"id": os.urandom(6).hex(), "at": write_time(at), "by": by, "what": what, "why": why, **told}
    try:
        if path.stat().st_size >= LARGEST:
            path.replace(older(path))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise cannot_write(path, error) from error
    append_bytes(path, _end_of_cut_line(path) + msgspec.json.encode(record) + b"\n")


def read(path: Path) -> Journal:
    """The journal; what a crash left half-written is counted and passed over.

    Raises:
        UnreadableFile: the file is there and may not be read.
    """
    found = list(_lines(path))
    changes = tuple(change for change in found if change)
    return Journal(changes, len(found) - len(changes))


def _lines(path: Path) -> Iterator[Change | None]:
    for generation in (older(path), path):
        for line in (read_bytes(generation, _READABLE) or b"").split(b"\n"):
            if line.strip():
                yield _change(line)


def _change(line: bytes) -> Change | None:
    try:
        record = msgspec.json.decode(line, type=dict[str, Any])
        texts = [record.pop(key) for key in ("id", "at", "by", "what", "why")]
        if not all(type(text) is str for text in texts):
            return None
        change_id, at, by, what, why = texts
        return Change(change_id, read_time(at), by, what, why, record)
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError, RecursionError, InvalidValue):
        return None


def _end_of_cut_line(path: Path) -> bytes:
    """What has to stand before the next line so that a half-written one does not swallow it."""
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return b""
            file.seek(-1, os.SEEK_END)
            return b"" if file.read(1) == b"\n" else b"\n"
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise CannotWrite(f"cannot read {path}: {error.strerror or error}") from error
