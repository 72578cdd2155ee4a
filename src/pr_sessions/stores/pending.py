"""Events that hooks left for the tracker: JSON Lines, appended under a short lock of their own.

A hook never waits for a save: the tracker holds that lock only to move the file aside. What was moved goes after the
save; until then another tracker finds it, and applying it again changes nothing.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pr_sessions.errors import UnreadableFile
from pr_sessions.sessions.events import AgentEvent, Kind
from pr_sessions.stores.files import MIB, append_bytes, cannot_write, make_folder, move, read_bytes, remove_file
from pr_sessions.stores.lock import locked
from pr_sessions.stores.pending_files import EVENTS, waiting_files

LARGEST = 64 * MIB
# What is put aside for want of sense is for people to look at, not to grow.
LARGEST_ASIDE = MIB
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
_Text = Annotated[str, Meta(max_length=300)]


class Waiting(Struct, frozen=True, kw_only=True):
    """One event as it waits.

    Attributes:
        event: what the rules see of it, but for the number.
        url: of the pull request that was opened.
    """

    event: AgentEvent
    url: str = ""


class Batch(Struct, frozen=True):
    """The events of one file.

    Attributes:
        unreadable: lines that are none.
        is_none: whether the file is too large, or no file of ours at all.
    """

    path: Path
    events: tuple[Waiting, ...] = ()
    unreadable: tuple[bytes, ...] = ()
    is_none: bool = False


class _Record(Struct, frozen=True):
    """A line, as `agents/delivery.py` writes it."""

    v: Literal[1]
    at: datetime
    host: Annotated[str, Meta(max_length=30, pattern="^[a-z0-9-]+$")]
    run: Annotated[str, Meta(min_length=1, max_length=200)]
    event: Kind
    root: Annotated[str, Meta(min_length=1, max_length=4096)]
    url: _Text = ""
    branch: _Text = ""
    how: _Text = ""


def look(folder: Path) -> tuple[Batch, ...]:
    """Everything that waits. Waits for nobody and changes nothing."""
    return tuple(map(_read, waiting_files(folder)))


def take(folder: Path) -> tuple[Batch, ...]:
    """Everything that waits, moved aside so that hooks go on in a new file. The caller holds the document's lock."""
    current = folder / EVENTS
    with locked(folder / "lock"):
        if current.exists():
            _move(current, folder / f"taken-{time.time_ns():020}.jsonl")
    return tuple(_read(path) for path in waiting_files(folder) if path != current)


def finish(batches: Sequence[Batch], aside: Path) -> None:
    """What was taken is saved now, and goes; lines without sense are put aside.

    Args:
        batches: as they were taken.
        aside: a folder.
    """
    for batch in batches:
        if batch.is_none:
            make_folder(aside)
            _move(batch.path, aside / batch.path.name)
            continue
        if batch.unreadable:
            _put_aside(aside / EVENTS, b"".join(line + b"\n" for line in batch.unreadable))
        remove_file(batch.path)


def _read(path: Path) -> Batch:
    try:
        lines = (read_bytes(path, LARGEST) or b"").split(b"\n")
    except UnreadableFile:
        return Batch(path, is_none=True)
    decoder = msgspec.json.Decoder(_Record)
    events: list[Waiting] = []
    unreadable: list[bytes] = []
    for line in filter(None, map(bytes.strip, lines)):
        try:
            events.append(_waiting(decoder.decode(line)))
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
            unreadable.append(line[:4096])
    return Batch(path, tuple(events), tuple(unreadable))


def _waiting(record: _Record) -> Waiting:
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
    return Waiting(event=event, url=record.url)


def _put_aside(path: Path, data: bytes) -> None:
    if not path.exists() or path.stat().st_size + len(data) <= LARGEST_ASIDE:
        append_bytes(path, data)


def _move(path: Path, target: Path) -> None:
    try:
        move(path, target)
    except OSError as error:
        raise cannot_write(path, error, action="move") from error
