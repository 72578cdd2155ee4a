import os
from pathlib import Path

import pytest
from command_line import Cli, ago, day, on_a_terminal

from scene import look

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
            "corrections": {"pull_requests": [], "merged": [], "split": [], "reopened": None},
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
    result = cli("add", "42", "--title", "Fix", "--author", "ada", "--session", "ada-1", "--create", "--at", ago(0.1))

    assert result.out == (
        "Recorded pull request 42 in ada-1, which begins with it\n"
        "  automatic  no\n"
        "  placed     manual: named manually: ada-1\n"
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
        cli("add", number, *AUTO, "--session", session_id, "--create", "--at", day("10:00"))

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


@pytest.mark.usefixtures("known")
class TestANamedSession:
    """`--session` finds a session, and begins one only where somebody wants that."""

    KNOWN, TYPO = "ada-20251122-1000", "ada-20251122-100x"

    @pytest.fixture
    def known(self, repo: Path, cli: Cli) -> Path:
        cli("add", "41", *AUTO, "--session", self.KNOWN, "--create", "--at", day("10:00"))
        return repo

    def homes(self, cli: Cli) -> dict[str, list[str]]:
        return {s["session_id"]: s["prs"] for s in cli("list", "--json").json["sessions"]}

    def test_a_typo_is_refused_with_the_ids_that_are_like_it(self, known: Path, cli: Cli) -> None:
        before = look(known)
        result = cli("add", "42", *AUTO, "--session", self.TYPO)
        error = f"error: no session {self.TYPO}\n"
        hint = f"hint: --create begins a session of this id; did you mean {self.KNOWN}?\n"
        assert (result.code, result.out, result.err) == (1, "", error + hint)
        assert look(known) == before

    def test_an_id_like_no_other_is_refused_too(self, cli: Cli) -> None:
        hint = "hint: --create begins a session of this id; `pr-sessions list` shows all of them\n"
        assert cli("add", "42", *AUTO, "--session", "x").err == f"error: no session x\n{hint}"

    def test_create_begins_it_once_and_for_all(self, cli: Cli) -> None:
        for number in ("42", "43"):
            assert cli("add", number, *AUTO, "--session", self.TYPO, "--create", "--at", day("10:05")).code == 0
        assert self.homes(cli) == {self.KNOWN: ["41"], self.TYPO: ["42", "43"]}

    def test_create_takes_no_prefix_for_another_id(self, cli: Cli) -> None:
        cli("add", "42", *AUTO, "--session", "ada", "--create", "--at", day("10:05"))
        assert self.homes(cli) == {self.KNOWN: ["41"], "ada": ["42"]}

    def test_create_without_a_session_is_a_usage_error(self, cli: Cli) -> None:
        assert cli("add", "42", *AUTO, "--create").code == 2

    def test_a_unique_prefix_names_it(self, cli: Cli) -> None:
        assert cli("add", "42", *AUTO, "--session", "ada-2025", "--at", day("10:05")).code == 0
        assert self.homes(cli) == {self.KNOWN: ["41", "42"]}

    def test_an_ambiguous_prefix_is_refused(self, cli: Cli) -> None:
        cli("add", "42", *AUTO, "--session", "ada-2026", "--create", "--at", day("10:05"))
        result = cli("add", "43", *AUTO, "--session", "ada-202")
        assert (result.code, result.err) == (
            1,
            f"error: 2 sessions begin with ada-202: {self.KNOWN}, ada-2026\nhint: give more of the id\n",
        )

    @pytest.mark.skipif(os.name == "nt", reason="needs a terminal that a test can type into")
    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
    def test_on_a_terminal_it_asks(self, cli: Cli, answer: str, code: int) -> None:
        done, shown = on_a_terminal(answer, "add", "42", *AUTO, "--session", self.TYPO, "--at", day("10:05"))
        assert f"There is no session {self.TYPO}: did you mean {self.KNOWN}?" in shown
        assert "Begin a session of this id? [y/N]: " in shown
        assert (done, self.TYPO in self.homes(cli)) == (code, code == 0)

    def test_while_tracking_is_off_nothing_is_asked_of_the_name(self, cli: Cli) -> None:
        cli("pause")
        assert cli("add", "42", *AUTO, "--session", self.TYPO).code == 0


def test_who_names_the_session_is_kept(repo: Path, cli: Cli) -> None:
    result = cli("add", "42", *AUTO, "--session", "ada-1", "--create", "--at", ago(0.1), "--json")
    assert result.json["placement"]["by"] == "Test Person"
