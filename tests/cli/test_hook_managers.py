"""Programs that write git's hooks after us, as they really do: whether commits still name their session, and doctor."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
from command_line import ago
from ground import Cli, Git

from pr_sessions.setup.commit_trailer import LINE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hooks of git are scripts for sh")

PROGRAMS = Path(sysconfig.get_path("scripts"))
ID = "ada-20251122-1000"
HOOK = ".git/hooks/prepare-commit-msg"
JOB = "prepare-commit-msg:\n  jobs:\n    - run: {}\n"


@pytest.fixture
def ready(repo: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose commits get the line; what the programs keep for a user goes elsewhere."""
    for name in ("HOME", "PRE_COMMIT_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    assert cli("init", "--commit-trailer").code == 0
    marker = {"session_id": ID, "author": "ada", "last_updated": ago(1)}
    (repo / ".cursor/.session_id").write_text(json.dumps(marker))
    return repo


def run(root: Path, program: str, *arguments: str) -> None:
    if not (PROGRAMS / program).exists():
        pytest.skip(f"{program} is not installed here; `make` installs it")
    subprocess.run([PROGRAMS / program, *arguments], cwd=root, check=True, capture_output=True, env=environment())


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}


def named(root: Path) -> bool:
    """Whether a commit names its session."""
    words = ["git", "commit", "-q", "--allow-empty", "-m", "work"]
    subprocess.run(words, cwd=root, check=True, capture_output=True, env=environment())
    shown = subprocess.run(["git", "log", "-1", "--format=%B"], cwd=root, check=True, capture_output=True, text=True)
    return f"\nSession-ID: {ID}\n" in shown.stdout


def findings(cli: Cli) -> list[tuple[str, str]]:
    return [(f["problem"], f["hint"]) for f in cli("doctor", "--json").json["findings"] if "trailer" in f["problem"]]


def test_where_nothing_replaced_ours_there_is_nothing_to_say(ready: Path, cli: Cli) -> None:
    assert (named(ready), findings(cli)) == (True, [])


def test_pre_commit_runs_the_hook_that_it_found(ready: Path, cli: Cli) -> None:
    (ready / ".pre-commit-config.yaml").write_text("repos: []\n")
    run(ready, "pre-commit", "install", "--hook-type", "prepare-commit-msg")
    assert (named(ready), findings(cli)) == (True, [])


def test_pre_commit_may_be_forced_to_run_nothing_else(ready: Path, cli: Cli) -> None:
    (ready / ".pre-commit-config.yaml").write_text("repos: []\n")
    run(ready, "pre-commit", "install", "--overwrite", "--hook-type", "prepare-commit-msg")
    problem = "commits get no trailer: pre-commit has put its hook in the place of ours"
    assert (named(ready), findings(cli)) == (False, [(problem, "pr-sessions init")])
    assert cli("init").code == 0
    assert (named(ready), findings(cli)) == (True, [])


def test_lefthook_runs_ours_where_its_configuration_says_so(ready: Path, cli: Cli) -> None:
    (ready / "lefthook.yml").write_text(JOB.format("echo"))
    run(ready, "lefthook", "install")
    ((problem, hint),) = findings(cli)
    assert (named(ready), problem) == (
        False,
        "commits get no trailer: lefthook has put its hook in the place of ours",
    )
    assert hint == "let it run, under prepare-commit-msg in lefthook.yml: " + LINE.replace('"$@"', "{0}")
    (ready / "lefthook.yml").write_text(JOB.format(hint.partition("yml: ")[2]))
    run(ready, "lefthook", "install")
    assert (named(ready), findings(cli)) == (True, [])


def test_husky_leads_git_to_another_folder(ready: Path, cli: Cli, git: Git) -> None:
    """Its own files, as version 9 writes them."""
    folder = ready / ".husky/_"
    folder.mkdir(parents=True)
    (folder / "h").write_text('#!/usr/bin/env sh\n[ ! -f "$(dirname "$(dirname "$0")")/$(basename "$0")" ] || sh -e'
                              ' "$(dirname "$(dirname "$0")")/$(basename "$0")" "$@"\n')  # fmt: skip
    (folder / "prepare-commit-msg").write_text('#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
    (folder / "prepare-commit-msg").chmod(0o755)
    git(ready, "config", "core.hooksPath", ".husky/_")
    problem = "commits get no trailer: git's hook prepare-commit-msg does not run our lines"
    assert (named(ready), findings(cli)) == (False, [(problem, "pr-sessions init")])
    assert cli("init").code == 0
    assert (named(ready), findings(cli)) == (True, [])


def test_hooks_of_all_repositories_need_a_line_of_the_user_s(ready: Path, cli: Cli, git: Git, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    git(ready, "config", "core.hooksPath", str(shared))
    problem = "commits get no trailer: core.hooksPath leads out of this repository"
    assert findings(cli) == [(problem, f"add to {shared / 'prepare-commit-msg'}: {LINE}")]
    (shared / "prepare-commit-msg").write_text(f"#!/bin/sh\n{LINE}\n")
    (shared / "prepare-commit-msg").chmod(0o755)
    assert (named(ready), findings(cli)) == (True, [])


def test_a_hook_that_somebody_removed_is_missed(ready: Path, cli: Cli) -> None:
    (ready / HOOK).unlink()
    problem = "commits get no trailer: git's hook prepare-commit-msg does not run our lines"
    assert findings(cli) == [(problem, "pr-sessions init")]


def test_without_the_trailer_hooks_of_others_are_not_our_affair(repo: Path, cli: Cli) -> None:
    assert cli("init").code == 0
    (repo / HOOK).parent.mkdir(exist_ok=True)
    (repo / HOOK).write_text("#!/bin/sh\n# File generated by pre-commit\n")
    assert findings(cli) == []
