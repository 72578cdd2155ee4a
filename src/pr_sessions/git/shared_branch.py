"""The branch by which clones share their sessions: fetched, read, committed to, pushed.

It is never checked out and never forced. Commits are made without index and working tree.
"""

from pathlib import Path

from msgspec import Struct

from pr_sessions.core.ids import check_branch_name, clean
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.git.commands import GitFailed, ask_git, call_git, read_git, remote_names, run_git
from pr_sessions.io.files import MIB

README_FILE = "README.md"
README = """\
# Work sessions

This branch belongs to pr-sessions. It holds one document, `docs/metrics/auto_pr_sessions.json`, and no code: which
pull request came from which work session. `pr-sessions sync` fetches it, merges it with what a clone knows, and pushes
the outcome. Merge it into nothing, and let no rule of the forge keep people and workflows from pushing to it.
"""
MAX_BYTES = 256 * MIB

_EXPECTED = frozenset({README_FILE, SESSION_FILE.partition("/")[0]})
_REGULAR_FILE = b"100"
# Another fetch of the same clone is at work on the same reference; an editor starts them by itself.
_IN_USE = ("cannot lock ref", ".lock': File exists")
# Workflows often run without a name of their own.
_FALLBACK = {"user.name": "pr-sessions", "user.email": "pr-sessions@localhost"}
# Somebody else was first: the forge's words for it, in several versions of git.
_OUTRUN = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "failed to update ref",
    "failed to lock",
    "cannot lock ref",
    "incorrect old value",
    "reference already exists",
)
# Words of a refusal and what to do about it. The order counts: a forge says "protected" of every rule, and names the
# signature in the next line.
_HINTS = (
    (
        ("signature", "signed", "gpg"),
        "sign them: git config commit.gpgSign true, then pr-sessions sync; or exempt {branch} from that rule",
    ),
    (
        ("protected", "rule", "hook declined", "gh006", "gh013"),
        "exempt {branch} from that rule, or name another branch as sync_branch in the configuration",
    ),
    (
        ("permission", "denied", "403", "not allowed", "authentication", "could not read username"),
        "you need the right to push to {remote}; a workflow needs `permissions: contents: write`",
    ),
)
_OTHER_HINT = "see whether git itself gets through: git push {remote}"


class PushReport(Struct, frozen=True):
    """What came of a push.

    Attributes:
        outrun: the branch moved on since it was fetched; fetching, merging and pushing again helps.
        reason: why it was refused, in the words of git and of the remote; empty where it was taken.
        hint: what to do about it.
    """

    outrun: bool = False
    reason: str = ""
    hint: str = ""


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
        """Fetch the branch and return its last commit; `None` where the remote has no such branch.

        Raises:
            InUse: try again in a moment.
            GitFailed: the remote cannot be reached or read.
        """
        quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance")
        # A clone without its past stays one, and does not get this branch's whole past either.
        shallow = ask_git(self.root, "rev-parse", "--is-shallow-repository") == "true"
        refspec = f"+refs/heads/{self.branch}:{self.tracking}"
        done = call_git(self.root, "fetch", *quiet, *(("--depth=1",) if shallow else ()), "--", self.remote, refspec)
        messages = done.stderr.decode(errors="replace")
        if done.returncode == 0:
            return self.known()
        if "couldn't find remote ref" in messages:
            return None
        reason = clean(next(iter(messages.strip().splitlines()), f"status {done.returncode}"), 300)
        kind = InUse if any(word in messages for word in _IN_USE) else GitFailed
        hint = f"see whether git itself gets through: git fetch {self.remote}"
        raise kind(f"cannot fetch {self.name}: {reason}", hint)

    def known(self) -> str | None:
        """Return the last commit that this clone fetched or pushed, without the network."""
        return ask_git(self.root, "rev-parse", "--verify", "--quiet", f"{self.tracking}^{{commit}}") or None

    def read(self, commit: str, *, fetches: bool = False) -> bytes:
        """Return the session file of a commit.

        Args:
            commit: its id.
            fetches: a partial clone fetches what it lacks, as the user asked for the network.

        Raises:
            InvalidValue: the branch holds something else.
            UnreadableFile: the file is larger than 256 MiB.
            GitFailed: a partial clone lacks it.
        """
        run = run_git if fetches else read_git
        names = run(self.root, "ls-tree", "-z", "--name-only", commit).decode(errors="replace").split("\0")
        foreign = sorted(name for name in names if name and name not in _EXPECTED)
        listed = run(self.root, "ls-tree", "-z", commit, "--", SESSION_FILE)
        if foreign or not listed.startswith(_REGULAR_FILE):
            why = f"it holds {clean(foreign[0], 60)}" if foreign else f"it holds no {SESSION_FILE}"
            raise InvalidValue(
                f"{self.name} is not a branch of sessions: {why}",
                "nothing was changed. Name another one: pr-sessions sync --branch NAME, or sync_branch in the "
                "configuration",
            )
        blob = listed.split()[2].decode("ascii")
        if int(run(self.root, "cat-file", "-s", blob)) > MAX_BYTES:
            raise UnreadableFile(f"cannot read {self.name}: it is larger than {MAX_BYTES} bytes", self.repair_hint())
        return run(self.root, "cat-file", "blob", blob)

    def commit(self, parent: str | None, data: bytes, message: str) -> str:
        """Write a commit that nothing points to yet; return its id.

        Args:
            parent: the branch's last commit; whatever else it holds stays.
            data: the session file.
            message: of the commit.

        Raises:
            GitFailed: the objects cannot be written, or the commit cannot be signed.
        """
        root = self.root
        tree = _with_file(root, f"{parent}^{{tree}}" if parent else None, SESSION_FILE.split("/"), data)
        if parent is None:
            tree = _with_file(root, tree, [README_FILE], README.encode())
        missing = [(key, value) for key, value in _FALLBACK.items() if not ask_git(root, "config", "--get", key)]
        identity = [word for key, value in missing for word in ("-c", f"{key}={value}")]
        # Unlike `git commit`, this command does not look at the setting by itself.
        signed = ("-S",) if ask_git(root, "config", "--type=bool", "--get", "commit.gpgSign") == "true" else ()
        parents = ("-p", parent) if parent else ()
        try:
            printed = run_git(root, *identity, "commit-tree", *signed, *parents, tree, input=message.encode())
        except GitFailed as error:
            hint = "commit.gpgSign is set: see whether `git commit` can sign here, or set it to false in this clone"
            raise GitFailed(str(error), hint if signed else error.hint) from error
        return printed.decode("ascii").strip()

    def push(self, commit: str) -> PushReport:
        """Push a commit, never by force; return what came of it."""
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

    def repair_hint(self) -> str:
        """Return how to repair a session file on the branch that cannot be used."""
        return (
            f"nothing was changed. Repair it on its branch: git worktree add --detach ../sessions {self.tracking}, "
            f"there `git revert HEAD` or edit {SESSION_FILE} and commit, then git push {self.remote} "
            f"HEAD:{self.branch}"
        )


