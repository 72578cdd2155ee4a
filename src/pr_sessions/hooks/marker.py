"""The marker of a working tree, written by a hook as the tracker would write it. Times are compared as text."""

import os
import time

from pr_sessions.hooks.payload import Payload, parse, quoted
from pr_sessions.io.folder import Folder, content, read_up_to, status
from pr_sessions.io.gitdir import Clone
from pr_sessions.io.places import Place

FOLDER = ".cursor"
MARKER = ".session_id"
CONFIG = f"{FOLDER}/config/session_config.yaml"
TIMEOUT = 1800 * 1_000_000_000
SKEW = 300 * 1_000_000_000
# `FORMAT` of `config/cache.py`, which a hook cannot import.
CACHE_FORMAT = 2
_LIMIT = 64 * 1024
_CACHE_LIMIT = 1024 * 1024
_UNITS = {"D": 86400, "H": 3600, "M": 60, "S": 1}


def time_text(moment: int) -> str:
    """Return nanoseconds since 1970 as ISO 8601 in UTC, with microseconds; `datetime` takes too long to import."""
    seconds, rest = divmod(moment, 1_000_000_000)
    y, mo, d, h, mi, s, *_ = time.gmtime(seconds)
    return f"{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{rest // 1000:06}Z"


def touch(clone: Clone, now: int) -> bool:
    """Set the marker's last activity to now, unless it has expired; return whether it was good.

    The caller holds the lock of everyone who writes the marker.

    Raises:
        OSError: as the system says; `LinkInPath` where a link is on its path.
    """
    try:
        folder = Folder(Place(clone.root, FOLDER))
    except (FileNotFoundError, NotADirectoryError):
        return False
    with folder:
        marker = _read(folder)
        timeout = _timeout(clone) if marker else None
        if marker is None or timeout is None or not _is_good(marker, now, timeout):
            return False
        marker = {**marker, "last_updated": time_text(now)}
        names = ("session_id", "author", "created", "last_updated")
        fields = ",\n".join(f'  "{name}": {quoted(marker[name])}' for name in names)
        _replace(folder, f"{{\n{fields}\n}}\n".encode())
    return True


def _read(folder: Folder) -> Payload | None:
    try:
        descriptor = folder.open(MARKER, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return parse(read_up_to(descriptor, _LIMIT).decode("utf-8", "replace"))
    finally:
        os.close(descriptor)


def _is_good(marker: Payload, now: int, timeout: int) -> bool:
    last, created = marker.get("last_updated"), marker.get("created")
    return (
        isinstance(marker.get("session_id"), str)
        and isinstance(marker.get("author"), str)
        and _is_in_our_format(created)
        and _is_in_our_format(last)
        and time_text(now - timeout)[:-1] <= str(last)[:-1] <= time_text(now + SKEW)[:-1]
    )


def _is_in_our_format(text: object) -> bool:
    """Recognise `2025-11-22T10:00:00.123456Z`; the tracker reads every other spelling."""
    if not isinstance(text, str) or not text.endswith("Z") or not 20 <= len(text) <= 27:
        return False
    shape = "".join("0" if c in "0123456789" else c for c in text[:-1])
    return shape[:19] == "0000-00-00T00:00:00" and (len(shape) == 19 or (shape[19] == "." and set(shape[20:]) == {"0"}))


def _timeout(clone: Clone) -> int | None:
    """Return nanoseconds; `None` where the configuration has changed since the tracker read it."""
    record = status(Place(clone.root, CONFIG))
    if record is None:
        return TIMEOUT
    worktree = "" if clone.git_dir == clone.common else f"-{os.path.basename(clone.git_dir)}"
    data = content(clone.state / f"policy{worktree}.json", _CACHE_LIMIT) or b""
    cache = parse(data.decode("utf-8", "replace")) or {}
    parts = (CACHE_FORMAT, record.st_mtime_ns, record.st_ctime_ns, record.st_size, record.st_dev, record.st_ino)
    policy = cache.get("policy")
    if cache.get("stamp") != " ".join(map(str, parts)) or not isinstance(policy, dict):
        return None
    return _duration(policy.get("timeout"))


def _duration(text: object) -> int | None:
    """Return a duration such as `P1DT1800.5S` in nanoseconds."""
    if not isinstance(text, str) or not text.startswith("P"):
        return None
    total, number = 0.0, ""
    for c in text[1:].replace("T", ""):
        if c in _UNITS and number:
            total, number = total + float(number) * _UNITS[c], ""
        elif c in "0123456789.":
            number += c
        else:
            return None
    return int(total * 1_000_000_000)


def _replace(folder: Folder, data: bytes) -> None:
    """Write a temporary file and rename it, without waiting for the disk: the activity is also among the events."""
    record = folder.status(MARKER)
    temporary = f".{MARKER}.{os.getpid()}-{os.urandom(8).hex()}.tmp"
    mode = record.st_mode & 0o777 if record else None
    descriptor = folder.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
        folder.rename(temporary, MARKER)
    except OSError:
        folder.unlink(temporary)
        raise
