"""What speaks for or against one session of two pull requests that name no run: signs, counted where runs are known."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import log

from msgspec import Struct

from pr_sessions.core.history import HistoricPullRequest

WITHIN = timedelta(days=1)
"""Further apart, two pull requests are not compared."""

MOST_NEIGHBOURS = 20
MOST_PATHS = 50
MOST_REFERENCES = 50

TIMES = {
    timedelta(minutes=5): "within 5 minutes",
    timedelta(minutes=15): "within 15 minutes",
    timedelta(hours=1): "within an hour",
    timedelta(hours=4): "within 4 hours",
    timedelta(hours=12): "within 12 hours",
    WITHIN: "within a day",
}
AUTHORS = ("different or unknown authors", "the same author")
SCOPES = ("a title without a scope", "different scopes", "the same scope")
REFERENCES = ("no reference in common", "the same reference", "one names the other")
PRIOR = "any two"
NO_PATH = "no file or folder in common"
PATHS = tuple(f"a file or folder in common that 1 of {4**level} touches" for level in range(12))

_BOUNDS = [bound.total_seconds() for bound in TIMES]
_NEAR = [*TIMES.values()]
_SCOPE = re.compile(r"[A-Za-z]{1,20}\(([^()]{1,100})\)!?:")
_REFERENCE = re.compile(r"#([0-9]{1,10})(?![0-9A-Za-z_])")

Signs = tuple[str, ...]
"""Of two pull requests: how near, whose, scopes, the rarest path of both, references."""


class Clues(Struct, frozen=True, kw_only=True):
    """What of a pull request is compared with others of its repository.

    Attributes:
        author: empty where nobody is known.
        at: when it was opened, as far as is known.
        has_agent: an agent opened it or assisted.
        run: what names the run that it is known to come from, if any.
        scopes: those of a conventional title: `fix(cli, docs): ...`.
        paths: the files that it changes, and their folders.
        references: numbers that title and body name.
    """

    number: str
    author: str
    at: datetime
    has_agent: bool
    run: str | None = None
    scopes: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()


def clues(pr: HistoricPullRequest, *, run: str | None, has_agent: bool) -> Clues:
    """Return what can be compared of a pull request of the past."""
    title, body = pr.pull_request.title, pr.pull_request.body
    named = {*_REFERENCE.findall(title), *_REFERENCE.findall(body)} - {pr.number}
    scope = _SCOPE.match(title)
    folders = [f"{path.rpartition('/')[0]}/" for path in pr.files]
    return Clues(
        number=pr.number,
        author=pr.pull_request.author,
        at=pr.opened,
        has_agent=has_agent,
        run=run,
        scopes=frozenset(re.split(r"[,/\s]+", scope[1].casefold())) - {""} if scope else frozenset(),
        paths=frozenset((*pr.files, *folders)),
        references=frozenset(sorted(named)[:MOST_REFERENCES] if len(named) > MOST_REFERENCES else named),
    )


def path_levels(prs: Sequence[Clues]) -> Mapping[str, int]:
    """Return how rare each path is: 1 where up to a fourth of all pull requests touch it, 2 for a fourth of that, ...

    What more touch, or only one, says nothing about two and is left out.
    """
    counts = Counter(path for pr in prs for path in pr.paths)
    levels = {path: ((len(prs) // n).bit_length() - 1) // 2 for path, n in counts.items() if n > 1}
    return {path: level for path, level in levels.items() if level}


def compare(prs: Sequence[Clues], levels: Mapping[str, int]) -> list[list[Signs]]:
    """Return for each pull request the signs of it and of those right before it, the nearest last.

    Args:
        prs: in the order of time.
        levels: of the whole repository, as `path_levels` gives them.
    """
    compared = [_Compared(pr, levels) for pr in prs]
    rows: list[list[Signs]] = []
    first = 0
    for place, pr in enumerate(compared):
        first = max(first, place - MOST_NEIGHBOURS)
        while pr.time - compared[first].time > _BOUNDS[-1]:
            first += 1
        rows.append([_signs(pr, earlier, levels) for earlier in compared[first:place]])
    return rows


def weigh(pairs: Mapping[tuple[Signs, bool], int]) -> Mapping[str, float]:
    """Return the weight of each sign: by how much more often it stands between two of one run than between others.

    Nothing else is learnt. The weight under `PRIOR` is that of having no sign at all.

    Args:
        pairs: how often these signs stood between two pull requests, of one run (`True`) or of two.
    """
    counts: Counter[tuple[str, bool]] = Counter()
    for (signs, same), n in pairs.items():
        for sign in (PRIOR, *signs):
            counts[sign, same] += n
    prior = log((counts[PRIOR, True] + 1) / (counts[PRIOR, False] + 1))
    weights = {sign: log((counts[sign, True] + 1) / (counts[sign, False] + 1)) - prior for sign, _ in counts}
    return {**weights, PRIOR: prior}


def score(signs: Signs, weights: Mapping[str, float]) -> float:
    """Return the sum of the weights: above 0, one session is likelier than two."""
    return sum((weights.get(sign, 0.0) for sign in signs), weights[PRIOR])


class _Compared:
    """What of a pull request is at hand when it is compared with many others."""

    __slots__ = ("author", "number", "paths", "references", "scopes", "time")

    def __init__(self, pr: Clues, levels: Mapping[str, int]) -> None:
        self.number = pr.number
        self.author = pr.author
        self.time = pr.at.timestamp()
        self.scopes = pr.scopes
        self.paths = _rarest(pr.paths, levels)
        self.references = pr.references


def _signs(pr: _Compared, earlier: _Compared, levels: Mapping[str, int]) -> Signs:
    scope, reference = SCOPES[0], REFERENCES[0]
    if pr.scopes and earlier.scopes:
        scope = SCOPES[1 if pr.scopes.isdisjoint(earlier.scopes) else 2]
    if pr.number in earlier.references or earlier.number in pr.references:
        reference = REFERENCES[2]
    elif not pr.references.isdisjoint(earlier.references):
        reference = REFERENCES[1]
    rarest = NO_PATH
    if not pr.paths.isdisjoint(earlier.paths):
        rarest = PATHS[max([levels[path] for path in pr.paths & earlier.paths])]
    return (
        _NEAR[bisect_left(_BOUNDS, pr.time - earlier.time)],
        AUTHORS[pr.author == earlier.author != ""],
        scope,
        rarest,
        reference,
    )


def _rarest(paths: Iterable[str], levels: Mapping[str, int]) -> frozenset[str]:
    """Return the few that say most, so that a pull request of ten thousand files costs no more than others."""
    shared = [path for path in paths if path in levels]
    if len(shared) > MOST_PATHS:
        shared = sorted(shared, key=lambda path: (-levels[path], path))[:MOST_PATHS]
    return frozenset(shared)
