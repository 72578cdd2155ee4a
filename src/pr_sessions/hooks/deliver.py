"""What a hook leaves: its event in the queue, the marker's new time, and the tracker, started where it matters."""

import os
import time

from pr_sessions.hooks.marker import time_text, touch
from pr_sessions.hooks.payload import quoted
from pr_sessions.io import file_lock
from pr_sessions.io.folder import Folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pr_sessions.hooks.host import HookEvent
    from pr_sessions.io.gitdir import Clone

EVENTS = "events.jsonl"
LOCK = "lock"
LOG = "hook.log"
# A longer queue starts the tracker; beyond the second limit, mere activity is left to the marker.
LONG = 1024 * 1024
TOO_LONG = 32 * 1024 * 1024
TIMEOUT = 0.5  # seconds for the lock
# Keeps a hook from starting the tracker; every command drains the queue as well.
NO_TRACKER = "PR_SESSIONS_NO_TRACKER"
INTERVAL = 10_000_000_000  # nanoseconds between two starts of the tracker, unless an event is news

ASKS = "ask-forge"
ASK_INTERVAL = 60_000_000_000  # nanoseconds between two starts of the tracker to ask the forge

_NEWS = ("start", "end", "opened", "contributed", "possible")


def deliver(clone: "Clone", events: "Sequence[HookEvent]", now: int, environ: "Mapping[str, str]") -> None:
    """Store the events of one agent at one moment.

    Args:
        clone: where it worked.
        events: what is kept of them; at least one.
        now: nanoseconds since 1970.
        environ: of this process.
    """
    line = b"".join(_line({"at": time_text(now), **event, "root": clone.root}) for event in events)
    # One tool's use that proves several things proves news only.
    kind = events[0]["event"]
    with Folder(clone.state / "pending", create=True) as pending:
        descriptor = _lock(pending, clone.state.bits)
        if descriptor is None:
            # Its holder was stopped. A separate file needs no lock.
            _write_new(pending, f"late-{now}-{os.getpid()}.jsonl", line, clone.state.bits)
            log(clone, "the lock of pending/ is held for long; the event is kept in a separate file")
            return
        try:
            size = _append(pending, line, clone.state.bits, is_news=kind in _NEWS)
            # The end of a session may be reported hours after the last work, so it does not touch the marker.
            wanted = kind == "end" or not touch(clone, now) or kind in _NEWS or size > LONG
            if wanted and kind not in _NEWS:
                # Activity alone starts the tracker only now and then.
                last = pending.status("asked")
                wanted = not (last and 0 <= now - last.st_mtime_ns < INTERVAL)
                if wanted:
                    pending.touch("asked", clone.state.bits)
            wanted = asks_now(pending, now, clone.state.bits) or wanted
        finally:
            file_lock.free(descriptor)
            os.close(descriptor)
    if wanted and environ.get(NO_TRACKER) != "1":
        from pr_sessions.hooks.detach import start_tracker

        start_tracker(clone, environ)


def asks_now(pending: Folder, now: int, bits: int | None) -> bool:
    """Tell whether the tracker is to ask the forge again, and note that it is.

    The tracker keeps the file where the configuration says `hooks.ask_forge: true`.
    """
    last = pending.status(ASKS)
    if last is None or 0 <= now - last.st_mtime_ns < ASK_INTERVAL:
        return False
    pending.touch(ASKS, bits)
    return True


def _line(record: "HookEvent") -> bytes:
    return f'{{"v":1,{",".join(f"{quoted(key)}:{quoted(value)}" for key, value in record.items())}}}\n'.encode()


def log(clone: "Clone", text: str) -> None:
    """Add one line about what went wrong; it must not quote a payload."""
    from pr_sessions.io import hook_log

    hook_log.write(clone.state / LOG, text)


def _append(pending: Folder, line: bytes, bits: int | None, *, is_news: bool) -> int:
    """Append the line; return the size of the queue before."""
    descriptor = pending.open(EVENTS, os.O_RDWR | os.O_CREAT, bits)
    try:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        if size > TOO_LONG and not is_news:
            return size
        if size:
            # A line that a full disk or a kill truncated must not swallow this one.
            os.lseek(descriptor, -1, os.SEEK_END)
            line = line if os.read(descriptor, 1) == b"\n" else b"\n" + line
        while line:
            line = line[os.write(descriptor, line) :]
        return size
    finally:
        os.close(descriptor)


def _lock(pending: Folder, bits: int | None) -> int | None:
    deadline = time.monotonic() + TIMEOUT
    while (descriptor := file_lock.open_and_take(pending, LOCK, bits)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.001)
    return descriptor


def _write_new(pending: Folder, name: str, data: bytes, bits: int | None) -> None:
    temporary = f".late.{os.getpid()}-{os.urandom(8).hex()}.tmp"
    descriptor = pending.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, bits)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
    pending.rename(temporary, name)
