"""Every place in which something is stored: what it is for, who writes it, what it holds, and how it is now."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from pr_sessions.agents.install.hosts import Scope
from pr_sessions.agents.install.installed import installed
from pr_sessions.errors import PrSessionsError, UnreadableFile
from pr_sessions.stores.archives import FOLDER, Archives
from pr_sessions.stores.backups import list_backups
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import parse
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.git import is_ignored, is_tracked
from pr_sessions.stores.journal import older
from pr_sessions.stores.lock import next_in_line
from pr_sessions.stores.repository import Repository, worktrees
from pr_sessions.stores.strict_json import read_json

NAMES = "names of authors and branches, times, pull request numbers, titles of sessions"
EVENTS = "ids of agents' conversations, times, branches, addresses of pull requests"
OUR_WRITERS = "every command that records something"


class Counts(Struct, frozen=True):
    """What a place holds; `None` where that is not counted."""

    sessions: int | None = None
    pull_requests: int | None = None
    entries: int | None = None


class Place(Struct, frozen=True):
    """One place, as it is meant to be.

    Attributes:
        sensitive: what it holds that somebody might not want to share; `nothing` otherwise.
        count: looks into it.
    """

    path: Path
    purpose: str
    written_by: str
    sensitive: str
    count: Callable[[Path], Counts]


class State(Struct, frozen=True):
    """One place, as it is.

    Attributes:
        bytes: of the file, or of all files in the folder.
        git: `tracked`, `ignored`, `untracked`, `inside git's folder`; `None` outside the repository.
        problem: why it cannot be read.
    """

    exists: bool = False
    bytes: int | None = None
    changed: datetime | None = None
    counts: Counts = Counts()
    git: str | None = None
    problem: str | None = None


def places(repository: Repository) -> tuple[Place, ...]:
    """All of them, those of the working tree first."""
    return (
        *_in_the_tree(repository),
        *_in_other_trees(repository),
        *_in_the_clone(repository),
        *_hooks(repository),
    )


def look_at(place: Place, repository: Repository) -> State:
    """The place as it is now; whatever is wrong with it is told, not raised."""
    problem, git = None, None
    try:
        git = _git(place.path, repository)
        exists, size, changed = _measure(place.path)
        counts = place.count(place.path) if exists else Counts()
    except PrSessionsError as error:
        problem, counts = str(error), Counts()
        exists, size, changed = _measure_if_possible(place.path)
    shown = git if exists or git != "untracked" else None
    return State(exists, size, changed, counts, shown, problem)


def _in_the_tree(repository: Repository) -> Iterator[Place]:
    yield Place(
        repository.session_file, "sessions and their pull requests, as specified", OUR_WRITERS, NAMES, _document
    )
    yield from _archives(repository, repository.archive)
    yield Place(repository.marker, "current session of this working tree", "start, touch, add", "author", _one_record)
    yield Place(repository.pr_index, "session by pull request (minimal metadata)", OUR_WRITERS, NAMES, _index)
    yield Place(repository.config, "configuration of the team", "init, people", "nothing", _lines)
    yield Place(
        repository.scripts, "scripts that are compatible with the original", "init --scripts", "nothing", _files
    )
    yield Place(repository.analytics, "saved reports", "report --save", NAMES, _files)


def _archives(repository: Repository, folder: Path) -> Iterator[Place]:
    """The months that are there; the folder where there is none, so that people find the place."""
    found = Archives.beside((folder.parent / repository.session_file.name,))
    try:
        paths = found.paths() or (folder,)
    except UnreadableFile:
        paths = (folder,)
    for path in paths:
        count = _files if path == folder else _document
        yield Place(path, "sessions that ended more than keep_days ago, by month", OUR_WRITERS, NAMES, count)


def _in_other_trees(repository: Repository) -> Iterator[Place]:
    """Session files and markers of the other working trees, as far as they are there."""
    try:
        others = [Repository(root) for root in worktrees(repository) if root != repository.root]
    except UnreadableFile:
        return  # Every row says so: git is asked through them.
    for other in others:
        yield Place(other.session_file, "session file of another working tree", OUR_WRITERS, NAMES, _document)
        yield Place(other.marker, "current session of another working tree", "start, touch, add", "author", _one_record)


def _in_the_clone(repository: Repository) -> Iterator[Place]:
    if repository.document and repository.state and repository.readme and repository.common_dir:
        own = repository.document
        ignore, exclude = repository.root / ".gitignore", repository.common_dir / "info/exclude"
        yield Place(ignore, "keeps the marker and the index out of git", "init, people", "nothing", _lines)
        attributes = repository.root / ".gitattributes"
        yield Place(attributes, "has git join the session file (share: commit)", "init, people", "nothing", _lines)
        yield Place(own, "everything this clone knows, of all branches", OUR_WRITERS, NAMES, _document)
        yield from _archives(repository, own.parent / FOLDER)
        text = "explains the folder; without it hooks are silent"
        yield Place(repository.readme, text, "init, start, add", "nothing", _lines)
        if repository.pending and repository.hook_log:
            purpose = "what hooks of agents saw, until it is taken into the sessions"
            yield Place(repository.pending, purpose, "hooks of agents", EVENTS, _files)
            yield Place(repository.hook_log, "what went wrong in a hook", "hooks of agents", "nothing", _lines)
        caches = (
            (repository.policy_cache, "configuration", "any command"),
            (repository.signature_cache, "signatures of agents", "add, import, check"),
        )
        for cache, of, writers in caches:
            if cache:
                yield Place(cache, f"copy of the {of}, quick to read", writers, "nothing", _nothing)
        trailer = repository.state / "prepare-commit-msg"
        yield Place(trailer, "adds the trailer Session-ID to commits", "init --commit-trailer", "nothing", _lines)
        yield Place(repository.backups, "earlier states", f"backup, {OUR_WRITERS}", NAMES, _backups)
        yield Place(exclude, "keeps files of this clone out of git", "init, git, people", "nothing", _lines)
    yield from _beside_the_session_file(repository)
    yield Place(repository.quarantine, "files that could not be read", "doctor --repair", NAMES, _files)
    for path in (repository.journal, older(repository.journal)):
        if path.exists() or path == repository.journal:
            yield Place(path, "who changed what and when", OUR_WRITERS, "names of authors, numbers, times", _lines)
    yield Place(repository.lock, "held while something is written", OUR_WRITERS, "process number, time", _nothing)
    if next_in_line(repository.lock).exists():
        yield Place(next_in_line(repository.lock), "held by the one who is next", OUR_WRITERS, "nothing", _nothing)
    if (cursors := repository.forge_cursors) and cursors.exists():
        yield Place(cursors, "how far imports from GitHub have come", "import --github", "repository names", _nothing)
    yield Place(repository.paused, "its presence switches tracking off", "pause", "nothing", _nothing)


def _hooks(repository: Repository) -> Iterator[Place]:
    """Files of coding agents, as far as our hooks stand in them."""
    for found in installed(repository, os.environ):
        whose = "in this repository" if found.scope is not Scope.USER else "everywhere, of one user"
        secret = "nothing of ours" if found.scope is Scope.PROJECT else "paths of this machine"
        purpose = f"has {found.host.name} tell us its events, {whose}"
        yield Place(found.path, purpose, "init --agents, the agent, people", secret, _lines)


def _beside_the_session_file(repository: Repository) -> Iterator[Place]:
    """Copies that people made, as the specification says; outside git ours are there, too."""
    try:
        backups = list_backups(repository.session_file.parent)
    except UnreadableFile:
        return  # `doctor` says so.
    for backup in backups:
        yield Place(backup.path, "earlier state", "backup" if backup.ours else "people", NAMES, _document)


def _git(path: Path, repository: Repository) -> str | None:
    if repository.common_dir is None:
        return None
    if path.is_relative_to(repository.common_dir):
        return "inside git's folder"
    root = next((r for r in worktrees(repository) if path.is_relative_to(r)), None)
    if root is None:
        return None
    if is_tracked(root, path):
        return "tracked"
    return "ignored" if is_ignored(root, path) else "untracked"


def _measure(path: Path) -> tuple[bool, int | None, datetime | None]:
    """Whether it exists, its bytes, its last change."""
    try:
        facts = path.stat()
        size = sum(f.stat().st_size for f in _files_in(path)) if path.is_dir() else facts.st_size
    except (FileNotFoundError, NotADirectoryError):
        return False, None, None
    except OSError as error:
        raise UnreadableFile(f"cannot look at {path}: {error.strerror or error}") from error
    return True, size, datetime.fromtimestamp(facts.st_mtime, UTC)


def _measure_if_possible(path: Path) -> tuple[bool, int | None, datetime | None]:
    try:
        return _measure(path)
    except UnreadableFile:
        return True, None, None


def _files_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise UnreadableFile(f"cannot list {folder}: {error.strerror or error}") from error


def _document(path: Path) -> Counts:
    sessions = tuple(Book(parse(read_bytes(path) or b"", str(path))))
    numbers = {number for session in sessions for number in session.prs}
    return Counts(sessions=len(sessions), pull_requests=len(numbers))


def _index(path: Path) -> Counts:
    value = read_json(read_bytes(path) or b"", str(path))
    listed = value.get("pr_to_session") if isinstance(value, dict) else None
    return Counts(pull_requests=len(listed) if isinstance(listed, dict) else 0)


def _one_record(path: Path) -> Counts:
    read_json(read_bytes(path, MIB) or b"", str(path))
    return Counts(sessions=1)


def _lines(path: Path) -> Counts:
    return Counts(entries=len((read_bytes(path, 16 * MIB) or b"").splitlines()))


def _files(path: Path) -> Counts:
    return Counts(entries=len(_files_in(path)))


def _backups(path: Path) -> Counts:
    return Counts(entries=len(list_backups(path)))


def _nothing(path: Path) -> Counts:
    read_bytes(path)
    return Counts()
