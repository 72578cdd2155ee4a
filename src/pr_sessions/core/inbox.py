"""What needs people now: one row for each session with open pull requests, with a reason and what to do next.

The terminal, the page, the issue and later the server show this one model. Rows hold names and titles as people wrote
them: a renderer escapes them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Involvement
from pr_sessions.core.conflicts import Conflict, MergeResult
from pr_sessions.core.inbox_rows import RowGroup, RowKind, group_rows
from pr_sessions.core.inbox_sections import Section, SectionChoice, choose_section
from pr_sessions.core.open_pull_requests import OpenPullRequest, Work
from pr_sessions.core.worktrees import SharedLines, Worktree

_NO_TIME = datetime.fromtimestamp(0, UTC)
_FEW = 5


class Mark(StrEnum):
    """What changed since the person's last look."""

    NEW = "new"
    CHANGED = "changed"


class Row(Struct, frozen=True, kw_only=True):
    """Open pull requests that are looked at together.

    Attributes:
        id: names it in its repository: a session's id, `stack-50`, `alternatives-812`, `burst-31` or `#9`.
        issue: the one that `ALTERNATIVES` close.
        prs: in the order of review.
        section: the first that fits any of them.
        reason: why it stands there.
        next: what to do next.
        about: the numbers that the reason is about.
        conflicts: the pairs that it is part of, those that conflict first.
        mark: what changed since the last look, where that is known.
        is_snoozed: hidden until its next event, as the person wished.
    """

    id: str
    kind: RowKind
    issue: str = ""
    prs: tuple[OpenPullRequest, ...]
    section: Section
    reason: str
    next: str
    about: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()
    mark: Mark | None = None
    is_snoozed: bool = False

    @property
    def repository(self) -> str:
        """Return `owner/name`."""
        return self.prs[0].repository

    @property
    def session_id(self) -> str | None:
        """Return the session that all of them are in; `None` for other rows."""
        return self.prs[0].session_id if self.kind is RowKind.SESSION else None

    @property
    def is_inferred(self) -> bool:
        """Return whether only author and time say that they belong together."""
        return self.kind is RowKind.BURST

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the numbers of its pull requests in the order of review."""
        return tuple(pr.number for pr in self.prs)

    @property
    def work(self) -> Work:
        """Return what the agent of its session does."""
        return self.prs[0].work if self.kind is RowKind.SESSION else Work.UNKNOWN

    @property
    def pushed(self) -> datetime | None:
        """Return when the last commit was pushed."""
        return max((pr.pushed for pr in self.prs if pr.pushed), default=None)

    @property
    def agents(self) -> tuple[str, ...]:
        """Return the names of agents, the one with the most pull requests first."""
        counts = Counter(pr.agent for pr in self.prs if pr.agent)
        return tuple(sorted(counts, key=lambda name: (-counts[name], name)))

    @property
    def size(self) -> tuple[int, int] | None:
        """Return added and deleted lines of all; `None` where those of one are unknown."""
        sizes = [(pr.additions, pr.deletions) for pr in self.prs]
        known = [(added, deleted) for added, deleted in sizes if added is not None and deleted is not None]
        return (sum(a for a, _ in known), sum(d for _, d in known)) if len(known) == len(sizes) else None


class Budget(Struct, frozen=True):
    """An agent's open pull requests that nobody has reviewed, against `gate.open_budget`."""

    repository: str
    agent: str
    numbers: tuple[str, ...]
    limit: int

    @property
    def is_exceeded(self) -> bool:
        """Return whether there are more than the team allows."""
        return len(self.numbers) > self.limit


