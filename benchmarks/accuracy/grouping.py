"""How well each rule finds the sessions that are known, and which one may stand in where no mark is found."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct

from benchmarks.accuracy.agreement import Tally, tally, total
from benchmarks.accuracy.bootstrap import Interval, Measure, draws, interval, redrawn
from benchmarks.accuracy.grouping_rules import ONE_EACH, RULES, SHARED_COMMITS, Rule
from benchmarks.accuracy.known_sessions import Case
from pr_sessions.errors import NotFound

SEED = 4
ENOUGH_PRECISION = 0.8
MEASURES: Mapping[str, Measure] = {
    "pair_precision": lambda one: one.pair_precision,
    "pair_recall": lambda one: one.pair_recall,
    "exact_share": lambda one: one.exact_share,
    "b_cubed_f": lambda one: one.b_cubed_f,
}


class Figures(Struct, frozen=True, kw_only=True):
    """What one rule makes of a set of pull requests.

    Attributes:
        intervals: 95 %, by measure; `None` where the measure is not defined.
        gain: by how much B-cubed F is better than with one session for each pull request.
        gain_interval: 95 %, of the difference in the same draws.
    """

    tally: Tally
    intervals: Mapping[str, Interval | None]
    gain: float | None
    gain_interval: Interval | None

    @property
    def good_enough(self) -> bool:
        """Whether the rule may stand in: its gain excludes zero, and its pairs are right often enough."""
        precision = self.tally.pair_precision or 0.0
        return bool(self.gain_interval and self.gain_interval[0] > 0 and precision >= ENOUGH_PRECISION)


class Result(Struct, frozen=True, kw_only=True):
    """Everything that was measured.

    Attributes:
        default: the rule that stands in where no mark is found, as these figures decide.
        all: figures by rule, over all pull requests whose session is known.
        held_out: the same over the half of the repositories from which nothing was learnt; these decide.
        repositories: how many there are, in all and in the held-out half.
    """

    default: str
    all: Mapping[str, Figures]
    held_out: Mapping[str, Figures]
    repositories: tuple[int, int]


def is_held_out(repository: str) -> bool:
    """Which half a repository is in, by the hash of its name: the last bit of the first byte of SHA-256."""
    return bool(sha256(repository.casefold().encode()).digest()[0] & 1)


def measure(cases: Iterable[Case]) -> Result:
    """Groups the cases of each repository by every rule, and compares.

    Raises:
        NotFound: there is no case.
    """
    by_repository: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_repository[case.repository].append(case)
    if not by_repository:
        raise NotFound(
            "no pull request there has a known session",
            "the truth is the address of a Devin session in the body: https://app.devin.ai/sessions/...",
        )
    names = sorted(by_repository)
    tallies = {name: [_tally(rule, by_repository[repo]) for repo in names] for name, rule in RULES.items()}
    held_out = [place for place, repo in enumerate(names) if is_held_out(repo)]
    figures = _figures({name: [each[place] for place in held_out] for name, each in tallies.items()})
    return Result(
        default=SHARED_COMMITS if figures[SHARED_COMMITS].good_enough else ONE_EACH,
        all=_figures(tallies),
        held_out=figures,
        repositories=(len(names), len(held_out)),
    )


def _tally(rule: Rule, cases: Sequence[Case]) -> Tally:
    found = rule([case.seen for case in cases])
    return tally({case.seen.number: case.session for case in cases}, found)


def _figures(tallies: Mapping[str, Sequence[Tally]]) -> Mapping[str, Figures]:
    """Every rule is measured in the same draws, so that a difference between two is one of the rules."""
    drawn = draws(len(tallies[ONE_EACH]), SEED)
    # Rules that find nothing have the same tallies: what is drawn of them is drawn once.
    rounds = {each: _rounds(each, drawn) for each in {tuple(each): None for each in tallies.values()}}
    floor = tallies[ONE_EACH]
    return {name: _measured(each, rounds[tuple(each)], floor, rounds[tuple(floor)]) for name, each in tallies.items()}


def _rounds(tallies: Sequence[Tally], drawn: Sequence[Counter[int]]) -> list[Tally]:
    return list(redrawn(tallies, drawn)) if tallies else []


def _measured(
    tallies: Sequence[Tally], rounds: Sequence[Tally], floor: Sequence[Tally], floor_rounds: Sequence[Tally]
) -> Figures:
    whole = total(tallies)
    gains = [_gain(one, other) for one, other in zip(rounds, floor_rounds, strict=True)]
    return Figures(
        tally=whole,
        intervals={name: interval([read(one) for one in rounds]) for name, read in MEASURES.items()},
        gain=_gain(whole, total(floor)),
        gain_interval=interval(gains),
    )


def _gain(one: Tally, floor: Tally) -> float | None:
    better, base = one.b_cubed_f, floor.b_cubed_f
    return None if better is None or base is None else better - base
