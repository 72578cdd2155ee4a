"""Which lines pull requests change, as hashes: two that change the same lines may be answers to one question."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pr_sessions.core.paths import is_generated
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.borrowed import BorrowedObjects, borrow_objects
from pr_sessions.git.merge_bases import merge_bases
from pr_sessions.git.merge_tree import Heads, Key
from pr_sessions.git.patch import CommitStart, FileStart, Part, read_patches

SECONDS = 10.0
# A pull request with more lines is not compared.
MOST_LINES = 20_000
# Larger files count as binary ones.
_LARGEST_FILE = "4m"
_SAYING = re.compile(rb"[A-Za-z0-9\x80-\xff]")
_DIFF = (
    *("-c", f"core.bigFileThreshold={_LARGEST_FILE}", "diff-tree", "--stdin", "--always", "-p", "-U0", "--no-renames"),
    *("--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"),
)


def changed_lines(git_dir: Path, heads: Heads, seconds: float = SECONDS) -> dict[Key, frozenset[int]]:
    """Return a hash of each line that a pull request adds or removes, by repository and number. Nothing is fetched.

    Indentation does not matter. Lines without a letter or digit, such as `}` or `);`, stand everywhere and say nothing
    of what a change is about; neither do files that tools write. The hashes mean something in this process only.

    Missing are those whose commits are not in the clone, and those that change too much to be compared.

    Args:
        git_dir: git's folder of the clone.
        heads: by repository and number the last commit, and the tip of the branch that it is meant for.
        seconds: what is not read after them is missing.
    """
    until = time.monotonic() + seconds
    is_sha256 = any(len(sha) == 64 for sides in heads.values() for sha in sides)
    with suppress(PrSessionsError, OSError), borrow_objects(git_dir, is_sha256=is_sha256) as borrowed:
        here = borrowed.commits(sha for sides in heads.values() for sha in sides)
        local = {key: sides for key, sides in heads.items() if here.issuperset(sides)}
        bases = merge_bases(borrowed, local.values(), until - time.monotonic())
        wanted = {key: (sides[0], bases[sides]) for key, sides in local.items() if sides in bases}
        lines = dict(_read(borrowed, list(dict.fromkeys(wanted.values())), until))
        return {key: hashes for key, each in wanted.items() if (hashes := lines.get(each)) is not None}
    return {}


def _read(
    borrowed: BorrowedObjects, comparisons: Sequence[tuple[str, str]], until: float
) -> Iterator[tuple[tuple[str, str], frozenset[int] | None]]:
    """Yield the lines of each comparison. Git ends where it lacks an object; the next process goes on behind it."""
    left = list(comparisons)
    while left and (seconds := until - time.monotonic()) > 0:
        asked = "".join(f"{head} {base}\n" for head, base in left).encode()
        with borrowed.running(*_DIFF, input=asked, seconds=seconds) as (process, output):
            read = list(_lines_of_commits(read_patches(output)))
            is_whole = process.wait() == 0
        yield from zip(left, read if is_whole else read[:-1], strict=False)
        left = left[max(len(read), 1) :]


class _Lines:
    """The lines of one pull request, as far as there is room for them."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self._count = 0

    def add(self, lines: Sequence[bytes]) -> None:
        self._count += len(lines)
        if self._count <= MOST_LINES:
            words = ((line[:1], line[1:].strip()) for line in lines if line[:1] in (b"+", b"-"))
            self._hashes.update(hash((sign, text)) for sign, text in words if _SAYING.search(text))

    def hashes(self) -> frozenset[int] | None:
        return frozenset(self._hashes) if self._count <= MOST_LINES else None


def _lines_of_commits(parts: Iterable[Part]) -> Iterator[frozenset[int] | None]:
    """Yield the lines of each commit; `None` where there are too many."""
    lines: _Lines | None = None
    counts = False
    for part in parts:
        if isinstance(part, CommitStart):
            if lines:
                yield lines.hashes()
            lines = _Lines()
        elif isinstance(part, FileStart):
            counts = not is_generated((part.new or part.old or b"").decode("utf-8", "replace"))
        elif counts and lines:
            lines.add(part.lines)
    if lines:
        yield lines.hashes()
