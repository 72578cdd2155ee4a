"""Copies of the session document: take one, list them, put one back in."""

from collections.abc import Sequence

from msgspec import Struct

from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.storage.base import BackupKind
from pr_sessions.storage.files.backups import Backup, find_backup
from pr_sessions.storage.files.backups import list_backups as list_in
from pr_sessions.storage.files.collection import FileSessions, in_files
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.files.store import FileStore
from pr_sessions.tracker import Tracker

__all__ = ["Backup", "Restored", "back_up", "count_sessions", "list_backups", "restore"]


class Restored(Struct, frozen=True):
    """What merging a backup in came to; nothing is ever removed by it.

    Attributes:
        added: ids of the sessions that were missing.
        updated: ids of those that it had more to report of.
    """

    backup: Backup
    added: tuple[str, ...]
    updated: tuple[str, ...]


def back_up(tracker: Tracker) -> Place | None:
    """Copy everything that is known; return `None` if nothing is."""
    tracker.refuse_if_paused()
    repository = tracker.repository
    files, lock, backups = repository.documents, repository.lock, repository.backups
    return FileStore(files, lock, backups, tracker.zone, repository=repository).back_up(tracker.now())


def list_backups(tracker: Tracker) -> tuple[Backup, ...]:
    """Return all copies, the newest first."""
    return list_in(*_folders(tracker), private=_private_folder(tracker))


def count_sessions(backup: Backup) -> int | None:
    """Return how many sessions a copy holds; `None` where it cannot be read."""
    try:
        return len(parse(read_bytes(backup.path) or b"", str(backup.path)).entries)
    except UnreadableFile:
        return None


def restore(tracker: Tracker, name: str | None = None, *, by: str = "") -> Restored:
    """Merge a backup in, the newest private one if none is named: add what is missing, remove nothing.

    Raises:
        NotFound: there is no such backup.
        UnreadableFile: it is no session file.
    """
    now = tracker.now()
    backup = find_backup(name, _folders(tracker), _private_folder(tracker), now)
    data = read_bytes(backup.path) or b""
    saved = FileSessions(parse(data, str(backup.path)), tracker.zone)
    with tracker.change(now, by=by, complete_expired=False) as change:
        before = in_files(change.sessions)
        merged = merge_collections(before, saved)
        if merged.to_bytes() != before.to_bytes():
            change.transaction.back_up(BackupKind.RESTORE)
            change.sessions = merged
        news = [s.id for s in change.sessions if s.id not in before or before[s.id] != s]
        change.note("restore", backup.name, updated=len(news))
    added = tuple(i for i in news if i not in before)
    return Restored(backup, added, tuple(i for i in news if i in before))


def _private_folder(tracker: Tracker) -> Place | None:
    """Return the folder of backups that no repository can bring along; `None` outside git, where there is none."""
    return tracker.repository.backups if tracker.repository.state else None


def _folders(tracker: Tracker) -> Sequence[Place]:
    return (tracker.repository.backups, tracker.repository.session_file.parent)
