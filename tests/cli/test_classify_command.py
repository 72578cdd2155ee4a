from pathlib import Path

import pytest
from command_line import Cli, day


def test_classify_says_that_a_pull_request_is_automatic_and_where_it_would_go(repo: Path, cli: Cli) -> None:
    result = cli("classify", "--pr-number", "42", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:00"))

    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Pull request 42 is automatic.\n"
        "  its title matches ^auto-pr:\n"
        "Its session: bot-20251122-1000\n"
        "  its author worked in this repository within the timeout (work of bot within 30 minutes)\n"
    )


def test_the_verdict_as_json(repo: Path, cli: Cli) -> None:
    result = cli(
        "classify", "--pr-number", "42", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:00"),
        "--message", "wip: one", "--message", "plain", "--agent", "cursor", "--agent", "claude", "--files", "3",
        "--branch", "feature/x", "--json",
    )  # fmt: skip

    assert result.json == {
        "is_auto_pr": True,
        "should_skip_scoring": True,
        "session_id": "bot-20251122-1000",
        "evidence": [
            {"rule": "title", "detail": "^auto-pr:"},
            {"rule": "commit message", "detail": "^wip:"},
            {"rule": "agent", "detail": "claude"},
            {"rule": "agent", "detail": "cursor"},
        ],
    }


def test_a_pull_request_that_is_not_automatic_exits_with_0_as_well(repo: Path, cli: Cli) -> None:
    told = ["classify", "--pr-number", "42", "--title", "Fix login", "--author", "ada"]

    assert cli(*told).out == "Pull request 42 is not automatic.\n"
    result = cli(*told, "--json")
    assert (result.code, result.json) == (
        0,
        {"is_auto_pr": False, "should_skip_scoring": False, "session_id": None, "evidence": []},
    )


def test_check_without_an_author_says_why_there_is_no_session(repo: Path, cli: Cli) -> None:
    assert cli("classify", "--pr-number", "42", "--title", "wip: x").out == (
        "Pull request 42 is automatic.\n"
        "  its title matches ^wip:\n"
        "It fits no session: no author is known, and no session is current in this working tree\n"
    )


def test_check_stores_nothing(repo: Path, cli: Cli) -> None:
    cli("classify", "--pr-number", "42", "--title", "auto-pr: x", "--author", "bot")

    assert sorted(path.name for path in repo.iterdir()) == [".git", "deep"]
    assert not (repo / ".git/pr-sessions").exists()


def test_a_mark_in_the_body_names_the_session(repo: Path, cli: Cli) -> None:
    body = "Words.\n\n<!-- 🤖 Auto-PR: Session bot-20251122-0900 -->\n"

    result = cli("classify", "--pr-number", "42", "--title", "x", "--body", body, "--at", day("10:00"))

    assert result.out == (
        "Pull request 42 is automatic.\n"
        "  its body carries our mark (minimal)\n"
        "Its session: bot-20251122-0900\n"
        "  our mark in its title, body or commits names the session (minimal mark in the body)\n"
    )


@pytest.mark.parametrize("number", ["x", "-1", "1/2", "", "9" * 40])
def test_a_number_that_is_none_is_wrong_usage(repo: Path, cli: Cli, number: str) -> None:
    assert cli("classify", "--pr-number", number, "--title", "x").code == 2


def test_the_number_is_required(repo: Path, cli: Cli) -> None:
    assert cli("classify", "--title", "x").code == 2
