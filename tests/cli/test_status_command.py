import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import Cli, Git, ago, day, left_behind

from pr_sessions.tracker import open_tracker


def tree(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_status_of_an_untouched_repository_says_what_to_type_next(repo: Path, cli: Cli) -> None:
    result = cli("status")

    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "No sessions here yet.\n"
        "  pr-sessions init    set this repository up\n"
        "  pr-sessions start   begin a session\n"
        "  pr-sessions look    see what the history tells, without storing anything\n"
    )


def test_status_of_an_untouched_repository_has_all_keys(repo: Path, cli: Cli) -> None:
    assert cli("status", "--json").json == {
        "current": None,
        "active": 0,
        "completed": 0,
        "pull_requests": 0,
        "unattributed": 0,
        "active_sessions": [],
        "latest_completed": None,
        "oldest_completed": None,
        "recent_completed": [],
        "paused": None,
    }


@pytest.mark.parametrize("arguments", [[], ["--all"], ["--json"]])
def test_status_writes_nothing(repo: Path, cli: Cli, arguments: list[str]) -> None:
    untouched = tree(repo)
    cli("status", *arguments)
    assert tree(repo) == untouched

    cli("start", "--at", day("10:00"))
    started = tree(repo)
    cli("status", *arguments)
    assert tree(repo) == started


