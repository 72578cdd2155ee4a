"""What callers of the compatible scripts pass in, whatever it is: a pull request as a mapping, texts, ids, numbers."""

from collections.abc import Mapping
from typing import Any

from pr_sessions.compat import console
from pr_sessions.core.ids import clean, is_valid_id
from pr_sessions.core.models import PullRequest


def pull_request(number: Any, data: Any) -> PullRequest:
    """Return the pull request; a field that cannot be used counts as missing.

    Args:
        number: its number, or `None` to take it from the mapping.
        data: `pr_number, pr_title, pr_body, author, files_changed, test_files_added, docs_updated, commit_messages`.
    """
    fields = data if isinstance(data, Mapping) else {}
    messages = fields.get("commit_messages")
    if isinstance(messages, str):
        messages = [messages]
    return PullRequest(
        number=str(fields.get("pr_number", "") if number is None else number),
        title=text(fields.get("pr_title")),
        body=text(fields.get("pr_body")),
        author=clean(text(fields.get("author"))) or "unknown",
        commit_messages=tuple(map(text, messages)) if isinstance(messages, list | tuple) else (),
        files_changed=count(fields.get("files_changed")),
        test_files_added=count(fields.get("test_files_added")),
        docs_updated=fields["docs_updated"] if isinstance(fields.get("docs_updated"), bool) else None,
    )


def text(value: Any) -> str:
    """Return the text; nothing for `None`."""
    return "" if value is None else str(value)


def session_id(value: Any, outcome: str = "") -> str:
    """Return the id; warn and return nothing where it is not valid.

    Args:
        value: whatever the caller passed.
        outcome: what comes of it, for the warning.
    """
    name = text(value)
    if is_valid_id(name):
        return name
    console.warn(f"not a session id: {name[:60]!r}", outcome)
    return ""


def count(value: Any) -> int | None:
    """Return a number of things, also where the things themselves are passed."""
    if isinstance(value, list | tuple | set | frozenset):
        return len(value)
    return value if is_number(value, int) and 0 <= value <= 10**9 else None


def is_number(value: Any, kind: Any = int | float) -> bool:
    """Tell whether a value is a number of that kind; Python takes `True` for one."""
    return isinstance(value, kind) and not isinstance(value, bool)
