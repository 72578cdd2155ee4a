"""One diff of several pull requests: merged one after the other on top of their base, without a working tree."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.conflicts import ConflictPlace
from pr_sessions.errors import UnreadableFile
from pr_sessions.git.borrowed import BorrowedObjects, borrow_objects
from pr_sessions.git.commands import GitFailed
from pr_sessions.git.line_origins import LineOrigins
from pr_sessions.git.merge_output import Merged
from pr_sessions.git.merge_pairs import Failed, conflict_lines, conflict_places, merge_pairs
from pr_sessions.git.patch import CommitStart, FileStart, Hunk, Part, by_file, read_patches
from pr_sessions.io.files import MIB

SECONDS = 60.0
_MOST_BYTES = 64 * MIB
_DIFF = (
    *("-c", "core.bigFileThreshold=16m", "diff-tree", "--stdin", "--always", "-p", "-M", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"),
)
_NOBODY = ("-c", "user.name=pr-sessions", "-c", "user.email=pr-sessions@localhost")


class Head(Struct, frozen=True):
    """The last commit of a pull request."""

    number: str
    sha: str


class Stop(Struct, frozen=True):
    """Where merging stopped.

    Attributes:
        number: of the pull request that could not be merged.
        places: where it conflicts.
        with_base: it conflicts with the base alone.
        against: those merged before it that it conflicts with on its own.
        why: what kept git from merging, where that is no conflict.
    """

    number: str
    places: tuple[ConflictPlace, ...] = ()
    with_base: bool = False
    against: tuple[str, ...] = ()
    why: str = ""


class DiffHunk(Struct, frozen=True):
    """Lines that changed together, and the pull requests that they come from."""

    numbers: tuple[str, ...]
    hunk: Hunk


class DiffFile(Struct, frozen=True):
    """A file that changed, and the pull requests that change it."""

    file: FileStart
    numbers: tuple[str, ...]
    hunks: tuple[DiffHunk, ...]

    def count(self, sign: bytes) -> int:
        """Return how many lines were added (`+`) or removed (`-`)."""
        return sum(line.startswith(sign) for each in self.hunks for line in each.hunk.lines)


class MergedDiff(Struct, frozen=True):
    """What several pull requests change together.

    Attributes:
        merged: the numbers of those that could be merged, in their order.
        stop: why the next one could not; `None` where all were merged.
        files: the difference between the base and what was merged.
    """

    merged: tuple[str, ...]
    stop: Stop | None
    files: tuple[DiffFile, ...]


def merge_in_order(git_dir: Path, base: str, heads: Sequence[Head], seconds: float = SECONDS) -> MergedDiff:
    """Merge pull requests in this order on top of the base, up to the first one that conflicts; write nothing.

    Args:
        git_dir: git's folder of the clone.
        base: the commit that they are merged onto.
        heads: their last commits; all are in the clone.
        seconds: the time that all of it may take.

    Raises:
        GitFailed: git is missing or failed.
        UnreadableFile: there is no room for temporary files.
    """
    try:
        with borrow_objects(git_dir, is_sha256=len(base) == 64) as borrowed:
            return _merge(borrowed, base, heads, time.monotonic() + seconds)
    except OSError as error:
        raise UnreadableFile(f"cannot merge: {error.strerror or error}", "see whether the disk is full") from error


def _merge(borrowed: BorrowedObjects, base: str, heads: Sequence[Head], until: float) -> MergedDiff:
    commits = [base]
    stop: Stop | None = None
    for head in heads:
        sides = (commits[-1], head.sha)
        result = merge_pairs(borrowed, [sides], until)[sides]
        if isinstance(result, Failed) or not result.is_clean or result.errors:
            stop = _stop(borrowed, base, heads[: len(commits)], result, sides, until)
            break
        commits.append(_commit(borrowed, result.tree, sides, until))
    merged = tuple(head.number for head in heads[: len(commits) - 1])
    return MergedDiff(merged, stop, tuple(_files(borrowed, commits, merged, until)))


def _commit(borrowed: BorrowedObjects, tree: str, parents: Sequence[str], until: float) -> str:
    named = (word for parent in parents for word in ("-p", parent))
    seconds = until - time.monotonic()
    done = borrowed.run(*_NOBODY, "commit-tree", tree, *named, "-m", "merged", seconds=seconds)
    if done.status:
        raise GitFailed(f"git commit-tree failed: {done.messages.strip()[:200]}")
    return done.output.decode("ascii").strip()


def _stop(
    borrowed: BorrowedObjects,
    base: str,
    heads: Sequence[Head],
    result: Merged | Failed,
    sides: tuple[str, str],
    until: float,
) -> Stop:
    """Return where the last of these heads conflicts, and with what."""
    *before, last = heads
    if isinstance(result, Failed):
        return Stop(last.number, why=result.why)
    if result.errors:
        return Stop(last.number, why=result.errors[0])
    alone = merge_pairs(borrowed, [(base, last.sha), *((head.sha, last.sha) for head in before)], until)
    collide = {each for each, merged in alone.items() if isinstance(merged, Merged) and not merged.is_clean}
    return Stop(
        last.number,
        conflict_places(result.conflicts, sides, conflict_lines(borrowed, {sides: result}, until)),
        with_base=(base, last.sha) in collide,
        against=tuple(head.number for head in before if (head.sha, last.sha) in collide),
    )


def _files(
    borrowed: BorrowedObjects, commits: Sequence[str], numbers: Sequence[str], until: float
) -> Iterator[DiffFile]:
    if len(commits) == 1:
        return
    origins = LineOrigins()
    changes = [(after, before) for before, after in pairwise(commits)]
    for step, parts in enumerate(_compare(borrowed, changes, until, "-U0")):
        origins.add(step, parts)
    for whole in _compare(borrowed, [(commits[-1], commits[0])], until, "-U3"):
        for file, hunks in by_file(whole):
            yield DiffFile(
                file,
                _named(origins.of_file(file), numbers),
                tuple(DiffHunk(_named(origins.of_hunk(file, hunk), numbers), hunk) for hunk in hunks),
            )


def _named(steps: Iterable[int], numbers: Sequence[str]) -> tuple[str, ...]:
    return tuple(numbers[step] for step in sorted(steps))


def _compare(
    borrowed: BorrowedObjects, changes: Sequence[tuple[str, str]], until: float, context: str
) -> Iterator[list[Part]]:
    """Yield what each change changes, of pairs of a commit and the one before it."""
    asked = "".join(f"{after} {before}\n" for after, before in changes).encode()
    seconds, left = until - time.monotonic(), _MOST_BYTES
    parts: list[Part] | None = None
    with borrowed.running(*_DIFF, context, input=asked, seconds=seconds) as (process, output):
        for part in read_patches(output):
            if isinstance(part, CommitStart):
                if parts is not None:
                    yield parts
                parts = []
            elif parts is not None:
                parts.append(part)
            left -= sum(map(len, part.lines)) if isinstance(part, Hunk) else 0
            if left < 0:
                raise UnreadableFile(f"the diff has more than {_MOST_BYTES} bytes", "see them one by one on the forge")
        if process.wait():
            raise GitFailed("git diff-tree did not finish", "some objects may be missing here: git fetch --refetch")
    if parts is not None:
        yield parts
