"""The branch by which clones share their sessions: fetched, read, pushed; never checked out, never forced."""

from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.sessions.branch_name import check_branch_name
from pr_sessions.sessions.ids import clean
from pr_sessions.stores.branch_commit import OURS, commit_document
from pr_sessions.stores.files import MIB
from pr_sessions.stores.git import GitFailed, ask_git, call_git, remotes, run_git
from pr_sessions.stores.push_report import Report, read_report
from pr_sessions.stores.repository import SESSION_FILE

MAX_DOCUMENT = 256 * MIB
_ORDINARY = b"100"
# Another fetch of the same clone is at work on the same reference; an editor starts them by itself.
_IN_USE = ("cannot lock ref", ".lock': File exists")


class InUse(GitFailed):
    """Another git holds what this one needs, for a moment."""


class SharedBranch(Struct, frozen=True):
    """A branch of a remote, as one clone sees it.

    Attributes:
        root: a working tree of the clone; only its repository is used.
        remote: a name that git knows.
        branch: without `refs/heads/`.
    """

    root: Path
    remote: str
    branch: str

    @property
    def name(self) -> str:
        """What people call it: `origin/pr-sessions`."""
        return f"{self.remote}/{self.branch}"

    @property
    def tracking(self) -> str:
        """Where the clone remembers its last commit."""
        return f"refs/remotes/{self.remote}/{self.branch}"

    def fetch(self) -> str | None:
        """The branch's last commit, fetched; `None` where the remote has no such branch.

        Raises:
            InUse: try again in a moment.
            GitFailed: the remote cannot be reached, or nobody may read it.
        """
        quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance")
        # A clone without its past stays one, and does not get this branch's whole past either.
        shallow = ask_git(self.root, "rev-parse", "--is-shallow-repository") == "true"
        refspec = f"+refs/heads/{self.branch}:{self.tracking}"
        done = call_git(self.root, "fetch", *quiet, *(("--depth=1",) if shallow else ()), "--", self.remote, refspec)
        said = done.stderr.decode(errors="replace")
        if done.returncode == 0:
            return self.known()
        if "couldn't find remote ref" in said:
            return None
        reason = clean(next(iter(said.strip().splitlines()), f"status {done.returncode}"), 300)
        kind = InUse if any(word in said for word in _IN_USE) else GitFailed
        way_out = f"see whether git itself gets through: git fetch {self.remote}"
        raise kind(f"cannot fetch {self.name}: {reason}", way_out)

    def known(self) -> str | None:
        """The last commit that this clone has seen; asks nobody."""
        return ask_git(self.root, "rev-parse", "--verify", "--quiet", f"{self.tracking}^{{commit}}") or None

    def document(self, commit: str) -> bytes:
        """The session file of a commit.

        Raises:
            InvalidValue: the branch is somebody else's.
            UnreadableFile: the file is larger than 256 MiB.
        """
        names = run_git(self.root, "ls-tree", "-z", "--name-only", commit).decode(errors="replace").split("\0")
        foreign = sorted(name for name in names if name and name not in OURS)
        listed = run_git(self.root, "ls-tree", "-z", commit, "--", SESSION_FILE)
        if foreign or not listed.startswith(_ORDINARY):
            why = f"it holds {clean(foreign[0], 60)}" if foreign else f"it holds no {SESSION_FILE}"
            raise InvalidValue(
                f"{self.name} is not a branch of sessions: {why}",
                "nothing was changed. Name another one: pr-sessions sync --branch NAME, or sync_branch in the "
                "configuration",
            )
        blob = listed.split()[2].decode("ascii")
        if int(run_git(self.root, "cat-file", "-s", blob)) > MAX_DOCUMENT:
            raise UnreadableFile(f"cannot read {self.name}: it is larger than {MAX_DOCUMENT} bytes", self.way_back())
        return run_git(self.root, "cat-file", "blob", blob)

    def commit(self, parent: str | None, data: bytes, message: str) -> str:
        """A commit on top of `parent`, not yet pushed. Raises what `commit_document` raises."""
        return commit_document(self.root, parent, data, message)

    def push(self, commit: str) -> Report:
        """Sends a commit, never by force; what came of it."""
        # Hooks before a push look after code; the settings that are switched off would send more than this.
        only = ("--no-verify", "--no-follow-tags", "--recurse-submodules=no", "--no-signed")
        refspec = f"{commit}:refs/heads/{self.branch}"
        done = call_git(self.root, "push", "--porcelain", *only, "--", self.remote, refspec)
        report = read_report(done.returncode, done.stdout, done.stderr, self.remote, self.branch)
        if not (report.outrun or report.reason):
            # Git does it by itself only where the clone fetches all branches. If another fetch is in the way,
            # that one brings it.
            call_git(self.root, "update-ref", self.tracking, commit)
        return report

    def way_back(self) -> str:
        """How to mend a document on the branch that cannot be used."""
        return (
            f"nothing was changed. Mend it on its branch: git worktree add --detach ../sessions {self.tracking}, there "
            f"`git revert HEAD` or mend {SESSION_FILE} and commit, then git push {self.remote} HEAD:{self.branch}"
        )


def find_branch(root: Path, branch: str, remote: str | None = None) -> SharedBranch:
    """The branch of that name at a remote; if none is named at `origin`, or at the only one.

    Raises:
        InvalidValue: no branch may have that name, or several remotes fit.
        NotFound: there is no such remote, or none at all.
    """
    check_branch_name(branch)
    there = remotes(root)
    if not there:
        raise NotFound("this clone has no remote to sync with", "git remote add origin URL")
    chosen = remote or ("origin" if "origin" in there else there[0])
    if chosen not in there:
        raise NotFound(f"no remote is named {clean(chosen, 60)}", f"there is {', '.join(there)}")
    if remote is None and chosen != "origin" and len(there) > 1:
        raise InvalidValue(f"there are several remotes: {', '.join(there)}", "pr-sessions sync --remote NAME")
    return SharedBranch(root, chosen, branch)
