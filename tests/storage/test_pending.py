"""Events that wait: taken whole, gone after the save, and never in anybody's way."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pr_sessions.core.hook_events import AgentEvent, Kind
from pr_sessions.git.repository import EVENTS
from pr_sessions.io.places import Place
from pr_sessions.storage.files.event_queue import LARGEST, Batch, QueuedEvent, ack, claim, peek
from scene import on_disk

AT = "2025-11-22T10:00:00.000001Z"
RECORD = {"v": 1, "at": AT, "host": "cursor", "run": "r1", "event": "activity", "root": "/w"}
EVENT = QueuedEvent(
    event=AgentEvent(
        at=datetime(2025, 11, 22, 10, 0, 0, 1, UTC), host="cursor", run="r1", kind=Kind.ACTIVITY, root="/w"
    )
)


def line(**more: Any) -> bytes:
    return json.dumps({**RECORD, **more}).encode() + b"\n"


@pytest.fixture
def folder(tmp_path: Path) -> Place:
    (tmp_path / "pending").mkdir()
    return Place(tmp_path, "pending")


def test_what_waits_is_taken_and_gone_after_the_save(folder: Place, tmp_path: Path) -> None:
    on_disk(folder / EVENTS).write_bytes(line() + line(turn="2", tool="3", more="unknown"))
    taken = claim(folder)
    assert [batch.events for batch in taken] == [(EVENT, EVENT)]
    assert not on_disk(folder / EVENTS).exists()
    assert peek(folder) == taken
    ack(taken, Place(tmp_path, "aside"))
    assert peek(folder) == claim(folder) == ()
    assert not (tmp_path / "aside").exists()


def test_what_another_took_and_did_not_save_comes_first(folder: Place) -> None:
    on_disk(folder / EVENTS).write_bytes(line(run="1"))
    claim(folder)
    on_disk(folder / EVENTS).write_bytes(line(run="2"))
    on_disk(folder / "late-0001-7.jsonl").write_bytes(line(run="0"))
    assert [[w.event.run for w in batch.events] for batch in claim(folder)] == [["0"], ["1"], ["2"]]


def test_a_reader_sees_what_waits_and_changes_nothing(folder: Place) -> None:
    on_disk(folder / EVENTS).write_bytes(line())
    assert peek(folder) == (Batch(folder / EVENTS, (EVENT,)),)
    assert [path.name for path in on_disk(folder).iterdir()] == [EVENTS]


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[]",
        b"\xff",
        b'"x"',
        line(v=2).strip(),
        line(at="2025-11-22T10:00:00").strip(),
        line(at="1000-01-01T00:00:00Z").strip(),
        line(at=5).strip(),
        line(event="dance").strip(),
        line(host="A b").strip(),
        line(run="").strip(),
        line(run="x" * 201).strip(),
        line(root="").strip(),
        line(root="a\0b").strip(),
        line(url="x" * 301).strip(),
        b"[" * 100_000,
    ],
)
def test_a_line_without_sense_is_put_aside_and_blocks_nobody(folder: Place, tmp_path: Path, bad: bytes) -> None:
    on_disk(folder / EVENTS).write_bytes(line() + bad + b"\n" + line())
    taken = claim(folder)
    assert taken[0].events == (EVENT, EVENT)
    ack(taken, Place(tmp_path, "aside"))
    assert (tmp_path / "aside" / EVENTS).read_bytes() == bad[:4096] + b"\n"
    assert peek(folder) == ()


def test_a_line_that_was_cut_loses_only_itself(folder: Place) -> None:
    on_disk(folder / EVENTS).write_bytes(line() + line()[:20] + b"\n" + line() + line()[:-1])
    assert claim(folder)[0].events == (EVENT, EVENT, EVENT)


def test_a_file_that_is_too_large_is_put_aside_whole(folder: Place, tmp_path: Path) -> None:
    with on_disk(folder / EVENTS).open("wb") as file:
        file.truncate(LARGEST + 1)
    taken = claim(folder)
    ack(taken, Place(tmp_path, "aside"))
    assert peek(folder) == ()
    assert [path.stat().st_size for path in (tmp_path / "aside").iterdir()] == [LARGEST + 1]


def test_what_is_put_aside_does_not_grow_for_ever(folder: Place, tmp_path: Path) -> None:
    for _ in range(400):
        on_disk(folder / EVENTS).write_bytes(b"x" * 5000)
        ack(claim(folder), Place(tmp_path))
    assert (tmp_path / EVENTS).stat().st_size <= 1024 * 1024
