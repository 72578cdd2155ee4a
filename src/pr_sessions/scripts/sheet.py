"""All sessions as plain JSON values that callers may change; what they change is joined into what is kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import json

from pr_sessions.scripts import console
from pr_sessions.sessions.join import join_sessions
from pr_sessions.sessions.session import Session
from pr_sessions.stores.archives import Wants
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, Entry
from pr_sessions.stores.records import Record, WrongType, read_session
from pr_sessions.stores.store import Store, Work


class Sheet:
    """What a caller sees of what is kept. It is made when it is first looked at, and then kept current in place."""

    def __init__(self) -> None:
        self._book = Book(Document())
        self._seen: Record = {}
        self._value: Record | None = None

    @property
    def shown(self) -> bool:
        """Whether anybody has looked at it."""
        return self._value is not None

    @property
    def book(self) -> Book:
        """What is known to be kept, and what the caller changed."""
        return self.onto(self._book)

    @property
    def value(self) -> Record:
        """The mapping; callers may change it. No session is in it before the first `refresh`."""
        if self._value is None:
            self._seen, self._value = _plain(self._book), _plain(self._book)
        return self._value

    @value.setter
    def value(self, value: Record) -> None:
        self._seen = _plain(self._book)
        self._value = value

    def refresh(self, book: Book) -> None:
        """Shows what is kept now, still with what the caller changed and did not save."""
        news = _plain(self.onto(book))
        self._book, self._seen = book, _plain(book)
        _refill(self.value, news)

    def propose(self, book: Book) -> None:
        """Shows what could not be kept; it counts as the caller's change until it can be."""
        _refill(self.value, _plain(book))

    def onto(self, book: Book) -> Book:
        """The book with what the caller changed.

        A change replaces what the caller saw; where somebody else changed the same session meanwhile, the two are
        joined. What the caller took out stays: nothing is deleted by absence.
        """
        if self._value is None:
            return book
        seen = {entry.id: entry for entry in _entries(self._seen)}
        for entry in _entries(self._value):
            if entry != seen.get(entry.id):
                book = _put(book, entry, seen.get(entry.id))
        return book


class SheetStore:
    """A store to whose sessions a caller's changes belong."""

    def __init__(self, store: Store, sheet: Sheet) -> None:
        self._store = store
        self._sheet = sheet

    def read(self) -> Book:
        """Everything that is kept, and what the caller changed."""
        return self._sheet.onto(self._store.read())

    @contextmanager
    def transaction(self, now: datetime, wants: Wants | None = None) -> Iterator[Work]:  # noqa: ARG002 - the store's signature
        """The only way to write. A caller may have changed any session: everything is read."""
        with self._store.transaction(now) as work:
            yield _Changed(work, self._sheet.onto(work.book))


class MemoryStore:
    """Keeps a book for as long as the process lives."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def read(self) -> Book:
        """Everything that is kept."""
        return self.book

    @contextmanager
    def transaction(self, now: datetime, wants: Wants | None = None) -> Iterator[Work]:  # noqa: ARG002 - the store's signature
        """The only way to write."""
        yield self

    def save(self, book: Book, *, stamps: bool = True) -> bool:  # noqa: ARG002 - the store's signature
        """Keeps the book."""
        self.book = book
        return True

    def back_up(self) -> Path | None:
        """Nothing is copied."""
        return None


class _Changed:
    """A transaction that begins with the caller's changes."""

    def __init__(self, work: Work, book: Book) -> None:
        self._work = work
        self.book = book

    def save(self, book: Book, *, stamps: bool = True) -> bool:
        saved = self._work.save(book, stamps=stamps)
        self.book = self._work.book
        return saved

    def back_up(self) -> Path | None:
        return self._work.back_up()


def plain_record(record: Mapping[str, Any]) -> Record:
    """A copy in JSON's own values."""
    copy: Record = json.decode(json.encode(record))
    return copy


def _plain(book: Book) -> Record:
    value: Record = json.decode(book.to_bytes())
    return value


def _entries(value: Any) -> Iterator[Entry]:
    """The sessions in a caller's mapping; what cannot be one is said on stderr."""
    active = value.get("active_sessions") if isinstance(value, dict) else None
    completed = value.get("completed_sessions") if isinstance(value, dict) else None
    told = [(key, record, False) for key, record in active.items()] if isinstance(active, dict) else []
    told += [(None, record, True) for record in completed] if isinstance(completed, list) else []
    for key, record, is_completed in told:
        try:
            copy = plain_record(record)
            session_id = copy.get("session_id", key)
        except (TypeError, ValueError, AttributeError) as error:
            console.warn(f"a session that was put into `sessions` cannot be kept: {error}")
            continue
        if isinstance(session_id, str) and session_id:
            yield Entry(session_id, copy, is_completed)


def _put(book: Book, entry: Entry, seen: Entry | None) -> Book:
    try:
        told = read_session(entry.id, entry.record, book.zone, completed=entry.completed)
    except WrongType as error:
        console.warn(f"session {entry.id[:60]} cannot be kept as it was changed: {error}")
        return book
    known = book.get(entry.id)
    if known is None or (seen is not None and _as_it_stands(book, known) == seen.record):
        return book.put(told)
    return book.put(join_sessions(known, told))


def _as_it_stands(book: Book, session: Session) -> Record:
    kept = book.kept.get(session.id)
    return plain_record(kept.record if kept else book.entry(session).record)


def _refill(value: Record, news: Record) -> None:
    """Makes the mapping say what another says, without replacing the objects that a caller may hold."""
    for key in [key for key in value if key not in news]:
        del value[key]
    for key, new in news.items():
        old = value.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _refill(old, new)
        elif isinstance(old, list) and isinstance(new, list):
            old[:] = new
        else:
            value[key] = new
