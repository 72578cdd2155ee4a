"""Paths and the globs that a team writes for them, in time that grows with the product of their lengths."""

from collections.abc import Iterable


def matches_any(globs: Iterable[str], path: str) -> bool:
    """Whether one of the globs fits the whole path.

    Args:
        globs: `*` and `?` stay within a folder; `**` crosses folders, and `**/` may stand for none.
        path: from the repository's root, with `/`.
    """
    raise NotImplementedError
