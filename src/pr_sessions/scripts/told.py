"""What callers of the compatible scripts pass in, whatever it is: a pull request as a mapping, texts, ids, numbers."""

from collections.abc import Mapping
from typing import Any

from pr_sessions.scripts import console
from pr_sessions.sessions.ids import clean, is_valid_id
from pr_sessions.sessions.session import PullRequest

UNKNOWN = "unknown"


def pull_request(number: Any, told: Any) -> PullRequest:
    """The pull request; a field that cannot be used counts as not said.

    Args:
        number: its number, or `None` to take it from the mapping.
        told: `pr_number, pr_title, pr_body, author, files_changed, test_files_added, docs_updated, commit_messages`.
    """
    fields = told if isinstance(told, Mapping) else {}
    return PullRequest(
        number=str(fields.get("pr_number", "") if number is None else number),
        title=text(fields.get("pr_title")),
        body=text(fields.get("pr_body")),
        author=author(fields.get("author")),
        commit_messages=texts(fields.get("commit_messages")),
        files_changed=count(fields.get("files_changed")),
        test_files_added=count(fields.get("test_files_added")),
        docs_updated=fields["docs_updated"] if isinstance(fields.get("docs_updated"), bool) else None,
    )


def text(value: Any) -> str:
    """The text; nothing for `None`."""
    return "" if value is None else str(value)


def author(value: Any) -> str:
    """The author; `unknown` where none is told."""
    return clean(text(value)) or UNKNOWN


def session_id(value: Any, outcome: str = "") -> str:
    """The id; nothing for what is none, which is said on stderr together with what comes of it."""
    told = text(value)
    if is_valid_id(told):
        return told
    console.warn(f"not a session id: {told[:60]!r}", outcome)
    return ""


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list; a text alone is one of them."""
    if isinstance(value, str):
        return (value,)
    return tuple(map(text, value)) if isinstance(value, list | tuple) else ()


def count(value: Any) -> int | None:
    """A number of things; the things themselves are counted."""
    if isinstance(value, list | tuple | set | frozenset):
        return len(value)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9
    return value if usable else None
