"""Times without a zone, as the original wrote them."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.files import read_bytes

TIMES = ("started", "last_activity", "completed")


def holds_naive_times(path: Path) -> bool:
    """Whether a session file holds one; what cannot be read holds none that anybody would read."""
    try:
        data = read_bytes(path)
        return data is not None and any(naive_times(parse(data, str(path))))
    except UnreadableFile:
        return False


def naive_times(document: Document) -> Iterable[str]:
    """Those of the sessions' own times."""
    texts = (str(entry.record.get(key)) for entry in document.entries for key in TIMES)
    return (text for text in texts if _is_naive(text))


def _is_naive(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False
