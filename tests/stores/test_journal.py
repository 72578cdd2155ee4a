import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pr_sessions.errors import CannotWrite
from pr_sessions.stores import journal
from pr_sessions.stores.journal import append, older, read

AT = datetime(2025, 11, 22, 10, tzinfo=UTC)


def test_what_is_added_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "state/journal.jsonl"
    append(path, AT, "ada", "link", "by hand", pr="7", before=None)
    append(path, AT, "bob", "cleanup")
    log = read(path)
    assert [(c.at, c.by, c.what, c.why, c.told) for c in log.changes] == [
        (AT, "ada", "link", "by hand", {"pr": "7", "before": None}),
        (AT, "bob", "cleanup", "", {}),
    ]
    assert (log.unreadable, len({c.id for c in log.changes})) == (0, 2)


def test_each_change_is_one_line_of_json(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append(path, AT, "a\nb", "link", pr="7")
    (line,) = path.read_text().splitlines()
    assert json.loads(line) | {"id": ""} == {
        "id": "",
        "at": "2025-11-22T10:00:00Z",
        "by": "a\nb",
        "what": "link",
        "why": "",
        "pr": "7",
    }


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "journal.jsonl") == journal.Journal((), 0)


def test_a_line_that_was_cut_anywhere_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append(path, AT, "ada", "link")
    first = path.read_bytes()
    append(path, AT, "ada", "unlink")
    whole = path.read_bytes()
    for length in range(len(first), len(whole)):
        path.write_bytes(whole[:length])
        append(path, AT, "ada", "move")
        log = read(path)
        # Cut just before its end of line, it is whole.
        kept = ["unlink"] if length == len(whole) - 1 else []
        assert [c.what for c in log.changes] == ["link", *kept, "move"]
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
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line + b"\n")
    append(path, AT, "ada", "link")
    log = read(path)
    assert ([c.what for c in log.changes], log.unreadable) == (["link"], 1)


def test_a_long_journal_makes_way_and_stays_readable_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for what in ("first", "second"):
        append(path, AT, "ada", what)
        with path.open("ab") as file:
            file.write(b"\n" * journal.LARGEST)
    append(path, AT, "ada", "third")
    assert [c.what for c in read(path).changes] == ["second", "third"]
    assert path.stat().st_size < 1000
    assert older(path).stat().st_size > journal.LARGEST


def test_a_folder_in_its_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.mkdir()
    with pytest.raises(CannotWrite, match=r"journal\.jsonl"):
        append(path, AT, "ada", "link")
