"""What a reconciliation found: counts by kind, kept in each repository's row. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Drift(StrEnum):
    """How what is recorded differed from what GitHub says."""

    # A pull request that was not recorded.
    MISSING = "missing"
    # A pull request that was closed, merged or reopened.
    STATE = "state"
    # A pull request whose title, text, branch or labels may have changed: it is read again, and not counted.
    CHANGED = "changed"
    # More has changed than is read, or GitHub refused.
    UNREAD = "unread"
    # The repository was new, or had another name, owner or installation, or was gone.
    ADDED = "added"
    RENAMED = "renamed"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    REMOVED = "removed"


OF_PULL_REQUESTS = frozenset({Drift.MISSING, Drift.STATE, Drift.CHANGED, Drift.UNREAD})


def with_pull_requests(before: Mapping[str, int] | None, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the drift with new counts of pull requests; what is known of the repository's name stays."""
    kept = {kind: count for kind, count in (before or {}).items() if kind not in OF_PULL_REQUESTS}
    return kept | {kind: count for kind, count in counts.items() if count}


def with_name(before: Mapping[str, int] | None, kind: Drift | None) -> dict[str, int]:
    """Return the drift with what became of the repository's name; what is known of its pull requests stays."""
    kept = {name: count for name, count in (before or {}).items() if name in OF_PULL_REQUESTS}
    return kept | ({kind.value: 1} if kind else {})
