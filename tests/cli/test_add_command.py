from pathlib import Path

import pytest
from command_line import Cli, ago, day

AUTO = ("--title", "auto-pr: x", "--author", "bot")


def test_add_says_which_session_and_why(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", *AUTO, "--at", day("10:00"))

    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Recorded pull request 42 in bot-20251122-1000, which begins with it\n"
        "  automatic  its title matches ^auto-pr:\n"
        "  placed     time: work of bot within 30 minutes\n"
        "  session    over since 2025-11-22 10:30 (timeout), 1 pull request\n"
    )


def test_the_record_as_json(repo: Path, cli: Cli) -> None:
    result = cli(
        "add", "42", *AUTO, "--at", day("10:00"), "--files", "3", "--tests", "1", "--docs", "--state", "open",
        "--branch", "feature/x", "--base", "main", "--agent", "cursor", "--json",
    )  # fmt: skip

    assert result.json == {
        "pr_number": "42",
        "session_id": "bot-20251122-1000",
        "should_skip_scoring": True,
        "session": {
            "session_id": "bot-20251122-1000",
            "author": "bot",
            "started": "2025-11-22T10:00:00Z",
            "last_activity": "2025-11-22T10:00:00Z",
            "prs": ["42"],
            "total_files_changed": 3,
            "test_files_added": 1,
            "docs_updated": True,
            "status": "completed",
            "completed": "2025-11-22T10:30:00Z",
            "completion_trigger": "timeout",
            "duration_minutes": 30,
            "active_minutes": 0,
            "title": None,
            "inferred": True,
            "runs": [],
            "corrections": {"pull_requests": [], "merged": [], "reopened": None},
            "minutes_left": None,
        },
        "evidence": [{"rule": "agent", "detail": "cursor"}, {"rule": "title", "detail": "^auto-pr:"}],
        "placement": {
            "rung": "time",
            "at": "2025-11-22T10:00:00Z",
            "detail": "work of bot within 30 minutes",
            "by": None,
        },
        "is_new": True,
        "completed": [],
    }


def test_adding_twice_is_adding_once(repo: Path, cli: Cli) -> None:
    told = ("add", "42", *AUTO, "--files", "3", "--at", day("10:00"))
    cli(*told)
    stored = (repo / "docs/metrics/auto_pr_sessions.json").read_bytes()

    result = cli(*told)

    assert result.out.startswith("Updated pull request 42 in bot-20251122-1000\n")
    assert (repo / "docs/metrics/auto_pr_sessions.json").read_bytes() == stored


def test_an_update_needs_only_what_is_new(repo: Path, cli: Cli) -> None:
    cli("add", "42", *AUTO, "--files", "3", "--at", day("10:00"))

    data = cli("add", "42", "--state", "merged", "--at", day("10:20"), "--json").json

    assert (data["is_new"], data["should_skip_scoring"], data["session"]["total_files_changed"]) == (False, True, 3)
    assert data["evidence"] == [{"rule": "title", "detail": "^auto-pr:"}]


def test_a_number_is_the_same_however_it_is_written(repo: Path, cli: Cli) -> None:
    for number in ("42", "#42", "0042"):
        cli("add", number, *AUTO, "--at", day("10:00"))

    assert cli("show", "bot-20251122-1000", "--json").json["prs"] == ["42"]


