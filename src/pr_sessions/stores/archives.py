"""Sessions that ended long ago: one document for each month, in a folder beside each of the session documents.

An archive only ever grows: what is put into it is joined with what it says. So it does not matter whether a session
stands in an archive, among the others, or in both: reading joins all tellings.
"""

import math
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import UnreadableFile
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_union import unite
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.files import names_in, read_bytes, sweep_temporaries

FOLDER = "archive"


class Wanted(Struct, frozen=True):
    """What an operation has to know of archived sessions; more may be read.

    Attributes:
        names: session ids and pull request numbers.
        since: those that ended in the month of this time or later; `None` for none by their time.
    """

    names: frozenset[str] = frozenset()
    since: datetime | None = None


Wants = Callable[[Book], Wanted]


def nobody_merges(_: Collection[Path]) -> None:
    """Where git does not look after the files, none is ever half merged."""


class Archives(Struct, frozen=True):
    """The archives beside some session documents; nothing is read before somebody asks.

    Attributes:
        folders: one for each document, in the order of writing.
        stem: how every name begins.
        refuse_half: raises where one of these files holds one side only of a merge that is not finished.
    """

    folders: tuple[Path, ...]
    stem: str
    zone: tzinfo = UTC
    refuse_half: Callable[[Collection[Path]], None] = nobody_merges

    @classmethod
    def beside(
        cls,
        files: tuple[Path, ...],
        zone: tzinfo = UTC,
        refuse_half: Callable[[Collection[Path]], None] = nobody_merges,
    ) -> "Archives":
        """Those of session documents; the last one is the specified session file."""
        return cls(tuple(path.parent / FOLDER for path in files), f"{files[-1].stem}-", zone, refuse_half)

    def exist(self) -> bool:
        """Whether any folder of them is there: all that is asked where nothing was ever archived."""
        return any(map(os.path.isdir, self.folders))

    def paths(self) -> tuple[Path, ...]:
        """Every archive that is there."""
        return tuple(path for name in self.names() for path in self.places(name) if os.path.lexists(path))

    def names(self) -> list[str]:
        """File names of the archives in any of the folders, the oldest month first."""
        ours = re.compile(rf"{re.escape(self.stem)}[0-9]{{4}}-[0-9]{{2}}\.json")
        return sorted({name for folder in self.folders for name in names_in(folder) if ours.fullmatch(name)})

    def name(self, month: str) -> str:
        """The file name of a month, `YYYY-MM`."""
        return f"{self.stem}{month}.json"

    def places(self, name: str) -> tuple[Path, ...]:
        """Where an archive lies, ours first."""
        return tuple(folder / name for folder in self.folders)

    def read(self, wanted: Wanted | None) -> dict[Path, bytes]:
        """The archives that an operation needs, all places of each; every one where `wanted` is `None`.

        An archive that is not the same in all places is among them, too, so that it gets there; unless it cannot be
        read, since nobody needs it now.

        Raises:
            UnreadableFile: one may not be read.
        """
        found: dict[Path, bytes] = {}
        for name in self.names():
            is_needed = wanted is None or self._is_needed(name, wanted)
            if is_needed or (self._differs(name) and self.is_sound(name)):
                found |= self.contents(name)
        return found

    def is_sound(self, name: str) -> bool:
        """Whether everything in every place of an archive can be read, and nothing is half merged."""
        try:
            for book in self.books(self.contents(name)):
                tuple(book)
        except UnreadableFile:
            return False
        return True

    def sound(self) -> list[Book]:
        """What all archives say that can be read."""
        return self.books(
            {path: data for name in self.names() if self.is_sound(name) for path, data in self.contents(name).items()}
        )

    def contents(self, name: str) -> dict[Path, bytes]:
        """The bytes of one archive, by place."""
        read = {path: read_bytes(path) for path in self.places(name)}
        return {path: data for path, data in read.items() if data is not None}

    def books(self, contents: Mapping[Path, bytes]) -> list[Book]:
        """What these archives say; of the same bytes once.

        Raises:
            UnreadableFile: one is no session document, or half merged; nothing is ever written over it.
        """
        named = {(path.name, data): path for path, data in reversed(list(contents.items()))}
        own = self.folders[0] if len(self.folders) > 1 else None
        books = [
            Book(parse(data, str(path), trusted=path.parent == own), self.zone) for (_, data), path in named.items()
        ]
        self.refuse_half(tuple(contents))
        return books

    def put(self, contents: Mapping[Path, bytes], moving: Mapping[str, Book]) -> dict[Path, bytes]:
        """What has to be written so that every place holds these archives, and those by month what is joined to them.

        Args:
            contents: the archives that were read, all places of each.
            moving: by month, what goes there.
        """
        read = dict(contents)
        for month in moving:
            read |= self.contents(self.name(month))
        changes: dict[Path, bytes] = {}
        for name in sorted({path.name for path in read} | {self.name(month) for month in moving}):
            there = {path: read[path] for path in self.places(name) if path in read}
            added = moving.get(name.removeprefix(self.stem).removesuffix(".json"))
            if added is None and len(there) == len(self.folders) and len(set(there.values())) == 1:
                continue
            data = unite([*self.books(there), *([added] if added else [])]).to_bytes()
            changes |= {path: data for path in self.places(name) if there.get(path) != data}
        return changes

    def sweep(self) -> None:
        """Removes what killed writers left. The caller holds the lock that all their writers hold."""
        for folder in self.folders:
            sweep_temporaries(folder, self.stem, math.inf)

    def _is_needed(self, name: str, wanted: Wanted) -> bool:
        if wanted.since and name >= self.name(f"{wanted.since.astimezone(UTC):%Y-%m}"):
            return True
        return bool(wanted.names) and any(mentions(data, wanted.names) for data in self.contents(name).values())

    def _differs(self, name: str) -> bool:
        return len({_size(path) for path in self.places(name)}) > 1


def settled(book: Book, shelves: Iterable[Book]) -> frozenset[str]:
    """The sessions that archives tell alike: they need not stand among the others."""
    told = {i: entry for shelf in shelves for i, entry in shelf.kept.items()}
    return frozenset(i for i, entry in told.items() if book.kept.get(i) == entry)


def due(book: Book, before: datetime, settled: Collection[str]) -> Mapping[str, Book]:
    """The sessions that ended before a time and are not settled, by the month of their end in UTC."""
    limit = write_time(before)[:-1]
    months: dict[str, list[str]] = {}
    for end, session_id in book.ends():
        if end < limit and session_id not in settled and (completion := book[session_id].completion):
            months.setdefault(f"{completion.at.astimezone(UTC):%Y-%m}", []).append(session_id)
    return {
        month: Book(Document(tuple(book.entry_of(i) for i in sorted(ids))), book.zone) for month, ids in months.items()
    }


def oldest_kept(now: datetime, keep: timedelta | None) -> datetime | None:
    """Sessions that ended before it are archived; `None` where none are."""
    try:
        return now - keep if keep else None
    except OverflowError:
        return None


def mentions(data: bytes, names: Iterable[str]) -> bool:
    """Whether a document may tell of one of these; read without being understood, which is much quicker."""
    return any(_mentions(data, name) for name in names)


def _mentions(data: bytes, name: str) -> bool:
    # Other programs write some letters in more than one way.
    if not name.isascii() or b"\\/" in data:
        return True
    text = name.encode()
    return text in data and re.search(rb'["\s,\[]%b["\s,\]]' % re.escape(text), data) is not None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
