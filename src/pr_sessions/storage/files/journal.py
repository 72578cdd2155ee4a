"""The audit log as a file: JSON Lines, append-only, bounded; one older generation is kept."""

import os
from typing import Any

import msgspec

from pr_sessions.core.json_text import decode
from pr_sessions.core.times import read_time, write_time
from pr_sessions.errors import InvalidValue
from pr_sessions.io.files import MIB, append_bytes, cannot_write, move_file, read_bytes
from pr_sessions.io.folder import status
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog

LARGEST = MIB
# The file grows beyond its bound by one line at most.
_READABLE = 4 * MIB


def older(path: Place) -> Place:
    """Return where the older generation is."""
    return path.with_name(f"{path.name}.1")


def append(path: Place, entry: AuditEntry) -> None:
    """Append one entry, on the disk when this returns. The caller holds the document's lock.

    Raises:
        CannotWrite: the disk, the folder or its permissions refuse.
    """
    record = {
        "id": entry.id or os.urandom(6).hex(),
        "at": write_time(entry.at),
        "by": entry.by,
        "what": entry.operation,
        "why": entry.reason,
        **entry.details,
    }
    try:
        known = status(path)
        if known and known.st_size >= LARGEST:
            move_file(path, older(path))
    except OSError as error:
        raise cannot_write(path, error) from error
    append_bytes(path, msgspec.json.encode(record) + b"\n", on_new_line=True)


def read(path: Place) -> AuditLog:
    """Return the log; lines that a crash cut are counted and left out.

    Raises:
        UnreadableFile: the file exists and may not be read.
    """
    lines = [line for file in (older(path), path) for line in (read_bytes(file, _READABLE) or b"").split(b"\n")]
    entries = [_entry(line) for line in lines if line.strip()]
    readable = tuple(entry for entry in entries if entry)
    return AuditLog(readable, len(entries) - len(readable))


def _entry(line: bytes) -> AuditEntry | None:
    try:
        record = decode(line, dict[str, Any])
        texts = [record.pop(key) for key in ("id", "at", "by", "what", "why")]
        if not all(type(text) is str for text in texts):
            return None
        entry_id, at, by, what, why = texts
        moment = read_time(at)
    except (msgspec.DecodeError, KeyError, InvalidValue):
        return None
    return AuditEntry(moment, by, what, why, record, entry_id)
