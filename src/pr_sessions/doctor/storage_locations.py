"""Every place in which something is stored: its purpose, its writers, its contents, and its present state."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

from msgspec import Struct

from pr_sessions.core.json_text import read_json
from pr_sessions.errors import PrSessionsError, UnreadableFile
from pr_sessions.git.commands import is_ignored, is_tracked
from pr_sessions.git.discovery import worktrees
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import MIB, exists, files_in, read_bytes, status
from pr_sessions.io.lock import next_in_line
from pr_sessions.io.places import Place
from pr_sessions.look.inbox_looks import users_looks
from pr_sessions.setup.agent_hooks.files import Scope, installed
from pr_sessions.storage.files.archives import FOLDER, Archives
from pr_sessions.storage.files.backups import list_backups
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.journal import older
from pr_sessions.storage.files.pr_index import read_index
from pr_sessions.storage.files.run_ids import read_run_ids
from pr_sessions.storage.files.session_file import parse

NAMES = "names of authors and branches, times, pull request numbers, titles of sessions"
EVENTS = "ids of agents' conversations, times, branches, addresses of pull requests"
OUR_WRITERS = "every command that records something"


class Counts(Struct, frozen=True):
    """What a place holds; `None` where that is not counted."""

    sessions: int | None = None
    pull_requests: int | None = None
    entries: int | None = None


class Location(Struct, frozen=True):
    """One place, as it should be.

    Attributes:
        sensitive: what it holds that somebody might not want to share; `nothing` otherwise.
        count: counts what it holds.
    """

    path: Place
    purpose: str
    written_by: str
    sensitive: str
    count: Callable[[Place], Counts]


class State(Struct, frozen=True):
    """One place, as it is now.

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


def places(repository: Repository) -> tuple[Location, ...]:
    """Return all of them, those of the working tree first."""
    return (
        *_in_the_tree(repository),
        *_in_other_trees(repository),
        *_in_the_clone(repository),
        *_in_files_of_agents(repository),
    )


def look_at(place: Location, repository: Repository) -> State:
    """Return the present state of a place; a problem becomes part of it, and is not raised."""
    problem, git = None, None
    try:
        exists, size, changed = _measure(place.path)
        git = _git(place.path, repository)
        counts = place.count(place.path) if exists else Counts()
    except PrSessionsError as error:
        problem, counts = str(error), Counts()
        try:
            exists, size, changed = _measure(place.path)
        except UnreadableFile:
            exists, size, changed = True, None, None
    shown = git if exists or git != "untracked" else None
    return State(exists, size, changed, counts, shown, problem)


def _in_the_tree(repository: Repository) -> Iterator[Location]:
    yield Location(
        repository.session_file, "sessions and their pull requests, as specified", OUR_WRITERS, NAMES, _session_file
    )
    yield from _archives(repository, repository.archive)
    yield Location(
        repository.marker, "current session of this working tree", "start, touch, add", "author", _one_record
    )
    yield Location(repository.pr_index, "session by pull request (minimal metadata)", OUR_WRITERS, NAMES, _index)
    yield Location(repository.config, "configuration of the team", "init, people", "nothing", _lines)
    yield Location(
        repository.scripts, "scripts that are compatible with the original", "init --scripts", "nothing", _files
    )
    yield Location(repository.analytics, "saved reports", "report --save", NAMES, _files)


def _archives(repository: Repository, folder: Place) -> Iterator[Location]:
    """Yield the archives of each month; the folder if there is none, so that users find the place."""
    archives = Archives.next_to((folder.parent / repository.session_file.name,))
    try:
        paths = archives.paths() or (folder,)
    except UnreadableFile:
        paths = (folder,)
    for path in paths:
        count = _files if path == folder else _session_file
        yield Location(path, "sessions that ended more than keep_days ago, by month", OUR_WRITERS, NAMES, count)


def _in_other_trees(repository: Repository) -> Iterator[Location]:
    """Yield session files and markers of the other working trees."""
    try:
        trees = [Repository(root) for root in worktrees(repository) if root != repository.root]
    except UnreadableFile:
        return  # Every row says so: git is asked through them.
    for tree in trees:
        yield Location(tree.session_file, "session file of another working tree", OUR_WRITERS, NAMES, _session_file)
        yield Location(
            tree.marker, "current session of another working tree", "start, touch, add", "author", _one_record
        )


