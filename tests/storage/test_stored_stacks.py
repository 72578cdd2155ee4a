"""The place in a stack as it is stored, by this version and by others."""

from datetime import UTC
from typing import Any

import pytest
from msgspec.structs import replace

from pr_sessions.core.lifecycle import begin
from pr_sessions.core.merge import merge_records
from pr_sessions.core.models import NO_STACK, Attribution, Basis, PullRequestRecord, Session, Stack
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.record_codec import decode_record, encode_record
from pr_sessions.storage.files.session_file import Entry, SessionFile
from strategies import at


@pytest.mark.parametrize(
    ("stack", "raw"),
    [
        (Stack(50, 2, 5, "main"), {"number": 50, "position": 2, "size": 5, "base": "main"}),
        (Stack(50, 2), {"number": 50, "position": 2}),
        (NO_STACK, {"number": 0}),
        (None, None),
    ],
)
def test_a_place_is_written_and_read(stack: Stack | None, raw: dict[str, Any] | None) -> None:
    record = PullRequestRecord(stack=stack, attribution=Attribution(Basis.STACK, at(0), "stack 50"))
    written = encode_record(record)

    assert (written.get("stack"), written["placement"]["rung"]) == (raw, "stack")
    assert decode_record(written, UTC).value == record


@pytest.mark.parametrize(
    "raw",
    [
        {"number": 50, "position": 2, "later": [1]},
        {"number": 50, "position": "top"},
        {"number": "50"},
        {"later": 1},
        [50],
        "50",
    ],
)
def test_what_a_newer_version_wrote_survives(raw: Any) -> None:
    stored = decode_record({"stack": raw}, UTC)

    assert encode_record(stored.value, [stored])["stack"] == raw


def test_the_latest_report_wins_in_a_merge() -> None:
    earlier = PullRequestRecord(stack=Stack(50, 2, 2), reported_at={"stack": at(0)})
    later = PullRequestRecord(stack=NO_STACK, reported_at={"stack": at(5)})
    unknown = PullRequestRecord()

    assert merge_records(earlier, later) == merge_records(later, earlier) == later
    assert merge_records(earlier, unknown).stack == merge_records(unknown, earlier).stack == Stack(50, 2, 2)


def test_the_sessions_of_a_stack_are_found_in_files_and_in_memory() -> None:
    records = {"7": PullRequestRecord(stack=Stack(50, 1)), "8": PullRequestRecord(stack=NO_STACK)}
    session = _with(records)
    written = FileSessions(
        SessionFile((Entry(session.id, encode_session(session), completed=False),), {}, "sessions.json")
    )

    for collection in (InMemorySessions(session), written, FileSessions().put(session)):
        assert [[found.id for found in collection.for_stack(number)] for number in (50, 51, 0)] == [["a"], [], []]
        assert collection.put(_with({})).for_stack(50) == ()


def _with(records: dict[str, PullRequestRecord]) -> Session:
    return replace(begin("a", "ada", at(0)), pull_requests=records)
