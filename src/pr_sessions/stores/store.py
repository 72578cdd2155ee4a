"""How sessions are kept: read without disturbing anybody, write under a lock, all or nothing."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import reduce
from pathlib import Path
from typing import Protocol

from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.archives import Archives, Wants, due, nobody_merges, oldest_kept, settled
from pr_sessions.stores.backups import take, taken_today
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.book_union import unite
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.files import read_alike, read_bytes, replace_file, sweep_beside
from pr_sessions.stores.lock import locked


class Work(Protocol):
    """One transaction: what is there now, and a way to put something else in its place."""

    @property
    def book(self) -> Book:
        """Everything that is kept, as of the last save."""
        ...

    def save(self, book: Book, *, stamps: bool = True) -> bool:
        """Keeps the book; tells whether anything was written. `stamps` sets `last_updated` of a changed one."""
        ...

    def back_up(self) -> Path | None:
        """A copy of everything as it was before this transaction; `None` if there was nothing."""
        ...


class Store(Protocol):
    """One place in which the sessions of a repository are kept."""

    def read(self) -> Book:
        """Everything that is kept. Waits for nobody and writes nothing."""
        ...

    def transaction(self, now: datetime, wants: Wants | None = None) -> AbstractContextManager[Work]:
        """The only way to write; one at a time, across processes.

        Args:
            now: the time of the change.
            wants: what the operation has to know of archived sessions, told what is not archived; everything if not
                given.

        Raises:
            Busy: somebody else has been at it for too long.
        """
        ...


class FileStore:
    """One document in one or several files, joined on reading and all brought up to date on writing.

    In a clone these are its own document and the working tree's session file; elsewhere the session file alone.

    Args:
        files: the first one is ours alone where there are several; it is written first.
        lock: taken by every writer.
        backups: a folder.
        zone: where naive times were written.
        keep: sessions that ended longer ago move to archives; `None` leaves them where they are.
        refuse_half: raises where one of these files holds one side only of a merge that is not finished.
    """

    def __init__(
        self,
        files: tuple[Path, ...],
        lock: Path,
        backups: Path,
        zone: tzinfo = UTC,
        keep: timedelta | None = None,
        refuse_half: Callable[[Collection[Path]], None] = nobody_merges,
    ) -> None:
        self.files = files
        self.backups = backups
        self.archives = Archives.beside(files, zone, refuse_half)
        self.keep = keep
        self._lock = lock
        self._zone = zone
        self._refuse_half = refuse_half

    def read(self) -> Book:
        """Everything that is kept. Waits for nobody and writes nothing."""
        # In this order: what moves meanwhile is written to its archive before it goes.
        book = self._join(self._contents())
        return unite([book, *self.archives.books(self.archives.read(None))])

    @contextmanager
    def transaction(self, now: datetime, wants: Wants | None = None) -> Iterator["FileWork"]:
        """The only way to write; one at a time, across processes."""
        with locked(self._lock):
            # Before anything is written: on a full disk this makes room.
            sweep_beside(*self.files)
            has_archives = self.archives.exist()
            if has_archives:
                self.archives.sweep()
            contents = self._contents()
            book = self._join(contents)
            if len(self.files) > 1 and self.files[0] not in contents:
                # What nobody can decode must not get into our own document unseen.
                tuple(book)
            archived = self.archives.read(wants(book) if wants else None) if has_archives else {}
            yield FileWork(self, contents, book, archived, now)

    def _contents(self) -> dict[Path, bytes]:
        first, *others = self.files
        own = read_bytes(first)
        read = {first: own} | {path: read_bytes(path) if own is None else read_alike(path, own) for path in others}
        return {path: data for path, data in read.items() if data is not None}

    def _join(self, contents: Mapping[Path, bytes]) -> Book:
        """Files of the same bytes are parsed once."""
        own = contents.get(self.files[0]) if len(self.files) > 1 else None
        books = [
            Book(parse(data, str(path), trusted=data == own), self._zone)
            for path, data in contents.items()
            if own is None or path == self.files[0] or data != own
        ]
        self._refuse_half(self.files)
        return reduce(join_books, books) if books else Book(Document(name=str(self.files[-1])), self._zone)


class FileWork:
    """A transaction on a `FileStore`."""

    def __init__(
        self,
        store: FileStore,
        contents: Mapping[Path, bytes],
        book: Book,
        archived: Mapping[Path, bytes],
        now: datetime,
    ) -> None:
        self._store = store
        self._contents = dict(contents)
        self._now = now
        self._at_first = book
        self._archived = dict(archived)
        self._shelves = store.archives.books(archived)
        self._before = tuple(contents.values())
        self._same = all(data == self._before[0] for data in self._before) and not book.changed
        self._saved = False
        self.book = unite([book, *self._shelves])

    def save(self, book: Book, *, stamps: bool = True) -> bool:
        """Keeps the book; tells whether anything was written. `stamps` sets `last_updated` of a changed one."""
        shelved = settled(book, self._shelves)
        moving = self._due(book, shelved)
        archives = self._store.archives.put(self._archived, moving)
        if book is self.book and self._is_everywhere() and not archives and not moving:
            return False
        gone = {*shelved, *(i for month in moving.values() for i in month.kept)}
        data = (book.updated(self._now) if stamps and book is not self.book else book).to_bytes(gone)
        if not taken_today(self._store.backups, self._now):
            self.back_up()
        # Archives first: a session stands in both for a moment, never in none.
        for path, content in archives.items():
            replace_file(path, content)
        for path in self._store.files:
            if self._contents.get(path) != data:
                replace_file(path, data)
                self._contents[path] = data
        self.book, self._saved = book, True
        return True

    def back_up(self) -> Path | None:
        """A copy of everything as it was before this transaction; `None` if there was nothing."""
        archives = self._store.archives
        try:
            whole = self._first_with(archives.books(archives.read(None)))
        except UnreadableFile:
            # What cannot be read stays where it is, and is no reason to record nothing today.
            whole = self._first_with(archives.sound())
        return None if whole is None else take(self._store.backups, whole, self._now)

    def _first_with(self, shelves: list[Book]) -> bytes | None:
        if shelves:
            return unite([self._at_first, *shelves]).to_bytes()
        if not self._before:
            return None
        return self._before[0] if self._same else self._at_first.to_bytes()

    def _is_everywhere(self) -> bool:
        """Whether every file already says what the joined book says."""
        complete = len(self._contents) == len(self._store.files)
        return not self._contents or (complete and (self._saved or self._same))

    def _due(self, book: Book, shelved: Collection[str]) -> Mapping[str, Book]:
        """What moves; not to a month that cannot be read: those sessions wait until it can."""
        before, archives = oldest_kept(self._now, self._store.keep), self._store.archives
        months = due(book, before, shelved) if before else {}
        return {month: part for month, part in months.items() if archives.is_sound(archives.name(month))}
