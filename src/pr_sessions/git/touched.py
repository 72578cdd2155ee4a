"""Which lines of a base commits and working trees change, read from diffs without lines around them."""

import time
from collections.abc import Collection, Iterable, Sequence
from typing import IO

from pr_sessions.core.line_spans import Span, moved_spans, span_of
from pr_sessions.core.worktrees import TouchedFile
from pr_sessions.git.borrowed import BorrowedObjects
from pr_sessions.git.merge_bases import merge_bases
from pr_sessions.git.patch import CommitStart, FileStart, Hunk, Part, by_file, read_patches

# One with more files says little about its lines.
MOST_FILES = 5_000
_DIFF = (
    *("-c", "core.bigFileThreshold=4m", "--literal-pathspecs", "diff-tree", "--stdin", "--always", "-r", "-p", "-U0"),
    *("--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"),
)
_MOST_PATHS = 500

Touched = tuple[TouchedFile, ...]


def read_touched(output: IO[bytes]) -> Touched:
    """Return the files of one diff, with their spans in the old tree."""
    return _touched(read_patches(output))


def touched_by_commits(
    borrowed: BorrowedObjects, base: str, heads: Sequence[str], paths: Collection[str], until: float
) -> dict[str, Touched]:
    """Return what commits change of some files since their branches began, at the base; what is unknown is missing.

    Args:
        borrowed: holds the commits.
        base: the commit that branches are meant for.
        heads: the last commits.
        paths: the files; with more than 500 of them all files are read.
        until: of `time.monotonic`.
    """
    if not paths:
        return {}
    forks = {head: sha for (head, _), sha in merge_bases(borrowed, [(h, base) for h in heads], _left(until)).items()}
    touched = _compare(borrowed, list(forks.items()), paths, until)
    wanted = [(fork, tuple(file for file in files if file.path in paths)) for (_, fork), files in touched.items()]
    moved = zip(touched, at_base(borrowed, base, wanted, until), strict=True)
    return {head: files for (head, _), files in moved if files is not None}


def at_base(
    borrowed: BorrowedObjects, base: str, touched: Sequence[tuple[str, Touched]], until: float
) -> list[Touched | None]:
    """Return what is touched with spans at the base, given the commit that each is compared with; `None` if unknown."""
    paths = {file.path for _, files in touched for file in files if file.spans}
    forks = {fork for fork, files in touched if fork != base and any(file.spans for file in files)}
    hunks = _hunks(borrowed, [(base, fork) for fork in sorted(forks)], paths, until) if paths else {}
    return [
        files
        if fork == base or not any(file.spans for file in files)
        else _moved(files, hunks[fork])
        if fork in hunks
        else None
        for fork, files in touched
    ]


Changes = dict[str, list[tuple[Span, Span]]]


def _moved(files: Touched, changes: Changes) -> Touched:
    return tuple(TouchedFile(file.path, moved_spans(file.spans, changes.get(file.path, ()))) for file in files)


def _hunks(
    borrowed: BorrowedObjects, pairs: Sequence[tuple[str, str]], paths: Collection[str], until: float
) -> dict[str, Changes]:
    """Return what changed between forks and the base, by fork and path."""
    return {
        fork: {
            _name(file): [(span_of(h.old, h.old_count), span_of(h.new, h.new_count)) for h in hunks]
            for file, hunks in by_file(parts)
        }
        for (_, fork), parts in _parts(borrowed, pairs, paths, until).items()
    }


def _compare(
    borrowed: BorrowedObjects, pairs: Sequence[tuple[str, str]], paths: Collection[str], until: float
) -> dict[tuple[str, str], Touched]:
    return {pair: _touched(parts) for pair, parts in _parts(borrowed, pairs, paths, until).items()}


def _parts(
    borrowed: BorrowedObjects, pairs: Sequence[tuple[str, str]], paths: Collection[str], until: float
) -> dict[tuple[str, str], list[Part]]:
    """Return the differences of pairs of commits, the later one first; those that git did not finish are missing."""
    asked = "".join(f"{after} {before}\n" for after, before in pairs).encode()
    limits = ("--", *sorted(paths)) if len(paths) <= _MOST_PATHS else ()
    each: list[list[Part]] = []
    with borrowed.running(*_DIFF, *limits, input=asked, seconds=_left(until)) as (process, output):
        for part in read_patches(output):
            if isinstance(part, CommitStart):
                each.append([])
            elif each:
                each[-1].append(part)
        is_whole = process.wait() == 0
    return dict(zip(pairs, each if is_whole else each[:-1], strict=False))


def _touched(parts: Iterable[Part]) -> Touched:
    files: list[TouchedFile] = []
    for file, hunks in by_file(parts):
        if len(files) == MOST_FILES:
            break
        is_whole = file.old is None or file.new is None or file.is_binary
        files.append(TouchedFile(_name(file), () if is_whole else _spans(hunks)))
    return tuple(files)


def _spans(hunks: Sequence[Hunk]) -> tuple[Span, ...]:
    return tuple(span_of(hunk.old, hunk.old_count) for hunk in hunks)


def _name(file: FileStart) -> str:
    return ((file.new if file.new is not None else file.old) or b"").decode("utf-8", "replace")


def _left(until: float) -> float:
    return until - time.monotonic()
