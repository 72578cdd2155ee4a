"""`doctor --repair`: what cannot be read is put aside, what any copy knows comes back, nothing is deleted."""

import json
from pathlib import Path
from typing import Any

import pytest
from ground import DOCUMENT, SESSION_FILE, Cli, Git, never_time_out, tree, write

ATTRIBUTES = ".gitattributes"
MARKER = ".cursor/.session_id"
AT = "2025-11-22T10:00:00Z"
SESSION = "ada-20251122-1000"


@pytest.fixture
def ready(cli: Cli, repo: Path, git: Git) -> Path:
    """One session with one pull request, committed; without a driver, so that merges are git's own."""
    cli("init", "--time-zone", "UTC")
    never_time_out(repo)
    (repo / ATTRIBUTES).unlink()
    cli("start", "--author", "ada", "--at", AT)
    add(cli, 1)
    commit(git, repo)
    return repo


@pytest.fixture
def torn(cli: Cli, ready: Path, git: Git) -> Path:
    """Both branches added to the session, somebody else did it on `side`, and the merge stopped."""
    kept = (ready / DOCUMENT).read_bytes()
    git(ready, "checkout", "-q", "-b", "side")
    add(cli, 3)
    commit(git, ready)
    git(ready, "checkout", "-q", "main")
    (ready / DOCUMENT).write_bytes(kept)
    add(cli, 2)
    commit(git, ready)
    git(ready, "config", "merge.conflictStyle", "diff3")
    with pytest.raises(Exception, match="exit status 1"):
        git(ready, "merge", "-q", "side")
    return ready


def add(cli: Cli, number: int) -> None:
    told = ("--author", "ada", "--at", f"2025-11-22T10:0{number}:00Z", "--session", SESSION, "--create")
    assert cli("add", str(number), "--title", "auto-pr: x", *told).code == 0


def commit(git: Git, root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "work")


def prs(path: Path) -> list[str]:
    document = json.loads(path.read_text())
    records = (*document["active_sessions"].values(), *document["completed_sessions"])
    return sorted(number for record in records for number in record["prs"])


def acts(result: Any) -> list[str]:
    return [step["act"] for step in result.json["steps"]]


def aside(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((root / ".git/pr-sessions/quarantine").glob("*"))]


def test_where_nothing_is_broken_nothing_is_done(cli: Cli, ready: Path) -> None:
    before = tree(ready)
    assert cli("doctor", "--repair").out == "Nothing to repair.\n"
    assert tree(ready) == before


def test_a_dry_run_goes_with_repair(cli: Cli, ready: Path) -> None:
    assert cli("doctor", "--dry-run").code == 2