def _with_file(root: Path, tree: str | None, path: list[str], data: bytes) -> str:
    """Return the id of the tree with one file added or replaced."""
    name, *rest = path
    lines = run_git(root, "ls-tree", "-z", tree).split(b"\0") if tree else []
    entries = {line.partition(b"\t")[2].decode(errors="surrogateescape"): line for line in lines if line}
    if rest:
        below = entries.get(name, b"")
        inner = below.split()[2].decode() if below.startswith(b"040000 tree ") else None
        entries[name] = b"040000 tree %b\t%b" % (_with_file(root, inner, rest, data).encode(), name.encode())
    else:
        blob = run_git(root, "hash-object", "-w", "-t", "blob", "--stdin", input=data).strip()
        entries[name] = b"100644 blob %b\t%b" % (blob, name.encode())
    made = run_git(root, "mktree", "-z", input=b"".join(entry + b"\0" for entry in entries.values()))
    return made.decode("ascii").strip()


def find_branch(root: Path, branch: str, remote: str | None = None) -> SharedBranch:
    """Return the branch of that name at a remote; if none is named at `origin`, or at the only one.

    Raises:
        InvalidValue: no branch may have that name, or several remotes fit.
        NotFound: there is no such remote, or none at all.
    """
    check_branch_name(branch)
    names = remote_names(root)
    if not names:
        raise NotFound("this clone has no remote to sync with", "git remote add origin URL")
    chosen = remote or ("origin" if "origin" in names else names[0])
    if chosen not in names:
        raise NotFound(f"no remote is named {clean(chosen, 60)}", f"there is {', '.join(names)}")
    if remote is None and chosen != "origin" and len(names) > 1:
        raise InvalidValue(f"there are several remotes: {', '.join(names)}", "pr-sessions sync --remote NAME")
    return SharedBranch(root, chosen, branch)


def read_report(status: int, out: bytes, err: bytes, remote: str, branch: str) -> PushReport:
    """Return the report of one push of one branch.

    Args:
        status: git's exit status.
        out: its standard output: a line `!<tab>from:to<tab>summary (reason)` for a branch that was refused.
        err: its messages, with the remote's own lines behind `remote: `.
        remote: its name, for the hint.
        branch: its name, for the hint.
    """
    if status == 0:
        return PushReport()
    rows = (line.split("\t") for line in out.decode(errors="replace").splitlines() if line.startswith("!\t"))
    refusal = clean(next((row[2] for row in rows if len(row) > 2), ""), 200)
    if any(word in refusal for word in _OUTRUN):
        return PushReport(outrun=True, reason=refusal)
    reason = clean("; ".join(filter(None, (refusal, *_causes(err.decode(errors="replace"))))), 500)
    reason = reason or f"status {status}"
    hint = next((hint for words, hint in _HINTS if any(word in reason.lower() for word in words)), _OTHER_HINT)
    return PushReport(reason=reason, hint=hint.format(remote=remote, branch=branch))


def _causes(messages: str) -> list[str]:
    """Return the lines that say why: the remote's first three, else the first one of git."""
    lines = messages.strip().splitlines()
    remote = [line.partition("remote:")[2].strip() for line in lines if line.startswith("remote:")]
    remote = [line for line in remote if any(character.isalnum() for character in line)]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:"))]
    return remote[:3] or fatal[:1] or lines[:1]
