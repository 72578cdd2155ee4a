"""Files: missing, disagreeing, left over, too large, not writable."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pr_sessions.analytics.health import LARGEST_FILE
from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.backups import list_backups
from pr_sessions.stores.document import parse
from pr_sessions.stores.files import STALE_TEMPORARY, read_bytes
from pr_sessions.stores.pr_index import agrees, listed
from pr_sessions.stores.strict_json import read_json

_TEMPORARY = re.compile(r"\..+\.[0-9]+-[0-9a-f]{16}\.tmp")


def not_set_up(case: Case) -> Iterator[Finding]:
    """Nobody has called `init` here."""
    if not case.contents and not os.path.lexists(case.repository.config):
        yield Finding(Severity.NOTE, "nothing is set up here", str(case.repository.root), "pr-sessions init")


def disagreeing(case: Case) -> Iterator[Finding]:
    """The working tree's file and the clone's document say different things: normal after a checkout."""
    own = case.repository.document
    if own is None or own not in case.contents:
        return
    place = str(case.repository.session_file)
    way_out = "nothing: reading joins them, and the next command that writes brings both up to date"
    if case.repository.session_file not in case.contents:
        if not os.path.lexists(case.repository.session_file):
            yield Finding(Severity.NOTE, "this working tree has no session file", place, way_out)
    elif case.documents.keys() != case.contents.keys():
        return  # One of them cannot be read, and nothing joins them until it can.
    elif case.contents[own] != case.contents[case.repository.session_file]:
        yield Finding(Severity.NOTE, f"it differs from the clone's document {own}", place, way_out)


def large(case: Case) -> Iterator[Finding]:
    """A session file beyond the size at which the original raised an alarm."""
    for path, data in case.contents.items():
        if len(data) > LARGEST_FILE:
            problem = f"it has {len(data) / 1_000_000:.1f} MB, more than {LARGEST_FILE // 1_000_000} MB"
            yield Finding(Severity.NOTE, problem, str(path), "look for records that do not belong there")


def broken_backups(case: Case) -> Iterator[Finding]:
    """Copies from which nothing could be restored."""
    try:
        backups = list_backups(case.repository.backups, case.repository.session_file.parent)
    except UnreadableFile as error:
        yield Finding(Severity.ERROR, str(error), str(case.repository.backups), error.hint)
        return
    for backup in backups:
        try:
            parse(read_bytes(backup.path) or b"", str(backup.path))
        except UnreadableFile as error:
            gone = "pr-sessions doctor --repair puts it aside" if backup.ours else "remove it"
            way_out = f"{gone}; `pr-sessions backup` takes a new one"
            yield Finding(Severity.WARNING, str(error), str(backup.path), way_out)


def index(case: Case) -> Iterator[Finding]:
    """The index of pull requests is a cache: whatever is wrong with it, it can be made anew."""
    path = case.repository.pr_index
    rebuild = "pr-sessions cleanup makes it anew"
    try:
        data = read_bytes(path)
        readable = data is None or read_json(data, str(path)) is not None
    except UnreadableFile as error:
        yield Finding(
            Severity.WARNING,
            str(error),
            str(path),
            f"remove it; {rebuild}" if case.policy.minimal_metadata else "remove it",
        )
        return
    lost = [n for n in listed(path) if not any(n in session.prs for session in case.sessions)]
    if lost:
        problem = f"it lists pull requests that no session holds: {', '.join(lost[:5])}{', ...' if lost[5:] else ''}"
        yield Finding(Severity.WARNING, problem, str(path), "pr-sessions add NUMBER --session ID keeps one")
    elif not case.policy.minimal_metadata:
        if data is not None:
            yield Finding(Severity.NOTE, "nothing reads it while minimal_metadata is off", str(path), "remove it")
    elif not readable or not agrees(path, case.sessions):
        problem = "the index of pull requests is missing" if data is None else "it disagrees with the sessions"
        yield Finding(Severity.WARNING, problem, str(path), rebuild)


def leftovers(case: Case) -> Iterator[Finding]:
    """Temporary files of writers that were killed."""
    for folder in _folders(case):
        for path in _temporary(folder):
            if _TEMPORARY.fullmatch(path.name) and _age(path, case.now.timestamp()) > STALE_TEMPORARY:
                yield Finding(Severity.WARNING, "a writer that was killed left it behind", str(path), "remove it")


def _temporary(folder: Path) -> list[Path]:
    """Of a folder that nobody may look into, the other checks tell."""
    try:
        return sorted(folder.glob(".*.tmp"))
    except PermissionError:
        return []


def not_writable(case: Case) -> Iterator[Finding]:
    """Folders in which nothing could be saved."""
    closed = dict.fromkeys(_nearest(folder) for folder in _folders(case))
    for folder in closed:
        if not os.access(folder, os.W_OK | os.X_OK):
            way_out = f"give yourself write permission for {folder}"
            yield Finding(Severity.ERROR, "nothing can be written there", str(folder), way_out)


def _folders(case: Case) -> tuple[Path, ...]:
    place = case.repository
    files = (place.session_file, place.marker, place.pr_index, place.config, place.lock, place.backups / "any")
    return tuple(dict.fromkeys(path.parent for path in (*files, *case.contents)))


def _age(path: Path, now: float) -> float:
    """Seconds since it was written; none for a file that is gone meanwhile."""
    try:
        return now - path.lstat().st_mtime
    except OSError:
        return 0.0


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above that exists."""
    return next((f for f in (folder, *folder.parents) if os.path.lexists(f)), folder)


FILE_CHECKS = (not_set_up, disagreeing, large, broken_backups, index, leftovers, not_writable)
