"""Which numbers that a history names are pull requests of this repository.

Messages of a history hold other numbers too: issues in brackets, bugs of an old tracker, pull requests of repositories
that were merged in or forked. Numbers and times of one repository's pull requests rise together, and that tells most of
them apart.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Literal

from msgspec import Struct

from pr_sessions.core.history import NoPullRequest
from pr_sessions.git.remotes import Forge
from pr_sessions.importers.merge_message import Form

_BRACKETS_ARE_PULL_REQUESTS = frozenset({"github", "gitea"})
_BRACKETS_ARE_ISSUES = frozenset({"gitlab", "bitbucket", "azure"})
# Without any sign of a forge, a number is taken for a bug's where a repository of this size hardly has so many.
_LARGEST_UNSIGNED = 10_000
_WINDOW = 50
_FEW = 5
_LONGEST_RUN = 10


class Named(Struct, frozen=True):
    """A number that a commit names.

    Attributes:
        at: when the commit was made.
        is_sure: the forge made the commit, or its words leave no doubt; a bracket that a person typed is not sure.
        repository: whose number the message says it is.
        origin: the first commit of an unrelated history that was merged in; `None` for this one's.
        is_in_branch: the commit is one of a branch that another pull request merged.
    """

    number: int
    at: datetime
    form: Form
    is_sure: bool
    repository: str | None = None
    origin: str | None = None
    is_in_branch: bool = False


def others(
    named: Sequence[Named], forge: Forge | Literal["unknown"] | None, commits: int
) -> Mapping[int, NoPullRequest]:
    """Return which are no pull requests of this repository, by their places, and why.

    Args:
        named: all numbers of a history, oldest first.
        forge: where the remote leads; `None` where there is no remote.
        commits: how many commits the history has.
    """
    left_out: dict[int, NoPullRequest] = dict.fromkeys(_issues(named, forge, commits), "issue")
    left_out |= dict.fromkeys(_of_other_repositories(named, left_out), "other_repository")
    rest = [place for place in range(len(named)) if place not in left_out]
    falling = not_rising([named[place].number for place in rest], [named[place].is_sure for place in rest])
    return left_out | {rest[place]: "not_rising" for place in falling}


def _issues(named: Sequence[Named], forge: Forge | Literal["unknown"] | None, commits: int) -> Iterator[int]:
    """Yield brackets that hold no pull request."""
    forms = Counter(each.form for each in named if each.form != "bracket")
    made_by_forge = any(each.form == "bracket" and each.is_sure for each in named)
    signs = forms["github"] + forms["gitea"] + made_by_forge
    contrary = forms["gitlab"] + forms["bitbucket"] + forms["azure"]
    all_are = _are_brackets_issues(forge, signs, contrary)
    largest = inf if forge or signs else _LARGEST_UNSIGNED + commits
    for place, each in enumerate(named):
        if each.form == "bracket" and not each.is_sure:
            # A script would have merged a branch's commit in its own words.
            is_inner = each.is_in_branch and bool(forms["script"])
            if all_are or is_inner or each.number > largest:
                yield place


def _are_brackets_issues(forge: Forge | Literal["unknown"] | None, signs: int, contrary: int) -> bool:
    """Return whether no bracket is a pull request, by the remote and by how many merges are of which forges."""
    if forge in _BRACKETS_ARE_PULL_REQUESTS:
        # A mirror may stand there of what is worked on elsewhere.
        return contrary > 0 and not signs
    if forge in _BRACKETS_ARE_ISSUES or contrary > signs:
        return True
    return forge == "unknown" and not signs


def _of_other_repositories(named: Sequence[Named], issues: Collection[int]) -> Iterator[int]:
    """Yield numbers of repositories that were merged in, or that the messages name.

    Where numbers only go on, such as after a project was renamed, it is one repository.
    """
    places = [place for place in range(len(named)) if place not in issues]
    named_by = [place for place in places if named[place].repository]
    latest = Counter(named[place].repository for place in named_by[-_FEW:])
    main = max(latest, key=lambda name: latest[name], default=None)
    yield from _strangers({place: named[place].repository or main for place in named_by}, main, named)
    yield from _strangers({place: named[place].origin for place in places}, None, named)


def _strangers(groups: Mapping[int, str | None], main: str | None, named: Sequence[Named]) -> Iterator[int]:
    """Yield the places of groups other than the own one, unless the own one goes on where a group ends."""
    main_places = [place for place, group in groups.items() if group == main]
    if not main_places:
        return
    lowest = min(named[place].number for place in main_places)
    by_group: dict[str | None, list[int]] = {}
    for place, group in groups.items():
        by_group.setdefault(group, []).append(place)
    for group, places in by_group.items():
        is_before = max(places) < min(main_places) and max(named[place].number for place in places) < lowest
        if group != main and not is_before:
            yield from places


def not_rising(numbers: Sequence[int], is_sure: Sequence[bool]) -> list[int]:
    """Return the places of numbers that are far above all that follow.

    A pull request's number is at most the highest that was given when it was merged, so those that are merged next are
    near it or above. Where many in a row are far above, another numbering ended there, and all before are of that one.

    Args:
        numbers: oldest first.
        is_sure: whether each is certainly a pull request of some repository.
    """
    # The newest have too few behind them: they are measured by each other.
    newest = 10 * sorted(numbers[-_FEW:])[_FEW // 2] + _LARGEST_UNSIGNED if len(numbers) >= _FEW else inf
    later: tuple[deque[int], deque[int]] = (deque(maxlen=_WINDOW), deque(maxlen=_WINDOW))
    left_out: list[int] = []
    run = 0
    for place in reversed(range(len(numbers))):
        window = later[True] if is_sure[place] or len(later[True]) >= _FEW else later[False]
        bound = 2 * max(window) + 100 if len(window) >= _FEW else newest
        if numbers[place] <= bound:
            run = 0
            later[False].append(numbers[place])
            if is_sure[place]:
                later[True].append(numbers[place])
            continue
        left_out.append(place)
        run += 1
        if run >= _LONGEST_RUN:
            return [*range(place), *reversed(left_out)]
    return left_out[::-1]
