import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ground import CONFIG, SESSION_FILE, AsNobody, Cli, Git, tree, write

BLOCK = "# >>> pr-sessions\n/.cursor/.session_id\n/.cursor/data/session_state.json\n# <<< pr-sessions\n"
OLD = {"active_sessions": {}, "completed_sessions": [{"session_id": "a", "completed": "2025-12-05T22:26:11.789103"}]}


def untracked(git: Git, root: Path) -> list[str]:
    return git(root, "status", "--porcelain", "-uall").splitlines()


def test_it_says_what_it_did_and_what_to_type_next(cli: Cli, repo: Path) -> None:
    assert cli("init").out == (
        f"Set up {repo}\n"
        "  prepare   .git/pr-sessions                    the clone's own folder, which no checkout touches\n"
        "  write     .cursor/config/session_config.yaml  configuration: time zone UTC, share commit\n"
        "  write     docs/metrics/auto_pr_sessions.json  session file, empty\n"
        "  write     .gitignore                          ignores .cursor/.session_id, .cursor/data/session_state.json\n"
        "  write     .gitattributes                      git joins the session file instead of merging its lines\n"
        f"  register  .git/config                         merge driver, run by {sys.executable}\n"
        "Next: git add .gitattributes .gitignore .cursor docs/metrics && git commit -m 'Track work sessions'\n"
        "Next: pr-sessions start\n"
    )


def test_the_session_file_is_the_specified_document_without_sessions(cli: Cli, repo: Path) -> None:
    cli("init")
    written = json.loads((repo / SESSION_FILE).read_text())
    assert written.pop("last_updated").endswith("Z")
    assert written == {"version": "1.0", "active_sessions": {}, "completed_sessions": []}


def test_a_second_time_changes_nothing(cli: Cli, repo: Path) -> None:
    cli("init")
    before = tree(repo)
    assert cli("init").out == f"Nothing to do: {repo} is set up.\n"
    assert tree(repo) == before


@pytest.mark.parametrize(
    "options", [(), ("--share", "local"), ("--share", "branch"), ("--time-zone", "Europe/Berlin", "--scripts")]
)
def test_a_dry_run_writes_nothing_and_shows_what_a_real_one_does(
    cli: Cli, repo: Path, options: tuple[str, ...]
) -> None:
    before = tree(repo)
    shown = cli("init", "--dry-run", "--json", *options).json
    assert tree(repo) == before
    assert {**cli("init", "--json", *options).json, "dry_run": True} == shown


def test_the_steps_are_all_that_changes(cli: Cli, repo: Path, git: Git) -> None:
    steps = cli("init", "--json").json["steps"]
    named = {str(Path(s["path"]).relative_to(repo)) for s in steps if s["act"] == "write"}
    assert {line.removeprefix("?? ") for line in untracked(git, repo)} == named


def test_in_a_subfolder_it_acts_on_the_root(cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo / "deep/er")
    cli("init")
    assert (repo / SESSION_FILE).is_file()
    assert [p.name for p in (repo / "deep/er").iterdir()] == ["code.py"]


def test_the_rest_of_an_ignore_file_stays_byte_for_byte(cli: Cli, repo: Path) -> None:
    (repo / ".gitignore").write_bytes(b"*.pyc\n\n# mine\n")
    cli("init")
    assert (repo / ".gitignore").read_bytes() == b"*.pyc\n\n# mine\n" + BLOCK.encode()


def test_local_excludes_everything_in_the_clone_and_nothing_in_the_tree(cli: Cli, repo: Path, git: Git) -> None:
    cli("init", "--share", "local")
    write(repo / "docs/metrics/analytics/session_analytics_20251122.md", "report")
    write(repo / ".cursor/.session_id", "{}")
    assert not (repo / ".gitignore").exists()
    assert untracked(git, repo) == [f"?? {CONFIG}"]
    assert "share: local\n" in (repo / CONFIG).read_text()


def test_changing_the_share_moves_the_entries(cli: Cli, repo: Path) -> None:
    exclude = (repo / ".git/info/exclude").read_bytes()
    cli("init")
    cli("init", "--share", "local")
    assert not (repo / ".gitignore").exists()
    cli("init", "--share", "commit")
    assert (repo / ".gitignore").read_text() == BLOCK
    assert (repo / ".git/info/exclude").read_bytes() == exclude
    assert "share: commit\n" in (repo / CONFIG).read_text()


