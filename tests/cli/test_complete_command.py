from pathlib import Path

from command_line import Cli, ago, day, left_behind


def test_complete_ends_the_current_session(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", ago(5))
    session_id = cli("add", "42", "--title", "auto-pr: x", "--author", "bot", "--json").json["session_id"]

    result = cli("complete")

    assert (result.code, result.err) == (0, "")
    assert result.out == f"Completed {session_id} after 5 min\n  pull requests  1 (42)\n"
    assert not (repo / ".cursor/.session_id").exists()


def test_completion_as_json(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", ago(5))

    data = cli("complete", "--json").json

    session = data["session"]
    assert (data["was_over"], session["status"], session["completion_trigger"]) == (False, "completed", "manual_cli")


def test_one_that_had_run_out_keeps_its_timeout(repo: Path, cli: Cli) -> None:
    left_behind(repo, "ada-20251122-1000", day("10:00"))

    result = cli("complete")

    assert result.code == 0
    assert result.out == (
        "ada-20251122-1000 had run out before: completed at 2025-11-22 10:30 (timeout)\n  pull requests  0\n"
    )


def test_one_that_is_completed_already_stays_as_it_is(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", day("10:00"))
    cli("complete", "ada-20251122-1000", "--at", day("10:10"))
    stored = (repo / "docs/metrics/auto_pr_sessions.json").read_bytes()

    result = cli("complete", "ada-20251122-1000", "--json")

    assert (result.code, result.json["was_over"]) == (0, True)
    assert (repo / "docs/metrics/auto_pr_sessions.json").read_bytes() == stored


def test_complete_without_a_current_session_is_an_error_with_a_way_out(repo: Path, cli: Cli) -> None:
    result = cli("complete")

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error: no session is current in this working tree\nhint: name one; `pr-sessions show` lists the active ones\n"
    )


def test_complete_takes_a_session_by_its_id(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "x", "--author", "bot", "--session", "some-session", "--create")

    assert cli("complete", "some-session").out == (
        "Completed some-session after under a minute\n  pull requests  1 (42)\n"
    )


def test_completing_an_unknown_session_is_an_error(repo: Path, cli: Cli) -> None:
    result = cli("complete", "nobody")

    assert (result.code, result.err) == (1, "error: no session nobody\nhint: `pr-sessions list` shows all of them\n")