class TestConflict:
    def test_both_sides_are_joined_and_git_is_told(self, cli: Cli, torn: Path, git: Git) -> None:
        before = (torn / SESSION_FILE).read_bytes()
        repaired = cli("doctor", "--repair", "--json")
        assert (repaired.code, repaired.json["lost"]) == (0, [])
        assert acts(repaired) == ["back up", "quarantine", "join", "join", "join", "join", "write", "write", "resolve"]
        assert (prs(torn / SESSION_FILE), prs(torn / DOCUMENT)) == (["1", "2", "3"], ["1", "2", "3"])
        assert (aside(torn), git(torn, "ls-files", "-u")) == ([before], "")
        git(torn, "commit", "-q", "--no-edit")
        assert git(torn, "status", "--porcelain") == ""
        assert cli("doctor", "--repair").out == "Nothing to repair.\n"

    def test_a_dry_run_writes_nothing_and_shows_what_a_real_one_does(self, cli: Cli, torn: Path) -> None:
        cli("doctor", "--repair", "--dry-run")  # Asking git refreshes its index, once.
        before = tree(torn)
        shown = cli("doctor", "--repair", "--dry-run", "--json").json
        assert tree(torn) == before

        def without_names(data: dict[str, Any]) -> list[tuple[str, str]]:
            return [(step["act"], step["what"]) for step in data["steps"]]

        assert without_names(cli("doctor", "--repair", "--json").json) == without_names(shown)

    def test_an_unfinished_merge_without_markers_is_noticed_and_joined(self, cli: Cli, torn: Path, git: Git) -> None:
        git(torn, "checkout", "--ours", "--", SESSION_FILE)
        found = [f for f in cli("doctor", "--json").json["findings"] if f["severity"] == "error"]
        assert [(f["problem"], f["hint"]) for f in found] == [
            ("git has not finished merging it: 3 versions wait in the index", "pr-sessions doctor --repair")
        ]
        assert cli("doctor", "--repair").code == 0
        assert (prs(torn / SESSION_FILE), aside(torn)) == (["1", "2", "3"], [])
        assert git(torn, "ls-files", "-u") == ""

    def test_markers_that_somebody_committed_are_taken_apart(self, cli: Cli, torn: Path, git: Git) -> None:
        commit(git, torn)
        assert cli("doctor", "--repair").code == 0
        assert prs(torn / SESSION_FILE) == ["1", "2", "3"]

    def test_where_one_side_removed_the_file_the_other_stays(self, cli: Cli, ready: Path, git: Git) -> None:
        git(ready, "checkout", "-q", "-b", "side")
        git(ready, "rm", "-q", SESSION_FILE)
        commit(git, ready)
        git(ready, "checkout", "-q", "main")
        add(cli, 2)
        commit(git, ready)
        with pytest.raises(Exception, match="exit status 1"):
            git(ready, "merge", "-q", "side")
        assert cli("doctor", "--repair").code == 0
        assert (prs(ready / SESSION_FILE), git(ready, "ls-files", "-u")) == (["1", "2"], "")

    def test_a_stash_that_cannot_be_put_back_is_joined(self, cli: Cli, ready: Path, git: Git) -> None:
        add(cli, 2)
        git(ready, "stash", "-q")
        (ready / DOCUMENT).unlink()
        add(cli, 3)
        commit(git, ready)
        with pytest.raises(Exception, match="exit status 1"):
            git(ready, "stash", "pop", "-q")
        assert cli("doctor", "--repair").code == 0
        assert prs(ready / SESSION_FILE) == ["1", "2", "3"]


