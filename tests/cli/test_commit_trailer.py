"""The trailer `Session-ID` in the messages of commits: `init --commit-trailer`, real git, real hooks."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import ago
from ground import SESSION_FILE, Cli, Git, tree

from pr_sessions.setup.commit_trailer import FOREIGN, LINE, WHOLE, is_shell, renewed, split, with_ours

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hooks that stand for those of others are scripts")

ID = "ada-20251122-1000"
HOOK = ".git/hooks/prepare-commit-msg"
Commit = Callable[..., str]


@pytest.fixture
def ready(repo: Path, cli: Cli) -> Path:
    """A repository whose commits get the trailer, with a session that is current."""
    assert cli("init", "--commit-trailer").code == 0
    marked(repo)
    return repo


@pytest.fixture
def commit(git: Git) -> Commit:
    """Commits something and gives the whole message: `commit(repo, "-m", "Subject")`."""

    def call(root: Path, *arguments: str) -> str:
        with (root / "notes.txt").open("a") as file:
            file.write("more\n")
        git(root, "add", "notes.txt")
        git(root, "commit", "-q", *arguments)
        return message(git, root)

    return call


def message(git: Git, root: Path, commit: str = "HEAD") -> str:
    return git(root, "log", "-1", "--format=%B", commit)


def marked(root: Path, session_id: str = ID, at: str | None = None) -> None:
    """A marker as any writer of the specified file leaves it."""
    path = root / ".cursor/.session_id"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"session_id": session_id, "author": "ada", "last_updated": at or ago(1)}))


def hook(path: Path, text: str, mode: int = 0o755) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def told(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


WITH = f"Subject\n\nSession-ID: {ID}"


class TestMessages:
    def test_a_commit_of_a_session_names_it(self, ready: Path, commit: Commit) -> None:
        assert commit(ready, "-m", "Subject") == WITH

    def test_it_joins_the_trailers_that_are_there(self, ready: Path, commit: Commit) -> None:
        assert commit(ready, "-m", "Subject", "-m", "Text.\n---\nMore.", "-m", "Signed-off-by: A <a@b.c>") == (
            f"Subject\n\nText.\n---\nMore.\n\nSigned-off-by: A <a@b.c>\nSession-ID: {ID}"
        )

    def test_a_message_from_a_file(self, ready: Path, commit: Commit, tmp_path: Path) -> None:
        (tmp_path / "message").write_text("Subject\n\nText.\n")
        assert commit(ready, "-F", str(tmp_path / "message")) == f"Subject\n\nText.\n\nSession-ID: {ID}"

    @pytest.mark.parametrize("given", ["Session-ID: eve-1", "session-id: eve-1"])
    def test_one_that_is_there_stays_alone(self, ready: Path, commit: Commit, given: str) -> None:
        assert commit(ready, "-m", "Subject", "-m", given) == f"Subject\n\n{given}"

    def test_what_an_editor_shows_besides_is_no_message(
        self, ready: Path, commit: Commit, git: Git, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_EDITOR", "true")
        assert commit(ready, "-v", "-e", "-m", "Subject") == WITH
        git(ready, "config", "core.commentChar", ";")
        assert commit(ready, "-v", "-e", "-m", "Subject") == WITH

    def test_one_that_is_written_in_an_editor_may_still_stay_empty(
        self, ready: Path, git: Git, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_EDITOR", "true")
        done = subprocess.run(
            ["git", "commit", "--allow-empty"], cwd=ready, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "empty commit message" in done.stderr) == (1, True)
        assert message(git, ready) == "first"

    def test_an_empty_one_stays_empty(self, ready: Path, commit: Commit) -> None:
        assert commit(ready, "--allow-empty-message", "-m", "") == ""

    def test_an_amended_commit_keeps_its_own(self, ready: Path, commit: Commit, git: Git) -> None:
        commit(ready, "-m", "Subject")
        marked(ready, "eve-20251122-1100")
        git(ready, "commit", "-q", "--amend", "--no-edit")
        assert message(git, ready) == WITH

    def test_an_amended_commit_without_one_gets_none(self, ready: Path, git: Git) -> None:
        git(ready, "commit", "-q", "--amend", "--no-edit")
        assert message(git, ready) == "first"

    @pytest.mark.parametrize("how", ["fixup", "squash"])
    def test_a_commit_that_is_to_be_melted_gets_none(self, ready: Path, commit: Commit, how: str) -> None:
        assert commit(ready, f"--{how}", "HEAD", "-m", "x").startswith(f"{how}! first")
        assert "Session-ID" not in commit(ready, f"--{how}=HEAD", "-m", "x")

    def test_a_merge_gets_none(self, ready: Path, commit: Commit, git: Git) -> None:
        git(ready, "switch", "-q", "-c", "side")
        commit(ready, "-m", "Side")
        git(ready, "switch", "-q", "main")
        git(ready, "merge", "-q", "--no-ff", "--no-edit", "side")
        assert message(git, ready) == "Merge branch 'side'"

    def test_a_rebase_and_a_cherry_pick_leave_messages_alone(self, ready: Path, git: Git, commit: Commit) -> None:
        git(ready, "switch", "-q", "-c", "side")
        (ready / ".cursor/.session_id").unlink()
        commit(ready, "-m", "Side")
        git(ready, "switch", "-q", "main")
        (ready / "other.txt").write_text("x")
        git(ready, "add", "other.txt")
        git(ready, "commit", "-q", "-m", "Main")
        marked(ready)
        git(ready, "switch", "-q", "side")
        git(ready, "rebase", "-q", "main")
        assert message(git, ready) == "Side"
        git(ready, "rebase", "-q", "--apply", "--force-rebase", "main")
        assert message(git, ready) == "Side"
        git(ready, "switch", "-q", "main")
        git(ready, "cherry-pick", "side")
        assert message(git, ready) == "Side"

    def test_autosquash_leaves_what_was_there(self, ready: Path, commit: Commit, git: Git) -> None:
        commit(ready, "-m", "Subject")
        commit(ready, "--fixup", "HEAD")
        git(ready, "-c", "sequence.editor=true", "rebase", "-q", "-i", "--autosquash", "HEAD~2")
        assert message(git, ready) == WITH


class TestSessions:
    @pytest.mark.parametrize(
        "marker",
        [
            None,
            "",
            "[1]",
            "{",
            '{"session_id": "ada-1"}',
            '{"session_id": "ada-1", "last_updated": "soon"}',
            '{"session_id": "ada-1", "last_updated": 5}',
            json.dumps({"session_id": "a..b", "last_updated": "NOW"}),
            json.dumps({"session_id": "$(touch x)", "last_updated": "NOW"}),
            json.dumps({"session_id": "ada-1\nEvil: yes", "last_updated": "NOW"}),
            json.dumps({"session_id": "x" * 201, "last_updated": "NOW"}),
            json.dumps({"session_id": ["ada-1"], "last_updated": "NOW"}),
            json.dumps({"session_id": ID, "last_updated": "LONG AGO"}),
            "[" * 50_000,
        ],
    )
    def test_without_a_current_session_the_message_stays(self, ready: Path, commit: Commit, marker: str | None) -> None:
        path = ready / ".cursor/.session_id"
        path.unlink()
        if marker is not None:
            path.write_text(marker.replace("NOW", ago(1)).replace("LONG AGO", ago(31)))
        assert commit(ready, "-m", "Subject") == "Subject"

    def test_a_session_that_the_tool_began_and_ended(self, ready: Path, commit: Commit, cli: Cli) -> None:
        session_id = cli("start", "--author", "bob", "--json").json["session"]["session_id"]
        assert commit(ready, "-m", "Subject") == f"Subject\n\nSession-ID: {session_id}"
        cli("complete")
        assert commit(ready, "-m", "Subject") == "Subject"

    def test_the_team_s_timeout_counts(self, ready: Path, commit: Commit, cli: Cli) -> None:
        marked(ready, at=ago(20))
        config = ready / ".cursor/config/session_config.yaml"
        config.write_text("time_zone: UTC\ntimeout_minutes: 15\nidle_warning_minutes: 5\n")
        os.utime(config, (1_700_000_000, 1_700_000_000))
        cli("config")
        cli("status")
        assert commit(ready, "-m", "Subject") == "Subject"

    def test_an_old_time_is_read_in_the_recorded_zone(self, repo: Path, commit: Commit, cli: Cli) -> None:
        cli("init", "--commit-trailer", "--time-zone", "Asia/Tokyo")
        os.utime(repo / ".cursor/config/session_config.yaml", (1_700_000_000, 1_700_000_000))
        cli("status")
        from datetime import datetime
        from zoneinfo import ZoneInfo

        marked(repo, at=datetime.now(ZoneInfo("Asia/Tokyo")).replace(tzinfo=None).isoformat())
        assert commit(repo, "-m", "Subject") == WITH

    def test_each_working_tree_has_its_own(self, ready: Path, commit: Commit, git: Git, tmp_path: Path) -> None:
        git(ready, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other tree"))
        assert commit(tmp_path / "other tree", "-m", "Subject") == "Subject"
        marked(tmp_path / "other tree", "eve-1")
        assert commit(tmp_path / "other tree", "-m", "Subject") == "Subject\n\nSession-ID: eve-1"
        assert commit(ready, "-m", "Subject") == WITH

    def test_from_a_subfolder(self, ready: Path, git: Git, commit: Commit) -> None:
        commit(ready, "-m", "x")
        git(ready / "deep/er", "commit", "-q", "--allow-empty", "-m", "Subject")
        assert message(git, ready) == WITH

    def test_it_is_off_while_tracking_is(
        self, ready: Path, commit: Commit, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cli("pause")
        assert commit(ready, "-m", "Subject") == "Subject"
        cli("pause", "--off")
        monkeypatch.setenv("PR_SESSIONS", "0")
        marked(ready)
        assert commit(ready, "-m", "Subject") == "Subject"


def test_history_finds_the_session_by_it(ready: Path, commit: Commit, git: Git, cli: Cli) -> None:
    git(ready, "switch", "-q", "-c", "side")
    commit(ready, "-m", "auto-pr: one")
    commit(ready, "-m", "auto-pr: two")
    git(ready, "switch", "-q", "main")
    git(ready, "merge", "-q", "--no-ff", "-m", "Merge pull request #5 from acme/side\n\nauto-pr: both", "side")
    cli("import", "--git")
    found = cli("explain", "5", "--json").json
    assert (found["session_id"], found["placement"]["rung"], found["placement"]["detail"]) == (
        ID, "marker", "trailer in its commits",
    )  # fmt: skip


class TestNothingStopsACommit:
    def test_an_interpreter_that_is_gone(self, ready: Path, commit: Commit) -> None:
        script = ready / ".git/pr-sessions/prepare-commit-msg"
        script.write_text(script.read_text().replace(sys.executable, "/nowhere/python"))
        assert commit(ready, "-m", "Subject") == "Subject"

    def test_a_package_that_is_gone(self, ready: Path, commit: Commit) -> None:
        script = ready / ".git/pr-sessions/prepare-commit-msg"
        script.write_text(script.read_text().replace("name_session.py", "gone.py"))
        assert commit(ready, "-m", "Subject") == "Subject"

    def test_the_clone_s_own_folder_that_is_gone(self, ready: Path, commit: Commit) -> None:
        shutil.rmtree(ready / ".git/pr-sessions")
        assert commit(ready, "-m", "Subject") == "Subject"

    def test_it_says_nothing(self, ready: Path) -> None:
        (ready / ".git/pr-sessions/prepare-commit-msg").write_text(
            (ready / ".git/pr-sessions/prepare-commit-msg").read_text().replace(sys.executable, "/nowhere/python")
        )
        command = ["git", "commit", "-q", "--allow-empty", "-m", "Subject"]
        done = subprocess.run(command, cwd=ready, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


FIRST = '#!/bin/sh\necho "first $1 $2" >> "$(dirname "$0")/../../ran"\n'


class TestBesideOthers:
    @pytest.mark.parametrize(
        "text",
        [
            FIRST,
            FIRST + "exit 0\n",
            FIRST + "exec true",
            FIRST.replace("#!/bin/sh", "#!/usr/bin/env bash") + "set -eu\ntrap 'exit 0' EXIT\n",
            FIRST.replace("#!/bin/sh\n", ""),
            FIRST.replace("/bin/sh", "/bin/sh -e"),
            '#!/bin/sh\nn=$(basename "$0"); [ "$n" = prepare-commit-msg ] && ' + FIRST.partition("\n")[2],
        ],
    )
    def test_a_shell_s_hook_runs_first_and_comes_back_as_it_was(
        self, repo: Path, cli: Cli, commit: Commit, text: str
    ) -> None:
        hook(repo / HOOK, text, 0o750)
        cli("init", "--commit-trailer")
        marked(repo)
        assert (commit(repo, "-m", "Subject"), told(repo / "ran")) == (WITH, ["first .git/COMMIT_EDITMSG message"])
        assert cli("init", "--commit-trailer").out.startswith("Nothing to do")
        cli("init", "--no-commit-trailer")
        assert ((repo / HOOK).read_bytes(), stat.S_IMODE((repo / HOOK).stat().st_mode)) == (text.encode(), 0o750)
        assert commit(repo, "-m", "Subject") == "Subject"

    def test_any_other_hook_runs_first_and_comes_back_as_it_was(self, repo: Path, cli: Cli, commit: Commit) -> None:
        text = f'#!{sys.executable}\nimport os, sys\nopen("ran", "a").write(f"{{os.path.basename(sys.argv[0])}}\\n")\n'
        hook(repo / HOOK, text, 0o700)
        cli("init", "--commit-trailer")
        marked(repo)
        assert (commit(repo, "-m", "Subject"), told(repo / "ran")) == (WITH, ["prepare-commit-msg"])
        cli("uninstall")
        assert ((repo / HOOK).read_text(), stat.S_IMODE((repo / HOOK).stat().st_mode)) == (text, 0o700)
        assert not (repo / ".git/hooks" / FOREIGN).parent.exists()

    @pytest.mark.parametrize("target", ["../../tools/hook", "{root}/tools/hook"])
    def test_a_link_goes_on_leading_where_it_led(self, repo: Path, cli: Cli, commit: Commit, target: str) -> None:
        hook(repo / "tools/hook", "#!/bin/sh\necho linked >> ran\n")
        link = target.format(root=repo)
        (repo / HOOK).parent.mkdir(exist_ok=True)
        (repo / HOOK).symlink_to(link)
        cli("init", "--commit-trailer")
        marked(repo)
        assert (commit(repo, "-m", "Subject"), told(repo / "ran")) == (WITH, ["linked"])
        cli("uninstall")
        assert (str((repo / HOOK).readlink()), (repo / "tools/hook").read_text()) == (
            link,
            "#!/bin/sh\necho linked >> ran\n",
        )

    @pytest.mark.parametrize("shell", ["/bin/sh", sys.executable])
    def test_one_that_refuses_a_commit_refuses_it_still(self, repo: Path, cli: Cli, git: Git, shell: str) -> None:
        text = "exit 7\n" if shell == "/bin/sh" else "raise SystemExit(7)\n"
        hook(repo / HOOK, f"#!{shell}\n{text}")
        cli("init", "--commit-trailer")
        marked(repo)
        done = subprocess.run(["git", "commit", "--allow-empty", "-m", "x"], cwd=repo, capture_output=True, check=False)
        assert (done.returncode, message(git, repo)) == (1, "first")

    def test_one_that_git_passes_over_does_not_begin_to_run(self, repo: Path, cli: Cli, commit: Commit) -> None:
        hook(repo / HOOK, FIRST, 0o644)
        cli("init", "--commit-trailer")
        marked(repo)
        assert (commit(repo, "-m", "Subject"), told(repo / "ran")) == (WITH, [])
        cli("uninstall")
        assert ((repo / HOOK).read_text(), stat.S_IMODE((repo / HOOK).stat().st_mode)) == (FIRST, 0o644)

    def test_a_folder_of_hooks_in_the_tree(self, repo: Path, cli: Cli, commit: Commit, git: Git) -> None:
        git(repo, "config", "core.hooksPath", ".githooks")
        hook(repo / ".githooks/prepare-commit-msg", "#!/bin/sh\necho team >> ran\n")
        git(repo, "add", ".githooks")
        git(repo, "commit", "-q", "-m", "hooks")
        cli("init", "--commit-trailer")
        marked(repo)
        assert (commit(repo, "-m", "Subject"), told(repo / "ran")) == (WITH, ["team", "team"])
        shared = (repo / ".githooks/prepare-commit-msg").read_text()
        assert [part for part in (str(repo), sys.executable, sys.prefix) if part in shared] == []
        cli("uninstall")
        assert git(repo, "status", "--porcelain", "--", ".githooks") == ""

    def test_a_colleague_s_clone_without_the_tool_is_not_touched(
        self, repo: Path, cli: Cli, commit: Commit, git: Git, tmp_path: Path
    ) -> None:
        git(repo, "config", "core.hooksPath", ".githooks")
        cli("init", "--commit-trailer")
        git(repo, "add", ".githooks")
        git(repo, "commit", "-q", "-m", "hooks")
        git(tmp_path, "clone", "-q", str(repo), "theirs")
        git(tmp_path / "theirs", "config", "core.hooksPath", ".githooks")
        marked(tmp_path / "theirs")
        assert commit(tmp_path / "theirs", "-m", "Subject") == "Subject"

    @pytest.mark.parametrize("own", [None, "echo mine >> ran\n"])
    def test_husky_runs_it_from_the_folder_that_people_write(
        self, repo: Path, cli: Cli, commit: Commit, git: Git, own: str | None
    ) -> None:
        git(repo, "config", "core.hooksPath", ".husky/_")
        hook(repo / ".husky/_/prepare-commit-msg", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"')
        husky = (
            '#!/usr/bin/env sh\nn=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n'
            '[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\nc=$?\nexit $c\n'
        )
        hook(repo / ".husky/_/h", husky, 0o644)
        if own is not None:
            hook(repo / ".husky/prepare-commit-msg", own, 0o644)
        before = {name: data for name, (data, _) in tree(repo / ".husky").items()}
        cli("init", "--commit-trailer")
        marked(repo)
        assert (commit(repo, "-m", "Subject"), told(repo / "ran")) == (WITH, ["mine"] if own else [])
        cli("uninstall")
        assert {name: data for name, (data, _) in tree(repo / ".husky").items()} == before

    def test_hooks_of_all_repositories_are_left_alone_and_told_of(
        self, repo: Path, cli: Cli, commit: Commit, git: Git, tmp_path: Path
    ) -> None:
        git(repo, "config", "core.hooksPath", str(tmp_path / "everywhere"))
        hook(tmp_path / "everywhere/prepare-commit-msg", "#!/bin/sh\n")
        result = cli("init", "--commit-trailer", "--json").json
        path = tmp_path / "everywhere/prepare-commit-msg"
        assert result["notes"] == [f"core.hooksPath leads out of this repository; add to {path}: {LINE}"]
        assert path.read_text() == "#!/bin/sh\n"
        path.write_text(f"#!/bin/sh\n{LINE}\n")
        marked(repo)
        assert (cli("init", "--json").json["notes"], commit(repo, "-m", "Subject")) == ([], WITH)

    def test_a_path_with_spaces_and_quotes(
        self, repo: Path, cli: Cli, commit: Commit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moved = repo.rename(repo.parent / "it's a repo")
        monkeypatch.chdir(moved)
        hook(moved / HOOK, FIRST)
        cli("init", "--commit-trailer")
        marked(moved)
        assert (commit(moved, "-m", "Subject"), len(told(moved / "ran"))) == (WITH, 1)


class TestInstalling:
    def test_a_dry_run_shows_it(self, repo: Path, cli: Cli) -> None:
        before = tree(repo)
        shown = cli("init", "--commit-trailer", "--dry-run", "--json").json
        assert tree(repo) == before
        assert {**cli("init", "--commit-trailer", "--json").json, "dry_run": True} == shown
        assert [(Path(s["path"]).relative_to(repo).as_posix(), s["act"]) for s in shown["steps"][-2:]] == [
            (".git/pr-sessions/prepare-commit-msg", "write"),
            (HOOK, "write"),
        ]

    def test_nobody_gets_it_unasked(self, repo: Path, cli: Cli) -> None:
        cli("init")
        assert not (repo / HOOK).exists()
        assert not (repo / ".git/pr-sessions/prepare-commit-msg").exists()

    def test_init_mends_it_after_the_interpreter_moved(self, ready: Path, cli: Cli, commit: Commit) -> None:
        script = ready / ".git/pr-sessions/prepare-commit-msg"
        script.write_text(script.read_text().replace(sys.executable, "/nowhere/python"))
        assert [Path(s["path"]) for s in cli("init", "--json").json["steps"]] == [script]
        assert commit(ready, "-m", "Subject") == WITH

    def test_it_goes_without_a_trace(self, repo: Path, cli: Cli) -> None:
        hooks = tree(repo / ".git/hooks")
        cli("init", "--commit-trailer")
        cli("uninstall")
        assert (tree(repo / ".git/hooks"), (repo / ".git/pr-sessions").exists()) == (hooks, False)
        assert (repo / SESSION_FILE).exists()

    def test_lines_that_somebody_added_to_ours_stay(self, ready: Path, cli: Cli) -> None:
        with (ready / HOOK).open("a") as file:
            file.write("echo more\n")
        cli("uninstall")
        assert (ready / HOOK).read_text() == "#!/bin/sh\necho more\n"

    def test_outside_git_there_are_no_commits(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert cli("init", "--commit-trailer").err.startswith(
            f"error: {tmp_path} is not in git, so there are no commits\n"
        )
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "foreign",
    [b"", b"\n", b"#!/bin/sh\n", b"#!/bin/sh\r\necho x\r\n", b"echo x", b"#!/bin/zsh\n\n# <<<\n"],
)
def test_our_lines_leave_a_hook_as_they_found_it(foreign: bytes) -> None:
    both = with_ours(foreign)
    assert (split(both).ours, split(both).rest, split(foreign).ours) == (True, foreign, False)


def test_a_file_of_ours_holds_nothing_else() -> None:
    assert (split(WHOLE).ours, split(WHOLE).rest) == (True, b"")


@pytest.mark.parametrize("hook_before", [WHOLE, WHOLE + b"echo more\n", with_ours(b"#!/bin/sh\necho x\n")])
def test_lines_of_an_older_version_are_replaced_in_their_place(hook_before: bytes) -> None:
    older = hook_before.replace(b"run=.git/", b"walk=.git/")
    assert older != hook_before
    assert (renewed(older), split(older).rest) == (hook_before, split(hook_before).rest)


@pytest.mark.parametrize(
    ("text", "shell"),
    [
        (b"#!/bin/sh\n", True),
        (b"#! /usr/bin/env bash\n", True),
        (b"#!/bin/sh -e\n", True),
        (b"echo x\n", True),
        (b"#!/bin/sh\r\n", True),
        (b"#!/usr/bin/env -S bash -e\n", False),
        (b"#!/usr/bin/env python3\n", False),
        (b"#!/usr/bin/fish\n", False),
        (b"#!\n", False),
        (b"#!/bin/sh", False),
        (b"\x7fELF\0", False),
    ],
)
def test_which_hooks_a_shell_reads(text: bytes, shell: bool) -> None:
    assert is_shell(text) is shell


@pytest.mark.parametrize("name", [".cursor", ".cursor/.session_id"])
def test_a_marker_that_is_a_link_names_no_session(ready: Path, commit: Commit, tmp_path: Path, name: str) -> None:
    (ready / ".cursor").rename(tmp_path / "outside")
    target = tmp_path / "outside" / Path(name).relative_to(".cursor")
    (ready / name).parent.mkdir(exist_ok=True)
    (ready / name).symlink_to(target)

    assert commit(ready, "-m", "Subject") == "Subject"
