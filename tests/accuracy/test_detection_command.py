from pathlib import Path

from measured import Benchmark

from archives import pull_request, write_archive


def archive(folder: Path) -> Path:
    write_archive(folder, "Devin", [pull_request(1), pull_request(2, user="ada", user_id="7")])
    rows = [pull_request(1, user="ada", user_id="7"), pull_request(2, user="bob", user_id="8")]
    commits = [
        {"pr_id": "1", "sha": "a", "author": "cursoragent", "committer": "web-flow", "message": "x"},
        {"pr_id": "2", "sha": "b", "author": "bob", "message": "x\n\nCo-authored-by: C <noreply@anthropic.com>"},
    ]
    return write_archive(folder, "Cursor", rows, commits)


def test_a_folder_of_agents_is_measured(tmp_path: Path, benchmark: Benchmark) -> None:
    result = benchmark("detection", str(archive(tmp_path)), "--json")

    assert result.code == 0
    assert result.json["agents"] == {
        "Cursor": {
            "total": 2,
            "recognised": 1,
            "as_other": 1,
            "unrecognised": 0,
            "evidence": {"cursor/commit-author": 1},
        },
        "Devin": {
            "total": 2,
            "recognised": 1,
            "as_other": 0,
            "unrecognised": 1,
            "evidence": {"devin/author": 1},
        },
    }
    assert result.json["others"] == {"Cursor": {"claude-code/co-author": 1}, "Devin": {}}


def test_the_same_for_people(tmp_path: Path, benchmark: Benchmark) -> None:
    lines = benchmark("detection", str(archive(tmp_path))).out.splitlines()
    assert [line.rstrip() for line in lines[:13]] == [
        "  agent   pull requests  recognised  share   opened  as another's  as nobody's",
        "  Cursor  2              1           50.0 %  1       1             0",
        "  Devin   2              1           50.0 %  1       0             1",
        "",
        "Cursor: by what",
        "  cursor/commit-author  1",
        "  taken for another's:",
        "    claude-code/co-author  1",
        "",
        "Devin: by what",
        "  devin/author  1",
        "",
        lines[12],
    ]


def test_a_folder_that_is_none_is_an_error(tmp_path: Path, benchmark: Benchmark) -> None:
    assert (benchmark("detection", str(tmp_path / "none")).code, benchmark("detection").code) == (1, 2)


def test_a_line_that_cannot_be_used_is_named_and_left_out(tmp_path: Path, benchmark: Benchmark) -> None:
    folder = write_archive(tmp_path, "Devin", [pull_request(1), pull_request(2, created_at="soon")])
    result = benchmark("detection", str(folder), "--json")
    assert result.json["agents"]["Devin"]["total"] == 1
    assert result.err.startswith("left out, since they could not be read: 1 line\n")
