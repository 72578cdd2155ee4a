"""Intervals by drawing whole repositories again and again: pull requests of one repository are no independent cases."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

from benchmarks.accuracy.agreement import Tally, total

DRAWS = 1000
Interval = tuple[float, float]
Measure = Callable[[Tally], float | None]


def draws(count: int, seed: int) -> tuple[Counter[int], ...]:
    """How often each of `count` repositories is drawn, in each of `DRAWS` rounds; the same on every machine.

    Only `Random.random` promises the same numbers in every version of Python.
    """
    random = Random(seed)  # noqa: S311 - chance that can be repeated, no secret
    return tuple(Counter(int(random.random() * count) for _ in range(count)) for _ in range(DRAWS))


def redrawn(tallies: Sequence[Tally], drawn: Sequence[Counter[int]]) -> Iterator[Tally]:
    """The tally of each round."""
    for counts in drawn:
        yield total(tallies[place].times(often) for place, often in counts.items())


def interval(values: Sequence[float | None]) -> Interval | None:
    """The middle 95 % of those that are known; `None` where none is."""
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    cut = int(0.025 * len(ordered))
    return ordered[cut], ordered[-1 - cut]