def test_in_a_subfolder_what_comes_next_works_there_too(cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo / "sub/file", "")
    monkeypatch.chdir(repo / "sub")
    command = cli("init", "--json").json["next"][0]

    assert command.startswith(f"cd {repo} && git add ")
    assert subprocess.run(command, shell=True, check=False, capture_output=True).returncode == 0  # noqa: S602 - as told


def test_what_is_recorded_is_written_where_it_is_said(cli: Cli, repo: Path) -> None:
    cli("init")
    assert "\n# track: opened\n" in (repo / CONFIG).read_text()
    assert cli("init", "--track", "agents").out == (
        f"Set up {repo}\n"
        "  write  .cursor/config/session_config.yaml  configuration: track agents\n"
        "Next: git add .gitattributes .gitignore .cursor docs/metrics && git commit -m 'Track work sessions'\n"
        "Next: pr-sessions start\n"
    )
    assert (repo / CONFIG).read_text().endswith("\ntrack: agents\n")
    assert cli("init").out == f"Nothing to do: {repo} is set up.\n"


class TestSharingByABranch:
    def test_it_is_the_default_where_there_is_a_remote(self, cli: Cli, repo: Path, git: Git) -> None:
        git(repo, "remote", "add", "origin", "nowhere")
        assert cli("init").out == (
            f"Set up {repo}\n"
            "  prepare  .git/pr-sessions                    the clone's own folder, which no checkout touches\n"
            "  write    .cursor/config/session_config.yaml  configuration: time zone UTC, share branch\n"
            "  write    docs/metrics/auto_pr_sessions.json  session file, empty\n"
            "  write    .gitignore                          "
            "ignores .cursor/.session_id, .cursor/data/session_state.json\n"
            "  write    .git/info/exclude                   "
            "ignores docs/metrics/auto_pr_sessions.json, docs/metrics/archive\n"
            "Next: git add .gitignore .cursor && git commit -m 'Track work sessions'\n"
            "Next: pr-sessions start\n"
            "Next: pr-sessions sync\n"
        )
        assert untracked(git, repo) == [f"?? {CONFIG}", "?? .gitignore"]

    def test_commits_go_on_carrying_a_file_that_is_tracked(self, cli: Cli, repo: Path, git: Git) -> None:
        git(repo, "remote", "add", "origin", "nowhere")
        write(repo / SESSION_FILE, json.dumps(OLD))
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "tracked")
        assert cli("init", "--json").json["share"] == "commit"

    def test_a_share_that_is_recorded_stands(self, cli: Cli, repo: Path, git: Git) -> None:
        write(repo / CONFIG, "time_zone: UTC\nshare: commit\n")
        git(repo, "remote", "add", "origin", "nowhere")
        assert cli("init", "--json").json["share"] == "commit"

    def test_a_remote_may_come_later(self, cli: Cli, repo: Path) -> None:
        result = cli("init", "--share", "branch", "--json").json
        assert (result["share"], result["notes"]) == (
            "branch",
            ["there is no remote yet; `pr-sessions sync` needs one"],
        )
        assert "share: branch\n" in (repo / CONFIG).read_text()
        assert cli("init", "--json").json["steps"] == []

    def test_saved_reports_may_still_be_committed(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init", "--share", "branch")
        write(repo / "docs/metrics/analytics/session_analytics_20251122.md", "report")
        assert "?? docs/metrics/analytics/session_analytics_20251122.md" in untracked(git, repo)

    def test_changing_to_it_and_back_moves_the_entry(self, cli: Cli, repo: Path) -> None:
        exclude = (repo / ".git/info/exclude").read_bytes()
        cli("init", "--share", "branch")
        cli("init", "--share", "commit")
        assert (repo / ".git/info/exclude").read_bytes() == exclude
        assert "share: commit\n" in (repo / CONFIG).read_text()

    def test_a_tracked_session_file_cannot_travel_by_it(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "tracked")
        before = tree(repo)
        refused = cli("init", "--share", "branch")
        told = f"error: git tracks {SESSION_FILE}, so it cannot travel by a branch of its own\n"
        assert (refused.code, refused.err.startswith(told), tree(repo)) == (1, True, before)

    def test_outside_git_there_is_none(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        refused = cli("init", "--share", "branch")
        told = f"error: {tmp_path} is not in git, so there is no branch to share by\nhint: run `git init` first\n"
        assert (refused.code, refused.err, list(tmp_path.iterdir())) == (1, told, [])


def test_a_tracked_session_file_cannot_be_local(cli: Cli, repo: Path, git: Git) -> None:
    cli("init")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "tracked")
    before = tree(repo)
    refused = cli("init", "--share", "local")
    assert (refused.code, refused.err) == (
        1,
        (
            f"error: git tracks {SESSION_FILE}, so it cannot be local\n"
            f"hint: git rm --cached {SESSION_FILE}, then again; "
            "or keep sharing it: pr-sessions init --share commit\n"
        ),
    )
    assert tree(repo) == before


def test_the_sessions_of_the_clone_come_back_into_the_tree(cli: Cli, repo: Path) -> None:
    cli("init")
    cli("start", "--author", "ada")
    kept = (repo / ".git/pr-sessions/sessions.json").read_bytes()
    (repo / SESSION_FILE).unlink()
    assert "session file, with the 1 sessions of this clone" in cli("init").out
    assert (repo / SESSION_FILE).read_bytes() == kept


class TestConfiguration:
    def test_only_what_is_missing_is_added(self, cli: Cli, repo: Path) -> None:
        write(repo / CONFIG, "# ours\ntimeout_minutes: 45\nshare: commit\n")
        cli("init", "--time-zone", "Europe/Berlin")
        expected = "# ours\ntimeout_minutes: 45\nshare: commit\ntime_zone: Europe/Berlin\n"
        assert (repo / CONFIG).read_text() == expected

    def test_what_is_there_stays(self, cli: Cli, repo: Path) -> None:
        write(repo / CONFIG, "time_zone: Asia/Tokyo\nshare: local\n")
        result = cli("init", "--json").json
        assert (result["time_zone"], result["share"]) == ("Asia/Tokyo", "local")
        assert (repo / CONFIG).read_text() == "time_zone: Asia/Tokyo\nshare: local\n"

    def test_what_is_asked_for_replaces_it(self, cli: Cli, repo: Path) -> None:
        write(repo / CONFIG, "time_zone: Asia/Tokyo\nshare: local\n")
        cli("init", "--share", "commit", "--time-zone", "UTC")
        assert (repo / CONFIG).read_text() == "time_zone: UTC\nshare: commit\n"

    def test_a_byte_order_mark_stays(self, cli: Cli, repo: Path) -> None:
        write(repo / CONFIG, "\ufefftimeout_minutes: 45\n")
        cli("init")
        assert (repo / CONFIG).read_bytes().startswith(b"\xef\xbb\xbftimeout_minutes: 45\n")
        assert cli("config", "--check").code == 0

    def test_mistakes_stop_everything(self, cli: Cli, repo: Path) -> None:
        write(repo / CONFIG, "timeout_minutes: -1\n")
        before = tree(repo)
        refused = cli("init")
        assert (refused.code, refused.err.splitlines()[-1]) == (
            1,
            "hint: pr-sessions config --check says how to fix each",
        )
        assert tree(repo) == before

    def test_an_unknown_time_zone_stops_everything(self, cli: Cli, repo: Path) -> None:
        refused = cli("init", "--time-zone", "Mars/Olympus")
        assert (refused.code, refused.err) == (
            1,
            "error: no time zone is named 'Mars/Olympus'\nhint: names look like Europe/Berlin or UTC\n",
        )
        assert not (repo / CONFIG).exists()

    @pytest.mark.usefixtures("repo")
    def test_this_machine_s_zone_is_the_default(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "America/New_York")
        assert cli("init", "--json").json["time_zone"] == "America/New_York"


def test_old_times_without_a_zone_are_told_of(cli: Cli, repo: Path) -> None:
    write(repo / SESSION_FILE, json.dumps(OLD))
    before = (repo / SESSION_FILE).read_bytes()
    result = cli("init", "--time-zone", "Europe/Berlin", "--json").json
    assert result["notes"] == ["the session file holds times without a zone; they are read in Europe/Berlin"]
    assert (repo / SESSION_FILE).read_bytes() == before


class TestScripts:
    def test_they_are_written_where_the_original_has_them(self, cli: Cli, repo: Path) -> None:
        cli("init", "--scripts")
        names = sorted(path.name for path in (repo / ".cursor/scripts").iterdir())
        assert names == [
            "auto_pr_session_manager.py",
            "cursor_session_hook.py",
            "minimal_metadata_system.py",
            "monitor_sessions.py",
            "session_analytics.py",
            "session_cli.py",
            "validate_config.py",
        ]
        assert cli("init", "--scripts").out.startswith("Nothing to do")

    def test_the_original_s_own_stand_back_and_come_again(self, cli: Cli, repo: Path, git: Git) -> None:
        own = "SESSION_DATA_FILE = 'auto_pr_sessions.json'\n"
        write(repo / ".cursor/scripts/session_cli.py", own)
        (repo / ".cursor/scripts/session_cli.py").chmod(0o755)
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "the original")
        cli("init", "--scripts")
        assert (repo / ".cursor/scripts/session_cli.py.original").read_text() == own
        cli("uninstall")
        (repo / SESSION_FILE).unlink()
        assert git(repo, "status", "--porcelain") == ""

    def test_a_copy_of_another_original_is_never_overwritten(self, cli: Cli, repo: Path) -> None:
        write(repo / ".cursor/scripts/session_cli.py", "second")
        write(repo / ".cursor/scripts/session_cli.py.original", "first")
        refused = cli("init", "--scripts")
        assert (refused.code, "move one of them away" in refused.err) == (1, True)
        assert (repo / ".cursor/scripts/session_cli.py.original").read_text() == "first"

    def test_an_older_version_of_ours_is_no_original(self, cli: Cli, repo: Path) -> None:
        write(repo / ".cursor/scripts/session_cli.py", "from pr_sessions.compat import session_cli  # 0.0\n")
        cli("init", "--scripts")
        assert not (repo / ".cursor/scripts/session_cli.py.original").exists()

    def test_the_interpreter_is_noted_in_the_clone_and_forgotten(self, cli: Cli, repo: Path, git: Git) -> None:
        before = (repo / ".git/config").read_bytes()
        cli("init", "--scripts")
        assert git(repo, "config", "pr-sessions.interpreter") == sys.executable
        cli("uninstall")
        assert "interpreter" not in (repo / ".git/config").read_text()
        assert before.strip() in (repo / ".git/config").read_bytes()


