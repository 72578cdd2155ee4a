"""`import` of files and of git's history."""

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Git
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from merged import shop, squash

from pr_sessions.core.models import Session, State
from pr_sessions.tracker import open_tracker

ROWS = (
    {"number": 1, "title": "auto-pr: one", "author": "bot", "created_at": "2025-11-22T10:00:00Z", "changed_files": 2},
    {"number": 2, "title": "By hand", "author": "ann", "created_at": "2025-11-22T10:05:00Z"},
    {"number": 3, "title": "auto-pr: three", "author": "bot", "created_at": "2025-11-22T05:20:00-05:00"},
    {"number": 4, "title": "auto-pr: four", "author": "bot", "created_at": "2025-11-22T12:00:00Z"},
    {"number": 5, "title": "auto-pr: whose?", "created_at": "2025-11-22T12:10:00Z"},
)
SAID = """\
Read 5 pull requests
  automatic     4
  assisted      0
  no sign       1
  attributed    3 in 2 sessions
  unattributed  1
  new           4
"""
COUNTED = {
    "read": 5,
    "automatic": 4,
    "assisted": 0,
    "attributed": 3,
    "unattributed": 1,
    "not_automatic": 1,
    "added": 4,
    "sessions": ["bot-20251122-1000", "bot-20251122-1200"],
    "changed": True,
}


def lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def written(root: Path, rows: Sequence[dict[str, Any]]) -> str:
    (root / "past.jsonl").write_text(lines(rows), encoding="utf-8")
    return "past.jsonl"


def kept(root: Path) -> bytes:
    return (root / "docs/metrics/auto_pr_sessions.json").read_bytes()


def known(root: Path) -> list[Session]:
    return list(open_tracker(root).sessions())


def test_a_file_is_recorded_and_counted(repo: Path, cli: Cli) -> None:
    assert cli("import", written(repo, ROWS)).out == SAID


def test_json_has_the_same_counts_and_the_sessions(repo: Path, cli: Cli) -> None:
    assert cli("import", written(repo, ROWS), "--json").json == COUNTED


REPOSITORIES = ("", "org/a#", "org/b#")
IN_EACH = {
    "bot-20251122-1000": ("1", "2"),
    **{f"bot-20251122-1000-org-{x}": tuple(f"org/{x}#{n}" for n in "12") for x in "ab"},
}


def in_each(name: str) -> list[dict[str, Any]]:
    """Two pull requests of one author and one branch in a repository."""
    common = {"title": "auto-pr: x", "author": "bot", "branch": "topic"}
    times = {"1": "2025-11-22T10:00:00Z", "2": "2025-11-22T10:05:00Z"}
    return [{"number": name + number, "created_at": at, **common} for number, at in times.items()]


@pytest.mark.parametrize("order", list(permutations(REPOSITORIES)), ids=" ".join)
def test_repositories_do_not_mix_in_whatever_order_they_come(repo: Path, cli: Cli, order: tuple[str, ...]) -> None:
    for name in order:
        assert cli("import", written(repo, in_each(name))).code == 0
    assert {session.id: session.prs for session in known(repo)} == IN_EACH


