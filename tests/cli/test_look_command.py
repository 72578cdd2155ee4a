"""`look` on real repositories."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import Cli, Git
from merged import shop, squash, without_source

from pr_sessions.cli.commands.look_command import import_command_for
from pr_sessions.git.remotes import parse_remotes

EMPTY = """\
repo: no pull requests in its history

Looked for, in the messages of its merge and squash commits
  GitHub          Merge pull request #12 from ann/fix, or Fix the login (#12)
  GitLab          See merge request shop!12, Part-of: <...>, or Fix the login (!12)
  Gitea, Forgejo  Merge pull request 'Fix the login' (#12), Reviewed-on: ...
  Bitbucket       Merged in fix (pull request #12), Pull request #12: Fix the login
  Azure DevOps    Merged PR 12: Fix the login
  bors, scripts   Auto merge of #12, Merge #12, Merge ann/shop#12: Fix the login
"""

SHOP = """\
repo: 3 pull requests in 2 sessions
4 pull requests in all: 3 by the team's marks, 1 without a sign of an agent.
2 reviews instead of 3. The last 2 days with pull requests: 2025-11-21 to 2025-11-22.
Git has no description of 1 without a sign. The forge may know more:
  pr-sessions import --github OWNER/REPO

Sessions, the largest first, each in the order of review
  Bot-20251121-0900  2 pull requests, 2 files
    2025-11-21 09:00 to 09:12, inferred
    #1 auto-pr: model of an invoice
    #2 auto-pr: invoice numbers
  Bot-20251122-1400  1 pull request, 2 files
    2025-11-22 14:00
    #4 wip: invoices as PDF

Pairs that touch the same files, in different sessions
  #1 and #4  1 file: src/invoice.py
  #2 and #4  1 file: src/invoice.py

Pairs that touch the same files, at least one in no session
  #2 and #3  1 file: src/ids.py

Pairs that touch the same files, in one session
  #1 and #2  1 file: src/invoice.py

Why automatic
  title  ^auto-pr:  2 pull requests
  title  ^wip:      1 pull request

No sign of an agent: 1 pull request, by author and time
  Ann Lee                       2025-11-21 11:00           #3

Next
  pr-sessions look --why 1    why a pull request is where it is
  pr-sessions look --days 30  a longer time
  pr-sessions init            track this repository from now on
"""

BY_HAND = """\
repo: 2 pull requests, none with a sign of an agent
2 without a sign of an agent.
The last day with pull requests: 2025-11-21.
Git has no description of 2 without a sign. The forge may know more:
  pr-sessions import --github OWNER/REPO

No sign of an agent, grouped by author and time
  Ann  2 pull requests, 2 files
    2025-11-21 09:00 to 09:05
    #1 Fix the login
    #2 Test the login

What would make them automatic
  a title, or the first line of a commit message, that matches one of
    ^auto-pr:   ^wip:   ^\\[auto\\]   ^checkpoint:   ^cursor-session   ^🤖
  a description with a mark such as Session-ID: ann-20251122-1000
  Change auto_pr_patterns in .cursor/config/session_config.yaml.

Pairs that touch the same files
  #1 and #2  1 file: login.py

Next
  pr-sessions look --why 1    why a pull request is where it is
  pr-sessions look --days 30  a longer time
  pr-sessions init            track this repository from now on
"""

WHY_2 = """\
#2 is automatic
  title   auto-pr: invoice numbers
  author  Bot
  opened  2025-11-21 09:12
  merged  2025-11-21 09:12 by squash {commit}
  branch  unknown
  files   2 files: src/ids.py, src/invoice.py
  agents  no sign of an agent

Why automatic
  its title matches ^auto-pr:

Its session
  Bot-20251121-0900  2 pull requests, 2 files
    2025-11-21 09:00 to 09:12, inferred
    #1 auto-pr: model of an invoice
    #2 auto-pr: invoice numbers

What was asked, the strongest first
  agent_run  no id of an agent's run                   nothing
  marker     no mark of ours in the title or the body  nothing
  workspace  no live session in this working tree      nothing
  time       work of Bot within 30 minutes             Bot-20251121-0900

Others around it that touch the same files
  #3: 1 file: src/ids.py
  #1: 1 file: src/invoice.py
  #4: 1 file: src/invoice.py
"""

WHY_3 = """\
#3 is not automatic
  title   Upgrade the database
  author  Ann Lee
  opened  2025-11-21 11:00
  merged  2025-11-21 11:00 by squash {commit}
  branch  unknown
  files   2 files: db.sql, src/ids.py
  agents  no sign of an agent

What would make them automatic
  a title, or the first line of a commit message, that matches one of
    ^auto-pr:   ^wip:   ^\\[auto\\]   ^checkpoint:   ^cursor-session   ^🤖
  a description with a mark such as Session-ID: ann-20251122-1000
  Change auto_pr_patterns in .cursor/config/session_config.yaml.

The work around it
  Ann Lee  1 pull request, 2 files
    2025-11-21 11:00
    #3 Upgrade the database

Others around it that touch the same files
  #2: 1 file: src/ids.py
"""


def by_hand(root: Path) -> None:
    squash(root, 1, "Fix the login", "2025-11-21T09:00:00Z", author="Ann", files=("login.py",))
    squash(root, 2, "Test the login", "2025-11-21T09:05:00Z", author="Ann", files=("login.py", "tests/login.py"))


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time and content, git's own ones too."""
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(("make", "text"), [(lambda _: None, EMPTY), (shop, SHOP), (by_hand, BY_HAND)])
def test_it_shows_the_latest_days(repo: Path, cli: Cli, make: Callable[[Path], None], text: str) -> None:
    make(repo)

    assert without_source(cli("look").out) == text


def test_why_tells_everything_about_one_pull_request(repo: Path, cli: Cli, git: Git) -> None:
    shop(repo)
    ids = {number: git(repo, "log", "-1", "--format=%H", f"--grep=(#{number})")[:10] for number in ("2", "3")}

    assert (cli("look", "--why", "2").out, cli("look", "--why", "#3").out) == (
        WHY_2.format(commit=ids["2"]),
        WHY_3.format(commit=ids["3"]),
    )


@pytest.mark.parametrize("arguments", [("look",), ("look", "--why", "2"), ("look", "--json"), ("look", "--days", "9")])
def test_it_writes_nothing_anywhere(repo: Path, cli: Cli, arguments: tuple[str, ...]) -> None:
    shop(repo)
    config = repo / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("timeout_minutes: 45\n", encoding="utf-8")
    (repo / ".git/pr-sessions").mkdir()
    os.utime(config, (0, 0))
    before = tree(repo.parent)

    assert cli(*arguments).code == 0
    assert tree(repo.parent) == before


def test_another_repository_can_be_looked_at_from_anywhere(
    repo: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(repo)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    assert without_source(cli("look", str(repo / "deep/er")).out) == SHOP
    assert list(elsewhere.iterdir()) == []


def test_a_path_counts_for_more_than_the_variables_of_a_git_hook(
    repo: Path, cli: Cli, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "other")
    shop(repo)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))

    assert without_source(cli("look", str(repo)).out) == SHOP


def test_the_configuration_of_the_repository_decides(repo: Path, cli: Cli) -> None:
    shop(repo)
    config = repo / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text('auto_pr_patterns: ["^upgrade"]\n', encoding="utf-8")

    assert [s["session_id"] for s in cli("look", "--json").json["sessions"]] == ["Ann-Lee-20251121-1100"]


def test_without_days_the_last_seven_that_had_pull_requests_are_shown(repo: Path, cli: Cli) -> None:
    for day in range(1, 10):
        squash(repo, day, f"auto-pr: {day}", f"2025-{day:02}-01T09:00:00Z")

    assert list(cli("look", "--json").json["pull_requests"]) == ["3", "4", "5", "6", "7", "8", "9"]


def test_days_are_so_many_times_24_hours_from_now(repo: Path, cli: Cli) -> None:
    now = datetime.now(UTC)
    for number, hours in ((1, 300), (2, 50), (3, 46), (4, 1)):
        squash(repo, number, "Fix", f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}")
    shown = cli("look", "--days", "2")

    assert list(cli("look", "--days", "2", "--json").json["pull_requests"]) == ["3", "4"]
    assert shown.out.splitlines()[2].startswith("The last 2 days: ")


def test_days_without_pull_requests_are_said_to_have_none(repo: Path, cli: Cli) -> None:
    shop(repo)

    assert without_source(cli("look", "--days", "1").out) == (
        "repo: no pull requests in these days\nThe last day: none; its history names 4 pull requests.\n"
    )


def test_json_holds_everything(repo: Path, cli: Cli) -> None:
    shop(repo)
    found = cli("look", "--json").json
    commit = found["pull_requests"]["3"].pop("commit")

    assert len(commit) == 40
    assert found["pull_requests"]["3"] == {
        "number": "3",
        "title": "Upgrade the database",
        "author": "Ann Lee",
        "opened": "2025-11-21T11:00:00Z",
        "merged": "2025-11-21T11:00:00Z",
        "branch": None,
        "base": None,
        "kind": "squash",
        "files": ["db.sql", "src/ids.py"],
        "is_auto": False,
        "involvement": "no_sign",
        "evidence": [],
        "agents": [],
        "session_id": None,
        "tried": [],
    }
    assert {key: value for key, value in found.items() if key != "pull_requests"} == {
        "read": 4,
        "signs": {"opened": 0, "assisted": 0, "team_mark": 3, "no_sign": 1},
        "undescribed": 1,
        "bursts": [],
        "inference": None,
        "days": ["2025-11-21", "2025-11-22"],
        "sessions": [
            group("Bot-20251121-0900", "Bot", "2025-11-21T09:00:00Z", "2025-11-21T09:12:00Z", ["1", "2"], "timeout"),
            group("Bot-20251122-1400", "Bot", "2025-11-22T14:00:00Z", "2025-11-22T14:00:00Z", ["4"], "timeout"),
        ],
        "unattributed": [],
        "not_automatic": [group(None, "Ann Lee", "2025-11-21T11:00:00Z", "2025-11-21T11:00:00Z", ["3"], None)],
        "agents": [],
        "evidence": [
            {"rule": "title", "detail": "^auto-pr:", "pull_requests": 2},
            {"rule": "title", "detail": "^wip:", "pull_requests": 1},
        ],
        "overlaps": [
            {"numbers": ["2", "3"], "files": ["src/ids.py"]},
            {"numbers": ["1", "4"], "files": ["src/invoice.py"]},
            {"numbers": ["2", "4"], "files": ["src/invoice.py"]},
            {"numbers": ["1", "2"], "files": ["src/invoice.py"]},
        ],
        "shared_files": {
            "across_sessions": {"pairs": [["1", "4"], ["2", "4"]], "left_out": 0},
            "outside_sessions": {"pairs": [["2", "3"]], "left_out": 0},
            "in_session": {"pairs": [["1", "2"]], "left_out": 0},
        },
        "stacks": [],
        "patterns": ["^auto-pr:", "^wip:", "^\\[auto\\]", "^checkpoint:", "^cursor-session", "^🤖"],
        "shallow": False,
        "history": {
            "ref": "main",
            "commit": found["pull_requests"]["4"]["commit"],
            "at": "2025-11-22T14:00:00Z",
            "commits": 5,
            "files_known": True,
            "no_pull_requests": {"issue": 0, "not_rising": 0, "other_repository": 0},
            "unnamed_merges": 0,
        },
        "open": None,
    }


def group(
    session_id: str | None, author: str, started: str, latest: str, prs: list[str], trigger: str | None
) -> dict[str, object]:
    return {
        "session_id": session_id,
        "author": author,
        "started": started,
        "latest": latest,
        "prs": prs,
        "files": 2,
        "review": prs,
        "agents": [],
        "runs": 0,
        "inferred": session_id is not None,
        "trigger": trigger,
    }


def test_why_as_json(repo: Path, cli: Cli) -> None:
    shop(repo)
    found = cli("look", "--why", "4", "--json").json

    assert found["pull_request"]["session_id"] == found["group"]["session_id"] == "Bot-20251122-1400"
    assert (found["stacks"], [pair["numbers"] for pair in found["overlaps"]]) == ([], [["1", "4"], ["2", "4"]])


def test_a_repository_without_commits_has_no_pull_requests(
    cli: Cli, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "repo")
    monkeypatch.chdir(tmp_path / "repo")

    assert (cli("look").out, cli("look", "--json").json["read"]) == (EMPTY, 0)


def test_a_shallow_clone_is_shown_as_far_as_it_goes(repo: Path, cli: Cli, git: Git, tmp_path: Path) -> None:
    shop(repo)
    git(tmp_path, "clone", "-q", "--depth", "1", repo.as_uri(), "part")
    shown, found = cli("look", str(tmp_path / "part")), cli("look", str(tmp_path / "part"), "--json").json

    assert without_source(shown.out).endswith(
        "\nThis clone is shallow: `git fetch --unshallow` brings the rest of its history.\n"
    )
    assert (list(found["pull_requests"]), found["pull_requests"]["4"]["files"], found["shallow"]) == (["4"], None, True)


@pytest.mark.parametrize("number", ["99", "4"])
def test_an_unknown_number_is_an_error_that_says_where_to_look(repo: Path, cli: Cli, number: str) -> None:
    result = cli("look", "--why", number)

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"error: the history of {repo} names no pull request {number}\n"
        "hint: `pr-sessions look --days 9999` lists those that it names\n"
    )


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--days", "x"), ("--why", "x"), ("nowhere",)])
def test_what_makes_no_sense_is_wrong_usage(repo: Path, cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("look", *arguments).code == 2


def test_outside_git_it_says_what_to_do(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    result = cli("look")

    assert (result.code, result.err.splitlines()[0]) == (1, f"error: {tmp_path} is not in a git repository")


def test_hostile_titles_and_authors_are_one_plain_line_each(repo: Path, cli: Cli) -> None:
    squash(repo, 1, "auto-pr: \x1b[31mred\a" + "x" * 500, "2025-11-21T09:00:00Z", author="E\x1b[0mvil\u202e")
    shown = cli("look").out + cli("look", "--why", "1").out

    assert all(line.isprintable() and len(line) <= 120 for line in shown.splitlines())


def test_many_sessions_and_titles_are_cut_with_a_count(repo: Path, cli: Cli) -> None:
    for hour in range(10):
        squash(repo, 10 + hour, f"auto-pr: hour {hour}", f"2025-11-21T{hour:02}:00:00Z")
    for number in range(1, 7):
        squash(repo, number, f"auto-pr: {number}", f"2025-11-22T10:0{number}:00Z")
    lines = cli("look").out.splitlines()

    assert lines[5:11] == [
        "  Bot-20251122-1001  6 pull requests, 0 files",
        "    2025-11-22 10:01 to 10:06, inferred",
        "    #1 auto-pr: 1",
        "    #2 auto-pr: 2",
        "    #3 auto-pr: 3",
        "    ... and #4-#6",
    ]
    assert "  ... and 3 more with 3 pull requests" in lines


def test_without_a_terminal_there_is_no_colour(repo: Path, cli: Cli) -> None:
    shop(repo)

    assert "\x1b" not in cli("look").out


def test_the_installed_command_shows_the_same(repo: Path) -> None:
    shop(repo)
    done = subprocess.run(
        [sys.executable, "-m", "pr_sessions", "look"], cwd=repo, capture_output=True, check=True, encoding="utf-8"
    )

    assert (without_source(done.stdout), done.stderr) == (SHOP, "")


@pytest.mark.parametrize(
    ("url", "command"),
    [
        ("https://github.com/ada/shop.git", "pr-sessions import --github ada/shop"),
        ("git@gitlab.com:shop/web/app.git", "pr-sessions import --gitlab shop/web/app"),
        ("https://bitbucket.org/ada/shop.git", ""),
    ],
)
def test_the_remote_decides_what_reads_descriptions(url: str, command: str) -> None:
    assert import_command_for(parse_remotes(f"origin\t{url} (fetch)\n")) == command
