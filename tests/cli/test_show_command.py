import json
from pathlib import Path

from command_line import Cli, day


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