def test_outside_git_repositories_do_not_mix(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain/.cursor").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "plain")
    assert cli("init").code == 0
    for number in ("org/a#1", "org/b#1", "1"):
        assert cli("add", number, "--title", "auto-pr: x", "--author", "bot").code == 0
    found = sorted(session.prs for session in known(tmp_path / "plain"))
    assert found == [("1",), ("org/a#1",), ("org/b#1",)]


def test_stdin_is_a_file_too(repo: Path) -> None:
    command = [sys.executable, "-m", "pr_sessions", "import", "-", "--json"]
    done = subprocess.run(command, cwd=repo, input=lines(ROWS).encode(), capture_output=True, check=True)

    assert (json.loads(done.stdout), done.stderr) == (COUNTED, b"")


def test_a_second_time_says_nothing_new_and_changes_no_byte(repo: Path, cli: Cli) -> None:
    file = written(repo, ROWS)
    cli("import", file)
    before = kept(repo)
    again = cli("import", file)

    assert again.out.splitlines()[-2:] == ["  new           0", "Nothing changed: all of this was known."]
    assert kept(repo) == before


def test_every_session_has_run_out_at_the_end_and_none_is_current(repo: Path, cli: Cli) -> None:
    cli("import", written(repo, ROWS))

    assert {session.id: session.completion and session.completion.trigger for session in known(repo)} == {
        "bot-20251122-1000": "timeout",
        "bot-20251122-1200": "timeout",
    }
    assert not (repo / ".cursor/.session_id").exists()


def test_the_current_session_takes_no_part(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "bot")
    before = (repo / ".cursor/.session_id").read_bytes()
    cli("import", written(repo, ROWS))

    assert (repo / ".cursor/.session_id").read_bytes() == before
    assert [s.prs for s in known(repo) if s.completion is None] == [()]


ADDRESSED = [
    {"number": 7, "html_url": "https://github.com/me/app/pull/7", "url": "https://api.github.com/repos/me/app/pulls/7"},
    {"number": 7, "html_url": "https://github.com/me/other/pull/7"},
    {"number": 7, "url": "https://gitlab.com/me/app/-/merge_requests/7"},
    {"number": 8, "url": "https://api.github.com/repos/me/app/pulls/8"},
    {"number": 9, "url": {"href": "x"}, "web_url": None},
    {"number": 10, "url": "https://github.com/me/other/pull/11"},
    {"number": "me/third#12", "url": "https://github.com/me/fourth/pull/12"},
]


@pytest.mark.parametrize(
    ("remote", "ids"),
    [
        ("git@github.com:me/app.git", ("7", "8", "9", "10", "me/app#7", "me/other#7", "me/third#12")),
        ("/srv/me/app.git", ("8", "9", "10", "me/app#7", "me/other#7", "me/third#12")),
    ],
)
def test_the_address_of_a_row_says_whose_number_it_is(
    repo: Path, cli: Cli, git: Git, remote: str, ids: tuple[str, ...]
) -> None:
    git(repo, "remote", "add", "origin", remote)
    at = {"title": "auto-pr: step", "author": "bot", "created_at": "2025-11-22T10:00:00Z"}
    cli("import", written(repo, [{**at, **row} for row in ADDRESSED]))

    assert {number for session in known(repo) for number in session.prs} == set(ids)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(ROWS))
def test_the_order_of_the_file_does_not_matter(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    from pr_sessions.importers.jsonl import read_dated

    root = tmp_path_factory.mktemp("folder")
    (root / ".cursor/config").mkdir(parents=True)
    (root / ".cursor/config/session_config.yaml").touch()
    open_tracker(root).record_all(read_dated(lines(rows).encode().splitlines(), "past", UTC))

    assert {s.id: s.prs for s in known(root)} == {"bot-20251122-1000": ("1", "3"), "bot-20251122-1200": ("4",)}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"number": 9, "title": "t"}, "past.jsonl, line 6: pull request 9 has no created_at"),
        ({"number": 9, "created_at": "soon"}, "past.jsonl, line 6: not a date and time: 'soon'"),
        ({"number": "x", "created_at": "2025-11-22T10:00:00Z"}, "past.jsonl, line 6: not a pull request number: 'x'"),
        ({"title": "t"}, "past.jsonl, line 6: Object missing required field `number`"),
        (
            {"number": 9, "created_at": "9990-01-01T00:00:00Z"},
            "pull request 9: 9990-01-01T00:00:00Z lies in the future",
        ),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_recorded(repo: Path, cli: Cli, row: dict[str, Any], message: str) -> None:
    result = cli("import", written(repo, [*ROWS, row]))

    assert (result.code, result.out, result.err.splitlines()[0]) == (1, "", f"error: {message}")
    assert known(repo) == []


def test_an_empty_file_changes_nothing(repo: Path, cli: Cli) -> None:
    result = cli("import", written(repo, []), "--json")

    assert (result.json["read"], result.json["sessions"], result.json["changed"]) == (0, [], False)
    assert not (repo / "docs").exists()


