"""What a hook leaves behind: its event among those that wait, the marker slid, the tracker started where it matters."""

import os
import time

from pr_sessions import file_lock
from pr_sessions.agents.payload import quoted
from pr_sessions.agents.sliding import slide
from pr_sessions.agents.times import time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pr_sessions.agents.hosts import Told
    from pr_sessions.agents.places import Clone

EVENTS = "events.jsonl"
LOCK = "lock"
LOG = "hook.log"
# From here on the tracker is asked to take them in; far beyond it, what only shows activity is left to the marker.
MANY = 1024 * 1024
TOO_MANY = 32 * 1024 * 1024
PATIENCE = 0.5  # seconds for the lock
QUIET = 10_000_000_000  # nanoseconds between two starts of the tracker that nothing new asks for

_NEWS = ("start", "end", "opened", "contributed")
_BINARY = getattr(os, "O_BINARY", 0)


def deliver(clone: "Clone", told: "Told", now: int, environ: "Mapping[str, str]") -> None:
    """Keeps one event of one agent.

    Args:
        clone: where it worked.
        told: what is kept of it.
        now: nanoseconds since 1970.
        environ: of this process.
    """
    pending = os.path.join(clone.state, "pending")
    if not os.path.isdir(pending):
        os.makedirs(pending, exist_ok=True)
    record = {"at": time_text(now), **told, "root": clone.root}
    line = f'{{"v":1,{",".join(f"{quoted(key)}:{quoted(value)}" for key, value in record.items())}}}\n'.encode()
    descriptor = _locked(os.path.join(pending, LOCK))
    if descriptor is None:
        # Whoever holds it was stopped: a file of its own needs no lock.
        _write_new(os.path.join(pending, f"late-{now}-{os.getpid()}.jsonl"), line)
        log(clone, "the lock of pending/ is held for long; the event is kept in a file of its own")
        return
    try:
        asks = _keep(clone, os.path.join(pending, EVENTS), line, told["event"], now)
        starts = asks and (told["event"] in _NEWS or _is_quiet(os.path.join(pending, "asked"), now))
    finally:
        file_lock.free(descriptor)
        os.close(descriptor)
    if starts:
        from pr_sessions.agents.detached import start_tracker

        start_tracker(clone, environ)


def log(clone: "Clone", what: str) -> None:
    """One line about what went wrong; never a payload's words."""
    from pr_sessions import event_log

    event_log.write(os.path.join(clone.state, LOG), what)


def _keep(clone: "Clone", path: str, line: bytes, event: str, now: int) -> bool:
    """Under the lock; tells whether the tracker is wanted."""
    size = _append(path, line, is_news=event in _NEWS)
    # An end is a hint: it may come hours after the last work.
    return event == "end" or not slide(clone, now) or event in _NEWS or size > MANY


def _append(path: str, line: bytes, *, is_news: bool) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o666)
    try:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        if size > TOO_MANY and not is_news:
            return size
        if size:
            # A line that a full disk or a kill cut must not swallow this one.
            os.lseek(descriptor, -1, os.SEEK_END)
            line = line if os.read(descriptor, 1) == b"\n" else b"\n" + line
        while line:
            line = line[os.write(descriptor, line) :]
        return size
    finally:
        os.close(descriptor)


def _locked(path: str) -> int | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o666)
        try:
            if file_lock.take(descriptor) and file_lock.is_there(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.001)


def _write_new(path: str, data: bytes) -> None:
    temporary = os.path.join(os.path.dirname(path), f".late.{os.getpid()}-{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
    os.replace(temporary, path)


def _is_quiet(path: str, now: int) -> bool:
    """Whether the tracker was not asked for a while; it is now."""
    try:
        if 0 <= now - os.stat(path).st_mtime_ns < QUIET:
            return False
        os.utime(path)
    except FileNotFoundError:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666))
    return True
