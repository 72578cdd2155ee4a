"""What a path of a repository is: a test, documentation, generated, a file of ours, or one that a team's globs mean.

Globs take time that grows with the product of their lengths. `pathspec` is no replacement: its patterns are those of
`.gitignore` (a name fits at any depth, a folder fits all below it, brackets are classes), and they become regular
expressions that a hostile path can keep busy for years.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache, lru_cache

# Where the session file lies below the root of a working tree.
SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
# Compiled where they are used: most commands look at no path.
_TEST_FOLDER = r"(?:^|/)(?:tests?|specs?|__tests__)/"
_TEST_NAME = r"(?:^test_|_(?:test|tests|spec)\.|\.(?:test|spec)\.|[a-z0-9](?:Test|Tests|Spec)\.)[^/]*$"
_DOCS = r"(?i:(?:^|/)docs?/|\.(?:md|mdx|rst|adoc)$)"
# What package managers lock, what compilers and test runners write, and other people's code.
_GENERATED_NAME = (
    r"(?:^|[/.-])lock\.(?:json|ya?ml)$|\.lock(?:b|file|\.json|\.hcl)?$"
    r"|(?:^|/)(?:npm-shrinkwrap\.json|go\.(?:work\.)?sum|Package\.resolved)$"
    r"|\.(?:min\.(?:js|css|mjs)|map|snap|pb\.(?:go|cc|h)|g\.dart|freezed\.dart)$"
    r"|_pb2(?:_grpc)?\.pyi?$|\.(?:gen|generated)\.[A-Za-z0-9]{1,10}$"
)
_GENERATED_FOLDER = r"(?:^|/)(?:vendor|node_modules|__generated__|generated|__snapshots__|dist)/"
_OURS = (SESSION_FILE.removesuffix(".json"), "docs/metrics/analytics/")
# The pieces of a glob.
_PIECE = r"(?:(?<![^/])\*\*/)|\*\*|[\s\S]"


@cache
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def is_test(path: str) -> bool:
    """Whether the path looks like a test in one of the usual layouts, such as `tests/`, `test_x.py`, `x.spec.ts`."""
    return bool(_pattern(_TEST_FOLDER).search(path) or _pattern(_TEST_NAME).search(path.rpartition("/")[2]))


def is_document(path: str) -> bool:
    """Whether the path is documentation. Files that this tool writes are none, wherever they lie."""
    return bool(_pattern(_DOCS).search(path)) and not is_ours(path)


def is_generated(path: str) -> bool:
    """Whether tools write the file, or it is a copy of other people's: lock files, `vendor/`, snapshots, minified code.

    That two pull requests change it says little about them.
    """
    return bool(_pattern(_GENERATED_NAME).search(path) or _pattern(_GENERATED_FOLDER).search(path))


def is_ours(path: str) -> bool:
    """Whether this tool writes the file: session file, its backups, saved reports."""
    return path.startswith(_OURS)


def matches_any(globs: Iterable[str], path: str) -> bool:
    """Return whether one of the globs fits the whole path.

    Args:
        globs: `*` and `?` stay within a folder; `**` crosses folders, and `**/` may stand for none.
        path: from the repository's root, with `/`.
    """
    return any(_matches(glob, path) for glob in globs)


@lru_cache(4096)
def _matches(glob: str, path: str) -> bool:
    """Follow all places up to which the pieces read so far fit, so that nothing is tried twice."""
    places: Collection[int] = {0}
    for piece in re.findall(_PIECE, glob):
        places = set(_after(piece, places, path))
        if not places:
            return False
    return len(path) in places


def _after(piece: str, places: Collection[int], path: str) -> Iterable[int]:
    """Return the places that one more piece leads to."""
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
