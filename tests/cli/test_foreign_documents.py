"""JSON of other programs in the places of our documents: it is named, stays as it is, and none of it travels."""

import json
import shutil
from pathlib import Path

import pytest
from ground import CONFIG, DOCUMENT, SESSION_FILE, Cli, Git, tree, write

from pr_sessions.errors import UnreadableFile
from pr_sessions.storage.files.session_file import parse

SECRET = "AKIA-very-secret"
FOREIGN = {
    "a secret": json.dumps({"aws_secret_access_key": SECRET, "nested": {"version": "1.0", "active_sessions": {}}}),
    "a package": json.dumps({"name": SECRET, "version": "1.2.3", "scripts": {}}),
    "a list": json.dumps([{"version": "1.0", "token": SECRET}]),
}
AT = "2025-11-22T10:00:00Z"
ARCHIVE = "docs/metrics/archive/auto_pr_sessions-2025-10.json"
BACKUP = "docs/metrics/auto_pr_sessions.20251122T100000Z.json"
INDEX = ".cursor/data/session_state.json"

READING = (
    *(
        "status",
        "list",
        "find 1",
        "explain 1",
        "show ada-20251122-1000",
        "show",
        "show 1 --why",
        "report",
        "classify --pr-number 2 --title wip:x",
    ),
    *("report --save",),
)
WRITING = (
    *("start", "touch", "add 2 --title wip:x --author ada", "complete", "cleanup", "link 1 ada-20251122-1000"),
    *("undo", "backup", "restore", "sync", "init", "uninstall", "drain"),
)
ALWAYS = ("where", "doctor", "doctor --repair --dry-run", "backup list", "log", "config")

every_kind = pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)


