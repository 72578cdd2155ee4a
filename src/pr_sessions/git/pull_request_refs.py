"""Where a clone holds the last commits of pull requests and of their base, as they were last fetched."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from pr_sessions.git.borrowed import borrow_objects
from pr_sessions.git.commands import read_git
from pr_sessions.git.remotes import Remote
from pr_sessions.git.repository import Repository
from pr_sessions.io.gitdir import content

# The last `git fetch` wrote it: `git fetch origin pull/14/head` leaves the commit nowhere else.
_FETCHED = re.compile(
    r"(?P<sha>[0-9a-f]{40,64})\t(?:not-for-merge)?\t'refs/(?:pull|merge-requests)/(?P<number>\d+)/head' of "
)
_NUMBERED = re.compile(
    r"refs/(?:remotes/[^/]+/|heads/|)(?:pull|pull-requests|pr|merge-requests)/(?P<number>\d+)(?:/head)?"
)
_FOLDERS = ("pull", "pull-requests", "pr", "merge-requests")
_FORMAT = "--format=%(committerdate:unix) %(objectname) %(refname)"


class NamedCommit(Struct, frozen=True):
    """A commit, and the reference that leads to it."""

    sha: str
    name: str


def find_heads(repository: Repository, branches: Mapping[str, str | None]) -> dict[str, NamedCommit]:
    """Return the last commits of pull requests that the clone holds, by number; the latest where it holds several.

    Args:
        repository: of the clone.
        branches: by number, digits, the branch that a pull request comes from, as far as known.

    Raises:
        GitFailed: git is missing, or failed.
    """
    by_branch: dict[str, list[str]] = {}
    for number, branch in branches.items():
        if branch:
            by_branch.setdefault(branch, []).append(number)
    patterns = [
        f"refs/{above}{folder}/{number}{below}"
        for number in branches
        for folder in _FOLDERS
        for above in ("", "remotes/*/", "heads/")
        for below in ("", "/head")
    ]
    patterns += [f"refs/{above}{branch}" for branch in by_branch for above in ("heads/", "remotes/*/")]
    heads: dict[str, NamedCommit] = {}
    for commit in _refs(repository, patterns):
        match = _NUMBERED.fullmatch(commit.name)
        numbers = [match["number"]] if match else by_branch.get(_branch(commit.name), [])
        for number in numbers:
            heads.setdefault(number, commit)
    return {**heads, **{number: head for number, head in _fetched(repository).items() if number in branches}}


def here_only(repository: Repository, shas: Mapping[str, str]) -> dict[str, NamedCommit]:
    """Return the commits that the clone holds, of those that a forge names, by number.

    Raises:
        GitFailed: git is missing.
    """
    if repository.common_dir is None:
        return {}
    is_sha256 = any(len(sha) == 64 for sha in shas.values())
    with borrow_objects(repository.common_dir, is_sha256=is_sha256) as borrowed:
        here = borrowed.commits(shas.values())
    return {number: NamedCommit(sha, "GitHub") for number, sha in shas.items() if sha in here}


def find_base(repository: Repository, branch: str, remotes: Iterable[str]) -> NamedCommit | None:
    """Return the tip of a branch: of the first of these remotes that has it, else of this clone; `None` for none."""
    names = [*(f"refs/remotes/{remote}/{branch}" for remote in remotes), f"refs/heads/{branch}"]
    refs = {commit.name: commit for commit in _refs(repository, names)}
    return next((refs[name] for name in names if name in refs), None)


def fetch_command(numbers: Sequence[str], remote: str, forge: str | None) -> str:
    """Return the command that brings the last commits of pull requests."""
    folder = "merge-requests" if forge == "gitlab" else "pull"
    return f"git fetch {remote} {' '.join(f'{folder}/{number}/head' for number in numbers)}"


def main_remote(remotes: Iterable[Remote]) -> str:
    """Return the name of the remote to which pull requests are made: `upstream`, `origin`, else the first."""
    names = [remote.name for remote in remotes]
    return next((name for name in ("upstream", "origin", *names) if name in names), "origin")


def _branch(name: str) -> str:
    kind, _, rest = name.removeprefix("refs/").partition("/")
    return rest if kind == "heads" else rest.partition("/")[2]


def _refs(repository: Repository, patterns: Sequence[str]) -> list[NamedCommit]:
    """Return the references that fit, the latest commit first."""
    listing = os.fsdecode(read_git(repository.root, "for-each-ref", "--sort=-committerdate", _FORMAT, *patterns))
    rows = (line.split(" ", 2) for line in listing.splitlines())
    return [NamedCommit(row[1], row[2]) for row in rows if len(row) == 3]


def _fetched(repository: Repository) -> dict[str, NamedCommit]:
    data = content(str(repository.git_dir / "FETCH_HEAD")) if repository.git_dir else None
    matches = filter(None, map(_FETCHED.match, (data or b"").decode(errors="replace").splitlines()))
    return {match["number"]: NamedCommit(match["sha"], "FETCH_HEAD") for match in matches}