def test_the_history_of_git_is_recorded_as_merged(repo: Path, cli: Cli) -> None:
    shop(repo)
    result = cli("import", "--git", "--json")
    session = open_tracker(repo).find("2")

    assert result.json == COUNTED | {
        "read": 4,
        "automatic": 3,
        "unattributed": 0,
        "added": 3,
        "sessions": ["Bot-20251121-0900", "Bot-20251122-1400"],
    }
    record = session.pull_requests["2"]
    nine = datetime(2025, 11, 21, 9, 12, tzinfo=UTC)
    assert (session.prs, record.state, record.created, record.merged, record.files_changed) == (
        ("1", "2"),
        State.MERGED,
        nine,
        nine,
        2,
    )


def test_the_history_twice_changes_no_byte(repo: Path, cli: Cli) -> None:
    shop(repo)
    cli("import", "--git")
    before = kept(repo)

    assert cli("import", "--git", "--json").json["changed"] is False
    assert kept(repo) == before


def test_only_a_range_of_the_history(repo: Path, cli: Cli, git: Git) -> None:
    shop(repo)

    assert cli("import", "--git", "HEAD~1..", "--json").json["read"] == 1
    assert cli("import", "--json", "--git", "HEAD~2..HEAD").json["read"] == 2


def test_a_history_that_lies_in_the_future_is_refused_by_number(repo: Path, cli: Cli) -> None:
    squash(repo, 7, "auto-pr: later", f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%dT00:00:00Z}")

    assert cli("import", "--git").err.startswith("error: pull request 7: ")


@pytest.mark.parametrize("arguments", [(), ("past.jsonl", "--git"), ("nowhere.jsonl",)])
def test_one_source_is_needed(repo: Path, cli: Cli, arguments: tuple[str, ...]) -> None:
    written(repo, ROWS)

    assert cli("import", *arguments).code == 2


def test_unknown_revisions_are_an_error(repo: Path, cli: Cli) -> None:
    result = cli("import", "--git", "nowhere..main")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: git does not know the revisions 'nowhere..main'")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_only(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(repo, ROWS)
    assert cli("import", file).err == ""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)

    assert cli("import", file, "--json").json["read"] == 5
    assert "100%" in screen.getvalue()


def test_where_tracking_is_off_nothing_is_recorded(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PR_SESSIONS", "0")

    assert cli("import", written(repo, ROWS), "--json").json == {"paused": True}
    assert not (repo / "docs").exists()


def test_nothing_to_record_is_not_called_known(repo: Path, cli: Cli) -> None:
    assert cli("import", "--git").out.splitlines()[-1] == "Nothing to record was found there."


def test_pull_requests_of_people_are_not_called_known(repo: Path, cli: Cli, git: Git) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "Fix login (#12)")

    assert cli("import", "--git").out.splitlines()[-1] == "Nothing was recorded: none of them is automatic."


ASSISTED = (
    {"number": 1, "title": "Fix", "author": "ann", "created_at": "2025-11-22T10:00:00Z", "body": "Assisted-by: Claude"},
    {"number": 2, "title": "Fix", "author": "ann", "created_at": "2025-11-22T10:05:00Z"},
)


@pytest.mark.parametrize(
    ("track", "rows", "more"),
    [
        (
            "opened",
            "  attributed    0 in 0 sessions\n  unattributed  0\n  new           0\n",
            (
                "Nothing was recorded: none of them is automatic.\n"
                "With `track: agents`, those are recorded that agents assisted with.\n"
            ),
        ),
        ("agents", "  attributed    1 in 1 session\n  unattributed  0\n  new           1\n", ""),
    ],
)
def test_what_agents_assisted_with_is_counted_apart(repo: Path, cli: Cli, track: str, rows: str, more: str) -> None:
    cli("init", "--track", track)

    said = cli("import", written(repo, ASSISTED)).out

    assert said == f"Read 2 pull requests\n  automatic     0\n  assisted      1\n  no sign       1\n{rows}{more}"
