"""Real histories as a benchmark, on a small one that is made here."""

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from benchmarks.accuracy.figures import histories_table
from benchmarks.accuracy.rebuilt import read_histories
from hypothesis import given, settings
from measured import Benchmark

from fuzz.hostile import hostile, spoilt

START = datetime(2026, 7, 1, 10, tzinfo=UTC)
ADA = ("Ada", "ada@example.org")


def commit(number: int, session: int | None, minutes: float, **values: object) -> Mapping[str, object]:
    """Return the row of a squash commit, that follows the one with the number before it."""
    person = (*ADA, (START + timedelta(minutes=minutes)).isoformat())
    link = "" if session is None else f"\n\nhttps://claude.ai/code/session_{session:020d}"
    return {
        "sha": f"{number:040x}",
        "parents": [f"{number - 1:040x}"],
        "author": person,
        "committer": person,
        "message": f"Fix it (#{number}){link}",
        "files": [["A", f"src/{number}.py"]],
    } | values


def write_history(folder: Path, name: str, rows: Iterable[Mapping[str, object]]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return folder


@pytest.fixture
def histories(tmp_path: Path) -> Path:
    """Return a folder with a history of twenty sessions of three pull requests each, a day apart, and a short one."""
    rows = [commit(n, (n - 1) // 3, (n - 1) // 3 * 1440 + n % 3) for n in range(1, 61)]
    write_history(tmp_path / "told", "days", [*rows, commit(61, None, 30000)])
    return write_history(tmp_path / "told", "short", [commit(1, 1, 0), commit(2, 2, 60), {"sha": "what"}])


def test_a_history_is_read_from_a_repository_as_the_product_reads_it(tmp_path: Path) -> None:
    changes = [["M", 'a "b"\n\\c']]
    side = commit(3, 9, 2, message="Work of a branch", parents=[f"{1:040x}"], files=changes)
    message = "Merge pull request #7 from ada/fix\n\nTitle"
    merge = commit(4, None, 3, message=message, parents=[f"{2:040x}", f"{3:040x}"], files=changes)
    rows = [commit(1, 1, 0), commit(2, 1, 1), side, merge, commit(5, None, 4, files=[["D", "src/1.py"], ["A", "../x"]])]
    read = read_histories(write_history(tmp_path / "told", "x", rows))
    (history,) = read.histories
    assert [(pr.number, pr.kind, pr.files) for pr in history.pull_requests] == [
        ("1", "squash", ("src/1.py",)),
        ("2", "squash", ("src/2.py",)),
        ("7", "merge", ('a "b"\n\\c',)),
        ("5", "squash", ("src/1.py",)),
    ]
    assert history.messages["7"] == message
    assert read.broken == ()


def test_json_has_every_figure(benchmark: Benchmark, histories: Path) -> None:
    result = benchmark("git-truth", str(histories), "--json")

    assert result.code == 0
    days, short = (result.json["histories"][name] for name in ("days", "short"))
    assert [days[key] for key in ("pull_requests", "with_one_id", "sessions", "sessions_of_several")] == [
        61,
        60,
        20,
        20,
    ]
    assert (days["with_a_sign"], days["false_joins"]) == (60, [])
    assert days["hidden"] == {
        "one_each": 0.5,
        "inferred": 1.0,
        "within_blocks": 1.0,
        "rules": ["author and time"] * 5,
    }
    assert short["hidden"] == {"one_each": 1.0, "inferred": 1.0, "within_blocks": 1.0, "rules": ["one each"] * 5}
    assert result.json["sessions_of_several"] == 20
    assert [line.partition(":")[0] for line in result.json["broken_lines"]] == ["short.jsonl.gz, line 3"]


def test_text_has_the_same_and_comes_out_the_same_again(benchmark: Benchmark, histories: Path) -> None:
    first, second = (benchmark("git-truth", str(histories)) for _ in range(2))

    assert first == second
    assert "Ids hidden: B-cubed F" in first.out.splitlines()
    assert [line.partition(":")[0] for line in first.out.splitlines()[-2:]] == ["rules", "input"]
    assert first.err.startswith("left out, since they could not be read: 1 line\n")


def test_the_table_of_the_docs_has_a_row_for_each(benchmark: Benchmark, histories: Path) -> None:
    document: Any = benchmark("git-truth", str(histories), "--json").json
    rows = [line.split(" | ") for line in histories_table(document) if line.startswith("| ")]
    assert [row[0] for row in rows] == ["| history", "| days", "| short"]
    assert [row[-3:] for row in rows[1:]] == [
        ["0.500", "1.000", "author and time (5) |"],
        ["1.000", "1.000", "one each (5) |"],
    ]


@pytest.mark.parametrize(
    ("folder", "error"),
    [("nowhere", "error: no histories in nowhere\n"), ("bad", "error: x.jsonl.gz cannot be unpacked")],
)
def test_the_wrong_folder_is_an_error_with_a_hint(
    benchmark: Benchmark, tmp_path: Path, folder: str, error: str
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/x.jsonl.gz").write_bytes(b"no gzip")

    result = benchmark("git-truth", folder)

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(error)
    assert "\nhint: " in result.err


@settings(hostile, max_examples=12)
@given(line=spoilt(json.dumps(commit(1, 1, 0)).encode()))
def test_no_bytes_end_it_with_a_traceback(tmp_path: Path, benchmark: Benchmark, line: bytes) -> None:
    (tmp_path / "given").mkdir(exist_ok=True)
    (tmp_path / "given/x.jsonl.gz").write_bytes(gzip.compress(line))
    assert benchmark("git-truth", "given").code in (0, 1)
