"""The marker of a working tree after an event, as the tracker would write it: times are compared as text."""

import os

from pr_sessions.agents.payload import Payload, parse, quoted
from pr_sessions.agents.places import Clone, content
from pr_sessions.agents.times import time_text

MARKER = os.path.join(".cursor", ".session_id")
CONFIG = os.path.join(".cursor", "config", "session_config.yaml")
TIMEOUT = 1800 * 1_000_000_000
SKEW = 300 * 1_000_000_000
_LIMIT = 64 * 1024
_FORMAT = 1
_BINARY = getattr(os, "O_BINARY", 0)
_UNITS = {"D": 86400, "H": 3600, "M": 60, "S": 1}


def slide(clone: Clone, now: int) -> bool:
    """Slides the marker if it is good; the caller holds the lock of everyone who writes it. Tells whether it was."""
    path = os.path.realpath(os.path.join(clone.root, MARKER))
    marker = parse((content(path, _LIMIT) or b"").decode("utf-8", "replace"))
    timeout = _timeout(clone) if marker else None
    if marker is None or timeout is None or not _is_good(marker, now, timeout):
        return False
    _replace(path, _written({**marker, "last_updated": time_text(now)}))
    return True


def _is_good(marker: Payload, now: int, timeout: int) -> bool:
    last, created = marker.get("last_updated"), marker.get("created")
    return (
        isinstance(marker.get("session_id"), str)
        and isinstance(marker.get("author"), str)
        and _is_ours(created)
        and _is_ours(last)
        and time_text(now - timeout)[:-1] <= str(last)[:-1] <= time_text(now + SKEW)[:-1]
    )


def _is_ours(text: object) -> bool:
    """`2025-11-22T10:00:00.123456Z`; any other spelling is the tracker's to read."""
    if not isinstance(text, str) or not text.endswith("Z") or not 20 <= len(text) <= 27:
        return False
    shape = "".join("0" if c in "0123456789" else c for c in text[:-1])
    return shape[:19] == "0000-00-00T00:00:00" and (len(shape) == 19 or (shape[19] == "." and set(shape[20:]) == {"0"}))


def _timeout(clone: Clone) -> int | None:
    """Nanoseconds; `None` where the configuration has changed since the tracker looked."""
    try:
        facts = os.stat(os.path.join(clone.root, CONFIG))
    except OSError:
        return TIMEOUT
    worktree = "" if clone.git_dir == clone.common else f"-{os.path.basename(clone.git_dir)}"
    kept = parse((content(os.path.join(clone.state, f"policy{worktree}.json")) or b"").decode("utf-8", "replace")) or {}
    parts = (_FORMAT, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_dev, facts.st_ino)
    policy = kept.get("policy")
    if kept.get("stamp") != " ".join(map(str, parts)) or not isinstance(policy, dict):
        return None
    return _duration(policy.get("timeout"))


def _duration(text: object) -> int | None:
    """`P1DT1800.5S` in nanoseconds."""
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


def _written(marker: Payload) -> bytes:
    fields = ",\n".join(
        f'  "{key}": {quoted(marker[key])}' for key in ("session_id", "author", "created", "last_updated")
    )
    return f"{{\n{fields}\n}}\n".encode()


def _replace(path: str, data: bytes) -> None:
    """Beside it, then in its place; nothing waits for the disk, since activity is also among the events."""
    temporary = os.path.join(
        os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}-{os.urandom(8).hex()}.tmp"
    )
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, os.stat(path).st_mode & 0o777)
    try:
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
