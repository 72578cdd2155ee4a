"""Events that hooks left for the tracker: JSON Lines, appended under a short lock of their own.

A hook never waits for a save: the tracker holds that lock only to move the file aside. What was moved goes after the
save; until then another tracker finds it, and applying it again changes nothing.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pr_sessions.core.hook_events import AgentEvent, Kind
from pr_sessions.core.json_text import decode
from pr_sessions.errors import UnreadableFile
from pr_sessions.git.repository import EVENTS, waiting_files
from pr_sessions.io.files import (
    MIB,
    append_bytes,
    cannot_write,
    exists,
    make_folder,
    move_file,
    read_bytes,
    remove_file,
    status,
)
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place

LARGEST = 64 * MIB
# What is put aside for want of sense is for people to look at, not to grow.
LARGEST_ASIDE = MIB
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
_Text = Annotated[str, Meta(max_length=300)]


class QueuedEvent(Struct, frozen=True, kw_only=True):
    """One event in the queue.

    Attributes:
        event: what the rules see of it, but for the number.
        url: of the pull request that was opened or worked on, or may have been opened.
    """

    event: AgentEvent
    url: str = ""


class Batch(Struct, frozen=True):
    """The events of one file.

    Attributes:
        unreadable: lines that are none.
        is_none: whether the file is too large, or no file of ours at all.
    """

    path: Place
    events: tuple[QueuedEvent, ...] = ()
    unreadable: tuple[bytes, ...] = ()
    is_none: bool = False


class _Record(Struct, frozen=True):
    """A line, as `hooks/deliver.py` writes it."""

    v: Literal[1]
    at: datetime
    host: Annotated[str, Meta(max_length=30, pattern="^[a-z0-9-]+$")]
    run: Annotated[str, Meta(min_length=1, max_length=200)]
    event: Kind
    root: Annotated[str, Meta(min_length=1, max_length=4096)]
    url: _Text = ""
    branch: _Text = ""
    how: _Text = ""


def peek(folder: Place) -> tuple[Batch, ...]:
    """Return everything that is queued. Wait for no hook, and change nothing."""
    return tuple(map(_read, waiting_files(folder)))


def claim(folder: Place) -> tuple[Batch, ...]:
    """Return everything that is queued, moved aside so that hooks go on in a new file.

    The caller holds the lock of the sessions.
    """
    current = folder / EVENTS
    with locked(folder / "lock"):
        if exists(current):
            _move(current, folder / f"taken-{time.time_ns():020}.jsonl")
    return tuple(_read(path) for path in waiting_files(folder) if path != current)


def add_opened(folder: Place, record: dict[str, object]) -> None:
    """Queue one event as a hook does: a pull request that a forge says was opened."""
    with locked(folder / "lock"):
        append_bytes(folder / EVENTS, msgspec.json.encode(record) + b"\n", on_new_line=True)


def ack(batches: Sequence[Batch], aside: Place) -> None:
    """Remove claimed events, whose sessions are stored; put lines that make no sense aside.

    Args:
        batches: as they were claimed.
        aside: a folder.
    """
    for batch in batches:
        if batch.is_none:
            make_folder(aside)
            _move(batch.path, aside / batch.path.name)
            continue
        if batch.unreadable:
            data = b"".join(line + b"\n" for line in batch.unreadable)
            known = status(aside / EVENTS)
            if known is None or known.st_size + len(data) <= LARGEST_ASIDE:
                append_bytes(aside / EVENTS, data)
        remove_file(batch.path)


def _read(path: Place) -> Batch:
    try:
        lines = (read_bytes(path, LARGEST) or b"").split(b"\n")
    except UnreadableFile:
        return Batch(path, is_none=True)
    events: list[QueuedEvent] = []
    unreadable: list[bytes] = []
    for line in filter(None, map(bytes.strip, lines)):
        try:
            events.append(_waiting(decode(line, _Record)))
        except (msgspec.DecodeError, OverflowError):
            unreadable.append(line[:4096])
    return Batch(path, tuple(events), tuple(unreadable))


def _waiting(record: _Record) -> QueuedEvent:
    if record.at.tzinfo is None or not _FIRST <= record.at <= _LAST or "\0" in record.root:
        raise msgspec.ValidationError("no time of ours")
    event = AgentEvent(
        at=record.at.astimezone(UTC),
        host=record.host,
        run=record.run,
        kind=record.event,
        root=record.root,
        branch=record.branch,
        how=record.how,
    )
    return QueuedEvent(event=event, url=record.url)


def _move(path: Place, target: Place) -> None:
    try:
        move_file(path, target)
    except OSError as error:
        raise cannot_write(path, error, action="move") from error
