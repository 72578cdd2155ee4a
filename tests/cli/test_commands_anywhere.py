import json
from pathlib import Path

import pytest
from command_line import Cli, Git, ago, day

from pr_sessions.cli.commands import SECTIONS

COMMANDS = (
    "status",
    "touch",
    "complete",
    "cleanup",
    "list",
    "start",
    "find 42",
    "explain 42",
    "show 42",
    "show 42 --why",
    "show ada-20251122-1000",
)
RECORDING = ("add 42 --title wip:x --author ada", "classify --pr-number 42 --title wip:x --author ada")


def test_a_subfolder_is_as_good_as_the_root(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    started = cli("start", "--author", "ada", "--json", "--at", ago(1)).json["session"]["session_id"]
    monkeypatch.chdir(repo / "deep/er")

    added = cli("add", "42", "--title", "wip: x", "--author", "bot", "--json").json

    assert added["session_id"] == started
    assert cli("status", "--json").json["current"]["prs"] == ["42"]
    assert cli("find", "42").out == f"{started}\n"
    assert [path.name for path in (repo / "deep/er").iterdir()] == ["code.py"]


@pytest.mark.parametrize("line", [*COMMANDS, *RECORDING])
def test_outside_git_there_is_an_error_with_a_way_out(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = cli(*line.split())

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"error: {tmp_path} is not in a git repository\n"
        "hint: run `git init`, or `pr-sessions init` to track this folder without git\n"
    )


@pytest.mark.parametrize("line", [*COMMANDS, *RECORDING])
def test_a_bare_repository_has_no_working_tree(
    tmp_path: Path, cli: Cli, git: Git, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    monkeypatch.chdir(tmp_path / "bare.git")

    result = cli(*line.split())

    assert (result.code, result.out) == (1, "")
    assert "is a bare repository and has no working tree\nhint: " in result.err


@pytest.mark.parametrize(
    "line",
    [
        "add",
        "add x",
        "add 42 43",
        "show --why",
        "show ada --why",
        "find",
        "find x",
        "explain",
        "status --nope",
        "touch --at noon",
        "list x",
    ],
)
def test_wrong_arguments_are_wrong_usage(repo: Path, cli: Cli, line: str) -> None:
    result = cli(*line.split())

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: pr-sessions ")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("strat", "No such command 'strat'. Did you mean 'start'?"),
        ("lst", "No such command 'lst'. Did you mean 'list'?"),
        ("frobnicate", "No such command 'frobnicate'."),
    ],
)
def test_an_unknown_command_gets_a_suggestion(cli: Cli, typed: str, message: str) -> None:
    result = cli(typed)

    assert (result.code, result.out) == (2, "")
    assert result.err.endswith(f"Error: {message}\n")


@pytest.mark.parametrize(
    "name", ["start", "status", "touch", "classify", "add", "complete", "cleanup", "list", "show", "find", "explain"]
)
def test_help_says_what_the_overview_says_and_shows_examples(cli: Cli, name: str) -> None:
    line = next(commands[name] for commands in SECTIONS.values() if name in commands)

    result = cli(name, "--help")

    assert result.code == 0
    assert result.out.startswith(f"Usage: pr-sessions {name} ")
    assert f"\n  {line}\n" in result.out
    assert f"\n  Examples:\n    pr-sessions {name}" in result.out


def test_what_cannot_be_read_is_never_overwritten(repo: Path, cli: Cli) -> None:
    file = repo / "docs/metrics/auto_pr_sessions.json"
    file.parent.mkdir(parents=True)
    file.write_text("<<<<<<< HEAD\n")

    codes = [cli(*line.split()).code for line in (*COMMANDS, *RECORDING)]

    assert (set(codes), file.read_text()) == ({1}, "<<<<<<< HEAD\n")


@pytest.mark.parametrize("line", ["touch", "complete", "cleanup", "start", "add 42 --title wip:x --author ada"])
def test_while_tracking_is_off_nothing_is_written(
    repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("PR_SESSIONS", "0")

    result = cli(*line.split(), "--json")

    assert (result.code, json.loads(result.out)) == (0, {"paused": True})
    assert not (repo / "docs").exists()
    assert not (repo / ".cursor").exists()


def test_a_session_that_an_old_file_keeps_can_be_shown(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))

    assert [cli(*line.split()).code for line in COMMANDS[-5:]] == [0, 0, 0, 0, 0]


def test_a_folder_that_is_gone_is_no_bug_of_the_demo(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert cli("demo").code == 1


@pytest.mark.parametrize("line", [("import",), ("config", "--check"), ("add", "1", "--nope")])
def test_wrong_usage_shows_no_character_that_steers_a_terminal(repo: Path, cli: Cli, line: tuple[str, ...]) -> None:
    result = cli(*line, "x\u202ey\x9b")

    assert result.code == 2
    assert not {"\u202e", "\x9b"} & set(result.err)
