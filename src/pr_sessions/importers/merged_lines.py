"""Which commits each merge of a history brought in, and which history each commit belongs to."""

from collections.abc import Collection, Iterable, Mapping
from heapq import heapify, heappop, heappush


def merged_lines(parents: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the branch of each merge: its first parents back to a commit that is in the merge's own line already.

    Each commit is visited once, so the cost grows with the commits and not with how long branches live.

    Args:
        parents: the parents of every known commit by its id, newest first; unknown parents end a line.

    Returns:
        By the id of each merge, the ids of its branch's own commits, the tip first.
    """
    inner = {parent for shas in parents.values() for parent in shas}
    shas = list(parents)
    age = {sha: place for place, sha in enumerate(shas)}
    visited: set[str] = set()
    lines: dict[str, tuple[str, ...]] = {}
    for tip in (sha for sha in shas if sha not in inner):
        # The oldest first: by then all that is older than a merge, and so in its own line, is visited.
        waiting = _merges(_line(tip, parents, visited), parents, age)
        heapify(waiting)
        while waiting:
            merge = shas[-heappop(waiting)]
            branches = [_line(tip, parents, visited) for tip in parents[merge][1:]]
            lines[merge] = tuple(sha for branch in branches for sha in branch)
            for older in _merges(lines[merge], parents, age):
                heappush(waiting, older)
    return lines


def _line(tip: str, parents: Mapping[str, tuple[str, ...]], visited: set[str]) -> list[str]:
    """Return first parents from a tip to a visited or unknown commit, the tip first; they are visited from now on."""
    line = []
    while tip in parents and tip not in visited:
        visited.add(tip)
        line.append(tip)
        tip = parents[tip][0] if parents[tip] else ""
    return line


def _merges(line: Iterable[str], parents: Mapping[str, tuple[str, ...]], age: Mapping[str, int]) -> list[int]:
    """Return the merges of a line by their age, negated: the oldest is the smallest."""
    return [-age[sha] for sha in line if len(parents[sha]) > 1]


def unrelated(parents: Mapping[str, tuple[str, ...]], cut: Collection[str] = ()) -> dict[str, str]:
    """Return the commits of unrelated histories that were merged in, each with the first commit of its history.

    The history's own first commit is where the first parents of the newest commit end. What descends from it, or from
    a commit whose parents are not known, is its own.

    Args:
        parents: the parents of every known commit by its id, newest first.
        cut: commits whose parents are not known.
    """
    root = first_parents(parents)[-1:]
    origins: dict[str, str] = {}
    for sha in reversed(list(parents)):
        if not parents[sha]:
            if sha not in root and sha not in cut:
                origins[sha] = sha
        elif all(parent in origins for parent in parents[sha]):
            origins[sha] = origins[parents[sha][0]]
    return origins


def first_parents(parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the first parents of the newest commit, itself first, as far as they are known."""
    return _line(next(iter(parents), ""), parents, set())