class TestOutsideGit:
    def test_the_folder_stands_alone(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "plain/sub").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "plain")
        result = cli("init", "--json").json
        assert (result["git"], result["root"]) == (False, str(tmp_path / "plain"))
        assert result["notes"] == ["this folder is not in git; it stands alone, and the session file is the only copy"]
        monkeypatch.chdir(tmp_path / "plain/sub")
        assert cli("init", "--json").json["steps"] == []

    def test_a_bare_repository_is_no_place(
        self, cli: Cli, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(tmp_path, "init", "-q", "--bare", "bare.git")
        monkeypatch.chdir(tmp_path / "bare.git")
        before = tree(tmp_path)
        assert (cli("init").code, tree(tmp_path)) == (1, before)


@pytest.mark.skipif(os.name == "nt", reason="permission bits as POSIX has them")
def test_a_read_only_repository_is_told_with_its_way_out(open_repo: Path, as_nobody: AsNobody) -> None:
    for folder in (open_repo, open_repo / ".git"):
        folder.chmod(0o555)
    assert as_nobody(open_repo, "init") == (
        1,
        "",
        (
            f"error: cannot lock {open_repo}/.git/pr-sessions/lock: Permission denied\n"
            f"hint: give yourself write permission for {open_repo}/.git/pr-sessions\n"
        ),
    )


def test_it_asks_nothing_without_a_terminal(repo: Path, spawn: Callable[..., subprocess.Popen[bytes]]) -> None:
    out, err = spawn("init", "--json").communicate()
    assert (json.loads(out)["dry_run"], err) == (False, b"")