def test_one_that_is_not_automatic_is_not_recorded(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", "--title", "Fix login", "--author", "ada")

    assert result.code == 0
    assert result.out == (
        "Pull request 42 is not automatic: nothing recorded.\nRecord it all the same: pr-sessions add 42 --session ID\n"
    )
    assert not (repo / "docs").exists()


def test_one_that_is_not_automatic_has_all_keys_in_json(repo: Path, cli: Cli) -> None:
    assert cli("add", "42", "--title", "Fix login", "--author", "ada", "--json").json == {
        "pr_number": "42",
        "session_id": None,
        "should_skip_scoring": False,
        "session": None,
        "evidence": [],
        "placement": None,
        "is_new": False,
        "completed": [],
    }


def test_a_hand_records_what_is_not_automatic(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", "--title", "Fix", "--author", "ada", "--session", "ada-1", "--at", ago(0.1))

    assert result.out == (
        "Recorded pull request 42 in ada-1, which begins with it\n"
        "  automatic  no\n"
        "  placed     hand: named by hand: ada-1\n"
        "  session    active, 29 min left, 1 pull request\n"
    )


def test_a_session_named_by_hand_must_be_an_id(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", *AUTO, "--session", "../../x")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: not a session id: '../../x'\nhint: ")


def test_one_without_an_author_is_kept_without_a_session(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", "--title", "auto-pr: x")

    assert result.code == 0
    assert result.out == (
        "Recorded pull request 42 without a session: "
        "no author is known, and no session is current in this working tree\n"
        "Put it into one: pr-sessions add 42 --session ID\n"
    )
    assert cli("status", "--json").json["unattributed"] == 1


def test_two_sessions_that_fit_equally_well_are_not_guessed_between(repo: Path, cli: Cli) -> None:
    for number, session_id in (("1", "bot-a"), ("2", "bot-b")):
        cli("add", number, *AUTO, "--session", session_id, "--at", day("10:00"))

    result = cli("add", "42", *AUTO, "--at", day("10:10"))

    assert result.out == (
        "Recorded pull request 42 without a session: several fit equally well: bot-a, bot-b\n"
        "Put it into one: pr-sessions add 42 --session ID\n"
    )


def test_a_marker_in_the_title_completes_the_session_and_add_says_so(repo: Path, cli: Cli) -> None:
    cli("add", "41", *AUTO, "--at", ago(5))

    result = cli("add", "42", "--title", "auto-pr: x [ready]", "--author", "bot", "--at", ago(0.1))

    assert result.out.endswith("  session    completed by it (explicit_marker: [ready]), 2 pull requests\n")
    assert not (repo / ".cursor/.session_id").exists()


def test_one_that_joins_a_session_that_is_over_did_not_complete_it(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "bot", "--at", ago(10))
    session_id = cli("complete", "--at", ago(5), "--json").json["session"]["session_id"]

    result = cli("add", "42", *AUTO, "--session", session_id)

    assert "  session    over since 20" in result.out
    assert "(manual_cli), 1 pull request\n" in result.out


def test_add_completes_what_had_run_out_and_says_so(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", day("10:00"))

    result = cli("add", "42", *AUTO, "--at", ago(0.1), "--json")

    assert result.err == "completed ada-20251122-1000 (timeout)\n"
    assert result.json["completed"] == ["ada-20251122-1000"]


def test_the_first_automatic_one_makes_its_session_current(repo: Path, cli: Cli) -> None:
    session_id = cli("add", "42", *AUTO, "--json").json["session_id"]

    assert cli("status", "--json").json["current"]["session_id"] == session_id


def test_in_ci_no_session_becomes_current(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    cli("add", "42", *AUTO)

    assert not (repo / ".cursor").exists()


def test_title_and_body_are_stored_nowhere(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "auto-pr: velvet", "--author", "bot", "--body", "walrus", "--message", "wip: sonnet")

    text = b"".join(path.read_bytes() for path in repo.rglob("*") if path.is_file())
    assert [word for word in (b"velvet", b"walrus", b"sonnet") if word in text] == []


def test_a_session_that_nobody_knew_begins_and_names_like_it_are_told(repo: Path, cli: Cli) -> None:
    cli("add", "41", *AUTO, "--session", "ada-20251122-1000", "--at", day("10:00"))
    result = cli("add", "42", *AUTO, "--session", "ada-20251122-100", "--at", day("10:05"))
    note = "note: nobody knew a session ada-20251122-100; did you mean ada-20251122-1000?\n"
    assert (result.code, result.err) == (0, note)
    assert cli("add", "42", *AUTO, "--session", "ada-20251122-100", "--at", day("10:05")).err == ""


def test_who_names_the_session_is_kept(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", *AUTO, "--session", "ada-1", "--at", ago(0.1), "--json")
    assert result.json["placement"]["by"] == "Test Person"
