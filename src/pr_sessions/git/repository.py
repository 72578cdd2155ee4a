"""Where a repository keeps what we store, found from any folder inside it, without starting git."""

from functools import cached_property
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.io.files import files_in, is_file, look_at_each, read_bytes, replace_file, sweep_temporaries
from pr_sessions.io.places import Place

ARCHIVE = "docs/metrics/archive"
CONFIG = ".cursor/config/session_config.yaml"
MARKER = ".cursor/.session_id"
PR_INDEX = ".cursor/data/session_state.json"
JOURNAL = "docs/metrics/auto_pr_sessions.journal.jsonl"
ANALYTICS = "docs/metrics/analytics"
# The file in `pending` to which hooks append.
EVENTS = "events.jsonl"

_README = """\
Sessions of this clone
======================
pr-sessions keeps its state here, where no checkout, stash or
`git clean` can touch it. All branches and worktrees of this clone share it; git never sends it anywhere.

sessions.json   every session and its pull requests; the working tree's docs/metrics/auto_pr_sessions.json is joined in
quarantine/     what could not be read, put aside by `pr-sessions doctor --repair`
archive/        sessions that ended more than keep_days ago, by month
backups/        earlier states; `pr-sessions restore` joins one in
journal.jsonl   who changed what and when; `pr-sessions log` shows it
pending/        what hooks of coding agents saw, until it is taken into sessions.json
runs.json       vendors' ids of agents' runs, for you alone; everything shared holds a hash in their place
hook.log        what went wrong in a hook, without anything that an agent said or wrote
policy.json     a copy of the configuration that is quick to read
signatures.json a copy of the signatures of agents that is quick to read
forges.json     how far `pr-sessions import --github` has come
inbox.json      what you saw of the inbox and snoozed in it, as hashes and times; for you alone
lock            held while something is written, lock.next by the one who is next; the files themselves may stay

It holds who, when, which pull request and why; no prompt, code or message. `pr-sessions where` explains every file.
"""


class Repository(Struct, frozen=True, dict=True):
    """A working tree and the places in and around it. Nothing here looks at the disk.

    Attributes:
        root: the top folder of the working tree.
        git_dir: git's folder for this worktree; `None` outside git.
        common_dir: git's folder that all worktrees of the clone share; `None` outside git.
        bits: permissions of our own files in git's folder.
    """

    root: Path
    git_dir: Path | None = None
    common_dir: Path | None = None
    bits: int = 0o600

    def place(self, below: str) -> Place:
        """A place in the working tree, named from its root with `/`."""
        return Place(self.root, below)

    @cached_property
    def session_file(self) -> Place:
        """The specified session file, in the working tree."""
        return self.place(SESSION_FILE)

    @cached_property
    def marker(self) -> Place:
        """The current session of this working tree."""
        return self.place(MARKER)

    @cached_property
    def pr_index(self) -> Place:
        """The specified index of pull requests (minimal metadata)."""
        return self.place(PR_INDEX)

    @cached_property
    def config(self) -> Place:
        """The team's configuration."""
        return self.place(CONFIG)

    @cached_property
    def scripts(self) -> Place:
        """The folder of the compatible scripts."""
        return self.place(".cursor/scripts")

    @cached_property
    def analytics(self) -> Place:
        """The folder of saved reports."""
        return self.place(ANALYTICS)

    @cached_property
    def gitignore(self) -> Place:
        """What git leaves out, as the team says."""
        return self.place(".gitignore")

    @cached_property
    def gitattributes(self) -> Place:
        """How git treats files, as the team says."""
        return self.place(".gitattributes")

    @cached_property
    def exclude(self) -> Place | None:
        """What git leaves out in this clone; `None` outside git."""
        return Place(self.common_dir, "info/exclude") if self.common_dir else None

    @cached_property
    def state(self) -> Place | None:
        """The clone's own folder; `None` outside git."""
        return Place(self.common_dir, "pr-sessions", self.bits) if self.common_dir else None

    @cached_property
    def clone_sessions(self) -> Place | None:
        """The clone's own sessions; `None` outside git, where the session file stands alone."""
        return self.state / "sessions.json" if self.state else None

    @cached_property
    def archive(self) -> Place:
        """The folder of monthly archives, in the working tree."""
        return self.place(ARCHIVE)

    @cached_property
    def documents(self) -> tuple[Place, ...]:
        """The documents in which sessions are kept, in the order of writing: the clone's own, the session file."""
        return (*((self.clone_sessions,) if self.clone_sessions else ()), self.session_file)

    @cached_property
    def lock(self) -> Place:
        """The lock that every writer holds."""
        return self.state / "lock" if self.state else self.place(f"{SESSION_FILE}.lock")

    @cached_property
    def backups(self) -> Place:
        """The folder of backups."""
        return self.state / "backups" if self.state else self.session_file.parent

    @cached_property
    def quarantine(self) -> Place:
        """The folder of files that could not be read."""
        return self.state / "quarantine" if self.state else self.place(".cursor/quarantine")

    @cached_property
    def journal(self) -> Place:
        """What was changed here, by whom and why; JSON Lines."""
        return self.state / "journal.jsonl" if self.state else self.place(JOURNAL)

    @cached_property
    def readme(self) -> Place | None:
        """The text that explains the clone's own folder; where it is missing, hooks are silent."""
        return self.state / "README" if self.state else None

    @cached_property
    def pending(self) -> Place | None:
        """The folder of events that hooks left; `None` outside git."""
        return self.state / "pending" if self.state else None

    @cached_property
    def hook_log(self) -> Place | None:
        """What went wrong in a hook; `None` outside git."""
        return self.state / "hook.log" if self.state else None

    @cached_property
    def worktree(self) -> str:
        """Git's own name for a worktree that was added; empty for the main one, and outside git."""
        return "" if self.git_dir is None or self.git_dir == self.common_dir else self.git_dir.name

    @cached_property
    def policy_cache(self) -> Place | None:
        """The effective policy of this worktree, quick to read; `None` outside git."""
        return self._of_worktree("policy")

    @cached_property
    def signature_cache(self) -> Place | None:
        """The signatures of agents that count in this worktree, quick to read; `None` outside git."""
        return self._of_worktree("signatures")

    def _of_worktree(self, name: str) -> Place | None:
        if self.state is None or self.git_dir is None:
            return None
        return self.state / f"{name}{'-' if self.worktree else ''}{self.worktree}.json"

    @cached_property
    def forge_cursors(self) -> Place | None:
        """How far the imports from forges have come; `None` outside git, where they begin anew."""
        return self.state / "forges.json" if self.state else None

    @cached_property
    def last_looks(self) -> Place | None:
        """What the user saw of the inbox; `None` outside git."""
        return self.state / "inbox.json" if self.state else None

    @cached_property
    def run_ids(self) -> Place | None:
        """The vendors' ids of agents' runs, which nothing else holds; `None` outside git."""
        return self.state / "runs.json" if self.state else None

    @cached_property
    def paused(self) -> Place:
        """The file whose presence switches tracking off."""
        return self.state / "paused" if self.state else self.place(".cursor/.pr-sessions-paused")