def _in_the_clone(repository: Repository) -> Iterator[Location]:
    if repository.clone_sessions and repository.state and repository.readme and repository.common_dir:
        sessions = repository.clone_sessions
        ignore, exclude = repository.gitignore, Place(repository.common_dir, "info/exclude")
        yield Location(ignore, "keeps the marker and the index out of git", "init, people", "nothing", _lines)
        attributes = repository.gitattributes
        yield Location(attributes, "has git join the session file (share: commit)", "init, people", "nothing", _lines)
        yield Location(sessions, "everything this clone knows, of all branches", OUR_WRITERS, NAMES, _session_file)
        yield from _archives(repository, sessions.parent / FOLDER)
        text = "explains the folder; without it hooks are silent"
        yield Location(repository.readme, text, "init, start, add", "nothing", _lines)
        if repository.pending and repository.hook_log:
            purpose = "what hooks of agents saw, until it is taken into the sessions"
            yield Location(repository.pending, purpose, "hooks of agents", EVENTS, _files)
            yield Location(repository.hook_log, "what went wrong in a hook", "hooks of agents", "nothing", _lines)
        if repository.run_ids:
            writers = "add, import, hooks of agents"
            purpose = "ids of agents' runs, for this user alone"
            yield Location(repository.run_ids, purpose, writers, "vendors' ids", _run_ids)
        caches = (
            (repository.policy_cache, "configuration", "any command"),
            (repository.signature_cache, "signatures of agents", "add, import, classify"),
        )
        for cache, of, writers in caches:
            if cache:
                yield Location(cache, f"copy of the {of}, quick to read", writers, "nothing", _nothing)
        trailer = repository.state / "prepare-commit-msg"
        yield Location(trailer, "adds the trailer Session-ID to commits", "init --commit-trailer", "nothing", _lines)
        yield Location(repository.backups, "earlier states", f"backup, {OUR_WRITERS}", NAMES, _backups)
        yield Location(exclude, "keeps files of this clone out of git", "init, git, people", "nothing", _lines)
    yield from _copies(repository)
    yield Location(repository.quarantine, "files that could not be read", "doctor --repair", NAMES, _files)
    for path in (repository.journal, older(repository.journal)):
        if path == repository.journal or exists(path):
            yield Location(path, "who changed what and when", OUR_WRITERS, "names of authors, numbers, times", _lines)
    yield Location(repository.lock, "held while something is written", OUR_WRITERS, "process number, time", _nothing)
    if exists(next_in_line(repository.lock)):
        yield Location(next_in_line(repository.lock), "held by the one who is next", OUR_WRITERS, "nothing", _nothing)
    if (cursors := repository.forge_cursors) and exists(cursors):
        yield Location(
            cursors, "how far imports from GitHub have come", "import --github", "repository names", _nothing
        )
    for looks in (repository.last_looks, users_looks(os.environ)):
        if looks and _can_be_seen(looks):
            yield Location(looks, "what you saw of the inbox, and snoozed", "inbox", "hashes, times", _nothing)
    yield Location(repository.paused, "its presence switches tracking off", "pause", "nothing", _nothing)


def _can_be_seen(place: Place) -> bool:
    """Return whether a file is there. The user's folder may be closed to whom they have become."""
    try:
        return exists(place)
    except UnreadableFile:
        return False


def _in_files_of_agents(repository: Repository) -> Iterator[Location]:
    """Yield the files of coding agents that hold hooks of ours."""
    for file in installed(repository, os.environ):
        where = "in this repository" if file.scope is not Scope.USER else "everywhere, of one user"
        secret = "nothing of ours" if file.scope is Scope.PROJECT else "paths of this machine"
        purpose = f"has {file.host.name} tell us its events, {where}"
        yield Location(file.path, purpose, "init --agents, the agent, people", secret, _lines)


def _copies(repository: Repository) -> Iterator[Location]:
    """Yield copies of the session file that users made; outside git, ours are in the same folder."""
    try:
        backups = list_backups(repository.session_file.parent)
    except UnreadableFile:
        return  # `doctor` says so.
    for backup in backups:
        yield Location(backup.path, "earlier state", "backup" if backup.kind else "people", NAMES, _session_file)


def _git(place: Place, repository: Repository) -> str | None:
    if repository.common_dir is None:
        return None
    path = Path(place.path)
    if path.is_relative_to(repository.common_dir):
        return "inside git's folder"
    root = next((r for r in worktrees(repository) if path.is_relative_to(r)), None)
    if root is None:
        return None
    if is_tracked(root, place.path):
        return "tracked"
    return "ignored" if is_ignored(root, place.path) else "untracked"


def _measure(place: Place) -> tuple[bool, int | None, datetime | None]:
    """Return whether it exists, its bytes, its last change."""
    record = status(place)
    if record is None:
        return False, None, None
    size = sum(f.st_size for f in files_in(place).values()) if S_ISDIR(record.st_mode) else record.st_size
    return True, size, datetime.fromtimestamp(record.st_mtime, UTC)


def _session_file(path: Place) -> Counts:
    sessions = tuple(FileSessions(parse(read_bytes(path) or b"", str(path))))
    numbers = {number for session in sessions for number in session.prs}
    return Counts(sessions=len(sessions), pull_requests=len(numbers))


def _index(path: Place) -> Counts:
    return Counts(pull_requests=len(read_index(path).get("pr_to_session", {})))


def _one_record(path: Place) -> Counts:
    read_json(read_bytes(path, MIB) or b"", str(path))
    return Counts(sessions=1)


def _lines(path: Place) -> Counts:
    return Counts(entries=len((read_bytes(path, 16 * MIB) or b"").splitlines()))


def _files(path: Place) -> Counts:
    record = status(path)
    if record and not S_ISDIR(record.st_mode):
        raise UnreadableFile(f"cannot list {path}: Not a directory")
    return Counts(entries=len(files_in(path)))


def _backups(path: Place) -> Counts:
    return Counts(entries=len(list_backups(path)))


def _run_ids(path: Place) -> Counts:
    return Counts(entries=len(read_run_ids(path)))


def _nothing(path: Place) -> Counts:
    read_bytes(path)
    return Counts()
