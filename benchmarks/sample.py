"""A repository with as many completed sessions as wanted; the same bytes for the same number."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pr_sessions.core.times import write_time
from pr_sessions.git.discovery import find_repository
from pr_sessions.git.repository import Repository
from pr_sessions.storage.files.session_file import Entry, format_document

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
GAP = timedelta(minutes=45)


def make_repository(folder: Path, completed: int, active: int = 0) -> Repository:
    """A git repository whose session file and own document hold the sessions."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    repository = find_repository(folder)
    data = format_document(
        (*_sessions(active, completed=False), *_sessions(completed, completed=True)),
        {"last_updated": "2025-01-01T00:00:00Z"},
    )
    assert repository.clone_sessions is not None
    for path in (Path(repository.clone_sessions.path), Path(repository.session_file.path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return repository


def _sessions(count: int, *, completed: bool) -> Iterator[Entry]:
    for i in range(count):
        yield _session(i, completed=completed)


def _session(i: int, *, completed: bool) -> Entry:
    """One session of two pull requests, one with facts."""
    started = FIRST + i * GAP
    last = started + timedelta(minutes=9)
    author = f"agent-{i % 7}"
    session_id = f"{author}-{started:%Y%m%d-%H%M}" + ("" if completed else "-open")
    number = str(2 * i + 1 if completed else 10_000_000 + i)
    record = {
        "author": author,
        "is_auto": True,
        "files_changed": 3,
        "evidence": [{"rule": "title", "detail": "^auto-pr:"}],
        "placement": {"rung": "time", "at": write_time(started), "detail": f"work of {author} within 30 minutes"},
        "seen": write_time(started),
    }
    raw = {
        "session_id": session_id,
        "author": author,
        "started": write_time(started),
        "last_activity": write_time(last),
        "prs": [number],
        "total_files_changed": 3,
        "test_files_added": 0,
        "docs_updated": False,
        "status": "completed" if completed else "active",
        "metadata": {"inferred": True, "pull_requests": {number: record}},
    }
    if completed:
        ended = last + timedelta(minutes=30)
        raw |= {"completed": write_time(ended), "completion_trigger": "timeout"}
        raw |= {"duration_minutes": 39, "active_minutes": 9}
    return Entry(session_id, raw, completed)
