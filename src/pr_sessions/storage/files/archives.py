"""Sessions that ended long ago: one document for each month, in a folder beside each of the session documents.

An archive only grows: what is put into it is merged with what it holds. A session may stand in an archive, among the
others, or in both, since reading merges all copies.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

from pr_sessions.core.times import write_time
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import exists, is_folder, names_in, read_bytes, status, sweep_temporaries
from pr_sessions.io.places import Place
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_apart
from pr_sessions.storage.files.raw_ids import ids_in
from pr_sessions.storage.files.session_file import SessionFile, parse

FOLDER = "archive"


class Wanted(Struct, frozen=True):
    """What an operation has to know of archived sessions; more may be read.

    Attributes:
        names: session ids and pull request numbers.
        since: those that ended in the month of this time or later; `None` for none by their time.
    """

    names: frozenset[str] = frozenset()
    since: datetime | None = None


def nobody_merges(_: Collection[Place]) -> None:
    """Where git does not look after the files, none is ever half merged."""


class Archives(Struct, frozen=True):
    """The archives beside some session documents; nothing is read before somebody asks.

    Attributes:
        folders: one for each document, in the order of writing.
        stem: how every name begins.
        refuse_half: raises where one of these files holds one side only of a merge that is not finished.
    """

    folders: tuple[Place, ...]
    stem: str
    zone: tzinfo = UTC
    refuse_half: Callable[[Collection[Place]], None] = nobody_merges

    @classmethod
    def next_to(
        cls,
        files: tuple[Place, ...],
        zone: tzinfo = UTC,
        refuse_half: Callable[[Collection[Place]], None] = nobody_merges,
    ) -> "Archives":
        """Those of session documents; the last one is the specified session file."""
        return cls(tuple(path.parent / FOLDER for path in files), f"{files[-1].stem}-", zone, refuse_half)

    def exist(self) -> bool:
        """Whether any folder of them is there: all that is asked where nothing was ever archived."""
        return any(map(is_folder, self.folders))

    def paths(self) -> tuple[Place, ...]:
        """Every archive that is there."""
        return tuple(path for name in self.names() for path in self.places(name) if exists(path))

    def names(self) -> list[str]:
        """File names of the archives in any of the folders, the oldest month first."""
        ours = re.compile(rf"{re.escape(self.stem)}[0-9]{{4}}-[0-9]{{2}}\.json")
        return sorted({name for folder in self.folders for name in names_in(folder) if ours.fullmatch(name)})

    def name(self, month: str) -> str:
        """The file name of a month, `YYYY-MM`."""
        return f"{self.stem}{month}.json"

    def places(self, name: str) -> tuple[Place, ...]:
        """Where an archive lies, ours first."""
        return tuple(folder / name for folder in self.folders)

    def read(self, wanted: Wanted | None) -> dict[Place, bytes]:
        """The archives that an operation needs, all places of each; every one where `wanted` is `None`.

        An archive that is not the same in all places is among them, too, so that it gets there; unless it cannot be
        read, since nobody needs it now.

        Raises:
            UnreadableFile: one may not be read.
        """
        contents_by_place: dict[Place, bytes] = {}
        for name in self.names():
            is_needed = wanted is None or self._is_needed(name, wanted)
            sizes = {record.st_size if record else None for record in map(status, self.places(name))}
            if is_needed or (len(sizes) > 1 and self.is_sound(name)):
                contents_by_place |= self.contents(name)
        return contents_by_place

    def is_sound(self, name: str) -> bool:
        """Whether everything in every place of an archive can be read, and nothing is half merged."""
        try:
            for collection in self.collections(self.contents(name)):
                tuple(collection)
        except UnreadableFile:
            return False
        return True

    def sound(self) -> list[FileSessions]:
        """What all archives say that can be read."""
        return self.collections(
            {path: data for name in self.names() if self.is_sound(name) for path, data in self.contents(name).items()}
        )

    def contents(self, name: str) -> dict[Place, bytes]:
        """The bytes of one archive, by place."""
        read = {path: read_bytes(path) for path in self.places(name)}
        return {path: data for path, data in read.items() if data is not None}

    def collections(self, contents: Mapping[Place, bytes]) -> list[FileSessions]:
        """What these archives say; of the same bytes once.

        Raises:
            UnreadableFile: one is no session document, or half merged; nothing is ever written over it.
        """
        named = {(path.name, data): path for path, data in reversed(list(contents.items()))}
        first = self.folders[0] if len(self.folders) > 1 else None
        collections = [
            FileSessions(parse(data, str(path), trusted=path.parent == first), self.zone)
            for (_, data), path in named.items()
        ]
        self.refuse_half(tuple(contents))
        return collections

    def put(self, contents: Mapping[Place, bytes], moving: Mapping[str, FileSessions]) -> dict[Place, bytes]:
        """What has to be written so that every place holds these archives, and those by month what is joined to them.

        Args:
            contents: the archives that were read, all places of each.
            moving: by month, what goes there.
        """
        read = dict(contents)
        for month in moving:
            read |= self.contents(self.name(month))
        changes: dict[Place, bytes] = {}
        for name in sorted({path.name for path in read} | {self.name(month) for month in moving}):
            present = {path: read[path] for path in self.places(name) if path in read}
            added = moving.get(name.removeprefix(self.stem).removesuffix(".json"))
            is_alike = len(present) == len(self.folders) and len(set(present.values())) == 1
            if added is None and is_alike and not any(map(ids_in, present.values())):
                continue
            data = merge_apart([*self.collections(present), *([added] if added else [])]).to_bytes()
            changes |= {path: data for path in self.places(name) if present.get(path) != data}
        return changes

    def sweep(self) -> None:
        """Removes what killed writers left. The caller holds the lock that all their writers hold."""
        for folder in self.folders:
            sweep_temporaries(folder, self.stem, math.inf)

    def _is_needed(self, name: str, wanted: Wanted) -> bool:
        if wanted.since and name >= self.name(f"{wanted.since.astimezone(UTC):%Y-%m}"):
            return True
        return bool(wanted.names) and any(mentions(data, wanted.names) for data in self.contents(name).values())


def settled(collection: FileSessions, archives: Iterable[FileSessions]) -> frozenset[str]:
    """The sessions that archives tell alike: they need not stand among the others."""
    entries = {i: entry for archive in archives for i, entry in archive.kept.items()}
    return frozenset(i for i, entry in entries.items() if collection.kept.get(i) == entry)


def due(collection: FileSessions, before: datetime, settled: Collection[str]) -> Mapping[str, FileSessions]:
    """The sessions that ended before a time and are not settled, by the month of their end in UTC."""
    limit = write_time(before)[:-1]
    months: dict[str, list[str]] = {}
    for end, session_id in collection.ends():
        if (
            end < limit
            and session_id not in settled
            and (completion := collection[session_id].completion)
            and completion.at
        ):
            months.setdefault(f"{completion.at.astimezone(UTC):%Y-%m}", []).append(session_id)
    return {
        month: FileSessions(SessionFile(tuple(collection.entry_of(i) for i in sorted(ids))), collection.zone)
        for month, ids in months.items()
    }


def oldest_kept(now: datetime, keep: timedelta | None) -> datetime | None:
    """Sessions that ended before it are archived; `None` where none are."""
    try:
        return now - keep if keep else None
    except OverflowError:
        return None


def mentions(data: bytes, names: Iterable[str]) -> bool:
    """Whether a document may tell of one of these; read without being understood, which is much quicker."""
    for name in names:
        # Other programs write some letters in more than one way.
        if not name.isascii() or b"\\/" in data:
            return True
        text = name.encode()
        if text in data and re.search(rb'["\s,\[]%b["\s,\]]' % re.escape(text), data):
            return True
    return False
