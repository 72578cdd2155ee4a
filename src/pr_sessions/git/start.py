"""Where reading a history begins."""

import os

from msgspec import Struct

from pr_sessions.git.commands import read_git
from pr_sessions.git.repository import Repository
from pr_sessions.io.gitdir import branch_in_head

_ORIGIN_HEAD = "refs/remotes/origin/HEAD"


class Start(Struct, frozen=True):
    """A branch or a commit, as people call it and as `git log` takes it; `None` is the checked-out commit."""

    name: str
    revision: str | None = None


def find_start(repository: Repository, branch: str | None, *, is_named_bare: bool = False) -> Start:
    """Return the branch that is named, else the remote's main branch as it was last fetched, else what is checked out.

    Args:
        repository: whose history is read.
        branch: a branch, also one of `origin`, a tag, or anything else that git takes for a commit.
        is_named_bare: it is a bare repository that the user named.

    Raises:
        GitFailed: git is missing, or failed.
    """
    folders = ("refs/heads/", "refs/remotes/origin/", "refs/remotes/", "refs/tags/")
    names = [_ORIGIN_HEAD] if branch is None else [folder + branch for folder in folders]
    arguments = ("for-each-ref", "--format=%(refname)%00%(symref)", *names)
    listing = read_git(repository.root, *arguments, is_named_bare=is_named_bare)
    lines = os.fsdecode(listing).splitlines()
    refs = {name: target for name, _, target in (line.partition("\0") for line in lines)}
    ref = next((name for name in names if name in refs), None)
    if ref:
        return Start(_short(refs[ref] or ref), ref)
    if branch is not None:
        return Start(branch, branch)
    return Start(branch_in_head(str(repository.git_dir)) or "HEAD")


def _short(ref: str) -> str:
    return ref.removeprefix("refs/").removeprefix("heads/").removeprefix("remotes/").removeprefix("tags/")
