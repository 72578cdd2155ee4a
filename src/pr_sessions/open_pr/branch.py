"""The current branch: its commits and files since its base."""

import os
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.ids import clean
from pr_sessions.core.paths import is_document, is_test
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.git.commands import GitFailed, ask_git, call_git, read_git, run_git, try_git
from pr_sessions.git.remotes import push_remote
from pr_sessions.git.shared_branch import read_report

MOST_COMMITS = 100


class Changes(Struct, frozen=True):
    """How many files a branch changes; `None` where its base is not known here."""

    files: int | None = None
    tests: int | None = None
    docs: bool | None = None


class BranchWork(Struct, frozen=True):
    """The current branch.

    Attributes:
        remote: where it is pushed to.
        base: the branch that it is meant for.
        messages: of its commits, the oldest first; of the last one alone where the base is not known here.
        is_pushed: whether the remote has it as it is, as far as this clone knows.
    """

    root: Path
    branch: str
    remote: str
    base: str
    messages: tuple[str, ...]
    changes: Changes
    is_pushed: bool

    def push(self) -> None:
        """Push it, never by force, under its own name; hooks of git run as for any push.

        Raises:
            GitFailed: the remote does not take it.
        """
        name = f"refs/heads/{self.branch}"
        done = call_git(self.root, "push", "--porcelain", "--set-upstream", "--", self.remote, f"{name}:{name}")
        report = read_report(done.returncode, done.stdout, done.stderr, self.remote, self.branch)
        if report.outrun:
            hint = f"{self.remote} holds commits that are not here; bring them in, or push it yourself, then again"
            raise GitFailed(f"{self.branch} could not be pushed: {report.reason}", hint)
        if report.reason:
            hint = f"see whether git itself gets through: git push {self.remote} {self.branch}"
            raise GitFailed(f"{self.branch} could not be pushed: {report.reason}", hint)


def branch_work(root: Path, base: str | None, *, asks_remote: bool = True) -> BranchWork:
    """Return the work on the current branch.

    Args:
        root: the working tree.
        base: the branch that it is meant for; the remote's default branch if not given.
        asks_remote: the remote is asked for its default branch where this clone does not know it. Git then runs the
            helpers that its configuration names.

    Raises:
        InvalidValue: no branch is checked out, it is the base itself, or brings no commit.
        NotFound: there is no remote, or its default branch is not known.
    """
    branch = ask_git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if not branch:
        raise InvalidValue("no branch is checked out here (HEAD is detached)", "git switch -c NAME, then again")
    if not _commit_of(root, "HEAD"):
        raise InvalidValue(f"{clean(branch, 200)} has no commit yet", "commit something, then again")
    remote = push_remote(root, branch)
    if base and try_git(root, "check-ref-format", f"refs/heads/{base}").returncode:
        raise InvalidValue(f"not a branch name: {base[:60]!r}", "name the branch that it is meant for, such as main")
    base = base or _default_branch(root, remote, asks_remote=asks_remote)
    if branch == base:
        raise InvalidValue(
            f"{clean(branch, 200)} is the branch that pull requests go into", "git switch -c NAME, then again"
        )
    refs = (f"refs/remotes/{remote}/{base}", f"refs/heads/{base}")
    since = next((ref for ref in refs if _commit_of(root, ref)), None)
    if since and ask_git(root, "rev-list", "--count", f"{since}..HEAD") == "0":
        raise InvalidValue(
            f"{clean(branch, 200)} brings no commit that {base} does not have", "commit something, then again"
        )
    # A message may be empty, and merges have none of their own.
    messages = _messages(root, since) or (branch,)
    pushed = _commit_of(root, f"refs/remotes/{remote}/{branch}")
    is_pushed = bool(pushed) and pushed == _commit_of(root, f"refs/heads/{branch}")
    return BranchWork(root, branch, remote, base, messages, _changes(root, since), is_pushed)


def _default_branch(root: Path, remote: str, *, asks_remote: bool) -> str:
    """Return the branch that the remote's `HEAD` names: as this clone remembers it, else as the remote says."""
    prefix = f"refs/remotes/{remote}/"
    known = ask_git(root, "symbolic-ref", "--quiet", f"{prefix}HEAD")
    if known.startswith(prefix):
        return known.removeprefix(prefix)
    if not asks_remote:
        raise NotFound(
            f"this clone does not know the default branch of {clean(remote, 60)}, and a dry run does not ask for it",
            f"name it: --base BRANCH; or let git remember it: git remote set-head {clean(remote, 60)} --auto",
        )
    printed = os.fsdecode(run_git(root, "ls-remote", "--symref", "--", remote, "HEAD"))
    for line in printed.splitlines():
        if line.startswith("ref: refs/heads/"):
            return line.removeprefix("ref: refs/heads/").partition("\t")[0]
    raise NotFound(f"{clean(remote, 60)} does not say which its default branch is", "name it: --base BRANCH")


def _commit_of(root: Path, ref: str) -> str:
    """Return the commit of a ref; empty if this clone does not have it."""
    return ask_git(root, "rev-parse", "--verify", "--quiet", ref)


def _messages(root: Path, since: str | None) -> tuple[str, ...]:
    which = (f"--max-count={MOST_COMMITS}", f"{since}..HEAD") if since else ("--max-count=1", "HEAD")
    quiet = ("--no-merges", "--no-show-signature", "--no-mailmap", "--format=%B")
    printed = read_git(root, "log", "-z", *quiet, *which, "--")
    messages = (message.strip() for message in printed.decode(errors="replace").split("\0"))
    return tuple(message for message in messages if message)[::-1]


def _changes(root: Path, since: str | None) -> Changes:
    if since is None:
        return Changes()
    quiet = ("--name-status", "--no-renames", "--no-ext-diff", "--no-textconv")
    done = try_git(root, "diff", *quiet, "-z", f"{since}...HEAD", "--")
    if done.returncode:
        return Changes()  # They have no common past: git cannot say.
    words = os.fsdecode(done.stdout).split("\0")[:-1]
    pairs = list(zip(words[::2], words[1::2], strict=True))
    return Changes(
        len(pairs),
        sum(status == "A" and is_test(path) for status, path in pairs),
        any(is_document(p) for _, p in pairs),
    )
