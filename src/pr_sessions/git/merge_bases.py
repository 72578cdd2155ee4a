"""Find where branches began: the best common ancestors of many pairs of commits, with one run of git."""

from collections.abc import Iterable

from pr_sessions.git.borrowed import BorrowedObjects

Side = tuple[str, str]


def merge_bases(borrowed: BorrowedObjects, sides: Iterable[Side], seconds: float = 30) -> dict[Side, str]:
    """Return a best common ancestor of each pair; pairs that have none here, or not in time, are missing.

    `git merge-base` takes one pair. Git lists each commit before its parents, so the first commit that both sides of a
    pair reach is the ancestor of no other such commit.

    Args:
        borrowed: holds the commits.
        sides: pairs of ids.
        seconds: git is ended after them.
    """
    pairs = list(dict.fromkeys(sides))
    bases: dict[Side, str] = {}
    # By commit, a bit for each pair whose first or second side reaches it.
    first: dict[bytes, int] = {}
    second: dict[bytes, int] = {}
    for number, (ours, theirs) in enumerate(pairs):
        first[ours.encode()] = first.get(ours.encode(), 0) | 1 << number
        second[theirs.encode()] = second.get(theirs.encode(), 0) | 1 << number
    waiting = (1 << len(pairs)) - 1
    asked = b"".join(sha + b"\n" for sha in {**first, **second})
    command = ("rev-list", "--topo-order", "--parents", "--stdin")
    with borrowed.running(*command, input=asked, seconds=seconds) as (_, output):
        while waiting and (line := output.readline()):
            sha, *parents = line.split()
            by_first, by_second = first.pop(sha, 0) & waiting, second.pop(sha, 0) & waiting
            common = by_first & by_second
            waiting ^= common
            while common:
                bit = common & -common
                bases[pairs[bit.bit_length() - 1]] = sha.decode("ascii")
                common ^= bit
            for parent in parents:
                first[parent] = first.get(parent, 0) | by_first & waiting
                second[parent] = second.get(parent, 0) | by_second & waiting
    return bases
