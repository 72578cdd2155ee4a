"""Repositories with merged pull requests, as forges leave them in git."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def squash(root: Path, number: int, title: str, at: str, *, author: str = "Bot", files: tuple[str, ...] = ()) -> str:
    """One commit for a pull request, made at `at`; its id."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n", encoding="utf-8")
    when = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_NAME": author}
    run(root, ["add", "--all"], {})
    run(root, ["commit", "--quiet", "--allow-empty", "--message", f"{title} (#{number})"], when)
    return run(root, ["rev-parse", "HEAD"], {})


def without_source(text: str) -> str:
    """What `look` prints, without the last line, which says what was read and how old it is."""
    shown, _, source = text.rpartition("\n\nRead: ")
    return f"{shown}\n" if source.count("\n") == 1 else text


def run(root: Path, words: list[str], settings: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["git", *words], cwd=root, env={**os.environ, **settings}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def shop(root: Path) -> None:
    """Two sessions of an agent, one person's work, and files that several touch."""
    squash(root, 1, "auto-pr: model of an invoice", "2025-11-21T09:00:00Z", files=("src/invoice.py",))
    squash(root, 2, "auto-pr: invoice numbers", "2025-11-21T09:12:00Z", files=("src/invoice.py", "src/ids.py"))
    squash(root, 3, "Upgrade the database", "2025-11-21T11:00:00Z", author="Ann Lee", files=("db.sql", "src/ids.py"))
    squash(root, 4, "wip: invoices as PDF", "2025-11-22T14:00:00Z", files=("src/pdf.py", "src/invoice.py"))
