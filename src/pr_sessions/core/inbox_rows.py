"""Group open pull requests into the rows of the inbox. Groups without a session are for reading and never stored."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import combinations

from msgspec import Struct

from pr_sessions.core.agents import Involvement
from pr_sessions.core.ids import number_order
from pr_sessions.core.inference import BURST
from pr_sessions.core.models import in_stack
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.core.relations import review_order

# The share of the smaller one's changed lines from which two pull requests are answers to the same question.
MOST_LINES = 0.5
# Fewer lines than this are alike by chance.
ENOUGH_LINES = 5
_NO_TIME = datetime.fromtimestamp(0, UTC)


class RowKind(StrEnum):
    """What the pull requests of a row have in common."""

    SESSION = "session"
    STACK = "stack"
    ALTERNATIVES = "alternatives"
    BURST = "burst"
    SINGLE = "single"


class RowGroup(Struct, frozen=True, kw_only=True):
    """Pull requests that share a row.

    Attributes:
        id: names the row in its repository for as long as its first pull request is open.
        kind: only `BURST` is inferred, by author and time.
        issue: the one that `ALTERNATIVES` close; empty where they are alike by their changed lines.
        prs: in the order of review.
    """

    id: str
    kind: RowKind
    issue: str = ""
    prs: tuple[OpenPullRequest, ...]


def group_rows(prs: Iterable[OpenPullRequest]) -> tuple[RowGroup, ...]:
    """Return the rows of all repositories; the order of the pull requests does not matter.

    A session with several open pull requests is a row, so is a stack of its forge's. All others are alone: those that
    answer the same question share a row, then those of a burst.
    """
    repositories: dict[str, list[OpenPullRequest]] = defaultdict(list)
    for pr in sorted(prs, key=lambda pr: (pr.repository, number_order(pr.number))):
        repositories[pr.repository].append(pr)
    return tuple(group for prs_of_one in repositories.values() for group in _of_repository(prs_of_one))


def _of_repository(prs: Sequence[OpenPullRequest]) -> Iterator[RowGroup]:
    rest = list(prs)
    for kind, split in (
        (RowKind.SESSION, _by_session),
        (RowKind.STACK, _by_stack),
        (RowKind.ALTERNATIVES, _by_question),
        (RowKind.BURST, _by_burst),
    ):
        groups = [group for group in split(rest) if len(group) > 1]
        yield from (_row(kind, group) for group in groups)
        taken = {pr.number for group in groups for pr in group}
        rest = [pr for pr in rest if pr.number not in taken]
    yield from (_row(RowKind.SESSION if pr.session_id else RowKind.SINGLE, [pr]) for pr in rest)


def _row(kind: RowKind, prs: Sequence[OpenPullRequest]) -> RowGroup:
    first = min(prs, key=lambda pr: number_order(pr.number))
    issue = _common_issue(prs) if kind is RowKind.ALTERNATIVES else ""
    ids = {
        RowKind.SESSION: first.session_id or "",
        RowKind.STACK: f"stack-{first.stack.number if first.stack else 0}",
        RowKind.ALTERNATIVES: f"alternatives-{issue or first.number}",
        RowKind.BURST: f"burst-{first.number}",
        RowKind.SINGLE: f"#{first.number}",
    }
    sizes = {pr.number: pr.file_count if pr.files is None else len(pr.files) for pr in prs}
    order = review_order(sizes, sizes, [(pr.built_on, pr.number) for pr in prs if pr.built_on])
    by_number = {pr.number: pr for pr in prs}
    return RowGroup(id=ids[kind], kind=kind, issue=issue, prs=tuple(by_number[number] for number in order))


def _by_session(prs: Sequence[OpenPullRequest]) -> list[list[OpenPullRequest]]:
    return _by(prs, lambda pr: pr.session_id)


def _by_stack(prs: Sequence[OpenPullRequest]) -> list[list[OpenPullRequest]]:
    return _by(prs, lambda pr: str(stack.number) if (stack := in_stack(pr.stack)) else None)


def _by(prs: Sequence[OpenPullRequest], key: Callable[[OpenPullRequest], str | None]) -> list[list[OpenPullRequest]]:
    groups: dict[str, list[OpenPullRequest]] = defaultdict(list)
    for pr in prs:
        if name := key(pr):
            groups[name].append(pr)
    return list(groups.values())


def _by_question(prs: Sequence[OpenPullRequest]) -> list[list[OpenPullRequest]]:
    """Group those that close the same issue or share most of their changed lines; one alike to two joins both."""
    group_of = {pr.number: [pr] for pr in prs}
    closing: dict[str, OpenPullRequest] = {}
    for pr in prs:
        for issue in pr.closes:
            _join(group_of, closing.setdefault(issue, pr), pr)
    for first, second in _alike(prs):
        _join(group_of, first, second)
    return [group for number, group in group_of.items() if group[0].number == number]


def _join(group_of: dict[str, list[OpenPullRequest]], first: OpenPullRequest, second: OpenPullRequest) -> None:
    into, joined = group_of[first.number], group_of[second.number]
    if into is not joined:
        into += joined
        group_of.update((pr.number, into) for pr in joined)


def _alike(prs: Sequence[OpenPullRequest]) -> Iterator[tuple[OpenPullRequest, OpenPullRequest]]:
    """Yield pairs that share most of the smaller one's lines. Only those with a file in common are compared."""
    touching: dict[str, list[OpenPullRequest]] = defaultdict(list)
    for pr in prs:
        if pr.lines is not None and len(pr.lines) >= ENOUGH_LINES:
            for path in pr.files or ():
                touching[path].append(pr)
    compared = set()
    for first, second in (pair for group in touching.values() for pair in combinations(group, 2)):
        if (first.number, second.number) in compared or first.lines is None or second.lines is None:
            continue
        compared.add((first.number, second.number))
        if len(first.lines & second.lines) > MOST_LINES * min(len(first.lines), len(second.lines)):
            yield first, second


def _common_issue(prs: Sequence[OpenPullRequest]) -> str:
    common = set(prs[0].closes).intersection(*(pr.closes for pr in prs))
    return min(common, key=number_order, default="")


def _by_burst(prs: Sequence[OpenPullRequest]) -> list[list[OpenPullRequest]]:
    """Group those of one account with a sign of an agent, each opened within `BURST` of the last."""
    signed = [pr for pr in prs if pr.involvement is not Involvement.NO_SIGN and pr.author and pr.opened]
    groups: list[list[OpenPullRequest]] = []
    for pr in sorted(signed, key=lambda pr: (pr.author, pr.opened or _NO_TIME, number_order(pr.number))):
        last = groups[-1][-1] if groups else None
        if last and last.author == pr.author and _between(last, pr) <= BURST:
            groups[-1].append(pr)
        else:
            groups.append([pr])
    return groups


def _between(first: OpenPullRequest, second: OpenPullRequest) -> timedelta:
    return (second.opened or _NO_TIME) - (first.opened or _NO_TIME)
