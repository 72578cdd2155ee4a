"""Pairs of pull requests that touch the same files: how many there are, and those of which that says most.

Numbers of files and of pairs are facts. How rare a file is only ranks.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, pairwise

from msgspec import Struct

from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.paths import is_generated, is_ours

# Of each list as many pairs as this are kept for each pull request, on average: output grows with the pull requests.
KEPT_EACH = 2
KEPT_ALWAYS = 500
# As many pairs as this are ranked for each pull request, those with the rarest files.
RANKED_EACH = 5
RANKED_ALWAYS = 5_000
_SCALE = 1_000_000


class Overlap(Struct, frozen=True):
    """Two pull requests that touch the same files.

    Attributes:
        numbers: the two, in the order in which they were given.
        files: all paths that both change, sorted; what tools wrote stands last.
    """

    numbers: tuple[str, str]
    files: tuple[str, ...]


class OverlapList(Struct, frozen=True):
    """Pairs of one kind.

    Attributes:
        pairs: those of which their files say most, these first.
        count: how many there are, with those that are left out of `pairs`.
    """

    pairs: tuple[Overlap, ...] = ()
    count: int = 0

    @property
    def left_out(self) -> int:
        """Return how many are not among `pairs`."""
        return self.count - len(self.pairs)


class Overlaps(Struct, frozen=True, kw_only=True):
    """All pairs that touch the same files, but those of which one is built on the other.

    Attributes:
        pairs: those of all three lists, ranked as in these.
        in_session: both in the same session.
        across_sessions: in two sessions.
        outside_sessions: at least one is in no session.
    """

    pairs: tuple[Overlap, ...] = ()
    in_session: OverlapList = OverlapList()
    across_sessions: OverlapList = OverlapList()
    outside_sessions: OverlapList = OverlapList()

    @property
    def lists(self) -> Mapping[str, OverlapList]:
        """Return them by name, what matters most first."""
        return {
            "across_sessions": self.across_sessions,
            "outside_sessions": self.outside_sessions,
            "in_session": self.in_session,
        }


def overlaps(
    prs: Sequence[HistoricPullRequest],
    session_of: Mapping[str, str] = {},
    stacks: Iterable[Sequence[str]] = (),
) -> Overlaps:
    """Return the pairs that touch the same files. Files that this tool writes do not count.

    Pairs that share rare files come first; files that tools wrote, such as lock files, rank last.

    Args:
        prs: each with another number.
        session_of: the session's id by number, for those that are in one.
        stacks: chains of which each is built on the one before.
    """
    compared = _Compared(prs, stacks)
    groups: dict[str, int] = defaultdict(int)
    for place, pr in enumerate(prs):
        if pr.number in session_of:
            groups[session_of[pr.number]] |= 1 << place
    counts = compared.count(session_of, groups)
    kept: dict[str, list[Overlap]] = {name: [] for name in counts}
    pairs = []
    most = KEPT_ALWAYS + KEPT_EACH * len(prs)
    for first, second in compared.ranked():
        name = _kind(session_of.get(prs[first].number), session_of.get(prs[second].number))
        if len(kept[name]) < most:
            pairs.append(compared.overlap((first, second)))
            kept[name].append(pairs[-1])
    lists = {name: OverlapList(tuple(kept[name]), count) for name, count in counts.items()}
    return Overlaps(pairs=tuple(pairs), **lists)


def overlaps_of(
    numbers: Container[str], prs: Sequence[HistoricPullRequest], stacks: Iterable[Sequence[str]] = ()
) -> tuple[Overlap, ...]:
    """Return all pairs that some of the pull requests are part of, ranked as by `overlaps`."""
    compared = _Compared(prs, stacks)
    centers = [place for place, pr in enumerate(prs) if pr.number in numbers]
    pairs = dict.fromkeys(pair for center in centers for pair in compared.pairs_of(center))
    return tuple(compared.overlap(pair) for pair in compared.rank(pairs))


def _kind(first: str | None, second: str | None) -> str:
    if first is None or second is None:
        return "outside_sessions"
    return "in_session" if first == second else "across_sessions"


class _Compared:
    """The files of pull requests, and where in the sequence those stand that touch each.

    Many pull requests are one number with a bit for each, so that to count all pairs takes no time for each pair.
    """

    def __init__(self, prs: Sequence[HistoricPullRequest], stacks: Iterable[Sequence[str]]) -> None:
        self.numbers = [pr.number for pr in prs]
        self.files = [frozenset(path for path in pr.files if not is_ours(path)) for pr in prs]
        places: dict[str, list[int]] = defaultdict(list)
        for place, files in enumerate(self.files):
            for path in files:
                places[path].append(place)
        self.places = {path: touching for path, touching in places.items() if len(touching) > 1}
        self.generated = {path for path in self.places if is_generated(path)}
        self.below = _below(stacks, {number: place for place, number in enumerate(self.numbers)})

    def count(self, session_of: Mapping[str, str], groups: Mapping[str, int]) -> dict[str, int]:
        """Return the number of pairs of each kind."""
        inside = sum(groups.values())
        every = in_session = in_sessions = 0
        masks = {path: _mask(touching) for path, touching in self.places.items()}
        for place, number in enumerate(self.numbers):
            near = 0
            for path in self.files[place]:
                near |= masks.get(path, 0)
            # Each pair once, at the later one of the two; `below` may stand on either side.
            stacked = near & self.below.get(place, 0)
            near &= (1 << place) - 1
            every += near.bit_count() - stacked.bit_count()
            if session := session_of.get(number):
                in_sessions += (near & inside).bit_count() - (stacked & inside).bit_count()
                in_session += (near & groups[session]).bit_count() - (stacked & groups[session]).bit_count()
        return {
            "in_session": in_session,
            "across_sessions": in_sessions - in_session,
            "outside_sessions": every - in_sessions,
        }

    def ranked(self) -> list[tuple[int, int]]:
        """Return the pairs with the rarest files, those first of which these say most."""
        most = RANKED_ALWAYS + RANKED_EACH * len(self.numbers)
        pairs = dict.fromkeys(islice(self._by_rarity(), 2 * most))
        return self.rank(islice((pair for pair in pairs if not self._is_stacked(pair)), most))

    def rank(self, pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the pairs, those first of which their files say most."""
        return sorted(pairs, key=self._rank)

    def pairs_of(self, center: int) -> Iterator[tuple[int, int]]:
        """Yield the pairs that one is part of."""
        near = {place for path in self.files[center] for place in self.places.get(path, ())} - {center}
        pairs = ((min(place, center), max(place, center)) for place in near)
        return (pair for pair in pairs if not self._is_stacked(pair))

    def overlap(self, pair: tuple[int, int]) -> Overlap:
        """Return the pair with all that it has in common."""
        first, second = pair
        common = self.files[first] & self.files[second]
        files = sorted(common, key=lambda path: (path in self.generated, path))
        return Overlap((self.numbers[first], self.numbers[second]), tuple(files))

    def _by_rarity(self) -> Iterator[tuple[int, int]]:
        ordered = sorted(self.places, key=lambda path: (path in self.generated, len(self.places[path]), path))
        for path in ordered:
            yield from combinations(self.places[path], 2)

    def _rank(self, pair: tuple[int, int]) -> tuple[int, int, int, int]:
        """Each file that people wrote counts as much as it is rare."""
        first, second = pair
        common = self.files[first] & self.files[second]
        rarity = sum(_SCALE // len(self.places[path]) for path in common if path not in self.generated)
        return -rarity, -len(common), first, second

    def _is_stacked(self, pair: tuple[int, int]) -> bool:
        first, second = pair
        return bool(self.below.get(first, 0) >> second & 1 or self.below.get(second, 0) >> first & 1)


def _mask(places: Sequence[int]) -> int:
    bits = bytearray(places[-1] // 8 + 1)
    for place in places:
        bits[place // 8] |= 1 << place % 8
    return int.from_bytes(bits, "little")


def _below(stacks: Iterable[Sequence[str]], places: Mapping[str, int]) -> Mapping[int, int]:
    """Return by place all that each is built on, directly or not; those that are not compared are stepped over.

    Args:
        stacks: a chain that goes on from one of another chain stands after that one.
        places: by number.
    """
    below: dict[int, int] = defaultdict(int)
    for chain in stacks:
        for lower, upper in pairwise(places[number] for number in chain if number in places):
            below[upper] |= below[lower] | 1 << lower
    return below
