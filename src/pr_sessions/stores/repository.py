"""Where a repository keeps what we store, found from any folder inside it, without starting git."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import NotARepository
from pr_sessions.stores.files import read_bytes, replace_file, sweep_temporaries
from pr_sessions.stores.git_layout import (
    branch_in_head,
    common_dir_of,
    core_settings,
    git_dir_at,
    git_dir_named_by,
    is_bare,
    is_git_dir,
    linked_worktrees,
    real,
)

SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
ARCHIVE = "docs/metrics/archive"
CONFIG = ".cursor/config/session_config.yaml"
MARKER = ".cursor/.session_id"
PR_INDEX = ".cursor/data/session_state.json"
JOURNAL = "docs/metrics/auto_pr_sessions.journal.jsonl"
ANALYTICS = "docs/metrics/analytics"

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
hook.log        what went wrong in a hook, without anything that an agent said or wrote
policy.json     a copy of the configuration that is quick to read
signatures.json a copy of the signatures of agents that is quick to read
forges.json     how far `pr-sessions import --github` has come
lock            held while something is written, lock.next by the one who is next; the files themselves may stay

It holds who, when, which pull request and why; no prompt, code or message. `pr-sessions where` explains every file.
"""


class Repository(Struct, frozen=True):
    """A working tree and the places in and around it. Nothing here looks at the disk.

    Attributes:
        root: the top folder of the working tree.
        git_dir: git's folder for this worktree; `None` outside git.
        common_dir: git's folder that all worktrees of the clone share; `None` outside git.
    """

    root: Path
    git_dir: Path | None = None
    common_dir: Path | None = None

    @property
    def session_file(self) -> Path:
        """The specified session file, in the working tree."""
        return self.root / SESSION_FILE

    @property
    def marker(self) -> Path:
        """The current session of this working tree."""
        return self.root / MARKER

    @property
    def pr_index(self) -> Path:
        """The specified index of pull requests (minimal metadata)."""
        return self.root / PR_INDEX

    @property
    def config(self) -> Path:
        """The team's configuration."""
        return self.root / CONFIG

    @property
    def scripts(self) -> Path:
        """The folder of the compatible scripts."""
        return self.root / ".cursor/scripts"

    @property
    def analytics(self) -> Path:
        """The folder of saved reports."""
        return self.root / ANALYTICS

    @property
    def state(self) -> Path | None:
        """The clone's own folder; `None` outside git."""
        return self.common_dir / "pr-sessions" if self.common_dir else None

    @property
    def document(self) -> Path | None:
        """The clone's own sessions; `None` outside git, where the session file stands alone."""
        return self.state / "sessions.json" if self.state else None

    @property
    def archive(self) -> Path:
        """The folder of monthly archives, in the working tree."""
        return self.root / ARCHIVE

    @property
    def documents(self) -> tuple[Path, ...]:
        """The documents in which sessions are kept, in the order of writing: the clone's own, the session file."""
        return (*((self.document,) if self.document else ()), self.session_file)

    @property
    def lock(self) -> Path:
        """The lock that every writer holds."""
        return self.state / "lock" if self.state else self.root / f"{SESSION_FILE}.lock"

    @property
    def backups(self) -> Path:
        """The folder of backups."""
        return self.state / "backups" if self.state else self.session_file.parent

    @property
    def quarantine(self) -> Path:
        """The folder of files that could not be read."""
        return self.state / "quarantine" if self.state else self.root / ".cursor/quarantine"

    @property
    def journal(self) -> Path:
        """What was changed here, by whom and why; JSON Lines."""
        return self.state / "journal.jsonl" if self.state else self.root / JOURNAL

    @property
    def readme(self) -> Path | None:
        """The text that explains the clone's own folder; where it is missing, hooks are silent."""
        return self.state / "README" if self.state else None

    @property
    def pending(self) -> Path | None:
        """The folder of events that hooks left; `None` outside git."""
        return self.state / "pending" if self.state else None

    @property
    def hook_log(self) -> Path | None:
        """What went wrong in a hook; `None` outside git."""
        return self.state / "hook.log" if self.state else None

    @property
    def worktree(self) -> str:
        """Git's own name for a worktree that was added; empty for the main one, and outside git."""
        return "" if self.git_dir is None or self.git_dir == self.common_dir else self.git_dir.name

    @property
    def policy_cache(self) -> Path | None:
        """The effective policy of this worktree, quick to read; `None` outside git."""
        return self._of_worktree("policy")

    @property
    def signature_cache(self) -> Path | None:
        """The signatures of agents that count in this worktree, quick to read; `None` outside git."""
        return self._of_worktree("signatures")

    def _of_worktree(self, name: str) -> Path | None:
        if self.state is None or self.git_dir is None:
            return None
        return self.state / f"{name}{'-' if self.worktree else ''}{self.worktree}.json"

    @property
    def forge_cursors(self) -> Path | None:
        """How far the imports from forges have come; `None` outside git, where they begin anew."""
        return self.state / "forges.json" if self.state else None

    @property
    def paused(self) -> Path:
        """The file whose presence switches tracking off."""
        return self.state / "paused" if self.state else self.root / ".cursor/.pr-sessions-paused"


