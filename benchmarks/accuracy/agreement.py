"""How well a grouping agrees with the true one: pairs, groups exactly right, B-cubed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import fsum

from msgspec import Struct


class Tally(Struct, frozen=True):
    """What the measures are made of; tallies of several sets of items that share no group add up.

    Attributes:
        groups: true groups.
        exact: true groups that were found with exactly their members.
        pairs_found: pairs of items that stand together in the grouping.
        pairs_true: pairs that belong together.
        pairs_both: pairs that are both.
        precision: sum over items: the share of the item's found group that belongs with it.
        recall: sum over items: the share of the item's true group that was found with it.
    """

    items: int = 0
    groups: int = 0
    exact: int = 0
    pairs_found: int = 0
    pairs_true: int = 0
    pairs_both: int = 0
    precision: float = 0.0
    recall: float = 0.0

    def times(self, count: int) -> "Tally":
        """The tally of that many copies."""
        return Tally(
            count * self.items,
            count * self.groups,
            count * self.exact,
            count * self.pairs_found,
            count * self.pairs_true,
            count * self.pairs_both,
            count * self.precision,
            count * self.recall,
        )

    @property
    def pair_precision(self) -> float | None:
        """Of the pairs that were put together, the share that belongs together; `None` where there are none."""
        return self.pairs_both / self.pairs_found if self.pairs_found else None

    @property
    def pair_recall(self) -> float | None:
        """Of the pairs that belong together, the share that was put together; `None` where there are none."""
        return self.pairs_both / self.pairs_true if self.pairs_true else None

    @property
    def exact_share(self) -> float | None:
        """The share of true groups that are exactly right; `None` where there are none."""
        return self.exact / self.groups if self.groups else None

    @property
    def b_cubed_f(self) -> float | None:
        """Harmonic mean of B-cubed precision and recall (Bagga and Baldwin, 1998); `None` without items."""
        if not self.items:
            return None
        precision, recall = self.precision / self.items, self.recall / self.items
        return 2 * precision * recall / (precision + recall)


def tally(truth: Mapping[str, str], found: Mapping[str, str]) -> Tally:
    """Compares two groupings of the same items.

    Args:
        truth: the true group of each item.
        found: the group that each of these items was put into.
    """
    true_size, found_size = Counter(truth.values()), Counter(found[item] for item in truth)
    shared = Counter((truth[item], found[item]) for item in truth)
    return Tally(
        items=len(truth),
        groups=len(true_size),
        exact=sum(n == true_size[one] == found_size[other] for (one, other), n in shared.items()),
        pairs_found=_pairs(found_size.values()),
        pairs_true=_pairs(true_size.values()),
        pairs_both=_pairs(shared.values()),
        precision=fsum(n * n / found_size[other] for (_, other), n in shared.items()),
        recall=fsum(n * n / true_size[one] for (one, _), n in shared.items()),
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """The tally of everything together, the same in whatever order."""
    columns = list(zip(*map(_values, tallies), strict=True))
    return Tally(*map(sum, columns[:6]), *map(fsum, columns[6:])) if columns else Tally()


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _values(one: Tally) -> tuple[int, int, int, int, int, int, float, float]:
    return (
        one.items,
        one.groups,
        one.exact,
        one.pairs_found,
        one.pairs_true,
        one.pairs_both,
        one.precision,
        one.recall,
    )
