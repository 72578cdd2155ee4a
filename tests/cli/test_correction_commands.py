"""`link`, `unlink`, `move`, `merge`, `undo`, `log`, and how corrections show elsewhere."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Cli, ago, day

from scene import git

BOT, BOB = "bot-20251122-1000", "bob-20251122-1200"


@pytest.fixture
def two(repo: Path, cli: Cli) -> Path:
    """Pull request 1 in a session of bot, 2 in one of bob."""
    cli("add", "1", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:00"))
    cli("add", "2", "--title", "auto-pr: x", "--author", "bob", "--at", day("12:00"))
    return repo


def homes(cli: Cli) -> dict[str, list[str]]:
    data = cli("list", "--json").json
    return {s["session_id"]: s["prs"] for s in data["sessions"]} | {"": list(data["unattributed"])}


def test_link_says_where_it_is_and_where_it_was(two: Path, cli: Cli) -> None:
    result = cli("link", "1", BOB)
    assert (result.code, result.out, result.err) == (
        0,
        f"Pull request 1 is in {BOB} now, by hand (it was in {BOT})\n",
        "",
    )
    assert homes(cli) == {BOT: [], BOB: ["1", "2"], "": []}


def test_link_twice_changes_no_byte(two: Path, cli: Cli) -> None:
    cli("link", "1", BOB)
    stored = (two / "docs/metrics/auto_pr_sessions.json").read_bytes()
    result = cli("link", "1", BOB)
    assert (result.code, result.out) == (0, f"Pull request 1 is in {BOB} by hand already\n")
    assert (two / "docs/metrics/auto_pr_sessions.json").read_bytes() == stored
    assert [c["what"] for c in cli("log", "--json").json["changes"]] == ["link", "record", "record"]


def test_link_as_json(two: Path, cli: Cli) -> None:
    assert cli("link", "1", BOB, "--json").json == {
        "pr_number": "1",
        "session_id": BOB,
        "before": BOT,
        "by": "Test Person",
        "changed": True,
        "known": True,
    }


def test_link_of_one_that_nobody_recorded_says_so(two: Path, cli: Cli) -> None:
    told = f"Pull request 77 is in {BOB} now, by hand (nobody had recorded it: add tells more of it)\n"
    assert (cli("link", "77", BOB).out, homes(cli)[BOB]) == (told, ["2", "77"])


def test_unlink_and_move(two: Path, cli: Cli) -> None:
    assert cli("unlink", "1").out == f"Pull request 1 is in no session now, by hand (it was in {BOT})\n"
    assert cli("unlink", "1").out == "Pull request 1 is in no session by hand already\n"
    assert cli("move", "1", BOB).out == f"Pull request 1 is in {BOB} now, by hand (it was in no session)\n"


def test_move_to_a_new_session_of_its_own_time(repo: Path, cli: Cli) -> None:
    cli("add", "1", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:00"))
    cli("add", "2", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:05"))
    assert cli("move", "2", "--new").out == (f"Pull request 2 is in bot-20251122-1005 now, by hand (it was in {BOT})\n")
    assert homes(cli) == {"bot-20251122-1005": ["2"], BOT: ["1"], "": []}


@pytest.mark.parametrize("correction", [("link", "1", BOB), ("unlink", "1")])
def test_nothing_that_is_told_later_moves_it(two: Path, cli: Cli, correction: tuple[str, ...]) -> None:
    cli(*correction)
    corrected = homes(cli)
    mark = f"auto-pr: x [cursor-session: {BOT}]"
    cli("add", "1", "--title", mark, "--author", "bot", "--at", day("10:00"))
    cli("add", "1", "--title", mark, "--author", "bot")
    rows = [{"number": 1, "title": mark, "author": "bot", "created_at": day("10:00")}]
    (two / "past.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert cli("import", "past.jsonl").code in (0, 2)
    assert homes(cli) == corrected


def test_a_stale_copy_of_the_file_does_not_move_it_back(two: Path, cli: Cli) -> None:
    file = two / "docs/metrics/auto_pr_sessions.json"
    stale = file.read_bytes()
    cli("link", "1", BOB)
    file.write_bytes(stale)
    assert homes(cli) == {BOT: [], BOB: ["1", "2"], "": []}


def test_merge_and_its_marks(two: Path, cli: Cli) -> None:
    assert cli("merge", BOT, BOB).out == f"Merged {BOT} into {BOB}, by hand\n"
    assert cli("merge", BOB, BOT).out == f"Both are {BOB} already\n"
    shown = cli("show", BOT)
    assert shown.err == f"{BOT} became part of {BOB}\n"
    assert f"  merged by hand  {BOT}, by Test Person at " in shown.out
    assert "2 (merged)" in cli("list").out


def test_corrections_are_marked_everywhere(two: Path, cli: Cli) -> None:
    cli("link", "1", BOB)
    cli("unlink", "2")
    assert "hand (Test Person)\n" in cli("show", BOB).out
    assert f"Pull request 1 is in {BOB}, because Test Person put it there by hand at " in cli("explain", "1").out
    assert "Pull request 2 is in no session: Test Person took it out by hand at " in cli("explain", "2").out
    assert cli("explain", "1", "--json").json["placement"]["by"] == "Test Person"
    listed = cli("list").out
    assert "1 (1 by hand)" in listed
    row, by_hand = listed.splitlines()[-2:]
    assert row.split() == ["in", "no", "session", "-", "-", "-", "-", "1", "(2)", "-"]
    assert by_hand == "  of these by hand: 1 (2)"
    assert cli("report", "--json").json["corrections"] == {"linked": 1, "unlinked": 1, "merged": 0, "reopened": 0}
    assert "## Corrections by hand\n" in cli("report").out


def test_a_report_without_corrections_does_not_speak_of_them(two: Path, cli: Cli) -> None:
    assert "Corrections" not in cli("report").out


def test_undo_takes_corrections_back_one_by_one(two: Path, cli: Cli) -> None:
    before = homes(cli)
    cli("link", "1", BOB)
    cli("unlink", "1")
    assert cli("undo").out.endswith(f"  Pull request 1 is in {BOB} now, by hand (it was in no session)\n")
    assert cli("undo").out.endswith(f"  Pull request 1 is in {BOT} now, by hand (it was in {BOB})\n")
    assert homes(cli) == before
    assert cli("undo").err == (
        "error: there is nothing to undo: the journal of this clone knows of no correction or completion by hand\n"
        "hint: `pr-sessions log` shows what it knows\n"
    )


def test_undo_is_refused_where_the_place_has_changed_since(two: Path, cli: Cli) -> None:
    cli("link", "1", BOB)
    cli("add", "1", "--session", "elsewhere")
    result = cli("undo")
    assert result.code == 1
    assert result.err == (
        "error: pull request 1 has changed since link: it is in elsewhere\n"
        "hint: say where it belongs: pr-sessions move 1 SESSION\n"
    )


def test_undo_takes_a_completion_back(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", ago(5))
    session_id = cli("complete", "--json").json["session"]["session_id"]
    stale = (repo / "docs/metrics/auto_pr_sessions.json").read_bytes()
    data = cli("undo", "--json").json
    assert (data["undone"], data["session"]["status"]) == ("complete", "active")
    assert data["session"]["corrections"]["reopened"]["by"] == "Test Person"
    (repo / "docs/metrics/auto_pr_sessions.json").write_bytes(stale)
    assert [s["status"] for s in cli("list", "--json").json["sessions"]] == ["active"]
    assert "  reopened by hand  by Test Person: no end up to " in cli("show", session_id).out
    assert cli("complete", session_id, "--json").json["session"]["status"] == "completed"


def test_undo_an_end_before_the_reopening_is_refused(repo: Path, cli: Cli) -> None:
    session_id = cli("start", "--author", "ada", "--at", ago(5), "--json").json["session"]["session_id"]
    cli("complete")
    cli("undo")
    result = cli("complete", session_id, "--at", ago(2))
    assert result.code == 1
    assert result.err.startswith(f"error: {session_id} was reopened at ")


def test_undo_is_refused_where_the_end_has_changed_since(repo: Path, cli: Cli) -> None:
    session_id = cli("start", "--author", "ada", "--at", ago(5), "--json").json["session"]["session_id"]
    cli("complete")
    file = repo / "docs/metrics/auto_pr_sessions.json"
    earlier = json.loads(file.read_text())
    earlier["completed_sessions"][0]["completed"] = ago(3)
    file.write_text(json.dumps(earlier))
    assert cli("undo").err.startswith(f"error: {session_id} has changed since it was completed at ")


def test_undo_of_a_merge_is_refused_with_the_reason(two: Path, cli: Cli) -> None:
    cli("merge", BOT, BOB)
    result = cli("undo")
    assert result.code == 1
    assert result.err == (
        f"error: the last correction merged {BOT} into {BOB}: that cannot be taken back, "
        "since another clone may have joined them already\n"
        "hint: move what does not belong: pr-sessions move PR SESSION, or pr-sessions move PR --new\n"
    )


def test_log_shows_the_newest_first_and_no_titles(two: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--title", "SECRET", "--at", ago(3))
    cli("complete")
    cli("link", "1", BOB)
    out = cli("log").out
    listed = [change["what"] for change in cli("log", "--json").json["changes"]]
    assert listed == ["link", "complete", "start", "record", "record"]
    assert f"  by hand     pull request 1, before {BOT}, now {BOB}\n" in out
    journal = (two / ".git/pr-sessions/journal.jsonl").read_text()
    assert "SECRET" not in out + journal
    assert "auto-pr" not in out + journal


def test_log_limit(two: Path, cli: Cli) -> None:
    assert [c["pr"] for c in cli("log", "--limit", "1", "--json").json["changes"]] == ["2"]


def test_log_what_changes_nothing_is_not_in_it(two: Path, cli: Cli) -> None:
    cli("add", "1", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:00"))
    cli("cleanup")
    assert len(cli("log", "--json").json["changes"]) == 2


def test_log_of_nothing_is_empty(repo: Path, cli: Cli) -> None:
    assert cli("log", "--json").json == {"changes": [], "unreadable": 0}


def test_log_a_cut_line_is_said_and_passed_over(two: Path, cli: Cli) -> None:
    with (two / ".git/pr-sessions/journal.jsonl").open("ab") as file:
        file.write(b'{"id": "12')
    result = cli("log", "--json")
    assert (len(result.json["changes"]), result.json["unreadable"]) == (2, 1)
    assert result.err == "1 line of the journal cannot be read: a crash may have cut it\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("link", "1", "../x"), 1),
        (("link", "1", "nobody"), 1),
        (("link", "1", "<script>"), 1),
        (("link", "1", ""), 1),
        (("link", "x" * 5000, BOB), 2),
        (("link", "--", "-1", BOB), 2),
        (("link", "../../x#1", BOB), 2),
        (("unlink", "99"), 1),
        (("move", "99", "--new"), 1),
        (("move", "1"), 2),
        (("move", "1", BOB, "--new"), 2),
        (("merge", BOB, "nobody"), 1),
        (("merge", BOB, "\x1b[31m"), 1),
        (("log", "--limit", "0"), 2),
    ],
)
def test_hostile_and_unknown_names_change_nothing(two: Path, cli: Cli, arguments: tuple[str, ...], code: int) -> None:
    stored = (two / "docs/metrics/auto_pr_sessions.json").read_bytes()
    result = cli(*arguments)
    assert (result.code, result.out) == (code, "")
    assert "\x1b" not in result.err
    assert (two / "docs/metrics/auto_pr_sessions.json").read_bytes() == stored


def test_merging_a_session_with_itself_changes_nothing(two: Path, cli: Cli) -> None:
    assert cli("merge", BOB, BOB).out == f"Both are {BOB} already\n"


def test_outside_git_the_journal_lies_beside_the_session_file(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    assert cli("init").code == 0
    cli("add", "1", "--title", "auto-pr: x", "--author", "bot")
    assert [c["what"] for c in cli("log", "--json").json["changes"]] == ["record"]
    assert (tmp_path / "plain/docs/metrics/auto_pr_sessions.journal.jsonl").is_file()


def test_processes_that_correct_at_once_all_get_through(
    two: Path, cli: Cli, spawn: Callable[..., subprocess.Popen[bytes]]
) -> None:
    processes = [spawn("link", str(number), BOB) for number in range(10, 14)]
    processes.append(spawn("unlink", "1"))
    assert [process.wait() for process in processes] == [0] * 5
    for process in processes:
        process.communicate()
    assert homes(cli) == {BOT: [], BOB: ["2", "10", "11", "12", "13"], "": ["1"]}
    assert cli("undo").code == 0
    assert len(cli("log", "--json").json["changes"]) == 8


class TestTheMarkerAfterUndo:
    """A completion that is taken back makes the session current again where it was current."""

    MARKER = ".cursor/.session_id"

    def begun(self, cli: Cli, minutes: int = 5) -> str:
        return str(cli("start", "--author", "ada", "--at", ago(minutes), "--json").json["session"]["session_id"])

    def current(self, repo: Path) -> str:
        return str(json.loads((repo / self.MARKER).read_text())["session_id"])

    def test_it_is_current_again(self, repo: Path, cli: Cli) -> None:
        session_id = self.begun(cli)
        before = (repo / self.MARKER).read_bytes()
        cli("complete")
        assert not (repo / self.MARKER).exists()
        cli("undo")
        assert ((repo / self.MARKER).read_bytes(), self.current(repo)) == (before, session_id)
        cli("complete")
        cli("undo")
        assert self.current(repo) == session_id

    def test_it_is_not_where_another_one_is_current_by_now(self, repo: Path, cli: Cli) -> None:
        self.begun(cli)
        cli("complete")
        other = str(cli("start", "--author", "bob", "--json").json["session"]["session_id"])
        cli("undo")
        assert self.current(repo) == other

    def test_it_is_not_where_the_timeout_has_passed(self, repo: Path, cli: Cli) -> None:
        session_id = self.begun(cli, 90)
        cli("complete", session_id, "--at", ago(80))
        assert cli("undo", "--json").json["session"]["status"] == "completed"
        assert not (repo / self.MARKER).exists()

    def test_it_is_not_where_it_was_not_current(self, repo: Path, cli: Cli) -> None:
        session_id = self.begun(cli)
        (repo / self.MARKER).unlink()
        cli("complete", session_id)
        cli("undo")
        assert not (repo / self.MARKER).exists()

    def test_it_is_not_in_another_worktree(self, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun(cli)
        cli("complete")
        git(repo, "worktree", "add", "-q", "../other", "-b", "other")
        monkeypatch.chdir(repo.parent / "other")
        assert cli("undo").code == 0
        assert [(root / self.MARKER).exists() for root in (repo, repo.parent / "other")] == [False, False]


@pytest.mark.parametrize("trouble", ["full", "folder"])
def test_a_journal_that_cannot_be_written_is_a_warning_and_the_change_is_kept(
    two: Path, cli: Cli, trouble: str
) -> None:
    journal = two / ".git/pr-sessions/journal.jsonl"
    journal.unlink()
    if trouble == "full":
        journal.symlink_to("/dev/full")
        reason = (
            f"write {journal}: No space left on device; the disk is full: free some space and run the command again"
        )
    else:
        journal.mkdir()
        reason = f"read {journal}: Is a directory"
    result = cli("link", "1", BOB)
    warning = f"warning: the change is kept, but the journal does not say so: cannot {reason}\n"
    assert (result.code, result.err) == (0, warning)
    assert homes(cli)[BOB] == ["1", "2"]
