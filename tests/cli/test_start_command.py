import json
from pathlib import Path

import pytest
from command_line import Cli, day


def test_start_says_which_session_began(repo: Path, cli: Cli) -> None:
    result = cli("start", "--author", "cursor-bot", "--title", "Billing", "--at", day("10:00"))

    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Started cursor-bot-20251122-1000\n"
        "  title    Billing\n"
        "  author   cursor-bot\n"
        "  timeout  after 30 idle minutes\n"
        "  status   idle, ran out at 2025-11-22 10:30\n"
    )


def test_start_says_neither_a_title_that_is_not_there_nor_what_goes_without_saying(repo: Path, cli: Cli) -> None:
    lines = cli("start", "--author", "ada").out.splitlines()

    assert lines[1:] == ["  author   ada", "  timeout  after 30 idle minutes"]


def test_start_writes_the_marker_and_the_session_file(repo: Path, cli: Cli) -> None:
    session = cli("start", "--author", "ada", "--json").json["session"]

    assert json.loads((repo / ".cursor/.session_id").read_text()) == {
        "session_id": session["session_id"],
        "author": "ada",
        "created": session["started"],
        "last_updated": session["started"],
    }
    document = json.loads((repo / "docs/metrics/auto_pr_sessions.json").read_text())
    assert list(document["active_sessions"]) == [session["session_id"]]


def test_start_without_an_author_takes_gits(repo: Path, cli: Cli) -> None:
    assert cli("start", "--json").json["session"]["author"] == "Test Person"


def test_start_prefers_the_author_of_the_environment(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTO_PR_SESSION_AUTHOR", "devin")

    assert cli("start", "--json").json["session"]["author"] == "devin"


@pytest.mark.parametrize(
    ("author", "session_id"),
    [
        ("mary-jane", "mary-jane-20251122-1000"),
        ("john.doe", "john.doe-20251122-1000"),
        ("dependabot[bot]", "dependabot-bot-20251122-1000"),
        ("Émile Zola", "Emile-Zola-20251122-1000"),
        ("../../etc|passwd\n<b>", "etc-passwd-b-20251122-1000"),
    ],
)
def test_an_author_of_any_spelling_gives_a_safe_id(repo: Path, cli: Cli, author: str, session_id: str) -> None:
    assert cli("start", "--author", author, "--at", day("10:00"), "--json").json["session"]["session_id"] == session_id


def test_start_completes_the_session_that_is_alive_and_says_so(repo: Path, cli: Cli) -> None:
    first = cli("start", "--author", "ada", "--json").json["session"]["session_id"]

    result = cli("start", "--author", "ada", "--json")

    assert result.err == f"completed {first} (restart_cleanup)\n"
    ended = result.json["completed"]
    assert [(s["session_id"], s["completion_trigger"]) for s in ended] == [(first, "restart_cleanup")]
    assert result.json["session"]["session_id"] != first


def test_two_sessions_of_one_minute_have_two_ids(repo: Path, cli: Cli) -> None:
    ids = [cli("start", "--author", "ada", "--at", day("10:00"), "--json").json["session"]["session_id"] for _ in "ab"]

    assert ids == ["ada-20251122-1000", "ada-20251122-1000-2"]


def test_a_start_in_the_future_is_refused(repo: Path, cli: Cli) -> None:
    result = cli("start", "--at", "2999-01-01T00:00:00Z")

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error: 2999-01-01T00:00:00Z lies in the future\nhint: check the time, its zone and this machine's clock\n"
    )