class TestUnreadable:
    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"version": "x"}', b"<<<<<<< x\n{}\n"])
    @pytest.mark.parametrize("name", [SESSION_FILE, DOCUMENT])
    def test_either_file_comes_back_from_the_other(self, cli: Cli, ready: Path, content: bytes, name: str) -> None:
        add(cli, 2)
        (ready / name).write_bytes(content)
        assert cli("status").code == 1
        assert cli("doctor", "--repair").code == 0
        assert (prs(ready / name), aside(ready)) == (["1", "2"], [content])
        assert cli("status").code == 0

    @pytest.mark.parametrize("copy", ["backup", "history", "branch"])
    def test_both_come_back_from(self, cli: Cli, ready: Path, git: Git, copy: str) -> None:
        if copy == "backup":
            cli("backup")
            git(ready, "update-ref", "-d", "HEAD")
        else:
            for path in (ready / ".git/pr-sessions/backups").glob("*"):
                path.unlink()
        if copy == "branch":
            git(ready, "checkout", "-q", "-b", "other", "HEAD~1")
        for name in (SESSION_FILE, DOCUMENT):
            write(ready / name, "{")
        assert cli("doctor", "--repair").code == 0
        assert (prs(ready / SESSION_FILE), prs(ready / DOCUMENT), aside(ready)) == (["1"], ["1"], [b"{", b"{"])

    def test_where_no_copy_is_left_the_file_is_empty_and_the_old_one_aside(self, cli: Cli, repo: Path) -> None:
        write(repo / SESSION_FILE, "{")
        assert cli("doctor", "--repair").code == 0
        assert (prs(repo / SESSION_FILE), aside(repo)) == ([], [b"{"])
        assert cli("start").code == 0

    def test_a_repair_that_was_cut_short_still_finds_the_older_backup(self, cli: Cli, ready: Path, git: Git) -> None:
        cli("backup")
        git(ready, "update-ref", "-d", "HEAD")
        write(ready / DOCUMENT, "{")
        write(ready / SESSION_FILE, '{"version": "1.0"}')
        write(ready / ".git/pr-sessions/backups/auto_pr_sessions.29991122T100000Z.json", '{"version": "1.0"}')
        assert cli("doctor", "--repair").code == 0
        assert prs(ready / DOCUMENT) == ["1"]

    def test_a_field_of_the_wrong_type_needs_no_repair(self, cli: Cli, ready: Path) -> None:
        for name in (SESSION_FILE, DOCUMENT):
            path = ready / name
            path.write_text(path.read_text().replace(f'"started": "{AT}"', '"started": 7'))
        assert (cli("status").code, acts(cli("doctor", "--repair", "--json"))) == (0, [])
        cli("link", "2", SESSION)
        session = json.loads((ready / SESSION_FILE).read_text())["active_sessions"][SESSION]
        assert (session["started"], session["prs"]) == (7, ["1", "2"])

    def test_a_copy_that_knows_a_field_of_the_wrong_type_gives_it_back(self, cli: Cli, ready: Path) -> None:
        path = ready / SESSION_FILE
        path.write_text(path.read_text().replace(f'"started": "{AT}"', '"started": 7'))
        cli("cleanup")
        assert json.loads(path.read_text())["active_sessions"][SESSION]["started"] == AT

    def test_a_session_without_a_readable_copy_is_named(self, cli: Cli, repo: Path) -> None:
        record = {"session_id": "gone", "completed": 7}
        write(repo / SESSION_FILE, json.dumps({"active_sessions": {}, "completed_sessions": [record, 5]}))
        repaired = cli("doctor", "--repair", "--json")
        assert repaired.code == 0
        assert [f["severity"] for f in cli("doctor", "--json").json["findings"]].count("error") == 0

    @pytest.mark.parametrize("name", [MARKER, ".cursor/data/session_state.json"])
    def test_what_can_be_made_anew_is_put_aside(self, cli: Cli, ready: Path, name: str) -> None:
        write(ready / name, "{")
        assert acts(cli("doctor", "--repair", "--json")) == ["quarantine", "remove"]
        assert ((ready / name).exists(), aside(ready)) == (False, [b"{"])

    def test_a_backup_is_put_aside(self, cli: Cli, ready: Path) -> None:
        path = ready / ".git/pr-sessions/backups/auto_pr_sessions.20200101T000000Z.json"
        write(path, "{")
        cli("doctor", "--repair")
        assert (path.exists(), aside(ready)) == (False, [b"{"])

    def test_a_newer_version_is_left_alone(self, cli: Cli, ready: Path) -> None:
        write(ready / SESSION_FILE, '{"version": "2.0"}')
        before = tree(ready)
        refused = cli("doctor", "--repair")
        assert (refused.code, "upgrade" in refused.err, tree(ready) == before) == (1, True, True)

    def test_a_folder_without_git_is_mended_too(self, cli: Cli, tmp_path: Path, monkeypatch) -> None:
        root = tmp_path / "plain"
        root.mkdir()
        monkeypatch.chdir(root)
        cli("init")
        cli("start", "--author", "ada", "--at", AT)
        cli("backup")
        write(root / SESSION_FILE, "{")
        assert cli("doctor", "--repair").code == 0
        assert [p.read_text() for p in (root / ".cursor/quarantine").iterdir()] == ["{"]
        assert list(json.loads((root / SESSION_FILE).read_text())["active_sessions"]) == [SESSION]


def test_one_command_mends_a_pull_request_that_the_forge_calls_conflicting(
    cli: Cli, repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("init")
    never_time_out(repo)
    commit(git, repo)
    git(tmp_path, "clone", "-q", "--bare", "repo", "forge.git")
    git(repo, "remote", "add", "origin", str(tmp_path / "forge.git"))
    git(repo, "checkout", "-q", "-b", "topic")
    cli("start", "--author", "ada", "--at", AT)
    add(cli, 1)
    commit(git, repo)
    git(repo, "push", "-q", "-u", "origin", "topic")
    git(tmp_path, "clone", "-q", "forge.git", "second")
    monkeypatch.chdir(tmp_path / "second")
    cli("start", "--author", "bob", "--at", AT)
    commit(git, tmp_path / "second")
    git(tmp_path / "second", "push", "-q", "origin", "HEAD:main")
    monkeypatch.chdir(repo)

    def mergeable() -> bool:
        """As a forge asks: without a working tree, and without our driver."""
        import subprocess

        asked = ["git", "merge-tree", "--write-tree", "main", "topic"]
        return subprocess.run(asked, cwd=tmp_path / "forge.git", check=False, capture_output=True).returncode == 0

    assert not mergeable()
    git(repo, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    git(repo, "push", "-q")
    assert mergeable()
    assert len(json.loads((repo / SESSION_FILE).read_text())["active_sessions"]) == 2
