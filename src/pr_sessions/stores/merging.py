"""Two versions of the session file, as git hands them over, become one."""

from datetime import tzinfo

from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.base_fields import decide_unknown
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.document import Document, parse


def merge_versions(base: bytes, ours: bytes, theirs: bytes, name: str, zone: tzinfo) -> bytes:
    """The bytes of the joined session file; the same whichever side is called ours.

    Args:
        base: their common ancestor; empty where there is none. What cannot be read decides nothing.
        ours: one version.
        theirs: the other one.
        name: what to call the file in messages.
        zone: where naive times were written.

    Raises:
        UnreadableFile: one of the two is no session file, or holds a session that cannot be read.
    """
    one, other = parse(ours, f"our {name}"), parse(theirs, f"their {name}")
    ancestor = _read_base(base)
    if ancestor:
        one, other = decide_unknown(ancestor, one, other)
    return join_books(Book(one, zone), Book(other, zone)).to_bytes()


def _read_base(base: bytes) -> Document | None:
    try:
        return parse(base, "the base") if base else None
    except UnreadableFile:
        return None
