import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import to_builtins

from pr_sessions.core.agents import Run
from pr_sessions.core.corrections import Absorbed
from pr_sessions.core.models import Completion
from pr_sessions.errors import CannotWrite
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.storage.files import journal
from pr_sessions.storage.files.journal import append, older, read
from pr_sessions.tracker.corrections import read_absorbed
from scene import on_disk

AT = datetime(2025, 11, 22, 10, tzinfo=UTC)


def test_what_is_added_is_read_in_its_order(tmp_path: Path) -> None:
    path = Place(tmp_path, "state/journal.jsonl")
    append(path, AuditEntry(AT, "ada", "link", "manual", {"pr": "7", "before": None}))
    append(path, AuditEntry(AT, "bob", "cleanup"))
    log = read(path)
    assert [(e.at, e.by, e.operation, e.reason, e.details) for e in log.entries] == [
        (AT, "ada", "link", "manual", {"pr": "7", "before": None}),
        (AT, "bob", "cleanup", "", {}),
    ]
    assert (log.unreadable, len({e.id for e in log.entries})) == (0, 2)


def test_each_change_is_one_line_of_json(tmp_path: Path) -> None:
    path = Place(tmp_path, "journal.jsonl")
    append(path, AuditEntry(AT, "a\nb", "link", details={"pr": "7"}))
    (line,) = on_disk(path).read_text().splitlines()
    assert json.loads(line) | {"id": ""} == {
        "id": "",
        "at": "2025-11-22T10:00:00Z",
        "by": "a\nb",
        "what": "link",
        "why": "",
        "pr": "7",
    }


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read(Place(tmp_path, "journal.jsonl")) == AuditLog()


def test_a_line_that_was_cut_anywhere_costs_that_line_alone(tmp_path: Path) -> None:
    path = Place(tmp_path, "journal.jsonl")
    append(path, AuditEntry(AT, "ada", "link"))
    first = on_disk(path).read_bytes()
    append(path, AuditEntry(AT, "ada", "unlink"))
    whole = on_disk(path).read_bytes()
    for length in range(len(first), len(whole)):
        on_disk(path).write_bytes(whole[:length])
        append(path, AuditEntry(AT, "ada", "move"))
        log = read(path)
        # Cut just before its end of line, it is whole.
        kept = ["unlink"] if length == len(whole) - 1 else []
        assert [e.operation for e in log.entries] == ["link", *kept, "move"]
        assert log.unreadable == (0 if length in (len(first), len(whole) - 1) else 1)


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b'{"id": 1}',
        b"[" * 100_000,
        b'{"id":"x","at":"x","by":"","what":"","why":""}',
    ],
)
def test_lines_that_are_no_change_are_counted_and_passed_over(tmp_path: Path, line: bytes) -> None:
    path = Place(tmp_path, "journal.jsonl")
    on_disk(path).write_bytes(line + b"\n")
    append(path, AuditEntry(AT, "ada", "link"))
    log = read(path)
    assert ([e.operation for e in log.entries], log.unreadable) == (["link"], 1)


def test_a_long_journal_makes_way_and_stays_readable_once(tmp_path: Path) -> None:
    path = Place(tmp_path, "journal.jsonl")
    for what in ("first", "second"):
        append(path, AuditEntry(AT, "ada", what))
        with on_disk(path).open("ab") as file:
            file.write(b"\n" * journal.LARGEST)
    append(path, AuditEntry(AT, "ada", "third"))
    assert [e.operation for e in read(path).entries] == ["second", "third"]
    assert on_disk(path).stat().st_size < 1000
    assert on_disk(older(path)).stat().st_size > journal.LARGEST


def test_a_folder_in_its_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = Place(tmp_path, "journal.jsonl")
    on_disk(path).mkdir()
    with pytest.raises(CannotWrite, match=r"journal\.jsonl"):
        append(path, AuditEntry(AT, "ada", "link"))


COMPLETE = Absorbed("b", "bob", ("7", "o/n#8"), (Run("codex", "x", AT, AT),), AT, None, Completion(AT, "manual_cli"))


def test_what_a_merge_absorbed_is_read_as_it_was_noted(tmp_path: Path) -> None:
    path = Place(tmp_path, "journal.jsonl")
    append(path, AuditEntry(AT, "ada", "merge", details={"absorbed_session": COMPLETE}))
    (entry,) = read(path).entries
    assert read_absorbed(entry.details["absorbed_session"]) == COMPLETE


@pytest.mark.parametrize(
    "changed",
    [
        {"prs": ["../x"]},
        {"prs": 7},
        {"started": "2025-11-22T10:00:00"},
        {"started": "soon"},
        {"completion": {"at": "2025-11-22T10:00:00", "trigger": "manual"}},
        {"runs": [{"agent": "codex", "id": "x", "started": "2025-11-22T10:00:00", "last_activity": None}]},
        {"id": None},
    ],
)
def test_what_makes_no_sense_was_not_noted(changed: dict[str, object]) -> None:
    assert read_absorbed(to_builtins(COMPLETE) | changed) is None


@pytest.mark.parametrize("noted", [None, [], "x", {}])
def test_an_older_line_notes_nothing(noted: object) -> None:
    assert read_absorbed(noted) is None
