"""What a changed file is, judged by its path alone."""

import re

from pr_sessions.stores.repository import SESSION_FILE

_TEST_FOLDER = re.compile(r"(?:^|/)(?:tests?|specs?|__tests__)/")
_TEST_NAME = re.compile(r"(?:^test_|_(?:test|tests|spec)\.|\.(?:test|spec)\.|[a-z0-9](?:Test|Tests|Spec)\.)[^/]*$")
_DOCUMENT = re.compile(r"(?:^|/)docs?/|\.(?:md|mdx|rst|adoc)$", re.IGNORECASE)
_OURS = (SESSION_FILE.removesuffix(".json"), "docs/metrics/analytics/")


def is_test(path: str) -> bool:
    """Whether the path looks like a test in one of the usual layouts, such as `tests/`, `test_x.py`, `x.spec.ts`."""
    return bool(_TEST_FOLDER.search(path) or _TEST_NAME.search(path.rpartition("/")[2]))


def is_document(path: str) -> bool:
    """Whether the path is documentation. Files that this tool writes are none, wherever they lie."""
    return bool(_DOCUMENT.search(path)) and not is_ours(path)


def is_ours(path: str) -> bool:
    """Whether this tool writes the file: session file, its backups, saved reports."""
    return path.startswith(_OURS)
