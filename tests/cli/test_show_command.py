import json
from pathlib import Path

import pytest
from command_line import Cli, Git, ago, day


def test_show_tells_all_that_is_kept_of_a_session(repo: Path, cli: Cli) -> None:
    cli(
        "add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"), "--files", "3", "--tests", "1",
        "--docs", "--state", "merged", "--agent", "cursor",
    )  # fmt: skip
    cli("add", "7", "--title", "wip: y", "--author", "ada", "--at", day("10:10"), "--no-docs")

    assert cli("show", "ada-20251122-1000").out == (
        "ada-20251122-1000 (completed: timeout)\n"
        "  author         ada\n"
        "  started        2025-11-22 10:00\n"
        "  last activity  2025-11-22 10:10\n"
        "  completed      2025-11-22 10:40 after 40 min\n"
        "  pull requests  2 (7, 42)\n"
        "  changed        3 files, 1 new test file, documentation\n"
        "  rests on       inferred from author and time alone\n"
        "\n"
        "  PR  state   files  tests  docs  author  agents  placed by\n"
        "  7   -       -      -      no    ada     -       time\n"
        "  42  merged  3      1      yes   ada     cursor  time\n"
    )


def test_show_as_json_has_what_is_kept_of_each_pull_request(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"), "--files", "3")

    data = cli("show", "ada-20251122-1000", "--json").json

    assert (data["session_id"], data["prs"]) == ("ada-20251122-1000", ["42"])
    assert data["pull_requests"] == {
        "42": {
            "author": "ada",
            "is_auto": True,
            "files_changed": 3,
            "evidence": [{"rule": "title", "detail": "^wip:"}],
            "placement": {"rung": "time", "at": "2025-11-22T10:00:00Z", "detail": "work of ada within 30 minutes"},
        }
    }


def test_a_pull_request_that_an_old_file_only_lists_is_shown_without_facts(repo: Path, cli: Cli) -> None:
    old_file(repo, {"session_id": "old", "author": "ada", "started": "2025-11-22T10:00:00", "prs": ["1"]})

    assert cli("show", "old").out.endswith("  1   -      -      -      -     -       -       -\n")
    assert cli("show", "old", "--json").json["pull_requests"] == {"1": None}


def test_the_id_of_a_session_that_became_part_of_another_one_leads_there(repo: Path, cli: Cli) -> None:
    old_file(repo, {"session_id": "new", "started": "2025-11-22T10:00:00", "metadata": {"aliases": ["old"]}})

    result = cli("show", "old", "--json")

    assert (result.json["session_id"], result.err) == ("new", "old became part of new\n")


def test_text_from_outside_stays_on_its_line(repo: Path, cli: Cli) -> None:
    old_file(repo, {"session_id": "old", "author": "a\nb\x1b[31m", "started": "2025-11-22T10:00:00"})

    assert "  author         a b [31m\n" in cli("show", "old").out


def test_an_unknown_session_is_an_error_with_a_way_out(repo: Path, cli: Cli) -> None:
    result = cli("show", "nobody")

    assert (result.code, result.err) == (1, "error: no session nobody\nhint: `pr-sessions list` shows all of them\n")


def old_file(root: Path, session: dict[str, object]) -> None:
    file = root / "docs/metrics/auto_pr_sessions.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": "1.0", "active_sessions": {str(session["session_id"]): session}}))


def test_a_session_without_pull_requests_shows_no_table(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", "2025-11-22T10:00:00Z")

    assert cli("show", "ada-20251122-1000").out.splitlines()[-1] == "  pull requests  0"


def test_without_an_argument_it_is_status(repo: Path, cli: Cli) -> None:
    assert cli("show") == cli("status")
    cli("start", "--author", "ada", "--at", ago(1))
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", ago(1))

    assert cli("show", "--json").json == cli("status", "--json").json
    assert cli("show").out.startswith("Current session\n")


def test_while_tracking_is_off_it_says_so_as_status_does(repo: Path, cli: Cli) -> None:
    cli("pause")

    assert cli("show") == cli("status")
    assert cli("show").err.endswith("switch it on: pr-sessions pause --off\n")


@pytest.mark.parametrize("name", ["42", "#42", "!42", "ada/shop#42", "https://github.com/Ada/shop/pull/42/files"])
def test_a_pull_request_shows_its_session(repo: Path, git: Git, cli: Cli, name: str) -> None:
    git(repo, "remote", "add", "origin", "git@github.com:ada/shop.git")
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))

    assert cli("show", name) == cli("show", "ada-20251122-1000")
    assert cli("show", name, "--json").json == cli("show", "ada-20251122-1000", "--json").json


@pytest.mark.parametrize("name", ["42", "#42"])
def test_why_is_explain(repo: Path, cli: Cli, name: str) -> None:
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))

    assert cli("show", name, "--why") == cli("explain", "42")
    assert cli("show", name, "--why", "--json").json == cli("explain", "42", "--json").json


def test_a_pull_request_in_no_session_says_how_to_find_out_why(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x")

    assert cli("show", "42").out == "Pull request 42 is in no session; why: pr-sessions show 42 --why\n"
    data = cli("show", "42", "--json").json
    assert (data["session_id"], data["prs"], data["pull_requests"]["42"]["is_auto"]) == (None, ["42"], True)


def test_an_unknown_pull_request_is_the_error_of_find(repo: Path, cli: Cli) -> None:
    assert cli("show", "42") == cli("find", "42")
    assert cli("show", "42").code == 1


def test_a_session_whose_id_is_a_number_is_found_where_no_pull_request_has_it(repo: Path, cli: Cli) -> None:
    old_file(repo, {"session_id": "7", "author": "ada", "started": "2025-11-22T10:00:00", "prs": ["1"]})

    assert cli("show", "7", "--json").json["session_id"] == "7"
    cli("add", "7", "--title", "wip: x", "--author", "bob", "--at", day("10:00"))
    assert cli("show", "7", "--json").json["author"] == "bob"


@pytest.mark.parametrize("command", [("show",), ("status",)])
def test_a_unique_prefix_names_a_session(repo: Path, cli: Cli, command: tuple[str, ...]) -> None:
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))
    cli("add", "43", "--title", "wip: x", "--author", "adam", "--at", day("10:00"))

    assert cli(*command, "ada-").out == cli(*command, "ada-20251122-1000").out
    result = cli(*command, "ada")
    assert (result.code, result.err) == (
        1,
        "error: 2 sessions begin with ada: ada-20251122-1000, adam-20251122-1000\nhint: give more of the id\n",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--why",), "--why takes a pull request, such as `pr-sessions show 42 --why`."),
        (("ada", "--why"), "--why takes a pull request, and 'ada' is none."),
    ],
)
def test_why_without_a_pull_request_is_wrong_usage(repo: Path, cli: Cli, words: tuple[str, ...], message: str) -> None:
    result = cli("show", *words)

    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", f"Error: {message}")