def find_repository(start: Path, environ: Mapping[str, str] = {}) -> Repository:
    """The repository that a folder belongs to, or the nearest folder above that is tracked without git.

    Args:
        start: any folder inside, as git's current folder.
        environ: where `GIT_DIR`, `GIT_WORK_TREE` and `GIT_COMMON_DIR` count as they do for git.

    Raises:
        NotARepository: there is none, it has no working tree, or its `.git` file is broken.
    """
    try:
        return _find(real(start), environ)
    except PermissionError as error:
        raise NotARepository(
            f"cannot look into {error.filename}: permission denied", "give yourself read permission there"
        ) from error


def standalone(root: Path) -> Repository:
    """A folder that is tracked without git."""
    return Repository(real(root))


def prepare_state(repository: Repository) -> None:
    """Create the clone's own folder with a text that explains it; outside git there is none.

    Raises:
        CannotWrite: git's folder cannot be written.
    """
    if repository.readme and read_bytes(repository.readme) is None:
        replace_file(repository.readme, _README.encode())


def is_prepared(repository: Repository) -> bool:
    """Whether the clone's own folder is there, and nobody has called `uninstall` since."""
    return repository.readme is not None and repository.readme.is_file()


def sweep_leftovers(repository: Repository, now: float) -> None:
    """Remove what killed writers left beside the marker and the index and in the clone's own folder, after an hour.

    Not all of them hold the one lock: a temporary file may be in use.
    """
    for path in (repository.marker, repository.pr_index):
        sweep_temporaries(path.parent, f"{path.name}.", now)
    if repository.state:
        sweep_temporaries(repository.state, "", now)
    if repository.pending:
        sweep_temporaries(repository.pending, "", now)


def current_branch(repository: Repository) -> str | None:
    """The branch that is checked out; `None` when detached or outside git."""
    return branch_in_head(repository.git_dir) if repository.git_dir else None


def worktrees(repository: Repository) -> tuple[Path, ...]:
    """Roots of all working trees of the clone that exist, the main one first."""
    if repository.common_dir is None:
        return (repository.root,)
    main = _main_root(repository, repository.common_dir)
    linked = linked_worktrees(repository.common_dir)
    # The current one is there for sure, even where git lost track of a folder that was moved.
    return tuple(dict.fromkeys((*((main,) if main else ()), *linked, repository.root)))


def _find(here: Path, environ: Mapping[str, str]) -> Repository:
    if environ.get("GIT_DIR"):
        return _named(here, environ)
    for folder in _upward(here):
        git_dir = git_dir_at(folder)
        if git_dir is not None:
            return _with_tree(folder, git_dir, here, environ)
        if is_git_dir(folder):
            raise _inside_git(folder)
    return _without_git(here)


def _upward(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _named(here: Path, environ: Mapping[str, str]) -> Repository:
    """The repository that the environment names, as in git's own hooks."""
    git_dir = real(here / environ["GIT_DIR"])
    common = _common(git_dir, here, environ)
    if not is_git_dir(git_dir, common):
        raise NotARepository(f"GIT_DIR names {git_dir}, which is not a git repository", "unset GIT_DIR")
    # Git takes the current folder for the root then; a subfolder must not become a second world.
    owner = next((folder for folder in _upward(here) if git_dir_named_by(folder / ".git") == git_dir), here)
    return _with_tree(owner, git_dir, here, environ)


def _with_tree(folder: Path, git_dir: Path, here: Path, environ: Mapping[str, str]) -> Repository:
    common = _common(git_dir, here, environ)
    if environ.get("GIT_WORK_TREE"):
        return Repository(real(here / environ["GIT_WORK_TREE"]), git_dir, common)
    # As in git, `core.bare` and `core.worktree` speak of the main worktree only.
    settings = core_settings(git_dir) if git_dir == common else {}
    if is_bare(settings):
        raise _bare(git_dir)
    return Repository(_configured_root(git_dir, settings) or folder, git_dir, common)


def _common(git_dir: Path, here: Path, environ: Mapping[str, str]) -> Path:
    named = environ.get("GIT_COMMON_DIR")
    return real(here / named) if named else common_dir_of(git_dir)


def _configured_root(git_dir: Path, settings: Mapping[str, str]) -> Path | None:
    named = settings.get("worktree")
    root = real(git_dir / named) if named else None
    return root if root and root.is_dir() else None


def _main_root(repository: Repository, common: Path) -> Path | None:
    if repository.git_dir == common:
        return repository.root
    settings = core_settings(common)
    if is_bare(settings):
        return None
    return _configured_root(common, settings) or (common.parent if common.name == ".git" else None)


def _without_git(here: Path) -> Repository:
    for folder in _upward(here):
        if (folder / SESSION_FILE).is_file() or (folder / CONFIG).is_file():
            return Repository(folder)
    raise NotARepository(
        f"{here} is not in a git repository",
        "run `git init`, or `pr-sessions init` to track this folder without git",
    )


def _inside_git(folder: Path) -> NotARepository:
    owner = next((f.parent for f in _upward(folder) if f.name == ".git"), None)
    if owner is None:
        return _bare(folder)
    return NotARepository(f"{folder} is git's own folder, not a working tree", f"run it in {owner}")


def _bare(folder: Path) -> NotARepository:
    return NotARepository(
        f"{folder} is a bare repository and has no working tree",
        "make one with `git worktree add PATH BRANCH` and work there",
    )
