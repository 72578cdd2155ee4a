"""Books that hardly touch each other become one: only sessions that share a name with another book are decoded."""

from collections.abc import Sequence
from functools import reduce

from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.document import Document


def unite(books: Sequence[Book]) -> Book:
    """What `join_books` makes of them one by one; the first one itself where there is no other."""
    if len(books) == 1:
        return books[0]
    shared = _shared(books)
    touching = [[i for i in book.kept if not shared.isdisjoint(book.names_of(i))] for book in books]
    joined = reduce(join_books, (_part(book, ids) for book, ids in zip(books, touching, strict=True)))
    apart = [book.kept[i] for book, ids in zip(books, touching, strict=True) for i in book.kept.keys() - set(ids)]
    entries = [*apart, *(joined.entry_of(session_id) for session_id in (*joined.kept, *joined.changed))]
    whole = Book(Document(tuple(entries), joined.top, books[0].name), books[0].zone)
    return whole.put_unattributed(joined.unattributed)


def _shared(books: Sequence[Book]) -> set[str]:
    """Ids, aliases and pull requests that more than one book tells of."""
    shared: set[str] = set()
    seen: set[str] = set()
    for book in books:
        names = {name for session_id in book.kept for name in book.names_of(session_id)}
        names.update(book.unattributed)
        # What a book itself had to join stands written nowhere: it is joined again.
        for session in book.changed.values():
            names.update((session.id, *session.aliases, *session.pull_requests, *session.carried))
            shared.update((session.id, *session.aliases, *session.pull_requests, *session.carried))
        shared |= names & seen
        seen |= names
    return shared


def _part(book: Book, ids: Sequence[str]) -> Book:
    entries = tuple(book.kept[i] for i in ids)
    part = Book(Document(entries, book.top, book.name), book.zone)
    return part.put(*book.changed.values()).put_unattributed(book.unattributed)
