"""Copies of the session document, named by their time and by what they were taken for."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from operator import attrgetter

from msgspec import Struct

from pr_sessions.errors import Ambiguous, InvalidValue, NotFound
from pr_sessions.io.files import files_in, names_in, remove_file, replace_file, sweep_temporaries
from pr_sessions.io.places import Place
from pr_sessions.storage.base import BackupKind

LAST = 14
DAYS = 14
DAYS_OF_RECOVERY = 30

_STEM = "auto_pr_sessions."
_OURS = re.compile(r"auto_pr_sessions\.([0-9]{8}T[0-9]{6}Z)(?:-([0-9]{1,6}))?(?:\.(manual|restore|repair))?\.json")
# Named by the specification, made with `cp`: somebody keeps these, so they are never pruned.
_SPECIFIED = re.compile(r"auto_pr_sessions\.backup\.([0-9]{8})\.json")
_IN_ORDER = attrgetter("taken", "serial", "name")


class Backup(Struct, frozen=True):
    """One copy.

    Attributes:
        name: its file name.
        size: in bytes.
        taken: when, by its name; the start of the day where the name has only a day.
        serial: which of several in the same second.
        kind: by its name; `None` for a name that we never give.
        ours: whether it lies in a folder that nobody but us writes to.
    """

    name: str
    path: Place
    size: int
    taken: datetime
    serial: int = 1
    kind: BackupKind | None = BackupKind.AUTOMATIC
    ours: bool = False


def take(folder: Place, data: bytes, now: datetime, kind: BackupKind = BackupKind.AUTOMATIC) -> Place:
    """Write a copy; in git's folder, remove those of ours that are superfluous. The caller holds the lock.

    Raises:
        CannotWrite: the folder refuses.
        UnreadableFile: the folder may not be listed.
    """
    path = folder / _free_name(names_in(folder), now, kind)
    replace_file(path, data)
    # In a working tree, files that the repository brought could have names like ours: nothing shows which may go.
    if folder.bits is not None:
        for old in superfluous(_backups_in(folder), now, path.name):
            remove_file(old.path)
    sweep_temporaries(folder, _STEM, now.timestamp())
    return path


def superfluous(copies: Iterable[Backup], now: datetime, just_taken: str = "") -> tuple[Backup, ...]:
    """Return the copies that may go.

    Kept are the last fourteen, the last of each of the fourteen days before today, and for 30 days the copies that
    `restore` and `repair` took. Days are those of UTC, and only days with a copy count: a clock that jumps ahead makes
    one day of a year. A copy dated in the future comes from such a clock. It stays until its time has passed, and
    pushes nothing out.

    Args:
        copies: all in one folder; names that we never give are not touched.
        now: the time of the call.
        just_taken: the name of the copy that this call took; it always stays.
    """
    past = sorted((copy for copy in copies if copy.kind and copy.taken <= now), key=_IN_ORDER)
    today = now.astimezone(UTC).date()
    last_of_day = {copy.taken.date(): copy.name for copy in past}
    earlier = sorted((day for day in last_of_day if day < today), reverse=True)
    kept = {just_taken, *(copy.name for copy in past[-LAST:]), *(last_of_day[day] for day in earlier[:DAYS])}
    recent = {today, *earlier[:DAYS_OF_RECOVERY]}
    kept |= {c.name for c in past if c.kind in (BackupKind.RESTORE, BackupKind.REPAIR) and c.taken.date() in recent}
    return tuple(copy for copy in past if copy.name not in kept)


def taken_today(folder: Place, now: datetime) -> bool:
    """Tell whether a copy was taken on this day, UTC."""
    today = now.astimezone(UTC).date()
    return any(backup.kind and backup.taken.date() == today for backup in _backups_in(folder))


def list_backups(*folders: Place, private: Place | None = None) -> tuple[Backup, ...]:
    """Return all copies in the folders, newest first.

    Args:
        folders: where they lie.
        private: the one that no other program writes to.

    Raises:
        UnreadableFile: a folder may not be listed, or a file in it not be looked at.
    """
    backups = (b for folder in dict.fromkeys(folders) for b in _backups_in(folder, is_private=folder == private))
    return tuple(sorted(backups, key=_IN_ORDER, reverse=True))


def find_backup(name: str | None, folders: Iterable[Place], private: Place | None, now: datetime) -> Backup:
    """Return the copy of that name, the newest of ours when `None`.

    Args:
        name: a file name, without a folder.
        folders: where copies lie.
        private: the one that no other program writes to. Without a name nothing else is taken: a repository may bring
            files that are called as ours are.
        now: what is dated later comes from a clock that was ahead, and is not the newest while there is another.

    Raises:
        InvalidValue: the name has path parts.
        NotFound: there is none; the hint lists those that there are.
        Ambiguous: two folders have one of that name.
    """
    backups = list_backups(*folders, private=private)
    if name is None:
        return _newest(backups, now)
    if "/" in name or "\\" in name:
        raise InvalidValue(f"{name!r} is a path, not the name of a backup", _names(backups))
    matches = [backup for backup in backups if backup.name == name]
    if not matches:
        raise NotFound(f"there is no backup {name!r}", _names(backups))
    if len(matches) > 1:
        places = ", ".join(str(backup.path) for backup in matches)
        raise Ambiguous(f"several backups are called {name}: {places}", "rename one of them")
    return matches[0]


def _newest(backups: tuple[Backup, ...], now: datetime) -> Backup:
    ours = [backup for backup in backups if backup.ours and backup.kind]
    if ours:
        return next((backup for backup in ours if backup.taken <= now), ours[0])
    if not backups:
        raise NotFound("there is no backup", _names(backups))
    folder = backups[0].path.parent
    raise NotFound(
        f"no backup is known to be ours: those in {folder} may have come with the repository",
        f"name one that you trust, pr-sessions restore NAME; {_names(backups)}",
    )


def _names(backups: tuple[Backup, ...]) -> str:
    if not backups:
        return "`pr-sessions backup` takes one"
    return "there are: " + ", ".join(backup.name for backup in backups)


def _free_name(names: Collection[str], now: datetime, kind: BackupKind) -> str:
    """Return a name that sorts after all of the same second, also where the first ones of it are gone."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    matches = [match for name in names if (match := _OURS.fullmatch(name)) and match[1] == stamp]
    serial = max((int(match[2] or 1) for match in matches), default=0) + 1
    suffix = "" if kind is BackupKind.AUTOMATIC else f".{kind}"
    return f"{_STEM}{stamp}{f'-{serial}' if serial > 1 else ''}{suffix}.json"


def _backups_in(folder: Place, *, is_private: bool = False) -> Iterator[Backup]:
    files = files_in(folder).items()
    backups = (_read_name(folder / name, record.st_size, is_private=is_private) for name, record in files)
    return (backup for backup in backups if backup)


def _read_name(path: Place, size: int, *, is_private: bool) -> Backup | None:
    match = _OURS.fullmatch(path.name)
    named = match or _SPECIFIED.fullmatch(path.name)
    if named is None:
        return None
    try:
        taken = datetime.fromisoformat(named[1]).replace(tzinfo=UTC)
    except ValueError:  # digits that are no day
        return None
    if match is None:
        return Backup(path.name, path, size, taken, kind=None, ours=is_private)
    return Backup(
        path.name, path, size, taken, int(match[2] or 1), BackupKind(match[3] or BackupKind.AUTOMATIC), is_private
    )
