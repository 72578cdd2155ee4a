"""Copies of the session document in one folder, named by their time."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import Ambiguous, InvalidValue, NotFound
from pr_sessions.stores.files import names_in, remove_file, replace_file, sweep_temporaries

_STEM = "auto_pr_sessions."
_OURS = re.compile(r"auto_pr_sessions\.([0-9]{8}T[0-9]{6}Z)(?:-([0-9]{1,6}))?\.json")
# The specification's own, made with `cp`: somebody keeps these, so they are never pruned.
_BY_HAND = re.compile(r"auto_pr_sessions\.backup\.([0-9]{8})\.json")


class Backup(Struct, frozen=True):
    """One copy.

    Attributes:
        name: its file name.
        size: in bytes.
        taken: when, by its name; the start of the day where the name has only a day.
        serial: which of several in the same second.
        ours: whether it is pruned when newer ones come.
    """

    name: str
    path: Path
    size: int
    taken: datetime
    serial: int = 1
    ours: bool = True


def take(folder: Path, data: bytes, now: datetime, *, keep: int = 14) -> Path:
    """Write a copy, then remove the oldest of ours beyond `keep`. The caller holds the lock.

    Raises:
        CannotWrite: the folder refuses.
    """
    stem = f"{_STEM}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stem}{f'-{n}' if n > 1 else ''}.json" for n in count(1))
    path = next(folder / name for name in names if not (folder / name).exists())
    replace_file(path, data)
    for old in [backup for backup in list_backups(folder) if backup.ours][keep:]:
        remove_file(old.path)
    sweep_temporaries(folder, _STEM, now.timestamp())
    return path


def taken_today(folder: Path, now: datetime) -> bool:
    """Whether we took one on this day, UTC."""
    today = now.astimezone(UTC).date()
    return any(backup.ours and backup.taken.date() == today for backup in _backups_in(folder))


def list_backups(*folders: Path) -> tuple[Backup, ...]:
    """All copies in the folders, newest first.

    Raises:
        UnreadableFile: a folder may not be listed.
    """
    found = (backup for folder in dict.fromkeys(folders) for backup in _backups_in(folder))
    return tuple(sorted(found, key=attrgetter("taken", "serial", "name"), reverse=True))


def find_backup(name: str | None, folders: Iterable[Path]) -> Backup:
    """The copy of that name, the newest when `None`.

    Raises:
        InvalidValue: the name has path parts.
        NotFound: there is none; the hint lists those that there are.
        Ambiguous: two folders have one of that name.
    """
    backups = list_backups(*folders)
    if name is None:
        return _newest(backups)
    if "/" in name or "\\" in name:
        raise InvalidValue(f"{name!r} is a path, not the name of a backup", _names(backups))
    found = [backup for backup in backups if backup.name == name]
    if not found:
        raise NotFound(f"there is no backup {name!r}", _names(backups))
    if len(found) > 1:
        places = ", ".join(str(backup.path) for backup in found)
        raise Ambiguous(f"several backups are called {name}: {places}", "rename one of them")
    return found[0]


def _newest(backups: tuple[Backup, ...]) -> Backup:
    if not backups:
        raise NotFound("there is no backup", _names(backups))
    return backups[0]


def _names(backups: tuple[Backup, ...]) -> str:
    if not backups:
        return "`pr-sessions backup` takes one"
    return "there are: " + ", ".join(backup.name for backup in backups)


def _backups_in(folder: Path) -> Iterator[Backup]:
    found = (_read_name(folder / name) for name in names_in(folder))
    return (backup for backup in found if backup)


def _read_name(path: Path) -> Backup | None:
    match = _OURS.fullmatch(path.name)
    by_hand = _BY_HAND.fullmatch(path.name)
    named = match or by_hand
    if named is None or not path.is_file():
        return None
    try:
        taken = datetime.fromisoformat(named[1]).replace(tzinfo=UTC)
    except ValueError:  # digits that are no day
        return None
    serial = int(match[2] or 1) if match else 1
    return Backup(path.name, path, path.stat().st_size, taken, serial, match is not None)
