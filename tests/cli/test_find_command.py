from pathlib import Path

import pytest
from command_line import Cli, day


@pytest.mark.parametrize("number", ["42", "#42", "0042"])
def test_find_prints_the_id_alone(repo: Path, cli: Cli, number: str) -> None:
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))

    result = cli("find", number)

    assert (result.code, result.out, result.err) == (0, "ada-20251122-1000\n", "")


def test_find_as_json(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))

    data = cli("find", "42", "--json").json

    assert (data.pop("session")["prs"], data) == (
        ["42"],
        {"pr_number": "42", "session_id": "ada-20251122-1000", "unattributed": False},
    )


def test_find_says_that_one_is_in_no_session(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x")

    result = cli("find", "42")
    assert (result.code, result.out) == (0, "")
    assert result.err == "pull request 42 is in no session; why: pr-sessions show 42 --why\n"
    assert cli("find", "42", "--json").json == {
        "pr_number": "42",
        "session_id": None,
        "unattributed": True,
        "session": None,
    }


def test_one_that_nobody_recorded_is_an_error_with_a_way_out(repo: Path, cli: Cli) -> None:
    result = cli("find", "42")

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error: no session holds pull request 42\nhint: record it: pr-sessions add 42 --title ... --author ...\n"
    )
