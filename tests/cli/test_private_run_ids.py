"""Vendors' ids of runs: where `doctor` finds them, and what removes them."""

from pathlib import Path

import pytest
from ground import DOCUMENT, SESSION_FILE, Cli, Git, write

RAW = "session_01AbCdEfGhIjKlMnOpQrStUv"
FILE = """{
  "version": "1.0",
  "active_sessions": {},
  "completed_sessions": [
    {
      "session_id": "ada-20251122-1000",
      "author": "ada",
      "started": "2025-11-22T10:00:00Z",
      "last_activity": "2025-11-22T10:00:00Z",
      "prs": [],
      "metadata": {"runs": [{"agent": "claude-code", "id": "%s", "started": "2025-11-22T10:00:00Z"}]},
      "completed": "2025-11-22T11:00:00Z",
      "completion_trigger": "manual_cli"
    }
  ]
}
"""


@pytest.fixture
def of_0_1_0(cli: Cli, repo: Path, git: Git) -> Path:
    """A clone whose committed session file has a raw id."""
    cli("init", "--time-zone", "UTC")
    write(repo / SESSION_FILE, FILE % RAW)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "sessions")
    return repo


def found(cli: Cli) -> list[tuple[str, str]]:
    findings = cli("doctor", "--json").json["findings"]
    return [(f["severity"], f["problem"]) for f in findings if "vendors' ids" in f["problem"]]


IN_FILE = ("warning", "it holds the vendors' ids of 1 run, which are private")
IN_HISTORY = ("note", "versions of it in git's history hold vendors' ids of runs")


def test_ids_are_found_in_the_file_and_in_its_history(cli: Cli, of_0_1_0: Path) -> None:
    assert found(cli) == [IN_FILE, IN_HISTORY]


@pytest.mark.parametrize("command", ["doctor --repair", "cleanup"])
def test_a_write_leaves_those_of_the_history(cli: Cli, of_0_1_0: Path, git: Git, command: str) -> None:
    cli(*command.split())
    holding = [p for p in of_0_1_0.rglob("*") if p.is_file() and RAW.encode() in p.read_bytes()]
    assert holding == [of_0_1_0 / ".git/pr-sessions/runs.json"]
    git(of_0_1_0, "commit", "-qam", "keys")
    assert found(cli) == [IN_HISTORY]


def test_ids_in_an_archive_are_found_and_removed_by_a_repair(cli: Cli, repo: Path) -> None:
    cli("init", "--time-zone", "UTC")
    archive = repo / "docs/metrics/archive/auto_pr_sessions-2025-11.json"
    write(archive, FILE % RAW)
    assert found(cli) == [IN_FILE]
    cli("doctor", "--repair")
    assert (found(cli), RAW in archive.read_text()) == ([], False)


def test_ids_in_a_copy_in_the_working_tree_are_found(cli: Cli, repo: Path) -> None:
    cli("init", "--time-zone", "UTC")
    write(repo / "docs/metrics/auto_pr_sessions.backup.20251122.json", FILE % RAW)
    assert found(cli) == [("note", "this copy holds vendors' ids of runs, which are private")]


def test_a_branch_of_its_own_has_a_history_too(cli: Cli, repo: Path, git: Git) -> None:
    cli("init", "--time-zone", "UTC", "--share", "branch")
    git(repo, "checkout", "-q", "--orphan", "pr-sessions")
    write(repo / SESSION_FILE, FILE % RAW)
    git(repo, "add", "-f", SESSION_FILE)
    git(repo, "commit", "-qm", "sessions")
    git(repo, "update-ref", "refs/remotes/origin/pr-sessions", "HEAD")
    git(repo, "remote", "add", "origin", "../nowhere")
    git(repo, "checkout", "-q", "-f", "main")
    problem = "versions of it in git's history, on refs/remotes/origin/pr-sessions, hold vendors' ids of runs"
    assert found(cli) == [("note", problem)]


def test_keys_are_no_finding(cli: Cli, of_0_1_0: Path) -> None:
    write(of_0_1_0 / SESSION_FILE, FILE % ("0" * 20))
    assert found(cli) == [IN_HISTORY]
    assert not (of_0_1_0 / DOCUMENT).exists() or RAW not in (of_0_1_0 / DOCUMENT).read_text()
