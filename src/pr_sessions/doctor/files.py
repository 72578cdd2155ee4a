"""Checks of files: missing, different, left over, too large, not writable."""

import os
import re
from collections.abc import Iterator

from pr_sessions.analytics.metrics import LARGEST_FILE
from pr_sessions.doctor.findings import Case, Finding, Severity
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import STALE_TEMPORARY, exists, files_in, read_bytes
from pr_sessions.io.places import Place
from pr_sessions.maintenance import repair_sources as sources
from pr_sessions.storage.files.pr_index import agrees, read_index, sessions_by_number
from pr_sessions.storage.files.session_file import parse

_TEMPORARY = re.compile(r"\..+\.[0-9]+-[0-9a-f]{16}\.tmp")


def not_set_up(case: Case) -> Iterator[Finding]:
    """Report that `init` has not run here."""
    if not case.contents and not _exists(case.repository.config):
        yield Finding(Severity.NOTE, "nothing is set up here", str(case.repository.root), "pr-sessions init")


def disagreeing(case: Case) -> Iterator[Finding]:
    """Report that the working tree's file and the clone's document differ, which is normal after a checkout."""
    kept = case.repository.clone_sessions
    if kept is None or kept not in case.contents:
        return
    place = str(case.repository.session_file)
    hint = "nothing: reading joins them, and the next command that writes brings both up to date"
    if case.repository.session_file not in case.contents:
        if not _exists(case.repository.session_file):
            yield Finding(Severity.NOTE, "this working tree has no session file", place, hint)
    elif case.files.keys() != case.contents.keys():
        return  # One of them cannot be read, so they are not merged.
    elif case.contents[kept] != case.contents[case.repository.session_file]:
        yield Finding(Severity.NOTE, f"it differs from the clone's document {kept}", place, hint)


def large(case: Case) -> Iterator[Finding]:
    """Report a session file beyond the size at which the original raised an alarm."""
    for path, data in case.contents.items():
        if len(data) > LARGEST_FILE:
            problem = f"it has {len(data) / 1_000_000:.1f} MB, more than {LARGEST_FILE // 1_000_000} MB"
            yield Finding(Severity.NOTE, problem, str(path), "look for records that do not belong there")


def broken_backups(case: Case) -> Iterator[Finding]:
    """Report backups that cannot be read."""
    try:
        backups = sources.backups(case.repository)
    except UnreadableFile as error:
        yield Finding(Severity.ERROR, str(error), str(case.repository.backups), error.hint)
        return
    for backup in backups:
        try:
            parse(read_bytes(backup.path) or b"", str(backup.path))
        except UnreadableFile as error:
            gone = "pr-sessions doctor --repair puts it aside" if backup.ours else "remove it"
            hint = f"{gone}; `pr-sessions backup` takes a new one"
            yield Finding(Severity.WARNING, str(error), str(backup.path), hint)


def index(case: Case) -> Iterator[Finding]:
    """Report what is wrong with the index of pull requests, a cache that can be rebuilt."""
    path = case.repository.pr_index
    rebuild = "pr-sessions cleanup makes it anew"
    try:
        exists = read_bytes(path) is not None
        read_index(path)
    except UnreadableFile as error:
        yield Finding(
            Severity.WARNING,
            str(error),
            str(path),
            f"remove it; {rebuild}" if case.policy.minimal_metadata else "remove it",
        )
        return
    unknown = [n for n in sessions_by_number(path) if not any(n in session.prs for session in case.sessions)]
    if unknown:
        problem = (
            f"it lists pull requests that no session holds: {', '.join(unknown[:5])}{', ...' if unknown[5:] else ''}"
        )
        yield Finding(Severity.WARNING, problem, str(path), "pr-sessions add NUMBER --session ID keeps one")
    elif not case.policy.minimal_metadata:
        if exists:
            yield Finding(Severity.NOTE, "nothing reads it while minimal_metadata is off", str(path), "remove it")
    elif not agrees(path, case.sessions):
        problem = "the index of pull requests is missing" if not exists else "it disagrees with the sessions"
        yield Finding(Severity.WARNING, problem, str(path), rebuild)


def leftovers(case: Case) -> Iterator[Finding]:
    """Report temporary files of writers that were killed."""
    for folder in _folders(case):
        try:
            records = files_in(folder)
        except UnreadableFile:
            continue  # Other checks report it.
        for name, record in records.items():
            if _TEMPORARY.fullmatch(name) and case.now.timestamp() - record.st_mtime > STALE_TEMPORARY:
                yield Finding(
                    Severity.WARNING, "a writer that was killed left it behind", str(folder / name), "remove it"
                )


def _exists(place: Place) -> bool:
    """Tell whether there is something, readable or not; other checks report what cannot be read."""
    try:
        return exists(place)
    except UnreadableFile:
        return True


def not_writable(case: Case) -> Iterator[Finding]:
    """Report folders in which nothing can be saved."""
    for folder in dict.fromkeys(filter(None, map(_nearest, _folders(case)))):
        if not os.access(folder.path, os.W_OK | os.X_OK):
            hint = f"give yourself write permission for {folder}"
            yield Finding(Severity.ERROR, "nothing can be written there", str(folder), hint)


def _folders(case: Case) -> tuple[Place, ...]:
    place = case.repository
    files = (place.session_file, place.marker, place.pr_index, place.config, place.lock, place.backups / "any")
    return tuple(dict.fromkeys(path.parent for path in (*files, *case.contents)))


def _nearest(folder: Place) -> Place | None:
    """Return the folder or its nearest parent that exists; `None` behind a link, which other checks report."""
    try:
        while folder.below and not exists(folder):
            folder = folder.parent
    except UnreadableFile:
        return None
    return folder


CHECKS = (not_set_up, disagreeing, large, broken_backups, index, leftovers, not_writable)
