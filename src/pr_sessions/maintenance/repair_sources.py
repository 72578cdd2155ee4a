"""Where a repair finds sessions: the files, git's index, backups, git's history."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.errors import NewerVersion
from pr_sessions.git.commands import GitFailed, read_git, small_blob
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.storage.files.archives import Archives
from pr_sessions.storage.files.backups import Backup, list_backups
from pr_sessions.storage.files.repair import BASE, OURS, THEIRS, Recovered, recover, versions
from pr_sessions.storage.files.session_file import SessionFile

_VERSIONS = 100
_TIPS = ("refs/heads", "refs/remotes", "--sort=-committerdate", "--format=%(objectname) %(refname:short)")
_STAGES = {BASE: "base", OURS: "our side", THEIRS: "their side"}


class Source(Struct, frozen=True):
    """One copy of the sessions.

    Attributes:
        label: what it is, for people.
        recovered: what can be read of it.
    """

    path: Place
    label: str
    data: bytes
    recovered: Recovered

    @property
    def documents(self) -> tuple[SessionFile, ...]:
        """What it says."""
        return self.recovered.documents

    @property
    def problem(self) -> str:
        """What is wrong with it; empty for a sound file."""
        return self.recovered.problem


def files(repository: Repository) -> tuple[Source, ...]:
    """Return the clone's document, the working tree's session file, the archives of both, as far as they are there.

    Raises:
        NewerVersion: a newer pr-sessions wrote one of them.
        UnreadableFile: one may not be read at all.
    """
    named = ((repository.clone_sessions, "the clone's document"), (repository.session_file, "the session file"))
    archives = [(path, f"the archive {path.name}") for path in Archives.next_to(repository.documents).paths()]
    contents = [(path, label, read_bytes(path)) for path, label in (*named, *archives) if path]
    return tuple(_source(path, label, data) for path, label, data in contents if data is not None)


def merges(repository: Repository) -> Mapping[Place, Mapping[int, Source]]:
    """Return the versions of unfinished merges, by file and stage."""
    if repository.git_dir is None:
        return {}
    months = Archives.next_to(repository.documents).names()
    paths = (repository.session_file, *(repository.archive / name for name in months))
    stages = {path: versions(Path(path.root), path.below) for path in paths}
    return {
        path: {n: _source(path, f"{_STAGES[n]} of the merge, in git's index", by_stage[n]) for n in sorted(by_stage)}
        for path, by_stage in stages.items()
        if by_stage
    }


def from_backups(repository: Repository) -> Iterator[Source]:
    """Yield every backup that can be read whole, newest first, each content once.

    Not the newest alone: a repair that was cut short has left one that already lacks what it was about to restore.
    """
    known: set[bytes] = set()
    for backup in backups(repository):
        data = read_bytes(backup.path) or b""
        if data not in known:
            known.add(data)
            source = _first_sound([(backup.path, f"the backup {backup.name}", data)])
            yield from (source,) if source else ()


def backups(repository: Repository) -> tuple[Backup, ...]:
    """Return all backups, newest first."""
    private = repository.backups if repository.state else None
    return list_backups(repository.backups, repository.session_file.parent, private=private)


def newest_in_history(repository: Repository, path: Place) -> Source | None:
    """Return the newest version of a file of the working tree that git's history knows and that can be read whole."""
    commits = versions_in_history(repository, path)
    return _first_sound(((path, f"git's history, commit {c[:10]}", data) for c, data in commits))


def on_branches(repository: Repository) -> Iterator[Source]:
    """Yield the session files at the tips of all branches, as far as they can be read whole; each content once."""
    if repository.git_dir is None:
        return
    known: set[bytes] = set()
    listed = (
        read_git(repository.root, "for-each-ref", f"--count={_VERSIONS}", *_TIPS).decode(errors="replace").splitlines()
    )
    for tip, _, name in (line.partition(" ") for line in listed):
        data = _at(repository, tip, SESSION_FILE)
        if data is not None and data not in known:
            known.add(data)
            source = _first_sound([(repository.session_file, f"git's branch {name}", data)])
            yield from (source,) if source else ()


def _first_sound(candidates: Iterable[tuple[Place, str, bytes]]) -> Source | None:
    for path, label, data in candidates:
        try:
            source = _source(path, label, data)
        except NewerVersion:
            continue
        if not source.problem:
            return source
    return None


def versions_in_history(repository: Repository, path: Place, *arguments: str) -> Iterator[tuple[str, bytes]]:
    """Yield the newest commits that touched a file of the working tree, with its content; none where git fails.

    Args:
        repository: of the file.
        path: the file.
        arguments: of `git log`: where the history ends, and how far back it is read.
    """
    if repository.git_dir is None:
        return
    root, name = repository.root, path.below
    try:
        log = read_git(root, "--literal-pathspecs", "log", f"-{_VERSIONS}", "--format=%H", *arguments, "--", name)
    except GitFailed:
        return  # No commit yet.
    for commit in log.decode().split():
        data = _at(repository, commit, name)
        if data is not None:
            yield commit, data


def _at(repository: Repository, commit: str, name: str) -> bytes | None:
    """Return the file as a commit holds it; `None` where it holds none."""
    try:
        return small_blob(repository.root, f"{commit}:./{name}")
    except GitFailed:
        return None


def _source(path: Place, label: str, data: bytes) -> Source:
    return Source(path, label, data, recover(data, str(path)))
