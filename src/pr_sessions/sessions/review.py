"""In which order to review pull requests: what others are built on first, then the small ones."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from pr_sessions.sessions.ids import number_order


def review_order(
    numbers: Iterable[str], sizes: Mapping[str, int | None], stacks: Iterable[Sequence[str]]
) -> tuple[str, ...]:
    """The pull requests in an order in which each comes after those that it is built on, and small ones come first.

    Of those that are ready the one with the fewest changed files is next, one of unknown size last, ties by number. A
    stack that bites its own tail is no reason to leave anything out.

    Args:
        numbers: those to order.
        sizes: changed files by number.
        stacks: chains of numbers, each built on the one before; others than `numbers` may stand in them.
    """
    waiting = set(numbers)
    below, above = _neighbours(stacks, waiting)
    ready = [(_rank(number, sizes), number) for number in waiting if not below.get(number)]
    heapify(ready)
    order: list[str] = []
    while waiting:
        number = heappop(ready)[1] if ready else min(waiting, key=lambda one: _rank(one, sizes))
        if number not in waiting:
            continue
        order.append(number)
        waiting.remove(number)
        for upper in above.get(number, ()):
            below[upper].discard(number)
            if not below[upper]:
                heappush(ready, (_rank(upper, sizes), upper))
    return tuple(order)


def _neighbours(stacks: Iterable[Sequence[str]], wanted: set[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By number the one that it stands on, and those that stand on it; what is not wanted is stepped over."""
    below: dict[str, set[str]] = {}
    above: dict[str, set[str]] = {}
    for chain in stacks:
        for lower, upper in pairwise(number for number in chain if number in wanted):
            below.setdefault(upper, set()).add(lower)
            above.setdefault(lower, set()).add(upper)
    return below, above


def _rank(number: str, sizes: Mapping[str, int | None]) -> tuple[bool, int, tuple[str, int, str]]:
    size = sizes.get(number)
    return (size is None, size or 0, number_order(number))
