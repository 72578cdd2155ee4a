from pathlib import Path

import pytest
from ground import Cli, tree


def test_pause_switches_off_and_on_again(cli: Cli, repo: Path) -> None:
    place = repo / ".git/pr-sessions/paused"
    assert cli("pause").out == (f"Tracking is off here now.\n  switch on  pr-sessions pause --off   ({place})\n")
    assert cli("start").err.startswith("paused: tracking is off here")
    assert cli("pause", "--off").out == "Tracking is on again.\n"
    assert not place.exists()
    assert cli("start").out.startswith("Started ")


def test_twice_is_the_same_as_once_and_says_so(cli: Cli, repo: Path) -> None:
    assert cli("pause", "--off", "--json").json == {"paused": False, "changed": False, "reason": None}
    cli("pause")
    before = tree(repo)
    again = cli("pause", "--json").json
    assert again == {"paused": True, "changed": False, "reason": "`pr-sessions pause` was called here"}
    assert tree(repo) == before
    assert cli("pause").out.startswith("Tracking was off here already.\n")
    cli("pause", "--off")
    assert cli("pause", "--off").out == "Tracking was not paused here.\n"


@pytest.mark.usefixtures("repo")
def test_the_end_of_a_pause_names_the_variable_that_keeps_it_off(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("pause")
    monkeypatch.setenv("PR_SESSIONS", "0")
    assert cli("pause", "--off").out == "Tracking is still off: PR_SESSIONS=0 is set.\n  switch on  unset PR_SESSIONS\n"
    expected = {"paused": True, "changed": False, "reason": "PR_SESSIONS=0 is set"}
    assert cli("pause", "--off", "--json").json == expected


def test_all_working_trees_of_the_clone_are_meant(
    cli: Cli, repo: Path, git: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(git)
    git(repo, "worktree", "add", "-q", "-b", "side", "../side")
    cli("pause")
    monkeypatch.chdir(repo.parent / "side")
    assert cli("start").err.startswith("paused: ")


def test_outside_git_the_folder_is_meant(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    cli("init")
    cli("pause")
    assert (tmp_path / "plain/.cursor/.pr-sessions-paused").is_file()


@pytest.mark.usefixtures("repo")
def test_a_wrong_configuration_does_not_stop_either(cli: Cli, repo: Path) -> None:
    (repo / ".cursor/config").mkdir(parents=True)
    (repo / ".cursor/config/session_config.yaml").write_text("nonsense: 1\n")
    assert (cli("pause").code, cli("pause", "--off").code) == (0, 0)
