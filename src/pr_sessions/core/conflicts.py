"""Pairs of open pull requests that change the same files, and what came of merging them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby

from msgspec import Struct

from pr_sessions.core.agents import Involvement
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import PullRequest
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.core.overlaps import overlaps

_NO_TIME = datetime.fromtimestamp(0, UTC)

Pair = tuple[OpenPullRequest, OpenPullRequest]


class MergeResult(StrEnum):
    """What an attempted merge of two heads says of their text; it says nothing about whether the result works."""

    CONFLICT = "conflict"
    CLEAN = "merges_cleanly"
    NOT_TRIED = "not_tried"


class ConflictPlace(Struct, frozen=True, order=True):
    """Where two changes meet.

    Attributes:
        path: of the file.
        first: the first line as the first of the two has it, from 1; 0 where there are none, as in a binary file.
        last: the last line.
        kind: what git says, such as `content`, `modify/delete`, `binary`.
    """

    path: str
    first: int = 0
    last: int = 0
    kind: str = "content"

    @property
    def label(self) -> str:
        """Return it for people, such as `models.py 40-58`; the path as it is."""
        if not self.first:
            return self.path
        return f"{self.path} {self.first}" if self.first == self.last else f"{self.path} {self.first}-{self.last}"


class MergeAttempt(Struct, frozen=True):
    """The result of an attempted merge.

    Attributes:
        result: `NOT_TRIED` with the reason in `why_not`.
        places: of a conflict, by path and line.
    """

    result: MergeResult = MergeResult.NOT_TRIED
    places: tuple[ConflictPlace, ...] = ()
    why_not: str = ""


class Conflict(Struct, frozen=True, kw_only=True):
    """Two open pull requests that change the same files.

    Attributes:
        repository: `owner/name`.
        numbers: the two, the one that was opened first before the other.
        files: all paths that both change; what tools wrote stands last.
        attempt: what came of merging them.
    """

    repository: str
    numbers: tuple[str, str]
    files: tuple[str, ...]
    attempt: MergeAttempt = MergeAttempt()


def shared_files(prs: Sequence[OpenPullRequest]) -> tuple[Conflict, ...]:
    """Return the pairs that change the same files, those first of which their files say most; none was merged yet.

    Both are of one repository, at least one is in a session or has a sign of an agent, and neither is built on the
    other. Two of the same session are no pair: their agent knows of both. Their order does not matter.
    """
    ordered = sorted(prs, key=lambda pr: (pr.repository, number_order(pr.number)))
    return tuple(
        conflict
        for repository, group in groupby(ordered, key=lambda pr: pr.repository)
        for conflict in _of_repository(repository, {pr.number: pr for pr in group})
    )


def with_attempts(
    conflicts: Iterable[Conflict], attempts: Mapping[tuple[str, tuple[str, str]], MergeAttempt]
) -> tuple[Conflict, ...]:
    """Return the pairs with the results of attempted merges, by repository and numbers; conflicts stand first."""
    attempted = (
        Conflict(repository=each.repository, numbers=each.numbers, files=each.files, attempt=attempt)
        for each in conflicts
        for attempt in [attempts.get((each.repository, each.numbers), each.attempt)]
    )
    order = (MergeResult.CONFLICT, MergeResult.NOT_TRIED, MergeResult.CLEAN)
    return tuple(sorted(attempted, key=lambda each: order.index(each.attempt.result)))


def _of_repository(repository: str, prs: Mapping[str, OpenPullRequest]) -> Iterable[Conflict]:
    historic = [_as_historic(pr) for pr in prs.values() if pr.files]
    chains = [(pr.built_on, pr.number) for pr in prs.values() if pr.built_on in prs]
    for pair in overlaps(historic, stacks=_ordered(chains)).pairs:
        first, second = sorted((prs[number] for number in pair.numbers), key=_age)
        if _may_collide(first, second):
            yield Conflict(repository=repository, numbers=(first.number, second.number), files=pair.files)


def _ordered(links: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return chains from the lowest on, as `overlaps` wants them; links in a circle belong to none."""
    below = {upper: lower for lower, upper in links}
    chains = []
    for number in below:
        chain = [number]
        while (lower := below.get(chain[-1])) and lower not in chain:
            chain.append(lower)
        chains.append(tuple(reversed(chain)))
    return sorted(chains, key=len)


def _may_collide(first: OpenPullRequest, second: OpenPullRequest) -> bool:
    if first.session_id and first.session_id == second.session_id:
        return False
    return any(pr.session_id or pr.involvement is not Involvement.NO_SIGN for pr in (first, second))


def _age(pr: OpenPullRequest) -> tuple[datetime, int, str]:
    return pr.opened or _NO_TIME, len(pr.number), pr.number


def _as_historic(pr: OpenPullRequest) -> HistoricPullRequest:
    opened = pr.opened or _NO_TIME
    return HistoricPullRequest(PullRequest(number=pr.number), pr.head_sha, opened, pr.files or (), (), "squash")
