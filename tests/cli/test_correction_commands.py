"""`link`, `unlink`, `move`, `merge`, `undo`, `log`, and how corrections show elsewhere."""

import errno
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Cli, ago, day, on_a_terminal

from pr_sessions.io.files import cannot_write
from pr_sessions.io.places import Place
from pr_sessions.storage.files import journal as journals
from scene import git, look

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


def first_id(cli: Cli, number: str) -> str:
    """The id of the first correction of a pull request in the journal."""
    corrections = [c for c in cli("log", "--json").json["changes"] if c["what"] == "link" and c["pr"] == number]
    return str(corrections[-1]["id"])


def test_link_says_where_it_is_and_where_it_was(two: Path, cli: Cli) -> None:
    result = cli("link", "1", BOB)
    assert (result.code, result.out, result.err) == (
        0,
        f"Pull request 1 is in {BOB} now, manually (it was in {BOT})\n",
        "",
    )
    assert homes(cli) == {BOB: ["1", "2"], "": []}


def test_link_twice_changes_no_byte(two: Path, cli: Cli) -> None:
    cli("link", "1", BOB)
    stored = (two / "docs/metrics/auto_pr_sessions.json").read_bytes()
    result = cli("link", "1", BOB)
    assert (result.code, result.out) == (0, f"Pull request 1 is in {BOB} already (manual)\n")
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
    told = f"Pull request 77 is in {BOB} now, manually (nobody had recorded it: add tells more of it)\n"
    assert (cli("link", "77", BOB).out, homes(cli)[BOB]) == (told, ["2", "77"])


def test_unlink_and_move(two: Path, cli: Cli) -> None:
    assert cli("unlink", "1").out == f"Pull request 1 is in no session now, manually (it was in {BOT})\n"
    assert cli("unlink", "1").out == "Pull request 1 is in no session already (manual)\n"
    assert cli("move", "1", BOB).out == f"Pull request 1 is in {BOB} now, manually (it was in no session)\n"


