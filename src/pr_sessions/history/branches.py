"""Which commits each merge brought in, as a function of the commits' parents alone."""

from collections.abc import Mapping


def merged_lines(parents: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The branch behind each merge: its first parents back to a commit that was in the merge's own line already.

    Each commit is visited once, so the cost grows with the commits and not with how long branches live.

    Args:
        parents: the parents of every known commit by its id, newest first; unknown parents end a line.

    Returns:
        By the id of each merge, the ids of its branch's own commits, the tip first.
    """
    inner = {parent for found in parents.values() for parent in found}
    seen: set[str] = set()
    lines: dict[str, tuple[str, ...]] = {}
    for tip in (sha for sha in parents if sha not in inner):
        merges = _merges(_line(tip, parents, seen), parents)
        while merges:
            merge = merges.pop()
            branches = [_line(tip, parents, seen) for tip in parents[merge][1:]]
            lines[merge] = tuple(sha for branch in branches for sha in branch)
            # What a branch took in itself comes before the next merge of the line that it went into, and what an
            # earlier branch of the same merge took in before what a later one did.
            for branch in reversed(branches):
                merges += _merges(branch, parents)
    return lines


def _line(tip: str, parents: Mapping[str, tuple[str, ...]], seen: set[str]) -> list[str]:
    """First parents from a tip to a seen or unknown commit, the tip first; they are seen from now on."""
    line = []
    while tip in parents and tip not in seen:
        seen.add(tip)
        line.append(tip)
        tip = parents[tip][0] if parents[tip] else ""
    return line


def _merges(line: list[str], parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Merges of a line, the oldest last: the next to be taken from the end."""
    return [sha for sha in line if len(parents[sha]) > 1]