def prepare_state(repository: Repository) -> None:
    """Refuse links, then create the clone's own folder with a text that explains it; outside git there is none.

    Raises:
        CannotWrite: git's folder cannot be written.
        UnreadableFile: as `refuse_links`.
    """
    refuse_links(repository)
    if repository.readme and read_bytes(repository.readme) is None:
        replace_file(repository.readme, _README.encode())


def is_prepared(repository: Repository) -> bool:
    """Tell whether the clone's own folder is there, and nobody has called `uninstall` since."""
    return repository.readme is not None and is_file(repository.readme)


def refuse_links(repository: Repository) -> None:
    """Look at every place that an operation may write to, so that a link there stops it before anything is done.

    Raises:
        UnreadableFile: one of them is a link, or lies behind one.
    """
    places = (
        *repository.documents,
        *((repository.state / "archive",) if repository.state else ()),
        repository.archive,
        repository.marker,
        repository.pr_index,
        repository.config,
        repository.lock,
        repository.backups,
        repository.quarantine,
        repository.journal,
        *((repository.pending / "lock",) if repository.pending else ()),
    )
    look_at_each(places)


def sweep_leftovers(repository: Repository, now: float) -> None:
    """Remove what killed writers left next to the marker and the index and in the clone's own folder, after an hour.

    Not all of them hold the one lock: a temporary file may be in use.
    """
    for path in (repository.marker, repository.pr_index):
        sweep_temporaries(path.parent, f"{path.name}.", now)
    if repository.state:
        sweep_temporaries(repository.state, "", now)
    if repository.pending:
        sweep_temporaries(repository.pending, "", now)


def waiting_files(folder: Place) -> tuple[Place, ...]:
    """Return the files that hooks queued: first those moved aside, and those that could not wait for the lock.

    Raises:
        UnreadableFile: the folder may not be looked into.
    """
    names = [name for name, record in files_in(folder).items() if name.endswith(".jsonl") and record.st_size]
    return tuple(folder / name for name in sorted(names, key=lambda n: (n == EVENTS, n.partition("-")[2])))