def test_move_to_a_new_session_of_its_own_time(repo: Path, cli: Cli) -> None:
    cli("add", "1", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:00"))
    cli("add", "2", "--title", "auto-pr: x", "--author", "bot", "--at", day("10:05"))
    assert cli("move", "2", "--new").out == (
        f"Pull request 2 is in bot-20251122-1005 now, manually (it was in {BOT})\n"
    )
    assert homes(cli) == {"bot-20251122-1005": ["2"], BOT: ["1"], "": []}
    assert cli("move", "2", "--new").out == "Pull request 2 is in bot-20251122-1005 already (manual)\n"


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
    assert homes(cli) == {BOB: ["1", "2"], "": []}


def test_merge_and_its_marks(two: Path, cli: Cli) -> None:
    assert cli("merge", BOT, BOB).out == (
        f"Merged {BOT} into {BOB}\n  id      {BOB}; {BOT} stays as an alias\n  author  bob, not bot\n"
    )
    assert cli("merge", BOB, BOT).out == f"Both are {BOB} already\n"
    shown = cli("show", BOT)
    assert shown.err == f"{BOT} became part of {BOB}\n"
    assert f"  merged manually  {BOT}, by Test Person at " in shown.out
    assert "2 (merged)" in cli("list").out


def test_corrections_are_marked_everywhere(two: Path, cli: Cli) -> None:
    cli("link", "1", BOB)
    cli("unlink", "2")
    assert "manual (Test Person)\n" in cli("show", BOB).out
    assert f"Pull request 1 is in {BOB}, because Test Person put it there manually at " in cli("explain", "1").out
    assert "Pull request 2 is in no session: Test Person took it out manually at " in cli("explain", "2").out
    assert cli("explain", "1", "--json").json["placement"]["by"] == "Test Person"
    listed = cli("list").out
    assert "1 (1 manual)" in listed
    row, by_hand = listed.splitlines()[-2:]
    assert row.split() == ["in", "no", "session", "-", "-", "-", "-", "1", "(2)", "-"]
    assert by_hand == "  of these taken out manually: 1 (2)"
    assert cli("report", "--json").json["corrections"] == {"linked": 1, "unlinked": 1, "merged": 0, "reopened": 0}
    assert "## Manual corrections\n" in cli("report").out


def test_a_report_without_corrections_does_not_speak_of_them(two: Path, cli: Cli) -> None:
    assert "Corrections" not in cli("report").out


def test_undo_takes_corrections_back_one_by_one(two: Path, cli: Cli) -> None:
    before = homes(cli)
    cli("link", "1", BOB)
    cli("unlink", "1")
    assert cli("undo").out.endswith(f"  Pull request 1 is in {BOB} now, manually (it was in no session)\n")
    assert cli("undo").out.endswith(f"  Pull request 1 is in {BOT} now, manually (it was in {BOB})\n")
    assert homes(cli) == before
    assert cli("undo").err == (
        "error: there is nothing to undo: the journal of this clone has no correction or requested completion\n"
        "hint: `pr-sessions log` shows the journal\n"
    )


def test_undo_is_refused_where_the_place_has_changed_since(two: Path, cli: Cli) -> None:
    cli("link", "1", BOB)
    cli("add", "1", "--session", "elsewhere", "--create")
    result = cli("undo")
    assert result.code == 1
    assert result.err.partition("\n")[2] == (
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
    assert "  reopened manually  by Test Person: no end up to " in cli("show", session_id).out
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
    error = f"error: {session_id} has changed since it was completed at "
    assert cli("undo").err.splitlines()[1].startswith(error)


@pytest.mark.usefixtures("two")
class TestMerge:
    def test_a_dry_run_says_the_same_and_changes_nothing(self, two: Path, cli: Cli) -> None:
        before = look(two)
        told = f" {BOT} into {BOB}\n  id      {BOB}; {BOT} stays as an alias\n  author  bob, not bot\n"
        assert cli("merge", BOT, BOB, "--dry-run").out == f"Would merge{told}"
        assert look(two) == before
        assert cli("merge", BOT, BOB).out == f"Merged{told}"

    @pytest.mark.parametrize("options", [(), ("--dry-run",)])
    def test_as_json(self, cli: Cli, options: tuple[str, ...]) -> None:
        data = cli("merge", BOT, BOB, *options, "--json").json
        session = data.pop("session")
        assert (session["session_id"], session["prs"]) == (BOB, ["1", "2"])
        assert data == {
            "survivor": BOB,
            "author": "bob",
            "dropped_author": "bot",
            "absorbed": BOT,
            "by": "Test Person",
            "changed": True,
            "dry_run": bool(options),
        }

    def test_an_author_of_both_is_said_alone(self, cli: Cli) -> None:
        cli("add", "3", "--title", "auto-pr: x", "--author", "bot", "--at", day("15:00"))
        assert cli("merge", BOT, "bot-20251122-1500").out.endswith("  author  bot\n")

    def test_the_author_that_sorts_first_survives_also_where_the_other_id_does(self, cli: Cli) -> None:
        cli("add", "3", "--author", "zoe", "--session", "a", "--create", "--at", day("15:00"))
        lines = "  id      a; bob-20251122-1200 stays as an alias\n  author  bob, not zoe\n"
        assert cli("merge", BOB, "a").out == f"Merged {BOB} into a\n{lines}"

    def test_prefixes_name_the_sessions(self, cli: Cli) -> None:
        assert cli("merge", "bot", "bob").code == 0
        assert homes(cli) == {BOB: ["1", "2"], "": []}


@pytest.mark.usefixtures("two")
class TestUndoOfAMerge:
    NEW = f"{BOT}-2"

    def undo(self, cli: Cli, *arguments: str) -> str:
        result = cli("undo", *arguments)
        assert result.code == 0, result.err
        return result.out.partition("\n")[2]

    def test_what_was_absorbed_is_in_a_new_session_and_the_old_id_stays_an_alias(self, cli: Cli) -> None:
        cli("merge", BOT, BOB)
        assert self.undo(cli) == (
            f"  1 pull request of {BOT} in the new session {self.NEW}\n  {BOT} stays an alias of {BOB}\n"
        )
        assert homes(cli) == {BOB: ["2"], self.NEW: ["1"], "": []}
        assert cli("show", BOT).err == f"{BOT} became part of {BOB}\n"
        assert f"  split manually  from a merge: was {BOT}, by Test Person at " in cli("show", self.NEW).out

    def test_with_its_author_and_times(self, cli: Cli) -> None:
        keys = ("author", "started", "last_activity", "completed", "completion_trigger")
        before = cli("show", BOT, "--json").json
        cli("merge", BOT, BOB)
        cli("undo")
        after = cli("show", self.NEW, "--json").json
        assert [after[key] for key in keys] == [before[key] for key in keys]

    def test_by_a_correction_that_later_facts_do_not_move(self, cli: Cli) -> None:
        cli("merge", BOT, BOB)
        cli("undo")
        cli("add", "1", "--title", f"auto-pr: x [cursor-session: {BOB}]", "--author", "bot")
        assert homes(cli) == {BOB: ["2"], self.NEW: ["1"], "": []}
        assert cli("report", "--json").json["corrections"] == {"linked": 1, "unlinked": 0, "merged": 0, "reopened": 0}

    def test_a_stale_copy_of_the_file_does_not_bring_it_back(self, two: Path, cli: Cli) -> None:
        file = two / "docs/metrics/auto_pr_sessions.json"
        parted = file.read_bytes()
        cli("merge", BOT, BOB)
        merged = file.read_bytes()
        cli("undo")
        for stale in (parted, merged):
            file.write_bytes(stale)
            assert homes(cli) == {BOB: ["2"], self.NEW: ["1"], "": []}

    def test_what_came_later_and_what_was_corrected_since_stays(self, cli: Cli) -> None:
        for number in ("3", "4"):
            cli("link", number, BOT)
        cli("merge", BOT, BOB)
        cli("link", "5", BOB)
        cli("unlink", "3")
        cli("unlink", "4")
        cli("link", "4", BOB)
        merge = cli("log", "--json").json["changes"][4]
        assert merge["what"] == "merge"
        assert "  where a later change put them: 3, 4\n" in self.undo(cli, merge["id"])
        assert homes(cli) == {BOB: ["2", "4", "5"], self.NEW: ["1"], "": ["3"]}

    def test_as_json(self, cli: Cli) -> None:
        cli("merge", BOT, BOB)
        data = cli("undo", "--json").json
        assert (data["undone"], data["by"], data["parted"]) == (
            "merge",
            "Test Person",
            {"session_id": self.NEW, "survivor": BOB, "absorbed": BOT, "prs": ["1"], "left": []},
        )

    def test_it_can_be_undone_and_undone_again(self, cli: Cli) -> None:
        cli("merge", BOT, BOB)
        cli("undo")
        undo = cli("log", "--json").json["changes"][0]["id"]
        cli("undo", undo)
        assert homes(cli) == {BOB: ["1", "2"], "": []}
        cli("undo")
        assert homes(cli) == {BOB: ["2"], f"{self.NEW}-2": ["1"], "": []}

    def test_the_new_session_is_current_where_the_absorbed_one_was(self, cli: Cli) -> None:
        cli("start", "--author", "ada", "--at", ago(9))
        other = cli("start", "--author", "bob", "--at", ago(5), "--json").json["session"]["session_id"]
        first = next(s for s in homes(cli) if s.startswith("ada"))
        cli("merge", first, other)
        cli("undo")
        assert cli("status", "--json").json["current"]["session_id"] == f"{other}-2"

    def test_one_that_an_older_version_made_is_refused_with_the_reason(self, two: Path, cli: Cli) -> None:
        cli("merge", BOT, BOB)
        journal = two / ".git/pr-sessions/journal.jsonl"
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        del lines[-1]["absorbed_session"]
        journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
        result = cli("undo")
        assert result.code == 1
        assert result.err.partition("\n")[2] == (
            f"error: the journal does not say what {BOT} held before it was merged into {BOB}: "
            "an older pr-sessions merged them\n"
            "hint: take out what does not belong: pr-sessions move PR SESSION, or pr-sessions move PR --new\n"
        )

    def test_no_title_is_written_into_the_journal(self, two: Path, cli: Cli) -> None:
        session_id = cli("start", "--author", "zoe", "--title", "SECRET", "--json").json["session"]["session_id"]
        cli("merge", BOT, session_id)
        assert "SECRET" not in (two / ".git/pr-sessions/journal.jsonl").read_text()


@pytest.mark.usefixtures("two")
class TestUndoOfOneChange:
    def change(self, cli: Cli, what: str) -> str:
        return str(next(c["id"] for c in cli("log", "--json").json["changes"] if c["what"] == what))

    def test_it_is_said_first_whose_it_is(self, cli: Cli) -> None:
        cli("link", "1", BOB)
        link = self.change(cli, "link")
        (line,) = cli("undo").err.splitlines()
        assert line.startswith(f"Taking back link {link} by Test Person at 20")
        assert line.endswith(f": pull request 1, before {BOT}, now {BOB}")

    def test_log_shows_the_ids(self, cli: Cli) -> None:
        cli("link", "1", BOB)
        assert f"\n  {self.change(cli, 'link')}  20" in cli("log").out

    def test_an_earlier_one_by_the_beginning_of_its_id(self, cli: Cli) -> None:
        cli("link", "1", BOB)
        cli("link", "2", BOT)
        assert cli("undo", first_id(cli, "1")[:8]).code == 0
        assert homes(cli) == {BOT: ["1", "2"], "": []}

    def test_an_undo_by_its_id_does_it_again(self, cli: Cli) -> None:
        cli("unlink", "1")
        cli("undo")
        assert cli("undo", self.change(cli, "undo")).code == 0
        assert homes(cli) == {BOB: ["2"], "": ["1"]}
        cli("undo")
        assert homes(cli) == {BOT: ["1"], BOB: ["2"], "": []}

    def test_a_completion_that_was_taken_back_can_be_done_again_and_taken_back(self, repo: Path, cli: Cli) -> None:
        cli("start", "--author", "ada", "--at", ago(5))
        cli("complete")
        cli("undo")
        assert cli("undo", self.change(cli, "undo"), "--json").json["session"]["status"] == "completed"
        assert not (repo / ".cursor/.session_id").exists()
        assert cli("undo", "--json").json["session"]["status"] == "active"
        assert (repo / ".cursor/.session_id").exists()

    def test_one_that_was_taken_back_is_refused_with_what_did_it(self, cli: Cli) -> None:
        cli("link", "1", BOB)
        cli("undo")
        link, undo = self.change(cli, "link"), self.change(cli, "undo")
        assert cli("undo", link).err == (
            f"error: link {link} was taken back already, by {undo}\nhint: do it again: pr-sessions undo {undo}\n"
        )

    @pytest.mark.parametrize("change_id", ["", "zzz", "../x", "\x1b[31m"])
    def test_an_id_that_is_not_there_is_refused(self, cli: Cli, change_id: str) -> None:
        result = cli("undo", change_id)
        assert (result.code, result.err.endswith("hint: `pr-sessions log` shows the ids\n")) == (1, True)
        assert "\x1b" not in result.err

    def test_what_is_no_correction_is_refused(self, cli: Cli) -> None:
        record = self.change(cli, "record")
        assert cli("undo", record).err.startswith(f"error: record {record} cannot be taken back\n")

    def test_two_that_take_the_same_back_do_it_once(
        self, cli: Cli, spawn: Callable[..., subprocess.Popen[bytes]]
    ) -> None:
        cli("link", "1", BOB)
        processes = [spawn("undo", self.change(cli, "link")) for _ in range(2)]
        assert sorted(process.wait() for process in processes) == [0, 1]
        for process in processes:
            process.communicate()
        assert homes(cli) == {BOT: ["1"], BOB: ["2"], "": []}


@pytest.mark.usefixtures("two")
class TestUndoOfSomebodyElse:
    @pytest.fixture
    def theirs(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
        """The id of a link that Eve made."""
        with monkeypatch.context() as context:
            context.setenv("AUTO_PR_SESSION_AUTHOR", "Eve")
            cli("link", "1", BOB)
        assert homes(cli)[BOB] == ["1", "2"]
        return first_id(cli, "1")

    def test_without_a_terminal_it_is_refused(self, two: Path, cli: Cli, theirs: str) -> None:
        before = look(two)
        result = cli("undo")
        assert result.code == 1
        assert result.err.partition("\n")[2] == (
            "error: the last change is one of Eve, and you are Test Person\n"
            f"hint: to take it back all the same, name it: pr-sessions undo {theirs}\n"
        )
        assert look(two) == before

    def test_its_id_takes_it_back(self, cli: Cli, theirs: str) -> None:
        assert cli("undo", theirs).code == 0
        assert homes(cli)[BOB] == ["2"]

    @pytest.mark.skipif(os.name == "nt", reason="needs a terminal that a test can type into")
    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
    def test_on_a_terminal_it_asks(self, cli: Cli, theirs: str, answer: str, code: int) -> None:
        done, shown = on_a_terminal(answer, "undo")
        said = shown.index(f"Taking back link {theirs} by Eve")
        assert said < shown.index("This is a change of Eve. Take it back? [y/N]: ")
        assert (done, homes(cli)[BOB]) == (code, ["2"] if code == 0 else ["1", "2"])


def test_log_shows_the_newest_first_and_no_titles(two: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--title", "SECRET", "--at", ago(3))
    cli("complete")
    cli("link", "1", BOB)
    out = cli("log").out
    listed = [change["what"] for change in cli("log", "--json").json["changes"]]
    assert listed == ["link", "complete", "start", "record", "record"]
    assert f"  manual      pull request 1, before {BOT}, now {BOB}\n" in out
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
    assert homes(cli) == {BOB: ["2", "10", "11", "12", "13"], "": ["1"]}
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
    two: Path, cli: Cli, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = two / ".git/pr-sessions/journal.jsonl"
    journal.unlink()
    if trouble == "full":

        def refuse(place: Place, data: bytes, *, on_new_line: bool) -> None:
            raise cannot_write(place, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

        monkeypatch.setattr(journals, "append_bytes", refuse)
        reason = (
            f"write {journal}: No space left on device; the disk is full: free some space and run the command again"
        )
    else:
        journal.mkdir()
        reason = f"write {journal}: it is a folder; a folder is in the place of this file: move it away"
    result = cli("link", "1", BOB)
    warning = f"warning: the change is kept, but the journal does not say so: cannot {reason}\n"
    assert (result.code, result.err) == (0, warning)
    assert homes(cli)[BOB] == ["1", "2"]
