"""The benchmark as a command, over a folder that has everything that can be wrong with one."""

import json
import re
from pathlib import Path

import pytest
from measured import Benchmark

from archives import pull_request, write_archive

ONE, OTHER = "a1" * 16, "b2" * 16
ADDRESS = "Link to Devin run: https://app.devin.ai/sessions/"
FIGURES = ("pair_precision", "pair_recall", "exact_share", "b_cubed_f")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two repositories, one in each half; in each, two pull requests of one session and one of another."""
    rows, commits = [], []
    for place, repository in enumerate(("o/r0", "o/r1", "o/r2", "o/r3")):
        url = f"https://api.github.com/repos/{repository}"
        for n, session in enumerate((ONE, ONE, OTHER), start=1):
            made = {"id": f"{place}{n}", "repo_url": url, "created_at": f"2025-03-0{n}T10:00:00Z"}
            rows.append(pull_request(n, body=f"{ADDRESS}{session}\n", **made))
        commits += [{"pr_id": f"{place}{n}", "sha": f"{place}" * 40, "message": "m"} for n in (1, 2)]
    rows += [pull_request(50, body="no session"), pull_request(51, created_at="soon")]
    return write_archive(tmp_path / "aidev", "Devin", rows, commits)


def test_json_tells_every_rule_with_its_figures(benchmark: Benchmark, archive: Path) -> None:
    result = benchmark("grouping", str(archive), "--json")

    told = json.loads(result.out)
    rules = {rule["name"]: rule for rule in told["rules"]}
    assert result.code == 0
    assert list(told) == [
        *("default", "rules", "pull_requests", "sessions", "repositories", "split", "intervals"),
        *("rules_sha256", "input_sha256", "broken_lines"),
    ]
    assert (told["pull_requests"], told["sessions"], told["repositories"]) == (12, 8, 4)
    assert [rules["shared commits"][name] for name in (*FIGURES, "exact_sessions", "gain")] == [1, 1, 1, 1, 8, 0.2]
    assert [rules["one pull request, one session"][name] for name in FIGURES] == [None, 0, 0.5, 0.8]
    assert rules["shared commits"]["intervals"]["b_cubed_f"] == [1, 1]
    assert {*FIGURES, "held_out", "intervals"} <= {*rules["scored, with text"]}
    assert told["broken_lines"] == ["Devin/prs.csv, line 27: not a date and time: 'soon'"]


def test_it_prints_the_same_again_and_never_an_id(benchmark: Benchmark, archive: Path) -> None:
    for options in ((), ("--json",)):
        first, second = (benchmark("grouping", str(archive), *options) for _ in range(2))
        assert first == second
        assert re.search(f"{ONE}|{OTHER}", first.out + first.err) is None


def test_text_tells_both_halves_the_default_and_how_it_was_measured(benchmark: Benchmark, archive: Path) -> None:
    result = benchmark("grouping", str(archive))

    lines = result.out.splitlines()
    assert lines[0] == "Held-out half: nothing was learnt from it"
    assert "All whose session is known" in lines
    assert [line for line in lines if line.startswith("default: ")] == ["default: shared commits"]
    assert [line.partition(":")[0] for line in lines[-4:]] == ["intervals", "split", "rules", "input"]
    assert result.err == (
        "left out, since they could not be read: 1 line\n  Devin/prs.csv, line 27: not a date and time: 'soon'\n"
    )


@pytest.mark.parametrize(
    ("folder", "error"),
    [
        ("nowhere", "error: no such folder: nowhere\n"),
        (".", "error: no pull requests in .\n"),
        ("wrong", "error: Devin/prs.csv lacks the columns"),
        ("unknown", "error: no pull request there has a known session\n"),
    ],
)
def test_the_wrong_folder_is_told_with_a_way_out(benchmark: Benchmark, tmp_path: Path, folder: str, error: str) -> None:
    (tmp_path / "wrong/Devin").mkdir(parents=True)
    (tmp_path / "wrong/Devin/prs.csv").write_text("a,b\n")
    write_archive(tmp_path / "unknown", "Devin", [pull_request(1)])

    result = benchmark("grouping", folder)

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(error)
    assert "\nhint: " in result.err


def test_an_unknown_benchmark_is_wrong_usage(benchmark: Benchmark) -> None:
    result = benchmark("nothing")
    assert (result.code, "No such command 'nothing'" in result.err) == (2, True)
