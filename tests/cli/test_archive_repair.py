"""Archives in merges of git's and in repairs: both sides kept, nothing unreadable written over, all comes back."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ground import CONFIG, SESSION_FILE, Cli, Git

NAME = "auto_pr_sessions-2025-11.json"
ARCHIVE = f"docs/metrics/archive/{NAME}"
OWN = f".git/pr-sessions/archive/{NAME}"
ADA, BOB = "ada-20251122-1000", "bob-20251123-1000"
JOINED = "merge=pr-sessions\n"


def archive(cli: Cli, author: str, day: int, number: int) -> None:
    """A session that ended long ago goes to its month as soon as it has run out."""
    when = f"2025-11-{day}T10:00:00Z"
    name = f"{author}-202511{day}-1000"
    assert cli("start", "--author", author, "--at", when).code == 0
    told = ("--title", "auto-pr: x", "--author", author, "--at", when, "--session", name, "--create")
    assert cli("add", str(number), *told).code == 0
    assert cli("cleanup").code == 0


def commit(git: Git, root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "work")


def told_in(path: Path) -> set[str]:
    value = json.loads(path.read_bytes())
    return {*value["active_sessions"], *(session["session_id"] for session in value["completed_sessions"])}


def listed(cli: Cli) -> set[str]:
    return {session["session_id"] for session in cli("list", "--json").json["sessions"]}


@pytest.fixture
def forked(cli: Cli, repo: Path, git: Git) -> Path:
    """Two branches that archived the same month, as two people do it."""
    cli("init", "--share", "commit", "--time-zone", "UTC")
    with (repo / CONFIG).open("a") as file:
        file.write("keep_days: 30\n")
    commit(git, repo)
    git(repo, "checkout", "-q", "-b", "side")
    archive(cli, "bob", 23, 2)
    commit(git, repo)
    shutil.rmtree(repo / ".git/pr-sessions")
    git(repo, "checkout", "-q", "main")
    archive(cli, "ada", 22, 1)
    commit(git, repo)
    assert told_in(repo / ARCHIVE) == {ADA}
    return repo


def test_git_joins_two_branches_that_archived_the_same_month(cli: Cli, forked: Path, git: Git) -> None:
    git(forked, "merge", "-q", "--no-edit", "side")
    assert (told_in(forked / ARCHIVE), git(forked, "ls-files", "-u")) == ({ADA, BOB}, "")
    assert listed(cli) == {ADA, BOB}
    assert cli("touch").code == 0
    assert (forked / OWN).read_bytes() == (forked / ARCHIVE).read_bytes()


@pytest.mark.parametrize(
    ("attribute", "said"),
    [("merge", "a conflict marker of git"), ("-merge", "git has not finished merging")],
    ids=["markers", "unmerged index"],
)
def test_without_the_driver_it_is_refused_then_repaired(
    cli: Cli, forked: Path, git: Git, attribute: str, said: str
) -> None:
    (forked / ".git/info/attributes").write_text(f"/{SESSION_FILE} {JOINED}/{ARCHIVE} {attribute}\n")
    merged = subprocess.run(["git", "merge", "-q", "side"], cwd=forked, check=False, capture_output=True)
    half = (forked / ARCHIVE).read_bytes()
    assert (merged.returncode, b"<<<<<<<" in half) == (1, attribute == "merge")
    for words in (("list",), ("find", "1"), ("report",), ("backup",)):
        refused = cli(*words)
        assert (words, refused.code, said in refused.err, NAME in refused.err) == (words, 1, True, True)
    assert cli("add", "9", "--title", "auto-pr: y", "--author", "cleo").code == 0
    assert (forked / ARCHIVE).read_bytes() == half
    errors = [f for f in cli("doctor", "--json").json["findings"] if f["severity"] == "error"]
    assert [(Path(f["place"]).name, "pr-sessions doctor --repair" in f["hint"]) for f in errors] == [(NAME, True)]
    repaired = cli("doctor", "--repair", "--json")
    assert (repaired.code, repaired.json["lost"]) == (0, [])
    assert git(forked, "ls-files", "-u") == ""
    assert told_in(forked / ARCHIVE) == {ADA, BOB}
    assert {ADA, BOB} < listed(cli)
    assert {ADA, BOB}.isdisjoint(told_in(forked / SESSION_FILE))
    assert cli("doctor", "--repair").out == "Nothing to repair.\n"


def test_a_month_that_one_side_removed_stays(cli: Cli, forked: Path, git: Git) -> None:
    git(forked, "merge", "-q", "--no-edit", "side")
    git(forked, "checkout", "-q", "-b", "without")
    git(forked, "rm", "-q", ARCHIVE)
    git(forked, "commit", "-q", "-m", "work")
    git(forked, "checkout", "-q", "main")
    archive(cli, "cleo", 24, 3)
    commit(git, forked)
    merged = subprocess.run(["git", "merge", "-q", "without"], cwd=forked, check=False, capture_output=True)
    assert merged.returncode == 1
    assert cli("doctor", "--repair").code == 0
    assert git(forked, "ls-files", "-u") == ""
    assert listed(cli) == {ADA, BOB, "cleo-20251124-1000"}


@pytest.mark.parametrize("damage", [b"", b"{", b'{"completed_sessions": 7}'])
@pytest.mark.parametrize("places", [(ARCHIVE,), (OWN,), (ARCHIVE, OWN)], ids=["tree", "clone", "both"])
@pytest.mark.parametrize("share", ["commit", "local"])
def test_a_damaged_archive_comes_back(
    cli: Cli, forked: Path, git: Git, places: tuple[str, ...], damage: bytes, share: str
) -> None:
    """From its other place; where both are gone from git's history, or else from a backup."""
    if share == "local":
        cli("backup")
        shutil.rmtree(forked / ".git/refs/heads")
        (forked / ".git/refs/heads").mkdir()
    for name in places:
        (forked / name).write_bytes(damage)
    dry = cli("doctor", "--repair", "--dry-run", "--json")
    assert [(forked / name).read_bytes() for name in places] == [damage] * len(places)
    repaired = cli("doctor", "--repair", "--json")
    assert [step["act"] for step in repaired.json["steps"]] == [step["act"] for step in dry.json["steps"]]
    assert [p.read_bytes() for p in (forked / ".git/pr-sessions/quarantine").iterdir()] == [damage] * len(places)
    assert listed(cli) == {ADA}
    assert cli("doctor", "--repair").out == "Nothing to repair.\n"
    assert cli("cleanup").code == 0
    assert [told_in(forked / name) for name in (ARCHIVE, OWN, SESSION_FILE)] == [{ADA}, {ADA}, set()]


def test_what_leaves_the_session_file_is_in_the_clone_too(cli: Cli, forked: Path) -> None:
    """A checkout may take the working tree's archive away at any time."""
    archive(cli, "cleo", 24, 3)
    for name in (SESSION_FILE, ".git/pr-sessions/sessions.json"):
        (forked / name).write_bytes((forked / ARCHIVE).read_bytes())
    (forked / OWN).unlink()
    (forked / "docs/metrics/archive/auto_pr_sessions-2025-10.json").write_text("{")
    assert cli("doctor", "--repair").code == 0
    (forked / ARCHIVE).unlink()
    assert listed(cli) == {ADA, "cleo-20251124-1000"}


def test_doctor_names_a_damaged_archive_of_another_working_tree(cli: Cli, forked: Path, git: Git) -> None:
    other = forked.parent / "other"
    git(forked, "worktree", "add", "-q", str(other), "side")
    (other / ARCHIVE).write_text("{")
    shown = cli("doctor", "--repair", "--json").json
    assert shown["other_trees"] == [str(other.resolve())]
