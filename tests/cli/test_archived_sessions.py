"""Archived sessions by command line: every question answers, every file is named, git neither loses nor leaks them."""

import json
from pathlib import Path
from typing import Any

import pytest
from ground import CONFIG, SESSION_FILE, Cli, Git

AT = "2025-11-22T10:00:00Z"
OLD = "ada-20251122-1000"
ARCHIVE = "docs/metrics/archive/auto_pr_sessions-2025-11.json"
OWN = ".git/pr-sessions/archive/auto_pr_sessions-2025-11.json"


def set_up(cli: Cli, repo: Path, *options: str) -> None:
    """One session that ended in November, archived as it ended."""
    assert cli("init", "--time-zone", "UTC", *options).code == 0
    with (repo / CONFIG).open("a") as file:
        file.write("keep_days: 30\n")
    assert cli("start", "--author", "ada", "--title", "Invoices", "--at", AT).code == 0
    assert cli("add", "1", "--title", "auto-pr: x", "--author", "ada", "--at", AT, "--session", OLD).code == 0
    assert cli("cleanup").code == 0
    assert [told_in(repo / name) for name in (ARCHIVE, OWN)] == [{OLD}, {OLD}]
    assert OLD not in told_in(repo / SESSION_FILE)


def told_in(path: Path) -> set[str]:
    value = json.loads(path.read_bytes())
    return {*value["active_sessions"], *(session["session_id"] for session in value["completed_sessions"])}


def findings(cli: Cli) -> list[tuple[str, str, str]]:
    return [(f["problem"], Path(f["place"]).name, f["hint"]) for f in cli("doctor", "--json").json["findings"]]


@pytest.fixture
def archived(cli: Cli, repo: Path) -> Path:
    set_up(cli, repo)
    return repo


def at(value: Any, *keys: str | int) -> Any:
    for key in keys:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("words", "where", "told"),
    [
        (("list",), ("sessions", 0, "session_id"), OLD),
        (("show", OLD), ("session_id",), OLD),
        (("find", "1"), ("session_id",), OLD),
        (("explain", "1"), ("session_id",), OLD),
        (("report",), ("summary", "total_completed"), 1),
    ],
)
def test_a_question_finds_it(cli: Cli, archived: Path, words: tuple[str, ...], where: Any, told: object) -> None:
    answer = cli(*words, "--json")
    assert (answer.code, at(answer.json, *where)) == (0, told)


def test_where_names_each_month_in_both_places(cli: Cli, archived: Path) -> None:
    shown = {Path(place["path"]): place["sessions"] for place in cli("where", "--json").json["places"]}
    assert [shown[archived.resolve() / name] for name in (ARCHIVE, OWN)] == [1, 1]


def test_uninstall_keeps_and_names_it(cli: Cli, archived: Path) -> None:
    before = [(archived / name).read_bytes() for name in (ARCHIVE, OWN)]
    kept = cli("uninstall").out.partition("Kept\n")[2]
    assert [line.split() for line in kept.splitlines() if "-2025-11" in line] == [
        [OWN, "session", "data"],
        [ARCHIVE, "session", "data"],
    ]
    assert [(archived / name).read_bytes() for name in (ARCHIVE, OWN)] == before


@pytest.mark.parametrize("share", ["local", "branch"])
def test_what_is_not_shared_by_commits_git_does_not_see(cli: Cli, repo: Path, git: Git, share: str) -> None:
    set_up(cli, repo, "--share", share)
    assert "docs/" not in git(repo, "status", "--porcelain", "-uall")
    assert [f for f in findings(cli) if f[1] == Path(ARCHIVE).name] == []


def test_doctor_says_what_git_makes_of_it(cli: Cli, archived: Path, git: Git) -> None:
    name = Path(ARCHIVE).name
    git(archived, "add", SESSION_FILE)
    assert ("git does not track it yet", name, f"git add {ARCHIVE}, and commit it") in findings(cli)
    git(archived, "add", ARCHIVE)
    assert [f for f in findings(cli) if f[1] == name] == []
    (archived / ".gitattributes").write_text(f"/{SESSION_FILE} merge=pr-sessions\n")
    told = "git's attributes do not ask for our merge driver: merges of the session file can conflict"
    assert (told, ".git", "pr-sessions init") in findings(cli)
    cli("init")
    assert told not in [problem for problem, _, _ in findings(cli)]


def test_doctor_counts_archived_sessions_that_nobody_else_has(cli: Cli, repo: Path, git: Git) -> None:
    git(repo.parent, "init", "-q", "--bare", "bare")
    git(repo, "remote", "add", "origin", str(repo.parent / "bare"))
    cli("init", "--share", "branch", "--time-zone", "UTC")
    cli("start", "--author", "bob")
    assert cli("sync").code == 0
    set_up(cli, repo)
    ahead = [problem for problem, _, _ in findings(cli) if "had not when last seen" in problem]
    assert [problem.split(" ")[:2] for problem in ahead] == [["2", "sessions"]]  # Its start ended another.
    assert cli("sync").code == 0
    assert [problem for problem, _, _ in findings(cli) if "had not when last seen" in problem] == []
