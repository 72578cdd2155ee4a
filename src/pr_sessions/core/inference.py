"""Sessions of pull requests whose run nobody knows, by the rule that is right most often where runs are known.

What is inferred is for reading: it is computed when it is shown and never stored.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from math import fsum

from msgspec import Struct

from pr_sessions.core.clues import Clues, Signs, compare, path_levels, score, weigh
from pr_sessions.core.ids import number_order, safe_author

ENOUGH_KNOWN = 30
"""With fewer pull requests of known runs nothing is learnt."""

CHANCE = 3
"""A rule that is worth fewer pull requests than this more than a plainer one may be so by chance: the plainer stays."""

BLOCKS = 5
GAPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 480, 960, 1440))
BURST = timedelta(minutes=30)


class Rule(StrEnum):
    """A way of putting pull requests without known runs into sessions, the plainest first."""

    ONE_EACH = "one each"
    BY_TIME = "author and time"
    SCORED = "scored"


class Group(Struct, frozen=True):
    """Pull requests that are taken for one session.

    Attributes:
        id: begins with `inferred-`; a first pull request has the same one whatever else the group holds.
        numbers: in the order of time.
    """

    id: str
    numbers: tuple[str, ...]


class Learnt(Struct, frozen=True, kw_only=True):
    """What the known runs of a repository say about its others.

    Attributes:
        rule: the rule that is right most often.
        known: how many pull requests of known runs there are.
        figures: B-cubed F of each rule, cross-validated in `BLOCKS` of equal count by time; empty with too few.
        gap: the longest pause within a session, as `BY_TIME` has learnt it.
        weights: of signs, as `SCORED` has learnt them.
    """

    rule: Rule
    known: int
    figures: Mapping[Rule, float] = {}
    gap: timedelta = timedelta(0)
    weights: Mapping[str, float] = {}


class Inference(Struct, frozen=True):
    """The sessions that are inferred, and by what.

    Attributes:
        groups: every pull request that agents opened or assisted and whose run is unknown, once; in order of time.
    """

    learnt: Learnt
    groups: tuple[Group, ...]


class Agreement(Struct, frozen=True):
    """How well a grouping of some pull requests agrees with the true one; those of several sets add up.

    Attributes:
        precision: sum over the pull requests of the share of its group that belongs with it.
        recall: sum over the pull requests of the share of its session that is in its group.
    """

    count: int
    precision: float
    recall: float


class _Block(Struct, frozen=True):
    """Pull requests of known runs that stand one after the other, and what is computed of them once."""

    prs: Sequence[Clues]
    rows: list[list[Signs]]
    pairs: Counter[tuple[Signs, bool]]
    by_gap: Mapping[timedelta, Agreement]


def infer(prs: Iterable[Clues]) -> Inference:
    """Group the pull requests of a repository that agents opened or assisted and that name no run.

    Those of known runs are learnt from and not grouped. The order in which they are given does not matter.
    """
    ordered = sorted(prs, key=lambda pr: (pr.at, number_order(pr.number)))
    known = [pr for pr in ordered if pr.run is not None]
    levels = path_levels(ordered) if len(known) >= ENOUGH_KNOWN else {}
    learnt = learn(known, levels)
    return Inference(learnt, group_by_rule([pr for pr in ordered if pr.has_agent and pr.run is None], learnt, levels))


def bursts(prs: Iterable[Clues]) -> tuple[tuple[str, ...], ...]:
    """Return the numbers of one author's pull requests with an agent, each within 30 minutes of the last.

    They say when somebody worked, and nothing about sessions. One alone is no burst.
    """
    ordered = sorted((pr for pr in prs if pr.has_agent), key=lambda pr: (pr.at, number_order(pr.number)))
    return tuple(group.numbers for group in _groups(ordered, by_time(ordered, BURST)) if len(group.numbers) > 1)


def learn(known: Sequence[Clues], levels: Mapping[str, int]) -> Learnt:
    """Choose the rule that is right most often, and learn what it needs; of two about as good the plainer one.

    Args:
        known: pull requests of known runs, in the order of time.
        levels: how rare each path is in the repository.
    """
    if len(known) < ENOUGH_KNOWN:
        return Learnt(rule=Rule.ONE_EACH, known=len(known))
    blocks = [_block(known[len(known) * n // BLOCKS : len(known) * (n + 1) // BLOCKS], levels) for n in range(BLOCKS)]
    folds = [(block, [each for each in blocks if each is not block]) for block in blocks]
    figures = {
        Rule.ONE_EACH: b_cubed(agreement(block.prs, range(len(block.prs))) for block in blocks),
        Rule.BY_TIME: b_cubed(block.by_gap[_gap(others)] for block, others in folds),
        Rule.SCORED: b_cubed(agreement(block.prs, scored(block.rows, _weights(others))) for block, others in folds),
    }
    best = Rule.ONE_EACH
    for rule in Rule:
        if figures[rule] - figures[best] > CHANCE / len(known):
            best = rule
    return Learnt(rule=best, known=len(known), figures=figures, gap=_gap(blocks), weights=_weights(blocks))


def group_by_rule(prs: Sequence[Clues], learnt: Learnt, levels: Mapping[str, int]) -> tuple[Group, ...]:
    """Group pull requests, given in the order of time, by the rule that was learnt."""
    if learnt.rule is Rule.BY_TIME:
        return _groups(prs, by_time(prs, learnt.gap))
    if learnt.rule is Rule.SCORED:
        return _groups(prs, scored(compare(prs, levels), learnt.weights))
    return _groups(prs, range(len(prs)))


def by_time(prs: Sequence[Clues], gap: timedelta) -> list[int]:
    """Return for each the place of the first one of its group: work of one author without a longer pause.

    Where no author is known, each is alone.
    """
    latest: dict[str, int] = {}
    groups: list[int] = []
    for place, pr in enumerate(prs):
        before = latest.get(pr.author) if pr.author else None
        groups.append(place if before is None or pr.at - prs[before].at > gap else groups[before])
        latest[pr.author] = place
    return groups


def scored(rows: Sequence[Sequence[Signs]], weights: Mapping[str, float]) -> list[int]:
    """Return for each the place of the first one of its group.

    Each goes to the group to whose pull requests of the last day it fits best on average. If it does not fit any, it
    begins one.

    Args:
        rows: as `compare` returns them.
        weights: as `weigh` returns them.
    """
    scores = {signs: score(signs, weights) for signs in {signs for row in rows for signs in row}}
    groups: list[int] = []
    for place, row in enumerate(rows):
        sums: dict[int, float] = {}
        counts: dict[int, int] = {}
        for group, signs in zip(groups[place - len(row) :], row, strict=True):
            sums[group] = sums.get(group, 0.0) + scores[signs]
            counts[group] = counts.get(group, 0) + 1
        best = max(sums, key=lambda group: sums[group] / counts[group], default=place)
        groups.append(best if sums.get(best, 0.0) > 0 else place)
    return groups


def agreement(prs: Sequence[Clues], groups: Sequence[int]) -> Agreement:
    """Compare the groups of pull requests with their known runs."""
    runs = [pr.run for pr in prs]
    by_run, by_group, by_both = Counter(runs), Counter(groups), Counter(zip(runs, groups, strict=True))
    return Agreement(
        len(prs),
        fsum(n * n / by_group[group] for (_, group), n in by_both.items()),
        fsum(n * n / by_run[run] for (run, _), n in by_both.items()),
    )


def b_cubed(agreements: Iterable[Agreement]) -> float:
    """Return the harmonic mean of B-cubed precision and recall (Bagga and Baldwin, 1998) over all of them."""
    parts = list(agreements)
    precision, recall = fsum(part.precision for part in parts), fsum(part.recall for part in parts)
    return 2 * precision * recall / (precision + recall) / sum(part.count for part in parts)


def _block(prs: Sequence[Clues], levels: Mapping[str, int]) -> _Block:
    rows = compare(prs, levels)
    runs = [pr.run for pr in prs]
    pairs = Counter(
        (signs, run == runs[place])
        for place, row in enumerate(rows)
        for signs, run in zip(row, runs[place - len(row) : place], strict=True)
    )
    return _Block(prs, rows, pairs, {gap: agreement(prs, by_time(prs, gap)) for gap in GAPS})


def _gap(blocks: Sequence[_Block]) -> timedelta:
    """Return the shortest of the gaps that are right most often."""
    return max(GAPS, key=lambda gap: b_cubed(block.by_gap[gap] for block in blocks))


def _weights(blocks: Sequence[_Block]) -> Mapping[str, float]:
    pairs: Counter[tuple[Signs, bool]] = Counter()
    for block in blocks:
        pairs.update(block.pairs)
    return weigh(pairs)


def _groups(prs: Sequence[Clues], groups: Sequence[int]) -> tuple[Group, ...]:
    numbers: dict[int, list[str]] = defaultdict(list)
    for pr, first in zip(prs, groups, strict=True):
        numbers[first].append(pr.number)
    return tuple(Group(f"inferred-{safe_author(members[0])}", tuple(members)) for members in numbers.values())
