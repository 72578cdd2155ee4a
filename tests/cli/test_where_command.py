from pathlib import Path

import pytest
from ground import CONFIG, DOCUMENT, SESSION_FILE, AsNobody, Cli, Git, write

AT = ("--at", "2025-11-22T10:00:00Z")
KEYS = [
    "path",
    "purpose",
    "written_by",
    "sensitive",
    "exists",
    "bytes",
    "changed",
    "sessions",
    "pull_requests",
    "entries",
    "git",
    "problem",
]


def rows(cli: Cli, root: Path) -> dict[str, dict[str, object]]:
    return {str(Path(row["path"]).relative_to(root)): row for row in cli("where", "--json").json["places"]}


def test_every_place_is_listed_with_all_that_is_known_of_it(cli: Cli, repo: Path) -> None:
    found = rows(cli, repo)
    assert list(found) == [
        SESSION_FILE,
        "docs/metrics/archive",
        ".cursor/.session_id",
        ".cursor/data/session_state.json",
        CONFIG,
        ".cursor/scripts",
        "docs/metrics/analytics",
        ".gitignore",
        ".gitattributes",
        DOCUMENT,
        ".git/pr-sessions/archive",
        ".git/pr-sessions/README",
        ".git/pr-sessions/pending",
        ".git/pr-sessions/hook.log",
        ".git/pr-sessions/runs.json",
        ".git/pr-sessions/policy.json",
        ".git/pr-sessions/signatures.json",
        ".git/pr-sessions/prepare-commit-msg",
        ".git/pr-sessions/backups",
        ".git/info/exclude",
        ".git/pr-sessions/quarantine",
        ".git/pr-sessions/journal.jsonl",
        ".git/pr-sessions/lock",
        ".git/pr-sessions/paused",
    ]
    assert {tuple(row) for row in found.values()} == {tuple(KEYS)}
    assert all(row["purpose"] and row["written_by"] and row["sensitive"] for row in found.values())


def test_documents_are_counted_and_git_is_asked(cli: Cli, repo: Path, git: Git) -> None:
    cli("init")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "init")
    cli("start", "--author", "ada")
    cli("add", "1", "--title", "auto-pr: x", "--author", "ada")
    cli("add", "2", "--title", "auto-pr: y", "--author", "ada")
    found = rows(cli, repo)
    told = {
        name: (row["exists"], row["sessions"], row["pull_requests"], row["entries"], row["git"], row["problem"])
        for name, row in found.items()
    }
    assert {
        name: told[name] for name in (SESSION_FILE, DOCUMENT, ".cursor/.session_id", ".git/pr-sessions/backups")
    } == {
        SESSION_FILE: (True, 1, 2, None, "tracked", None),
        DOCUMENT: (True, 1, 2, None, "inside git's folder", None),
        ".cursor/.session_id": (True, 1, None, None, "ignored", None),
        ".git/pr-sessions/backups": (True, None, None, 1, "inside git's folder", None),
    }
    assert found[SESSION_FILE]["bytes"] == (repo / SESSION_FILE).stat().st_size
    assert str(found[SESSION_FILE]["changed"]).endswith("Z")


def test_for_people_a_place_is_a_paragraph(cli: Cli, repo: Path) -> None:
    lines = cli("where").out.splitlines()
    assert lines[10:15] == [
        str(repo / ".cursor/.session_id"),
        "  holds       current session of this working tree",
        "  written by  start, touch, add",
        "  sensitive   author",
        "  now         not there",
    ]


def test_what_is_broken_is_told_in_its_row(cli: Cli, repo: Path) -> None:
    write(repo / SESSION_FILE, "{")
    write(repo / ".cursor/.session_id", "[1")
    write(repo / CONFIG, "nonsense: 1")
    result = cli("where", "--json")
    found = rows(cli, repo)
    assert (result.code, result.err) == (0, "")
    assert str(found[SESSION_FILE]["problem"]).startswith(f"cannot read {repo / SESSION_FILE}: line 1")
    assert (found[SESSION_FILE]["exists"], found[SESSION_FILE]["bytes"]) == (True, 1)
    assert str(found[".cursor/.session_id"]["problem"]).startswith(f"cannot read {repo / '.cursor/.session_id'}")
    assert found[CONFIG]["problem"] is None


def test_what_may_not_be_read_is_told_in_its_row(open_repo: Path, as_nobody: AsNobody) -> None:
    write(open_repo / SESSION_FILE, "{}")
    write(open_repo / CONFIG, "")
    (open_repo / SESSION_FILE).chmod(0)
    (open_repo / ".cursor").chmod(0)
    code, out, err = as_nobody(open_repo, "where")
    assert (code, err) == (0, "")
    assert f"  problem     cannot read {open_repo / SESSION_FILE}: permission denied" in out
    assert f"  problem     cannot look at {open_repo / CONFIG}: permission denied" in out


@pytest.mark.parametrize("name", [SESSION_FILE, ".cursor/.session_id", CONFIG, ".git/pr-sessions/policy.json"])
def test_a_folder_in_the_place_of_a_file_is_told_in_its_row(cli: Cli, repo: Path, name: str) -> None:
    (repo / name).mkdir(parents=True)
    assert rows(cli, repo)[name]["problem"] == f"cannot read {repo / name}: it is a folder"


def test_a_file_in_the_place_of_a_folder_is_told_in_its_row(cli: Cli, repo: Path) -> None:
    write(repo / ".cursor/scripts", "")
    assert rows(cli, repo)[".cursor/scripts"]["problem"] == f"cannot list {repo / '.cursor/scripts'}: Not a directory"


def test_other_working_trees_and_copies_made_by_people_are_places_too(cli: Cli, repo: Path, git: Git) -> None:
    git(repo, "worktree", "add", "-q", "-b", "side", "../side")
    copy = repo / "docs/metrics/auto_pr_sessions.backup.20251122.json"
    write(copy, "{}")
    paths = [row["path"] for row in cli("where", "--json").json["places"]]
    side = repo.parent / "side"
    assert {str(side / SESSION_FILE), str(side / ".cursor/.session_id"), str(copy)} <= set(paths)


def test_outside_git_nothing_lies_in_a_clone(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    cli("init")
    found = rows(cli, tmp_path / "plain")
    assert list(found) == [
        SESSION_FILE,
        "docs/metrics/archive",
        ".cursor/.session_id",
        ".cursor/data/session_state.json",
        CONFIG,
        ".cursor/scripts",
        "docs/metrics/analytics",
        ".cursor/quarantine",
        "docs/metrics/auto_pr_sessions.journal.jsonl",
        f"{SESSION_FILE}.lock",
        ".cursor/.pr-sessions-paused",
    ]
    assert {row["git"] for row in found.values()} == {None}


def test_no_place_is_listed_twice(cli: Cli, repo: Path) -> None:
    body = "https://claude.ai/code/session_01AbCdEfGhIjKlMnOpQrStUv"
    cli("add", "7", "--title", "auto-pr: fix", "--author", "ada", "--body", body)
    places = [row["path"] for row in cli("where", "--json").json["places"]]
    assert (str(repo / ".git/pr-sessions/runs.json") in places, len(places)) == (True, len(set(places)))
