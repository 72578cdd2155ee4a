"""Two session files become one; sessions that stand alike in both are not even decoded."""

from collections.abc import Collection, Iterable, Mapping

from msgspec import json

from pr_sessions.sessions.join import join_json, join_with_lost
from pr_sessions.sessions.session import Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, Entry
from pr_sessions.stores.records import read_session


def join_books(one: Book, other: Book) -> Book:
    """The book of which both are tellings. Both must read naive times in the same zone."""
    alike = {i: entry for i, entry in one.kept.items() if _alike(entry, other.kept.get(i))}
    ours, theirs = _others(one, alike), _others(other, alike)
    ours |= {i: one[i] for i in _neighbours(one, other, (*ours.values(), *theirs.values())) if i in alike}
    sessions, lost = join_with_lost(ours, theirs, one.unattributed, other.unattributed)
    entries = {i: entry for i, entry in alike.items() if i not in ours}
    for session in sessions.values():
        entries[session.id] = _entry(session, one, other)
    joined = Book(
        Document(tuple(entries[i] for i in sorted(entries)), join_json(one.top, other.top), one.name), one.zone
    )
    return joined.put_unattributed(lost)


def news(book: Book, other: Book) -> tuple[str, ...]:
    """Ids of the sessions that the book tells differently from the other one, or alone."""
    return tuple(sorted(i for i in (*book.kept, *book.changed) if _written(book, i) != _written(other, i)))


def _written(book: Book, session_id: str) -> Entry | None:
    put = book.changed.get(session_id)
    return book.entry(put) if put else book.kept.get(session_id)


def _alike(entry: Entry, other: Entry | None) -> bool:
    """The same to the letter, the order of the fields included, so that every order of joining gives the same bytes."""
    return other is not None and entry == other and json.encode(entry) == json.encode(other)


def _others(book: Book, alike: Mapping[str, Entry]) -> dict[str, Session]:
    """Those that stand differently; what was put is taken as it would be written."""
    kept = {i: book[i] for i in book.kept if i not in alike}
    return kept | {i: _as_written(book, session) for i, session in book.changed.items()}


def _as_written(book: Book, session: Session) -> Session:
    entry = book.entry(session)
    return read_session(entry.id, entry.record, book.zone, completed=entry.completed)


def _neighbours(one: Book, other: Book, sessions: Collection[Session]) -> Iterable[str]:
    """Sessions of the book that share an alias with one of these, or a pull request whose place they may change."""
    for session in sessions:
        yield from (found.id for name in (session.id, *session.aliases) if (found := one.get(name)))
    numbers = {n for session in sessions for n in (*session.pull_requests, *session.carried)}
    numbers |= {*one.unattributed, *other.unattributed}
    if numbers:
        yield from one.telling_of(numbers)


def _entry(session: Session, one: Book, other: Book) -> Entry:
    """A session that only one of them knew, or both knew alike, stays as it stood there."""
    only = [book for book, another in ((one, other), (other, one)) if session.id not in another.kept]
    for book in only:
        if session.id in book.kept and book[session.id] is session:
            return book.kept[session.id]
    if (
        session.id in one.kept
        and one[session.id] is session
        and _alike(one.kept[session.id], other.kept.get(session.id))
    ):
        return one.kept[session.id]
    return one.entry(session)