@pytest.fixture
def shared(cli: Cli, repo: Path, git: Git, tmp_path: Path) -> Path:
    """A clone that shares by a branch, with one session; its remote is the neighbour `hub.git`."""
    git(repo, "clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    git(repo, "remote", "add", "origin", str(tmp_path / "hub.git"))
    cli("init", "--time-zone", "UTC")
    assert cli("add", "1", "--title", "auto-pr: x", "--author", "ada", "--at", AT).code == 0
    assert cli("sync").code == 0
    return repo


def leaks(root: Path, place: str, git: Git) -> list[str]:
    """Where the secret stands in the folder, git's objects included, but for the place itself."""
    found = [path for path, (data, _) in tree(root).items() if SECRET.encode() in data and path != place]
    for folder in (root, root.parent / "hub.git"):
        listed = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")
        blobs = [line.split()[1] for line in listed.splitlines() if line.startswith("blob")]
        found += [blob for blob in blobs if SECRET in git(folder, "cat-file", "blob", blob)]
    return found


@every_kind
@pytest.mark.parametrize("place", [SESSION_FILE, DOCUMENT, ARCHIVE])
def test_in_the_place_of_a_document_every_command_stops(
    cli: Cli, shared: Path, git: Git, place: str, text: str
) -> None:
    write(shared / place, text)
    for line in (*READING, *WRITING, *ALWAYS):
        done = cli(*line.split())
        assert done.code in (0, 1), (line, done.err)
        assert SECRET not in done.out + done.err, line
        assert (shared / place).read_text() == text, line
        if line in READING:
            assert (done.code, f"error: cannot read {shared / place}: " in done.err) == (1, True), (line, done.err)
    assert leaks(shared, place, git) == []


@every_kind
def test_a_repair_puts_it_aside_and_takes_none_of_its_fields(cli: Cli, shared: Path, git: Git, text: str) -> None:
    write(shared / SESSION_FILE, text)
    assert cli("doctor", "--repair").code == 0
    aside = [path for path in (shared / ".git/pr-sessions/quarantine").iterdir() if path.name != "README"]
    assert [path.read_text() for path in aside] == [text]
    aside[0].unlink()
    assert (shared / SESSION_FILE).read_bytes() == (shared / DOCUMENT).read_bytes()
    assert cli("find", "1").out == "ada-20251122-1000\n"
    assert cli("sync").code == 0
    assert leaks(shared, "", git) == []


@every_kind
def test_from_the_branch_nothing_comes_in(cli: Cli, shared: Path, git: Git, tmp_path: Path, text: str) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", "-b", "pr-sessions", "hub.git", str(other))
    write(other / SESSION_FILE, text)
    git(other, "commit", "-qam", "other")
    git(other, "push", "-q")
    shutil.rmtree(other)
    before = {path: data for path, data in tree(shared).items() if not path.startswith(".git/")}
    done = cli("sync")
    assert (done.code, f"cannot read origin/pr-sessions:{SESSION_FILE}: " in done.err) == (1, True)
    assert SECRET not in done.out + done.err
    assert {path: data for path, data in tree(shared).items() if not path.startswith(".git/")} == before
    assert SECRET.encode() not in (shared / DOCUMENT).read_bytes()


@every_kind
def test_a_backup_of_it_is_not_restored(cli: Cli, shared: Path, git: Git, text: str) -> None:
    write(shared / BACKUP, text)
    before = tree(shared)
    done = cli("restore", Path(BACKUP).name)
    assert (done.code, f"error: cannot read {shared / BACKUP}: " in done.err) == (1, True)
    assert tree(shared) == before
    rows = {row["name"]: row["sessions"] for row in cli("backup", "list", "--json").json["backups"]}
    assert rows[Path(BACKUP).name] is None
    assert cli("doctor", "--repair").code == 0
    assert leaks(shared, BACKUP, git) == []


@every_kind
def test_in_the_place_of_the_index_nothing_is_recorded(cli: Cli, shared: Path, git: Git, text: str) -> None:
    with (shared / CONFIG).open("a") as file:
        file.write("minimal_metadata: true\n")
    write(shared / INDEX, text)
    before = (shared / DOCUMENT).read_bytes()
    for line in (*READING, *WRITING, *ALWAYS):
        done = cli(*line.split())
        assert done.code in (0, 1), (line, done.err)
        assert SECRET not in done.out + done.err, line
    done = cli("add", "2", "--title", "wip: x", "--author", "ada")
    assert (done.code, f"error: cannot read {shared / INDEX}: " in done.err) == (1, True)
    assert (shared / INDEX).read_text() == text
    assert (shared / DOCUMENT).read_bytes() == before
    assert leaks(shared, INDEX, git) == []


@every_kind
@pytest.mark.parametrize("side", [0, 1])
def test_the_merge_driver_refuses_it(cli: Cli, shared: Path, tmp_path: Path, side: int, text: str) -> None:
    own = (shared / SESSION_FILE).read_text()
    ours, base, theirs = tmp_path / "ours", tmp_path / "base", tmp_path / "theirs"
    write(base, "")
    write(ours, text if side == 0 else own)
    write(theirs, text if side == 1 else own)
    before = ours.read_text()
    done = cli("merge-driver", str(base), str(ours), str(theirs), SESSION_FILE)
    assert (done.code, SECRET in done.err) == (65, False)
    assert ours.read_text() == before


@every_kind
def test_the_scripts_go_on_without_it(repo: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pr_sessions.compat.auto_pr_session_manager import AutoPRSessionManager

    write(repo / SESSION_FILE, text)
    monkeypatch.chdir(repo)
    manager = AutoPRSessionManager()
    manager.load_sessions()
    manager.add_to_session("2", {"pr_number": "2", "pr_title": "auto-pr: x", "author": "ada"})
    manager.save_sessions()
    assert (repo / SESSION_FILE).read_text() == text
    assert SECRET not in json.dumps(manager.sessions)


@every_kind
def test_it_is_no_document(text: str) -> None:
    with pytest.raises(UnreadableFile):
        parse(text.encode(), "f")
