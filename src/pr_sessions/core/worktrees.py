"""The working trees of a clone as the inbox lists them, and those that change the same lines. Nothing is stored."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations

from msgspec import Struct

from pr_sessions.core.conflicts import ConflictPlace
from pr_sessions.core.line_spans import Span, lines_of, meeting_spans
from pr_sessions.core.open_pull_requests import Work


class TouchedFile(Struct, frozen=True, order=True):
    """A file that is changed.

    Attributes:
        path: of the file.
        spans: of its lines at the base, see `core/line_spans.py`; empty where the whole file is new, gone or binary.
    """

    path: str
    spans: tuple[Span, ...] = ()


class TreeActivity(Struct, frozen=True):
    """What is known of the work in a working tree.

    Attributes:
        session_id: of its current session; empty for none.
        agent: that was seen there last; empty if none was.
        kind: of the last event, such as `activity` or `end`; empty where only its time is known.
        at: of the last event.
        work: what that session's agent does.
    """

    session_id: str = ""
    agent: str = ""
    kind: str = ""
    at: datetime | None = None
    work: Work = Work.UNKNOWN


class Worktree(Struct, frozen=True, kw_only=True):
    """A working tree. `None` stands for what could not be read.

    Attributes:
        path: as one would type it.
        root: the whole path.
        is_current: it is the one that was asked from.
        branch: `None` where no branch is checked out.
        head: the last commit; empty on a branch without commits.
        locked: why git keeps it; `locked` without a reason, empty where it does not.
        problem: why nothing is known of its files: it is missing, or what git says.
        activity: what hooks saw there.
        uncommitted: how many files differ from the last commit, those that git does not know included.
        unproposed: how many of its commits are neither in the base nor in a pull request.
        touches: what it changes against the base, uncommitted changes included.
    """

    path: str
    root: str
    is_current: bool = False
    branch: str | None = None
    head: str = ""
    locked: str = ""
    problem: str = ""
    activity: TreeActivity = TreeActivity()
    uncommitted: int | None = None
    unproposed: int | None = None
    touches: tuple[TouchedFile, ...] | None = None


class ProposedChange(Struct, frozen=True, kw_only=True):
    """What an open pull request changes, at the same base as the working trees.

    Attributes:
        number: as people write it, without `#`.
        branch: it comes from.
        head: its last commit.
    """

    number: str
    branch: str | None = None
    head: str = ""
    touches: tuple[TouchedFile, ...] = ()


class SharedLines(Struct, frozen=True):
    """Two that change the same lines.

    Attributes:
        names: the path of a working tree, and that of another one or a pull request such as `#14`.
        places: by path, with lines at the base.
    """

    names: tuple[str, str]
    places: tuple[ConflictPlace, ...]


def shared_lines(trees: Sequence[Worktree], proposed: Sequence[ProposedChange] = ()) -> tuple[SharedLines, ...]:
    """Return the working trees that change the same lines as another one or as a pull request of another branch."""
    return (*_between_trees(trees), *_with_proposed(trees, proposed))


def _between_trees(trees: Sequence[Worktree]) -> Iterator[SharedLines]:
    for first, second in combinations(trees, 2):
        if places := _shared(first.touches, second.touches):
            yield SharedLines((first.path, second.path), places)


def _with_proposed(trees: Sequence[Worktree], proposed: Sequence[ProposedChange]) -> Iterator[SharedLines]:
    # Where a tree has a pull request's branch or commit, that tree stands for it.
    heads = {tree.head for tree in trees}
    branches = {tree.branch for tree in trees if tree.branch is not None}
    apart = [change for change in proposed if change.head not in heads and change.branch not in branches]
    for tree in trees:
        for change in apart:
            if places := _shared(tree.touches, change.touches):
                yield SharedLines((tree.path, f"#{change.number}"), places)


def _shared(first: Sequence[TouchedFile] | None, second: Sequence[TouchedFile] | None) -> tuple[ConflictPlace, ...]:
    spans: Mapping[str, TouchedFile] = {file.path: file for file in second or ()}
    return tuple(place for file in first or () if file.path in spans for place in _places(file, spans[file.path]))


def _places(first: TouchedFile, second: TouchedFile) -> Iterator[ConflictPlace]:
    if not (first.spans and second.spans):
        yield ConflictPlace(first.path)
        return
    for span in meeting_spans(first.spans, second.spans):
        yield ConflictPlace(first.path, *lines_of(span))
