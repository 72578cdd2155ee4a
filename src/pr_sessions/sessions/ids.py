"""Names of sessions and numbers of pull requests: made, made safe, checked."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from pr_sessions.errors import InvalidValue

MAX_ID = 200
MAX_AUTHOR = 100
MAX_TEXT = 1000
_VALID_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_DOTS = re.compile(r"\.{2,}")
_NUMBER = re.compile(r"(?:[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100}){1,20}#)?[0-9]{1,18}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


def is_valid_id(text: str) -> bool:
    """Whether a session id can stand in a path, a URL, a Markdown cell and an HTML page as it is."""
    return len(text) <= MAX_ID and ".." not in text and _VALID_ID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """The id itself.

    Raises:
        InvalidValue: it holds anything but letters, digits, `_`, `.` and `-`, or is too long.
    """
    if not is_valid_id(text):
        raise InvalidValue(
            f"not a session id: {text[:60]!r}",
            f"ids hold letters, digits, '_', '.', '-' (at most {MAX_ID}); `pr-sessions list` shows them",
        )
    return text


def check_number(number: str | int) -> str:
    """A pull request's number as text: digits without leading zeros, or `owner/name#digits` for another repository's.

    Raises:
        InvalidValue: it is neither, or 0.
    """
    if isinstance(number, int) and not 0 < number < 10**18:
        raise InvalidValue("not a pull request number: it is not positive, or too long", "give digits, such as 42")
    text = str(number).strip().removeprefix("#")
    repository, _, digits = text.rpartition("#")
    if isinstance(number, bool) or not _NUMBER.fullmatch(text) or not {".", ".."}.isdisjoint(repository.split("/")):
        raise InvalidValue(f"not a pull request number: {str(number)[:60]!r}", "give digits, such as 42")
    if int(digits) == 0:
        raise InvalidValue(f"not a pull request number: {text[:60]!r}", "forges count from 1")
    return f"{repository}#{int(digits)}" if repository else str(int(digits))


# A session that grows sorts the same numbers again and again.
@lru_cache(maxsize=1 << 16)
def number_order(number: str) -> tuple[str, int, str]:
    """Sorts pull requests as people count them; no two different texts tie."""
    repository, _, digits = number.rpartition("#")
    return (repository, int(digits), number) if _DIGITS.fullmatch(digits) else (number, -1, number)


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """One bounded line of printable text from outside, for authors, branches and titles."""
    return "".join(c if c.isprintable() else " " for c in text[:limit]).strip()


def safe_author(author: str) -> str:
    """The author as part of an id: accents dropped, everything else that is unsafe becomes `-`."""
    text = author if author.isascii() else _without_accents(author)
    return _DOTS.sub(".", _UNSAFE.sub("-", text)).strip("-.")[:MAX_AUTHOR] or "unknown"


def new_id(author: str, started: datetime, is_taken: Callable[[str], bool], number: str = "") -> str:
    """`<author>-<YYYYMMDD>-<HHMM>` in UTC, with `-2`, `-3`, ... where that is taken.

    Args:
        author: who works.
        started: when the session began.
        is_taken: whether another session has an id.
        number: of the pull request that the session is named after, so that its name does not depend on what was
            recorded before.
    """
    base = f"{safe_author(author)}-{started.astimezone(UTC):%Y%m%d-%H%M}"
    if number:
        base = f"{safe_author(author)[:80]}-{started.astimezone(UTC):%Y%m%d-%H%M}-{safe_author(number)}"
    if not is_taken(base):
        return base
    suffix = 2
    while is_taken(f"{base}-{suffix}"):
        suffix += 1
    return f"{base}-{suffix}"


def _without_accents(text: str) -> str:
    from unicodedata import combining, normalize

    return "".join(c for c in normalize("NFKD", text) if not combining(c))
