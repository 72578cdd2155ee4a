"""The map of conflicts: pull requests below each other, and an arc for each pair."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from pr_sessions.core.conflicts import Conflict, MergeResult

# In units of the drawing; a pull request is one line of text, which is as high.
STEP = 28
WIDTH = 120
_NEAREST = 16


class Arc(Struct, frozen=True):
    """The arc of a pair.

    Attributes:
        path: its curve, as the `d` of an SVG path.
    """

    path: str
    result: MergeResult


class ConflictMap(Struct, frozen=True):
    """What is drawn.

    Attributes:
        keys: repository and number of the pull requests, from the top down.
        arcs: what conflicts is drawn last, so that it stands above.
    """

    keys: tuple[tuple[str, str], ...]
    arcs: tuple[Arc, ...]

    @property
    def height(self) -> int:
        """Return the height of the drawing."""
        return STEP * len(self.keys)


def conflict_map(pairs: Sequence[Conflict], order: Mapping[tuple[str, str], int]) -> ConflictMap:
    """Return the map of these pairs.

    Args:
        pairs: those that are drawn.
        order: the place of each pull request in the inbox, so that those of a row are neighbours.
    """
    keys = sorted(
        {(pair.repository, number) for pair in pairs for number in pair.numbers},
        key=lambda key: order.get(key, len(order)),
    )
    place = {key: at for at, key in enumerate(keys)}
    longest = max(len(keys) - 1, 1)
    arcs = []
    for pair in pairs:
        upper, lower = sorted(place[pair.repository, number] for number in pair.numbers)
        reach = _NEAREST + (WIDTH - 8 - _NEAREST) * (lower - upper) / longest
        start, end = (round(STEP * (at + 0.5)) for at in (upper, lower))
        curve = f"M0 {start}A{reach:.0f} {(end - start) / 2:g} 0 0 1 0 {end}"
        arcs.append(Arc(curve, pair.attempt.result))
    drawing = (MergeResult.CLEAN, MergeResult.NOT_TRIED, MergeResult.CONFLICT)
    return ConflictMap(tuple(keys), tuple(sorted(arcs, key=lambda arc: drawing.index(arc.result))))
