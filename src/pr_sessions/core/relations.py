"""How pull requests relate: branches built on each other, the order of review, and counts by agent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TypeVar

from msgspec import Struct

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import in_stack

# More pull requests than this into one branch, such as `develop`, are everyday work and no stack.
MOST_INTO_ONE = 8


def stacks(prs: Sequence[HistoricPullRequest]) -> tuple[tuple[str, ...], ...]:
    """Chains of pull requests of which each is built on the one before it, in the order of their lowest ones.

    A stack of the forge's is a chain, in its order. Of all others, one is built on another when it was meant for or
    merged into that one's branch, or when its own branch holds or starts at that one's last commit; the nearest counts.
    A branch that took in more than `MOST_INTO_ONE` is a line of development and no stack. Where several are built on
    the same one, each further chain begins at that one again.
    """
    above: dict[str, list[str]] = defaultdict(list)
    in_stacks, next_lower = _in_stacks(prs)
    guessed = {**_started_on(prs), **_meant_for(prs)}
    below = {number: lower for number, lower in guessed.items() if number not in in_stacks} | next_lower
    for number in (pr.number for pr in prs):
        if number in below:
            above[below[number]].append(number)
    lowest = [pr.number for pr in prs if pr.number not in below]
    return tuple(chain for number in lowest if number in above for chain in _chains(number, above))


def _in_stacks(prs: Sequence[HistoricPullRequest]) -> tuple[set[str], dict[str, str]]:
    """Return those in a stack of their forge's, and by number the next lower one of the same stack."""
    members: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pr in prs:
        if stack := in_stack(pr.pull_request.stack):
            members[stack.number].append((stack.position, pr.number))
    chains = [[number for _, number in sorted(stack)] for stack in members.values()]
    next_lower = {upper: lower for chain in chains for lower, upper in pairwise(chain)}
    return {number for chain in chains for number in chain}, next_lower


def _started_on(prs: Sequence[HistoricPullRequest]) -> dict[str, str]:
    """By number, the one whose last commit its branch holds or starts at."""
    heads = {pr.parents[1]: pr for pr in prs if pr.kind == "merge"}
    below: dict[str, str] = {}
    for pr in prs:
        lower = (heads[sha] for sha in (*pr.commits, *pr.forks) if sha in heads)
        # One that was merged into this branch is above it, though the branch holds its commits.
        nearest = next(
            (candidate for candidate in lower if candidate is not pr and candidate.sha not in pr.commits), None
        )
        if nearest:
            below[pr.number] = nearest.number
    return below


def _meant_for(prs: Sequence[HistoricPullRequest]) -> dict[str, str]:
    """By number, the one into whose branch it went."""
    merges = {pr.sha: pr.number for pr in prs if pr.kind == "merge"}
    branches = {pr.pull_request.branch: pr.number for pr in prs if pr.pull_request.branch}
    below = {
        pr.number: branches[pr.pull_request.base]
        for pr in prs
        if pr.pull_request.base in branches and pr.pull_request.base != pr.pull_request.branch
    }
    below |= {merges[sha]: pr.number for pr in prs for sha in pr.commits if sha in merges}
    taken = Counter(below.values())
    return {number: lower for number, lower in below.items() if taken[lower] <= MOST_INTO_ONE}


def _chains(lowest: str, above: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    pending = [[lowest]]
    while pending:
        chain = pending.pop()
        while chain[-1] in above:
            nearest, *others = above[chain[-1]]
            pending += [[chain[-1], number] for number in reversed(others)]
            chain.append(nearest)
        yield tuple(chain)


def review_order(
    numbers: Iterable[str], sizes: Mapping[str, int | None], stacks: Iterable[Sequence[str]]
) -> tuple[str, ...]:
    """Order pull requests so that each comes after those that it is built on, and small ones come first.

    Of those that are ready, the one with the fewest changed files is next, unknown sizes last, ties by number. Pull
    requests that are built on each other in a circle are kept, too.

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
        number = heappop(ready)[1] if ready else min(waiting, key=lambda n: _rank(n, sizes))
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
    """Return by number what each is built on, and what is built on each; the unwanted are stepped over."""
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


T = TypeVar("T", str, Evidence, tuple[str, Role, int])


class AgentCount(Struct, frozen=True):
    """The number of pull requests in which an agent had one role."""

    name: str
    role: Role
    confidence: str
    pull_requests: int


def ranked(counts: Counter[T]) -> list[tuple[T, int]]:
    """Return the most frequent first, ties in their own order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def busiest_first(agents: Iterable[Agent]) -> tuple[str, ...]:
    """Return the names of agents of pull requests, the most frequent first."""
    return tuple(name for name, _ in ranked(Counter(agent.name for agent in agents)))


def agent_counts(agents: Iterable[Agent]) -> tuple[AgentCount, ...]:
    """Count the pull requests of each agent, by role and confidence; the most frequent first."""
    counts = Counter((agent.name, agent.role, -agent.confidence) for agent in agents)
    return tuple(AgentCount(name, role, Confidence(-sure).label, count) for (name, role, sure), count in ranked(counts))
