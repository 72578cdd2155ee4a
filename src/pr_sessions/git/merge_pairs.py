"""Merge pairs of commits on borrowed objects, many with one process of git, and find the lines that conflict."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from pr_sessions.core.conflicts import ConflictPlace
from pr_sessions.core.ids import clean
from pr_sessions.git.borrowed import BorrowedObjects, Finished
from pr_sessions.git.merge_output import ConflictRecord, Merged, marked_lines, read_merges
from pr_sessions.io.files import MIB

TOO_LONG = "the time for merges was used up"
_OLD = "git 2.39 or newer is needed"
# `--stdin` came with 2.39; an older git shows its usage.
_USAGE = 129
_AT_ONCE = 2
# What git has not printed yet is lost where its time ends, and it prints late.
_OF_A_PROCESS = 5
_MOST_OUTPUT = 32 * MIB
# Larger files are named without lines.
_LARGEST_FILE, _MOST_FILES = 4 * MIB, 64 * MIB
# Of one merge.
_MOST_FILES_READ, _MOST_PLACES = 200, 200

Side = tuple[str, str]
Lines = tuple[tuple[int, int], ...]


class Failed(Struct, frozen=True):
    """A merge that could not be made, and why."""

    why: str


def merge_pairs(borrowed: BorrowedObjects, sides: Iterable[Side], until: float) -> dict[Side, Merged | Failed]:
    """Return what came of merging each pair of commits, each once.

    Args:
        borrowed: holds the commits. Git leaves the merged trees there.
        sides: pairs of ids.
        until: the time of `time.monotonic` at which it ends; what is not merged then has failed.
    """
    wanted = list(dict.fromkeys(sides))
    shares = [wanted[start : start + _OF_A_PROCESS] for start in range(0, len(wanted), _OF_A_PROCESS)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = pool.map(lambda share: _merge(borrowed, share, until), shares)
        return {
            each: merged
            for share, merges in zip(shares, results, strict=True)
            for each, merged in zip(share, merges, strict=True)
        }


def conflict_lines(
    borrowed: BorrowedObjects, merges: Mapping[Side, Merged | Failed], until: float
) -> dict[tuple[Side, bytes], Lines]:
    """Return the marked lines of the files that conflict, by sides and path; none of files that are too large."""
    names = {
        (sides, record.paths[0]): b"%b:%b" % (merged.tree.encode(), record.paths[0])
        for sides, merged in merges.items()
        if isinstance(merged, Merged)
        for record in merged.conflicts[:_MOST_FILES_READ]
        if record.kind == "content" and record.paths
    }
    blobs = borrowed.blobs(
        list(dict.fromkeys(names.values())),
        largest=_LARGEST_FILE,
        most=_MOST_FILES,
        seconds=until - time.monotonic(),
    )
    return {key: marked_lines(blobs.get(name, b""), *key[0]) for key, name in names.items()}


def conflict_places(
    records: Iterable[ConflictRecord], sides: Side, lines: Mapping[tuple[Side, bytes], Lines]
) -> tuple[ConflictPlace, ...]:
    """Return the places of conflicts by path and line, at most 200 of them."""
    places = {
        ConflictPlace(record.paths[0].decode("utf-8", "replace"), first, last, record.kind)
        for record in records
        if record.paths
        for first, last in lines.get((sides, record.paths[0])) or ((0, 0),)
    }
    return tuple(sorted(places))[:_MOST_PLACES]


def _merge(borrowed: BorrowedObjects, sides: Sequence[Side], until: float) -> list[Merged | Failed]:
    """Merge one after the other. Git ends at a merge that it cannot make; the next process goes on behind it."""
    results: list[Merged | Failed] = []
    while len(results) < len(sides) and (seconds := until - time.monotonic()) > 0:
        asked = "".join(f"{ours} {theirs}\n" for ours, theirs in sides[len(results) :]).encode()
        done = borrowed.run(
            *("-c", "merge.conflictStyle=merge", "-c", "core.looseCompression=0"),
            *("merge-tree", "--write-tree", "--stdin", "-z", "--name-only"),
            input=asked,
            seconds=seconds,
            most=_MOST_OUTPUT,
        )
        if done.status == _USAGE:
            return [Failed(_OLD)] * len(sides)
        results += list(read_merges(done.output))[: len(sides) - len(results)]
        if len(results) < len(sides) and time.monotonic() < until:
            results.append(Failed(_why(done, is_shallow=borrowed.is_shallow)))
    return [*results, *[Failed(TOO_LONG)] * (len(sides) - len(results))]


def _why(done: Finished, *, is_shallow: bool) -> str:
    """Return why git did not merge, in its words where they are not known."""
    said = done.messages
    if "unrelated histories" in said:
        return "their common history is not in this clone" if is_shallow else "they have no common history"
    if any(word in said.lower() for word in ("unable to read", "could not read", "not something we can merge")):
        return "this clone lacks some of their objects"
    return clean(said.strip().partition("\n")[0], 120) or f"git ended with status {done.status}"