def test_status_shows_the_current_session_the_counts_and_what_completed(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", day("10:00"))
    cli("add", "7", "--title", "auto-pr: x", "--author", "ada", "--at", day("10:05"))
    cli("add", "8", "--title", "auto-pr: y", "--author", "bob", "--at", day("12:00"))
    cli("cleanup")
    cli("add", "9", "--title", "auto-pr: nobody", "--at", day("13:00"))
    minute = ago(0.1)
    current = cli("start", "--author", "eve", "--title", "Billing", "--at", minute, "--json").json["session"]
    started = f"{datetime.fromisoformat(minute):%Y-%m-%d %H:%M}"

    assert cli("status").out == (
        "Current session\n"
        f"  {current['session_id']} (active, 29 min left)\n"
        "    title          Billing\n"
        "    author         eve\n"
        f"    started        {started}\n"
        f"    last activity  {started}\n"
        "    pull requests  0\n"
        "\n"
        "1 active, 2 completed, 2 pull requests, 1 unattributed\n"
        "\n"
        "Active\n"
        f"  {current['session_id']}  active, 29 min left  0\n"
        "\n"
        "Completed (latest bob-20251122-1200, oldest ada-20251122-1000)\n"
        "  session            trigger  when              lasted  PRs\n"
        "  bob-20251122-1200  timeout  2025-11-22 12:30  30 min  1 (8)\n"
        "  ada-20251122-1000  timeout  2025-11-22 10:35  35 min  1 (7)\n"
    )


@pytest.mark.parametrize(("minutes", "status"), [(1, "active"), (20, "warning"), (40, "idle")])
def test_the_current_session_shows_its_live_status(repo: Path, cli: Cli, minutes: int, status: str) -> None:
    left_behind(repo, "ada-1", ago(minutes))

    current = cli("status", "--json").json["current"]

    assert (current["status"], current["minutes_left"]) == (status, max(29 - minutes, 0))


def test_a_current_session_that_ran_out_says_when(repo: Path, cli: Cli) -> None:
    left_behind(repo, "ada-20251122-1000", day("10:00"))

    assert "ada-20251122-1000 (idle, ran out at 2025-11-22 10:30)\n" in cli("status").out


def test_without_a_current_session_status_says_how_to_begin_one(repo: Path, cli: Cli) -> None:
    cli("start")
    cli("complete")

    assert cli("status").out.startswith(
        "Current session\n  none in this working tree; begin one: pr-sessions start\n\n0 active, 1 completed, "
    )


def test_status_lists_the_last_ten_completed_the_newest_first(repo: Path, cli: Cli) -> None:
    ids = [f"ada-20251122-{hour:02}00" for hour in range(12)]
    for hour in range(12):
        cli("add", str(hour + 1), "--title", "wip: x", "--author", "ada", "--at", day(f"{hour:02}:00"))
    cli("cleanup")

    data = cli("status", "--json").json

    assert [s["session_id"] for s in data["recent_completed"]] == ids[:1:-1]
    assert (data["completed"], data["latest_completed"], data["oldest_completed"]) == (12, ids[-1], ids[0])
    assert data["recent_completed"][0] == {
        "session_id": "ada-20251122-1100",
        "completion_trigger": "timeout",
        "completed": "2025-11-22T11:30:00Z",
        "duration_minutes": 30,
        "prs": ["12"],
    }


def test_status_of_a_session_is_its_summary(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--title", "Billing", "--at", day("10:00"))
    cli(
        "add", "7", "--title", "wip: x", "--author", "ada", "--at", day("10:05"), "--files", "3", "--tests", "1",
        "--docs", "--session", "ada-20251122-1000", "--create",
    )  # fmt: skip
    cli("cleanup")

    assert cli("status", "ada-20251122-1000").out == (
        "ada-20251122-1000 (completed: timeout)\n"
        "  title          Billing\n"
        "  author         ada\n"
        "  started        2025-11-22 10:00\n"
        "  last activity  2025-11-22 10:05\n"
        "  completed      2025-11-22 10:35 after 35 min\n"
        "  pull requests  1 (7)\n"
        "  changed        3 files, 1 new test file, documentation\n"
    )


def test_status_of_an_unknown_session_is_an_error_with_a_way_out(repo: Path, cli: Cli) -> None:
    result = cli("status", "nobody-20251122-1000")

    assert (result.code, result.out) == (1, "")
    assert result.err == "error: no session nobody-20251122-1000\nhint: `pr-sessions list` shows all of them\n"


@pytest.mark.parametrize("session_id", ["../x", "a|b", "<b>", "a\nb", "x" * 5000])
def test_status_refuses_an_id_that_is_none(repo: Path, cli: Cli, session_id: str) -> None:
    result = cli("status", session_id)

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: not a session id: ")
    assert len(result.err) < 300


def test_status_all_shows_the_current_session_of_every_working_tree(
    repo: Path, cli: Cli, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repo.parent / "other"
    git(repo, "worktree", "add", "-q", str(other))
    here = cli("start", "--author", "ada", "--json").json["session"]["session_id"]
    monkeypatch.chdir(other)
    there = cli("start", "--author", "bob", "--json").json["session"]["session_id"]

    data = cli("status", "--all", "--json").json

    assert [(w["root"], w["session"]["session_id"]) for w in data["worktrees"]] == [
        (str(repo), here),
        (str(other), there),
    ]
    assert here in cli("status", "--all").out


def test_status_all_without_any_session_shows_none(repo: Path, cli: Cli) -> None:
    assert cli("status", "--all").out == "  (nothing)\n"
    assert cli("status", "--all", "--json").json == {"worktrees": []}


def test_a_session_and_all_exclude_each_other(repo: Path, cli: Cli) -> None:
    assert cli("status", "ada-20251122-1000", "--all").code == 2


def test_status_says_that_tracking_is_off(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PR_SESSIONS", "0")

    result = cli("status", "--json")

    assert result.err == "tracking is off here: PR_SESSIONS=0 is set; switch it on: unset PR_SESSIONS\n"
    assert result.json["paused"] == "PR_SESSIONS=0 is set"


def test_status_decodes_only_what_it_shows(repo: Path, cli: Cli) -> None:
    first = datetime(2024, 1, 1, tzinfo=UTC)
    starts = [first + timedelta(hours=i) for i in range(300)]
    file = repo / "docs/metrics/auto_pr_sessions.json"
    file.parent.mkdir(parents=True)
    # Only the ten that are shown make sense: decoding any other one is an error.
    records = [
        {
            "session_id": f"ada-{start:%Y%m%d-%H%M}",
            "author": "ada" if index >= 290 else ["no text"],
            "started": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "completed": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "prs": [str(index)],
        }
        for index, start in enumerate(starts)
    ]
    file.write_text(json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": records}))

    data = cli("status", "--json").json

    assert (data["completed"], data["pull_requests"], len(data["recent_completed"])) == (300, 300, 10)


def test_pull_requests_are_counted_once_whether_decoded_or_not(repo: Path, cli: Cli) -> None:
    for number in ("1", "2", "3"):
        cli("add", number, "--title", "wip: x", "--author", "ada", "--at", day("10:00"))
    collection = open_tracker(repo).sessions()
    changed = collection.put(*collection)

    assert (collection.count_pull_requests(), changed.count_pull_requests()) == (3, 3)
