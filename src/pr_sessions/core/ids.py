"""Names of sessions and branches, and numbers of pull requests: made, made safe, checked."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache

from pr_sessions.errors import InvalidValue

MAX_ID = 200
MAX_AUTHOR = 100
_MAX_BASE = MAX_ID - 10
MAX_TEXT = 1000
_VALID_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_DOTS = re.compile(r"\.{2,}")
_NUMBER = re.compile(r"(?:[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100}){1,20}#)?[0-9]{1,18}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
MAX_BRANCH = 100
_BRANCH_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


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


def repository_of(number: str) -> str:
    """Return the repository that a checked number names, in lower case as forges compare it; "" for this clone's."""
    return number.rpartition("#")[0].casefold()


def repositories_of(numbers: Iterable[str]) -> frozenset[str]:
    """Return the repositories that checked numbers name, as `repository_of` does."""
    # A session of a thousand asks at each of them: few names are left for `casefold`.
    return frozenset(name.casefold() for name in {number.rpartition("#")[0] for number in numbers})


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
    """Return the author as part of an id: in Latin letters, without accents, and `-` for what else is unsafe."""
    text = author if author.isascii() else _in_latin(author[:MAX_TEXT])
    return _DOTS.sub(".", _UNSAFE.sub("-", text)).strip("-.")[:MAX_AUTHOR] or "unknown"


def new_id(author: str, started: datetime, is_taken: Callable[[str], bool], subject: str = "") -> str:
    """`<author>-<YYYYMMDD>-<HHMM>` in UTC, with `-2`, `-3`, ... where that is taken.

    Args:
        author: who works.
        started: when the session began.
        is_taken: whether another session has an id.
        subject: the pull request or the repository that the session is named after, so that its id does not depend
            on what was recorded before.
    """
    base = f"{safe_author(author)}-{started.astimezone(UTC):%Y%m%d-%H%M}"
    if subject:
        base = f"{safe_author(author)[:80]}-{started.astimezone(UTC):%Y%m%d-%H%M}-{safe_author(subject)}"
    return next_id(base, is_taken) if is_taken(base) else base


def next_id(session_id: str, is_taken: Callable[[str], bool]) -> str:
    """Return the id with the first of `-2`, `-3`, ... that is not taken; a valid one, also of an old file's id."""
    base = (session_id if is_valid_id(session_id) else safe_author(session_id))[:_MAX_BASE]
    suffix = 2
    while is_taken(f"{base}-{suffix}"):
        suffix += 1
    return f"{base}-{suffix}"


def _in_latin(text: str) -> str:
    """Return the text with every letter and digit in ASCII, where it has such a form; symbols stay.

    Accents alone are dropped by Unicode's own decomposition, so that most names need no table.
    """
    from unicodedata import combining, normalize

    letters = []
    for letter in normalize("NFC", text):
        plain = "".join(c for c in normalize("NFKD", letter) if not combining(c))
        letters.append(plain if plain.isascii() else _transliterate(letter))
    return "".join(letters)


def _transliterate(letter: str) -> str:
    from unicodedata import category

    if category(letter)[0] not in "LMN":
        return letter  # The table names pictures, too: `:rocket:`.
    from anyascii import anyascii

    return anyascii(letter)


def is_branch_name(name: str) -> bool:
    """Whether a branch may have that name here; git allows more."""
    parts = name.split("/")
    plain = all(
        _BRANCH_PART.fullmatch(part) and not part.endswith((".lock", ".")) and ".." not in part for part in parts
    )
    return plain and len(name) <= MAX_BRANCH and name != "HEAD" and parts[0] != "refs"


def check_branch_name(name: str) -> str:
    """The name itself.

    Raises:
        InvalidValue: a branch must not have it here.
    """
    if not is_branch_name(name):
        shown = name if len(name) <= 60 else f"{name[:60]}..."
        raise InvalidValue(
            f"not a branch name: {shown!r}",
            f"letters, digits, '_', '.', '-', parts divided by '/', at most {MAX_BRANCH}: pr-sessions, data/sessions",
        )
    return name
