"""Two session files become one; sessions that stand alike in both are not even decoded."""

from collections.abc import Iterable, Mapping
from typing import Any

from pr_sessions.sessions.join import join_all, join_facts
from pr_sessions.sessions.session import Facts, Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, Entry
from pr_sessions.stores.records import Record


def join_books(one: Book, other: Book) -> Book:
    """The book of which both are tellings. Both must read naive times in the same zone."""
    alike = {i: entry for i, entry in one.kept.items() if _alike(entry, other.kept.get(i))}
    ours, theirs = _others(one, alike), _others(other, alike)
    ours |= {i: one[i] for i in _neighbours(one, (*ours.values(), *theirs.values())) if i in alike}
    entries = {i: entry for i, entry in alike.items() if i not in ours}
    for session in join_all(ours, theirs).values():
        entries[session.id] = _entry(session, one, other)
    joined = Book(Document(tuple(entries.values()), _join_tops(one.top, other.top), one.name), one.zone)
    return joined.put_unattributed(_join_unattributed(one.unattributed, other.unattributed, joined))


def _alike(entry: Entry, other: Entry | None) -> bool:
    """The same to the letter, the order of the fields included, so that every order of joining gives the same bytes."""
    return other is not None and entry == other and list(entry.record) == list(other.record)


def _others(book: Book, alike: Mapping[str, Entry]) -> dict[str, Session]:
    return {i: book[i] for i in (*book.kept, *book.changed) if i not in alike}


def _neighbours(book: Book, sessions: Iterable[Session]) -> Iterable[str]:
    """Sessions of the book that share an alias or a pull request with one of these."""
    for session in sessions:
        near = [book.get(name) for name in (session.id, *session.aliases)]
        near += [book.holding(number) for number in session.pull_requests]
        yield from (found.id for found in near if found)


def _entry(session: Session, one: Book, other: Book) -> Entry:
    """A session that only one of them knew stays as it stood there."""
    for book in (one, other):
        if session.id in book.kept and book[session.id] is session:
            return book.kept[session.id]
    return one.entry(session)


def _join_tops(one: Record, other: Record) -> Record:
    """What we do not know is kept; of two texts the larger, so that `last_updated` is the later one."""
    joined: dict[str, Any] = {**other, **one}
    for key in one.keys() & other.keys():
        joined[key] = max(one[key], other[key], key=lambda value: (value is not None, str(value)))
    return joined


def _join_unattributed(one: Mapping[str, Facts], other: Mapping[str, Facts], joined: Book) -> dict[str, Facts]:
    """A pull request that found its session in one of them is attributed."""
    facts = {**other, **one}
    for number in one.keys() & other.keys():
        facts[number] = join_facts(one[number], other[number])
    return {number: fact for number, fact in facts.items() if joined.holding(number) is None}
