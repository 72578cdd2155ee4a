"""How pull requests hang together: files that several touch, and branches that are built on each other."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from pr_sessions.history.git_history import HistoricPullRequest
from pr_sessions.stores.paths import is_ours

# A file that more pull requests than this touch, such as a changelog, says nothing about two of them.
SHARED_BY_MOST = 10
# More pull requests than this into one branch, such as `develop`, are everyday work and no stack.
MOST_INTO_ONE = 8


class Overlap(Struct, frozen=True):
    """Two pull requests that touch the same files.

    Attributes:
        numbers: the two, in the order in which they were given.
        files: the paths that both change, sorted.
    """

    numbers: tuple[str, str]
    files: tuple[str, ...]


def overlaps(prs: Sequence[HistoricPullRequest], limit: int) -> tuple[Overlap, ...]:
    """Pairs that touch the same files, those that share most first.

    Args:
        prs: pull requests of one session, or of one stretch of time.
        limit: a file that more pull requests than this touch says nothing about a pair and is left out, as are
            the files that this tool writes. So the cost grows with the files and not with the square of `prs`.
    """
    shared: dict[tuple[int, int], list[str]] = defaultdict(list)
    for path, places in sorted(_places_by_file(prs).items()):
        if len(places) <= limit:
            for pair in combinations(places, 2):
                shared[pair].append(path)
    ranked = sorted(shared.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        Overlap((prs[a].pull_request.number, prs[b].pull_request.number), tuple(files)) for (a, b), files in ranked
    )


def _places_by_file(prs: Sequence[HistoricPullRequest]) -> Mapping[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(prs):
        for path in dict.fromkeys(one.files):
            if not is_ours(path):
                places[path].append(place)
    return places


def stacks(prs: Sequence[HistoricPullRequest]) -> tuple[tuple[str, ...], ...]:
    """Chains of pull requests of which each is built on the one before it, in the order of their lowest ones.

    One is built on another when it was meant for or merged into that one's branch, or when its own branch holds or
    starts at that one's last commit; the nearest counts. A branch that took in more than `MOST_INTO_ONE` is a line of
    development and no stack. Where several are built on the same one, each further chain begins at that one again.
    """
    above: dict[str, list[str]] = defaultdict(list)
    below = {**_started_on(prs), **_meant_for(prs)}
    for number in (one.pull_request.number for one in prs):
        if number in below:
            above[below[number]].append(number)
    lowest = [one.pull_request.number for one in prs if one.pull_request.number not in below]
    return tuple(found for number in lowest if number in above for found in _chains(number, above))


def _started_on(prs: Sequence[HistoricPullRequest]) -> dict[str, str]:
    """By number, the one whose last commit its branch holds or starts at."""
    heads = {one.parents[1]: one for one in prs if one.kind == "merge"}
    below: dict[str, str] = {}
    for one in prs:
        lower = (heads[sha] for sha in (*one.commits, *one.forks) if sha in heads)
        # One that was merged into this branch is above it, though the branch holds its commits.
        nearest = next((other for other in lower if other is not one and other.sha not in one.commits), None)
        if nearest:
            below[one.pull_request.number] = nearest.pull_request.number
    return below


def _meant_for(prs: Sequence[HistoricPullRequest]) -> dict[str, str]:
    """By number, the one into whose branch it went."""
    merges = {one.sha: one.pull_request.number for one in prs if one.kind == "merge"}
    branches = {one.pull_request.branch: one.pull_request.number for one in prs if one.pull_request.branch}
    below = {
        one.pull_request.number: branches[one.pull_request.base]
        for one in prs
        if one.pull_request.base in branches and one.pull_request.base != one.pull_request.branch
    }
    below |= {merges[sha]: one.pull_request.number for one in prs for sha in one.commits if sha in merges}
    taken = Counter(below.values())
    return {number: lower for number, lower in below.items() if taken[lower] <= MOST_INTO_ONE}


def _chains(number: str, above: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    pending = [[number]]
    while pending:
        found = pending.pop()
        while found[-1] in above:
            nearest, *others = above[found[-1]]
            pending += [[found[-1], other] for other in reversed(others)]
            found.append(nearest)
        yield tuple(found)
