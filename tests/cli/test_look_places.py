"""`look` in every kind of clone: bare ones, partial ones, and those with a remote."""

import os
from pathlib import Path

import pytest
from command_line import Cli, Git
from merged import squash


@pytest.fixture
def bare(repo: Path, git: Git, tmp_path: Path) -> Path:
    squash(repo, 1, "Fix", "2025-11-21T09:00:00Z", files=("a.py",))
    git(tmp_path, "clone", "-q", "--bare", str(repo), "shop.git")
    git(tmp_path / "shop.git", "remote", "remove", "origin")
    return tmp_path / "shop.git"


def numbers(cli: Cli, *arguments: str) -> list[str]:
    return list(cli("look", "--json", *arguments).json["pull_requests"])


def test_in_a_bare_repository_its_history_is_shown(bare: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bare)

    assert numbers(cli) == ["1"]
    assert cli("look", "--why", "1").code == 0


@pytest.mark.parametrize("with_file", [True, False])
def test_a_folder_with_a_bare_repository_and_worktrees_shows_its_history(
    bare: Path, cli: Cli, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_file: bool
) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    bare.rename(shop / ".bare")
    if with_file:
        (shop / ".git").write_text("gitdir: ./.bare\n")
    git(shop / ".bare", "worktree", "add", "-q", str(shop / "main"), "main")
    monkeypatch.chdir(shop)

    assert cli("look").out.startswith("shop: 1 pull request")
    assert (numbers(cli, str(shop)), numbers(cli, str(shop / "main"))) == (["1"], ["1"])


def test_a_bare_repository_inside_a_working_tree_is_entered_only_by_its_name(
    bare: Path, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = repo / "deep/shop.git"
    bare.rename(inner)
    (repo / "other").mkdir()
    inner_kept = repo / "other/.bare"
    monkeypatch.chdir(inner)

    assert (cli("look").code, numbers(cli, str(inner))) == (1, ["1"])
    inner.rename(inner_kept)
    monkeypatch.chdir(repo / "other")
    assert cli("look", "--json").json["history"]["commits"] == 2


def test_a_clone_without_trees_fetches_nothing_and_knows_no_files(
    repo: Path, cli: Cli, git: Git, tmp_path: Path
) -> None:
    squash(repo, 1, "Fix", "2025-11-21T09:00:00Z", files=("a.py",))
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=tree:0", repo.as_uri(), "part")
    before = sorted(tmp_path.glob("part/.git/objects/**/*"))
    shown, found = cli("look", str(tmp_path / "part")), cli("look", "--json", str(tmp_path / "part")).json

    assert (found["pull_requests"]["1"]["files"], found["history"]["files_known"]) == (None, False)
    assert "Files are unknown" in shown.out
    assert sorted(tmp_path.glob("part/.git/objects/**/*")) == before


def test_the_remotes_main_branch_is_read_unless_another_is_named(
    repo: Path, cli: Cli, git: Git, tmp_path: Path
) -> None:
    squash(repo, 1, "Fix", "2025-11-21T09:00:00Z")
    git(repo, "branch", "-q", "next")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repo), "clone")
    squash(clone, 2, "Not pushed", "2025-11-21T10:00:00Z")
    git(clone, "checkout", "-q", "--detach")
    main = git(repo, "symbolic-ref", "--short", "HEAD").strip()

    assert (numbers(cli, str(clone)), numbers(cli, str(clone), "--branch", main)) == (["1"], ["1", "2"])
    assert cli("look", "--json", str(clone)).json["history"]["ref"] == f"origin/{main}"
    assert cli("look", "--json", str(clone), "--branch", "next").json["history"]["ref"] == "origin/next"
    assert cli("look", "--json", str(clone), "--branch", "HEAD~1").json["history"]["ref"] == "HEAD~1"


@pytest.mark.parametrize("branch", ["nope", "--all", "-n1", "*", "../x"])
def test_an_unknown_branch_is_an_error(repo: Path, cli: Cli, branch: str) -> None:
    result = cli("look", f"--branch={branch}")

    assert (result.code, "git does not know the revisions" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/octo/shop.git", ["12"]),
        ("git@codeberg.org:octo/shop.git", ["12"]),
        ("https://gitlab.example.org/octo/shop.git", []),
        ("https://git.example.org/octo/shop.git", []),
    ],
)
def test_the_remote_says_what_a_number_in_brackets_is(
    repo: Path, cli: Cli, git: Git, url: str, found: list[str]
) -> None:
    git(repo, "remote", "add", "origin", url)
    squash(repo, 12, "Fix", "2025-11-21T09:00:00Z")
    said = cli("look").out

    assert (numbers(cli), "Numbers that are no pull requests: 1 of issues.\n" in said) == (found, not found)


def test_merges_that_name_no_pull_request_are_counted(repo: Path, cli: Cli, git: Git) -> None:
    git(repo, "checkout", "-q", "-b", "side")
    git(repo, "commit", "-q", "--allow-empty", "-m", "Work")
    git(repo, "checkout", "-q", "-")
    git(repo, "merge", "-q", "--no-ff", "-m", "Merge side", "side")

    assert "Merges that name no pull request: 1.\n" in cli("look").out
    assert cli("look", "--json").json["history"]["unnamed_merges"] == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives folders away")
def test_of_somebody_elses_bare_repository_gits_own_hint_is_passed_on(bare: Path, cli: Cli) -> None:
    for path in (bare, *bare.rglob("*")):
        os.chown(path, 65534, 65534)
    result = cli("look", str(bare))

    assert (result.code, result.out) == (1, "")
    assert f"git config --global --add safe.directory {bare}" in result.err