class Inbox(Struct, frozen=True, kw_only=True):
    """All that is open at one time.

    Attributes:
        at: when it was read.
        source: where from: `GitHub`, `GitLab`, or `this clone` where no forge was asked.
        repositories: `owner/name` of those that were read.
        viewer: the login of the person who looks, where it is known and was asked for.
        rows: in the order of sections, then of urgency; snoozed ones among them.
        conflicts: all pairs that share files, conflicts first.
        budgets: one for each agent, where the team has a budget.
        unknowns: what could not be read, in words.
        requests: how many were sent.
        worktrees: the working trees of the clone from which it was read.
        shared_lines: those of them that change the same lines as another one or as an open pull request.
    """

    at: datetime
    source: str = ""
    repositories: tuple[str, ...] = ()
    viewer: str = ""
    rows: tuple[Row, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    budgets: tuple[Budget, ...] = ()
    unknowns: tuple[str, ...] = ()
    requests: int = 0
    worktrees: tuple[Worktree, ...] = ()
    shared_lines: tuple[SharedLines, ...] = ()

    @property
    def pull_requests(self) -> tuple[OpenPullRequest, ...]:
        """Return those of all rows."""
        return tuple(pr for row in self.rows for pr in row.prs)

    @property
    def signs(self) -> Mapping[Involvement, int]:
        """Return how many pull requests agents opened, assisted with, or left no sign in."""
        return Counter(pr.involvement for pr in self.pull_requests)

    @property
    def authors(self) -> Mapping[tuple[str, str], tuple[OpenPullRequest, ...]]:
        """Return what each account has open in a repository, by repository and login."""
        opened: dict[tuple[str, str], list[OpenPullRequest]] = defaultdict(list)
        for pr in self.pull_requests:
            opened[pr.repository, pr.author].append(pr)
        return {account: tuple(prs) for account, prs in opened.items()}

    @property
    def listed_worktrees(self) -> tuple[Worktree, ...]:
        """Return the working trees; none if there is only one, without work of its own."""
        has_work = any(tree.uncommitted or tree.unproposed for tree in self.worktrees)
        return self.worktrees if has_work or len(self.worktrees) > 1 else ()

    @property
    def rows_of_unknown_work(self) -> tuple[Row, ...]:
        """Return the rows of agents of which no hook and no forge reported what they do."""
        return tuple(row for row in self.rows if row.work is Work.UNKNOWN and row.agents)

    def rows_in(self, section: Section) -> tuple[Row, ...]:
        """Return the rows of a section that are not snoozed."""
        return tuple(row for row in self.rows if row.section is section and not row.is_snoozed)


def build_rows(
    prs: Sequence[OpenPullRequest],
    conflicts: Iterable[Conflict] = (),
    viewer: str = "",
    *,
    only_mine: bool = False,
    names_authors: bool = True,
) -> tuple[Row, ...]:
    """Return the rows, what needs people most first.

    Args:
        prs: all that is open.
        conflicts: pairs that share files, conflicts first.
        viewer: a login; "you" is used of nobody else.
        only_mine: whether rows are left out in which the viewer is no author, requested reviewer or assignee.
        names_authors: whether reasons and next steps name authors and agents.
    """
    pairs: dict[tuple[str, str], list[Conflict]] = defaultdict(list)
    for conflict in conflicts:
        for number in conflict.numbers:
            pairs[conflict.repository, number].append(conflict)
    rows = [_row(group, pairs, viewer, names_authors=names_authors) for group in group_rows(prs)]
    if only_mine:
        rows = [row for row in rows if any(concerns(pr, viewer) for pr in row.prs)]
    return tuple(sorted(rows, key=_urgency))


def budgets(prs: Iterable[OpenPullRequest], limit: int | None) -> tuple[Budget, ...]:
    """Return for each agent its open pull requests of one repository without a review of the last commit."""
    if limit is None:
        return ()
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pr in prs:
        if pr.involvement is Involvement.OPENED and not pr.is_reviewed:
            numbers[pr.repository, pr.agent].append(pr.number)
    return tuple(Budget(*key, tuple(agent_numbers), limit) for key, agent_numbers in sorted(numbers.items()))


def _row(
    group: RowGroup, pairs: Mapping[tuple[str, str], Sequence[Conflict]], viewer: str, *, names_authors: bool
) -> Row:
    shown = (pr if names_authors else replace(pr, author="", agents=()) for pr in group.prs)
    choices = [(pr, choose_section(pr, pairs.get(pr.key, ()), viewer)) for pr in shown]
    section = min((chosen_section.section for _, chosen_section in choices), key=list(Section).index)
    chosen = [(pr, chosen_section) for pr, chosen_section in choices if chosen_section.section is section]
    reason, step = _joined(chosen)
    pairs_here = dict.fromkeys(conflict for pr in group.prs for conflict in pairs.get(pr.key, ()))
    return Row(
        id=group.id,
        kind=group.kind,
        issue=group.issue,
        prs=group.prs,
        section=section,
        reason=reason,
        next=step,
        about=tuple(pr.number for pr, _ in chosen),
        conflicts=tuple(sorted(pairs_here, key=lambda each: each.attempt.result is not MergeResult.CONFLICT)),
    )


def _joined(chosen: Sequence[tuple[OpenPullRequest, SectionChoice]]) -> tuple[str, str]:
    """Return the reasons and what to do next; pull requests of which the same holds are named together."""
    reasons: dict[str, list[str]] = defaultdict(list)
    steps: dict[str, list[str]] = defaultdict(list)
    for pr, chosen_section in chosen:
        reasons[chosen_section.reason].append(pr.number)
        steps[chosen_section.next].append(pr.number)
    reason = "; ".join(f"{_named(numbers)}: {text}" for text, numbers in reasons.items())
    return reason, "; ".join(f"{text} {_named(numbers)}" for text, numbers in steps.items())


def _named(numbers: Sequence[str]) -> str:
    rest = len(numbers) - _FEW
    shown = ", ".join(f"#{number}" for number in numbers[:_FEW])
    return f"{shown} and {rest} more" if rest > 0 else shown


def concerns(pr: OpenPullRequest, login: str) -> bool:
    """Return whether somebody opened a pull request, was asked to review it, or is assigned to it."""
    return login.lower() in (name.lower() for name in (pr.author, *pr.requested, *pr.assigned))


def _urgency(row: Row) -> tuple[int, bool, datetime, str, str]:
    """Sort by section; what its agent still works on last, then what was pushed longest ago first."""
    section = list(Section).index(row.section)
    return section, row.work is Work.AT_WORK, row.pushed or _NO_TIME, row.repository, row.id
