"""Read the working trees of a clone: branches, changes, and which lines they touch. Writes nothing, runs no filter.

Git looks at each tree from a throw-away repository, so neither the clone's configuration nor the user's counts there
but for what says how files lie on this disk.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.ids import clean
from pr_sessions.core.worktrees import ProposedChange, SharedLines, TouchedFile, TreeActivity, Worktree, shared_lines
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.borrowed import BorrowedObjects, borrow_objects
from pr_sessions.git.commands import ask_git, read_git
from pr_sessions.git.merge_bases import merge_bases
from pr_sessions.git.repository import Repository
from pr_sessions.git.touched import at_base, read_touched, touched_by_commits
from pr_sessions.io import gitdir
from pr_sessions.io.files import MIB

SECONDS = 10.0
_OF_A_TREE, _FOR_THE_BASE = 5.0, 2.0
_AT_ONCE = 2
# More are listed, and not looked into.
MOST_TREES = 50
# Untracked files of a tree; a folder of them counts as one.
_MOST_UNTRACKED = 1_000
_MOST_OUTPUT = 4 * MIB
# How files lie on this disk.
_OF_THE_DISK = (
    *("filemode", "symlinks", "ignorecase", "precomposeunicode", "autocrlf", "eol", "trustctime", "checkstat"),
)
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--ignore-submodules=dirty")
_PATCH = ("-U0", "--src-prefix=a/", "--dst-prefix=b/")

Key = tuple[str, str]


class _Reading(Struct, frozen=True):
    """What all trees are read with."""

    borrowed: BorrowedObjects
    repository: Repository
    base: str
    settings: tuple[str, ...]
    excludes: tuple[str, ...]
    until: float


def read_worktrees(
    repository: Repository,
    base: str,
    activities: Mapping[Path, TreeActivity] = {},
    proposed: Sequence[str] = (),
    here: Path | None = None,
    seconds: float = SECONDS,
) -> tuple[Worktree, ...]:
    """Return the working trees of a clone, the main one first. What cannot be read in time is unknown.

    Args:
        repository: one of them.
        base: the commit that branches are meant for; empty if unknown.
        activities: what hooks saw in each, by its root.
        proposed: last commits of pull requests; their commits are no longer without one.
        here: the folder that paths are seen from; the root of `repository` if not given.
        seconds: the time for all of them.

    Raises:
        GitFailed: git is missing, or failed.
    """
    listing = read_git(repository.root, "worktree", "list", "--porcelain", "-z")
    trees = [_with_names(tree, repository, activities, here) for tree in _parsed(listing)]
    if repository.common_dir is None:
        return tuple(trees)
    is_sha256 = any(len(tree.head) == 64 for tree in trees)
    with borrow_objects(repository.common_dir, is_sha256=is_sha256) as borrowed:
        settings = gitdir.core_settings(str(repository.common_dir))
        reading = _Reading(
            borrowed=borrowed,
            repository=repository,
            base=base,
            settings=tuple(
                word for key in _OF_THE_DISK if key in settings for word in ("-c", f"core.{key}={settings[key]}")
            ),
            excludes=tuple(_excludes(repository)),
            until=time.monotonic() + seconds,
        )
        return tuple(_read_all(trees, reading, proposed))


def find_shared_lines(
    repository: Repository,
    trees: Sequence[Worktree],
    base: str,
    heads: Mapping[str, tuple[str | None, str]],
    seconds: float = SECONDS,
) -> tuple[SharedLines, ...]:
    """Return working trees that change the same lines as another one or as an open pull request.

    Two of which one is built on the other, or both on the same work that is not in the base, are left out.

    Args:
        repository: one of the working trees.
        trees: all of them.
        base: as for `read_worktrees`.
        heads: by number the branch and the last commit of each open pull request; those not in the clone do not count.
        seconds: the time for it.
    """
    if repository.common_dir is None or not base:
        return ()
    with borrow_objects(repository.common_dir, is_sha256=len(base) == 64) as borrowed:
        until = time.monotonic() + seconds
        here = borrowed.commits([base, *(sha for _, sha in heads.values())])
        local = {number: sha for number, (_, sha) in heads.items() if sha in here}
        paths = {file.path for tree in trees for file in tree.touches or ()}
        touched = touched_by_commits(borrowed, base, list(local.values()), paths, until)
        changes = [
            ProposedChange(number=number, branch=heads[number][0], head=sha, touches=touched[sha])
            for number, sha in local.items()
            if sha in touched
        ]
        pairs = shared_lines(trees, changes)
        commits = {tree.path: tree.head for tree in trees} | {f"#{number}": sha for number, sha in local.items()}
        related = _related(borrowed, [_sides(pair, commits) for pair in pairs], base, until)
        return tuple(pair for pair in pairs if _sides(pair, commits) not in related)


def _sides(pair: SharedLines, commits: Mapping[str, str]) -> Key:
    return commits[pair.names[0]], commits[pair.names[1]]


def _related(borrowed: BorrowedObjects, sides: Sequence[Key], base: str, until: float) -> frozenset[Key]:
    """Return the pairs of commits that share work which is not in the base."""
    common = merge_bases(borrowed, sides, until - time.monotonic())
    in_base = merge_bases(borrowed, [(sha, base) for sha in common.values()], until - time.monotonic())
    return frozenset(pair for pair, sha in common.items() if in_base.get((sha, base)) != sha)


def _parsed(listing: bytes) -> Iterator[Worktree]:
    """Yield what `git worktree list --porcelain -z` lists: a record is lines `LABEL VALUE NUL`, and another NUL."""
    for record in os.fsdecode(listing).split("\0\0"):
        rows = (line.partition(" ") for line in record.split("\0") if line)
        fields = {label: value for label, _, value in rows}
        if "worktree" not in fields or "bare" in fields:
            continue
        head = fields.get("HEAD", "")
        yield Worktree(
            path=fields["worktree"],
            root=fields["worktree"],
            branch=fields["branch"].removeprefix("refs/heads/") if "branch" in fields else None,
            head=head if head.strip("0") else "",
            locked=clean(fields["locked"], 200) or "locked" if "locked" in fields else "",
            problem=clean(fields["prunable"], 200) or "missing" if "prunable" in fields else "",
        )


def _with_names(
    tree: Worktree, repository: Repository, activities: Mapping[Path, TreeActivity], here: Path | None
) -> Worktree:
    root = os.path.realpath(tree.root)
    relative = os.path.relpath(root, here or repository.root)
    return replace(
        tree,
        path=min(relative, root, key=len),
        root=root,
        is_current=root == str(repository.root),
        activity=activities.get(Path(root), TreeActivity()),
    )


def _excludes(repository: Repository) -> Iterator[str]:
    """Yield the options for what git leaves out beside `.gitignore`: in this clone, and for this user."""
    named = ask_git(repository.root, "config", "--type=path", "--get", "core.excludesFile")
    folder = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", ""), ".config")
    of_clone = repository.exclude.path if repository.exclude else ""
    for path in (of_clone, named or str(Path(folder, "git/ignore"))):
        with suppress(OSError):
            if path and gitdir.content(path) is not None:
                yield f"--exclude-from={path}"


def _read_all(trees: Sequence[Worktree], reading: _Reading, proposed: Sequence[str]) -> Iterator[Worktree]:
    borrowed = reading.borrowed
    here = borrowed.commits([reading.base, *proposed, *(tree.head for tree in trees)])
    known = [sha for sha in (reading.base, *proposed) if sha in here]
    pairs = [(tree.head, reading.base) for tree in trees if here.issuperset((tree.head, reading.base))]
    forks = {head: fork for (head, _), fork in merge_bases(borrowed, pairs, _left(reading)).items()}
    counted = [
        replace(tree, unproposed=_unproposed(tree, reading, known) if tree.head in here else None) for tree in trees
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        looked_at = pool.map(lambda tree: _read(tree, reading, forks.get(tree.head, "")), counted[:MOST_TREES])
        read = [*looked_at, *counted[MOST_TREES:]]
    touched = [(forks[tree.head], tree.touches) for tree in read if tree.touches is not None]
    # What was read in time is shown at the base, too.
    moved = iter(at_base(borrowed, reading.base, touched, max(reading.until, time.monotonic() + _FOR_THE_BASE)))
    for tree in read:
        yield replace(tree, touches=next(moved)) if tree.touches is not None else tree


def _left(reading: _Reading) -> float:
    return min(reading.until - time.monotonic(), _OF_A_TREE)


def _read(tree: Worktree, reading: _Reading, fork: str) -> Worktree:
    """Return the tree with its uncommitted files, and what it changes since its branch began."""
    if tree.problem:
        return tree
    git_dir = None
    with suppress(OSError):
        git_dir = gitdir.git_dir_at(tree.root)
    if git_dir is None:
        return replace(tree, problem="missing")
    try:
        borrowed = reading.borrowed.with_tree(Path(tree.root), Path(git_dir, "index"))
        untracked = _untracked(borrowed, reading)
        touches = _touches(borrowed, fork, reading) if fork else None
        # Without commits of its own, what the tree changes is what is uncommitted.
        is_same = touches is not None and fork == tree.head
        changed = [file.path for file in touches or ()] if is_same else _changed(borrowed, tree.head, reading)
    except PrSessionsError as error:
        return replace(tree, problem=clean(str(error), 200))
    if untracked is None or changed is None:
        return replace(tree, touches=touches)
    new = tuple(TouchedFile(path) for path in untracked if not path.endswith("/"))
    return replace(
        tree,
        uncommitted=len(untracked) + len(changed),
        touches=None if touches is None else tuple(sorted((*touches, *new))),
    )


def _untracked(borrowed: BorrowedObjects, reading: _Reading) -> tuple[str, ...] | None:
    """Return the files that git does not know and does not leave out; `None` where they are too many."""
    listing = (
        "ls-files",
        "-z",
        "--others",
        "--directory",
        "--no-empty-directory",
        "--exclude-per-directory=.gitignore",
    )
    done = borrowed.run(*reading.settings, *listing, *reading.excludes, seconds=_left(reading), most=_MOST_OUTPUT)
    paths = _paths(done.output)
    return paths if done.status == 0 and len(paths) <= _MOST_UNTRACKED else None


def _changed(borrowed: BorrowedObjects, head: str, reading: _Reading) -> Sequence[str] | None:
    if not head:
        return ()
    done = borrowed.run(
        *reading.settings, *_DIFF, "--name-only", "-z", head, "--", seconds=_left(reading), most=_MOST_OUTPUT
    )
    return _paths(done.output) if done.status == 0 else None


def _touches(borrowed: BorrowedObjects, fork: str, reading: _Reading) -> tuple[TouchedFile, ...] | None:
    arguments = (*reading.settings, "-c", "core.bigFileThreshold=4m", *_DIFF, *_PATCH, fork, "--")
    with borrowed.running(*arguments, seconds=_left(reading)) as (process, output):
        touched = read_touched(output)
        return touched if process.wait() == 0 else None


def _unproposed(tree: Worktree, reading: _Reading, known: Sequence[str]) -> int | None:
    """Return how many commits are in neither the base nor a pull request; `None` where that is not known."""
    if not reading.base or reading.base not in known:
        return None
    asked = "".join(f"{sha}\n" for sha in (tree.head, *(f"^{sha}" for sha in known))).encode()
    done = reading.borrowed.run("rev-list", "--count", "--stdin", input=asked, seconds=_left(reading))
    return int(done.output) if done.status == 0 and done.output.strip().isdigit() else None


def _paths(output: bytes) -> tuple[str, ...]:
    return tuple(path.decode("utf-8", "replace") for path in output.split(b"\0") if path)
