"""Folders in the AIDev layout, written for tests."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

PR_COLUMNS = ("id", "number", "title", "user", "user_id", "state", "created_at", "closed_at", "merged_at")
PLACES = ("repo_url", "html_url", "body")
COMMIT_COLUMNS = ("pr_id", "sha", "author", "committer", "message")


def pull_request(number: int, /, **said: str) -> Mapping[str, str]:
    """A row of `prs.csv`."""
    return {
        "id": f"{number}",
        "number": f"{number}",
        "title": "Fix",
        "user": "devin-ai-integration[bot]",
        "user_id": "158243242",
        "state": "open",
        "created_at": "2025-03-09T20:47:06Z",
        "repo_url": "https://api.github.com/repos/o/r",
    } | said


def write_archive(
    folder: Path, agent: str, rows: Iterable[Mapping[str, str]], commits: Iterable[Mapping[str, str]] = ()
) -> Path:
    """One agent's folder; returns the one around it."""
    (folder / agent).mkdir(parents=True, exist_ok=True)
    files = (("prs.csv", (*PR_COLUMNS, *PLACES), rows), ("pr_commits.csv", COMMIT_COLUMNS, commits))
    for name, columns, lines in files:
        with (folder / agent / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    return folder
