"""Paths and the globs that a team writes for them, in time that grows with the product of their lengths."""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

_PIECE = re.compile(r"(?:(?<![^/])\*\*/)|\*\*|[\s\S]")


def matches_any(globs: Iterable[str], path: str) -> bool:
    """Whether one of the globs fits the whole path.

    Args:
        globs: `*` and `?` stay within a folder; `**` crosses folders, and `**/` may stand for none.
        path: from the repository's root, with `/`.
    """
    return any(_matches(_pieces(glob), path) for glob in globs)


@cache
def _pieces(glob: str) -> tuple[str, ...]:
    return tuple(_PIECE.findall(glob))


def _matches(pieces: Iterable[str], path: str) -> bool:
    """Piece by piece, all places up to which what was read of the glob fits: nothing is ever tried again."""
    places: Collection[int] = {0}
    for piece in pieces:
        places = set(_after(piece, places, path))
        if not places:
            return False
    return len(path) in places


def _after(piece: str, places: Collection[int], path: str) -> Iterable[int]:
    """The places that one more piece leads to."""
    match piece:
        case "**/":
            first = min(places)
            return {*places, *(place + 1 for place in range(first, len(path)) if path[place] == "/")}
        case "**":
            return range(min(places), len(path) + 1)
        case "*":
            return _within_folders(places, path)
        case "?":
            return (place + 1 for place in places if path[place : place + 1] not in ("", "/"))
        case _:
            return (place + 1 for place in places if path.startswith(piece, place))


def _within_folders(places: Collection[int], path: str) -> Iterator[int]:
    reached = False
    for place in range(min(places), len(path) + 1):
        reached = reached or place in places
        if reached:
            yield place
        if path.startswith("/", place):
            reached = False
