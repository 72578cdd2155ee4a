"""Attempted merges of open pull requests with each other: `git merge-tree` on objects that the clone already has.

Only text is merged. No merge driver, attribute or hook runs, so a file that a team merges by rules of its own may
conflict here and not there.
"""

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from pr_sessions.core.conflicts import Conflict, MergeAttempt, MergeResult
from pr_sessions.core.ids import clean
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.borrowed import BorrowedObjects, borrow_objects
from pr_sessions.git.merge_output import ConflictRecord, Merged
from pr_sessions.git.merge_pairs import TOO_LONG, Failed, Lines, Side, conflict_lines, conflict_places, merge_pairs

MOST_PAIRS = 200
SECONDS = 20.0
# So many are finished with all that is said of them before the next ones begin: time may run out.
_BATCH = 20

Key = tuple[str, str]
PairKey = tuple[str, Key]
Heads = Mapping[Key, tuple[str, str]]
# The paths in which each pull request conflicts with its own base; those that could not be merged are missing.
_BaseConflicts = dict[Key, frozenset[str]]


def attempt_merges(
    git_dir: Path, conflicts: Sequence[Conflict], heads: Heads, seconds: float = SECONDS
) -> dict[PairKey, MergeAttempt]:
    """Return what came of merging the two heads of each pair, by repository and numbers. Nothing is fetched.

    Where a head conflicts with its own base, too, that is no conflict of the two. If they change such a file both, the
    pair counts as not tried.

    Args:
        git_dir: git's folder of the clone.
        conflicts: the pairs; the first `MOST_PAIRS` of those that are in the clone are tried.
        heads: by repository and number the last commit, and the tip of the branch that it is meant for.
        seconds: what is not merged after them counts as not tried.
    """
    until = time.monotonic() + seconds
    is_sha256 = any(len(sha) == 64 for sides in heads.values() for sha in sides)
    try:
        with borrow_objects(git_dir, is_sha256=is_sha256) as borrowed:
            here = borrowed.commits(sha for sides in heads.values() for sha in sides)
            why_not = {pair: why for pair in conflicts if (why := _missing(pair, heads, here))}
            local = [pair for pair in conflicts if pair not in why_not]
            why_not |= dict.fromkeys(local[MOST_PAIRS:], f"{MOST_PAIRS} pairs were tried")
            attempts = _Attempts(borrowed, heads, here, until).all_of(local[:MOST_PAIRS])
            return {_key(pair): attempts.get(pair) or MergeAttempt(why_not=why_not[pair]) for pair in conflicts}
    except (PrSessionsError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return {_key(pair): MergeAttempt(why_not=clean(why, 120)) for pair in conflicts}


def _key(pair: Conflict) -> PairKey:
    return pair.repository, pair.numbers


def _missing(pair: Conflict, heads: Heads, here: frozenset[str]) -> str:
    """Return which of the two cannot be merged; nothing where both can."""
    absent = [number for number in pair.numbers if heads.get((pair.repository, number), ("", ""))[0] not in here]
    return f"this clone lacks the commits of {_named(absent)}" if absent else ""


def _named(numbers: Sequence[str]) -> str:
    return " and ".join(f"#{number}" for number in numbers)


class _Attempts:
    """Merges on borrowed objects, and what pull requests conflict with on their own."""

    def __init__(self, borrowed: BorrowedObjects, heads: Heads, here: frozenset[str], until: float) -> None:
        self._borrowed, self._heads, self._here, self._until = borrowed, heads, here, until
        self._with_base: _BaseConflicts = {}

    def all_of(self, pairs: Sequence[Conflict]) -> dict[Conflict, MergeAttempt]:
        """Return what came of each pair."""
        attempts: dict[Conflict, MergeAttempt] = {}
        waiting = iter(pairs)
        while batch := list(islice(waiting, _BATCH)):
            attempts |= self._batch({pair: self._sides(pair) for pair in batch})
        return attempts

    def _sides(self, pair: Conflict) -> Side:
        first, second = (self._heads[pair.repository, number][0] for number in pair.numbers)
        return first, second

    def _batch(self, pairs: Mapping[Conflict, Side]) -> dict[Conflict, MergeAttempt]:
        merges = merge_pairs(self._borrowed, pairs.values(), self._until)
        colliding = {
            sides: merged for sides, merged in merges.items() if isinstance(merged, Merged) and merged.conflicts
        }
        self._merge_with_bases([pair for pair, sides in pairs.items() if sides in colliding])
        lines = conflict_lines(self._borrowed, colliding, self._until)
        return {pair: self._attempt(pair, sides, merges[sides], lines) for pair, sides in pairs.items()}

    def _merge_with_bases(self, pairs: Sequence[Conflict]) -> None:
        keys = dict.fromkeys((pair.repository, number) for pair in pairs for number in pair.numbers)
        sides = {
            key: (base, head)
            for key in keys
            for head, base in [self._heads[key]]
            if base in self._here and key not in self._with_base
        }
        merges = merge_pairs(self._borrowed, sides.values(), self._until)
        for key, each in sides.items():
            if isinstance(merged := merges[each], Merged):
                self._with_base[key] = frozenset(name for record in merged.conflicts for name in _names(record))

    def _attempt(
        self, pair: Conflict, sides: Side, merged: Merged | Failed, lines: Mapping[tuple[Side, bytes], Lines]
    ) -> MergeAttempt:
        if isinstance(merged, Failed):
            return MergeAttempt(why_not=merged.why)
        if merged.errors:
            return MergeAttempt(why_not=clean(merged.errors[0], 120))
        if merged.is_clean:
            return MergeAttempt(MergeResult.CLEAN)
        between, why_not = _conflicts_between(pair, merged.conflicts, self._with_base)
        if why_not and time.monotonic() > self._until:
            return MergeAttempt(why_not=TOO_LONG)
        if between or not merged.conflicts:
            return MergeAttempt(MergeResult.CONFLICT, conflict_places(between, sides, lines))
        return MergeAttempt(why_not=why_not) if why_not else MergeAttempt(MergeResult.CLEAN)


def _conflicts_between(
    pair: Conflict, conflicts: Sequence[ConflictRecord], with_base: Mapping[Key, frozenset[str]]
) -> tuple[list[ConflictRecord], str]:
    """Return the conflicts that are those of the two, and why nothing can be said where there are none."""
    based = {number: with_base.get((pair.repository, number)) for number in pair.numbers}
    of_bases = frozenset().union(*(names or () for names in based.values()))
    between = [record for record in conflicts if record.paths and not of_bases.intersection(_names(record))]
    if None in based.values():
        # One of them may hold what came to the base since the other began; only files that both change are sure.
        between = [record for record in between if not set(pair.files).isdisjoint(_names(record))]
        return between, "this clone lacks the latest commits of their base"
    with_own = [number for number, names in based.items() if names and not names.isdisjoint(pair.files)]
    return between, f"{_named(with_own)} conflict{'s' * (len(with_own) == 1)} with the base" if with_own else ""


def _names(record: ConflictRecord) -> tuple[str, ...]:
    return tuple(path.decode("utf-8", "replace") for path in record.paths)
