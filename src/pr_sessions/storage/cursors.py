"""Cursors: where a page ended, as a text that is good for the same list only.

A cursor is the sort key of the last line. Lines that come or go between two pages move no other line to another page.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from msgspec import DecodeError, Struct, json
from msgspec.structs import replace

from pr_sessions.core.json_text import decode
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.queries import MOST_ON_PAGE, PullRequestFilter, SessionFilter


class SessionKey(NamedTuple):
    """What sessions are sorted by; the repository by its number in the database, 0 where there is one only."""

    position: int
    repository: int
    id: str


class PullRequestKey(NamedTuple):
    """What pull requests are sorted by."""

    position: int
    repository: int
    digits: int
    number: str
    session_id: str


K = TypeVar("K", SessionKey, PullRequestKey)
_MOST = 1 << 16
_HINT = "leave it out to begin at the first page"
# Positions and numbers of rows, as databases keep them.
_LARGEST = 1 << 63


class _Cursor(Struct, array_like=True, forbid_unknown_fields=True):
    key: tuple[int | str, ...]
    digest: str


def write_cursor(wanted: SessionFilter | PullRequestFilter, key: SessionKey | PullRequestKey) -> str:
    """Return the cursor of the page that begins behind a line of this sort key."""
    return urlsafe_b64encode(json.encode(_Cursor(key, _digest(wanted, key)))).decode().rstrip("=")


def read_cursor(wanted: SessionFilter | PullRequestFilter, cursor: str, kind: type[K]) -> K:
    """Return the sort key of the last line that was shown.

    Raises:
        InvalidValue: the cursor is of another list or was changed.
    """
    try:
        text = cursor.encode("ascii") if len(cursor) <= _MOST else b""
        read = decode(urlsafe_b64decode(text + b"=" * (-len(text) % 4)), _Cursor)
        key = json.decode(json.encode(read.key), type=kind)
    except (ValueError, DecodeError):
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", _HINT) from None
    if read.digest != _digest(wanted, key):
        raise InvalidValue("this cursor is of a list with another filter", _HINT)
    if not all(is_storable(part) if isinstance(part, str) else -_LARGEST <= part < _LARGEST for part in key):
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", _HINT)
    return key


def is_storable(text: str) -> bool:
    """Return whether a database takes a text; none has one that is not."""
    # Halves of characters that take two in UTF-16 have no form of their own in UTF-8.
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def page_size(limit: int) -> int:
    """Return how many lines a page has: at least 1, at most `MOST_ON_PAGE`."""
    return min(max(limit, 1), MOST_ON_PAGE)


def _digest(wanted: SessionFilter | PullRequestFilter, key: SessionKey | PullRequestKey) -> str:
    """Return what ties a cursor to its list. It is no secret: who invents a cursor sees no more than by paging.

    What may be seen is checked for each page and may change in between, so it is left out.
    """
    filtered = replace(wanted, repository=wanted.repository.lower(), repositories=None)
    return blake2b(json.encode((type(wanted).__name__, filtered, key)), digest_size=8).hexdigest()
