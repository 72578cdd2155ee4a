"""Where a repair finds sessions: the files, git's index, backups, git's history."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import NewerVersion
from pr_sessions.stores.archives import Archives
from pr_sessions.stores.backups import Backup, list_backups
from pr_sessions.stores.conflicts import BASE, OURS, THEIRS, versions
from pr_sessions.stores.document import Document
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.git import GitFailed, run_git
from pr_sessions.stores.repository import SESSION_FILE, Repository
from pr_sessions.stores.salvage import Salvage, salvage

_VERSIONS = 100
_TIPS = ("refs/heads", "refs/remotes", "--sort=-committerdate", "--format=%(objectname) %(refname:short)")
_STAGES = {BASE: "base", OURS: "our side", THEIRS: "their side"}


class Source(Struct, frozen=True):
    """One telling of the sessions.

    Attributes:
        what: what it is, for people.
    """

    path: Path
    what: str
    data: bytes
    found: Salvage

    @property
    def documents(self) -> tuple[Document, ...]:
        """What it tells."""
        return self.found.documents


def files(repository: Repository, zone: tzinfo) -> tuple[Source, ...]:
    """The clone's document, the working tree's session file, the archives of both, as far as they are there.

    Raises:
        NewerVersion: a newer pr-sessions wrote one of them.
        UnreadableFile: one may not be read at all.
    """
    named = ((repository.document, "the clone's document"), (repository.session_file, "the session file"))
    archives = [(path, f"the archive {path.name}") for path in Archives.beside(repository.documents).paths()]
    read = [(path, what, read_bytes(path)) for path, what in (*named, *archives) if path]
    return tuple(_source(path, what, data, zone) for path, what, data in read if data is not None)


def merges(repository: Repository, zone: tzinfo) -> Mapping[Path, Mapping[int, Source]]:
    """The versions of unfinished merges, by file and stage."""
    if repository.git_dir is None:
        return {}
    months = Archives.beside(repository.documents).names()
    paths = (repository.session_file, *(repository.archive / name for name in months))
    found = {path: _stages(repository.root, path, zone) for path in paths}
    return {path: stages for path, stages in found.items() if stages}


def _stages(root: Path, path: Path, zone: tzinfo) -> Mapping[int, Source]:
    found = versions(root, path)
    return {n: _source(path, f"{_STAGES[n]} of the merge, in git's index", found[n], zone) for n in sorted(found)}


def from_backups(repository: Repository, zone: tzinfo) -> Iterator[Source]:
    """Every backup that can be read whole, newest first, each content once.

    Not the newest alone: a repair that was cut short has left one that already lacks what it was about to restore.
    """
    seen: set[bytes] = set()
    for backup in backups(repository):
        data = read_bytes(backup.path) or b""
        if data not in seen:
            seen.add(data)
            source = _first_sound([(backup.path, f"the backup {backup.name}", data)], zone)
            yield from (source,) if source else ()


def backups(repository: Repository) -> tuple[Backup, ...]:
    """All of them, newest first."""
    return list_backups(repository.backups, repository.session_file.parent)


def newest_in_history(repository: Repository, path: Path, zone: tzinfo) -> Source | None:
    """The newest version of a file of the working tree that git's history knows and that can be read whole."""
    told = _history(repository, path.relative_to(repository.root).as_posix())
    return _first_sound(((path, f"git's history, commit {c[:10]}", data) for c, data in told), zone)


def on_branches(repository: Repository, zone: tzinfo) -> Iterator[Source]:
    """The session files at the tips of all branches, as far as they can be read whole; each content once."""
    if repository.git_dir is None:
        return
    seen: set[bytes] = set()
    listed = (
        run_git(repository.root, "for-each-ref", f"--count={_VERSIONS}", *_TIPS).decode(errors="replace").splitlines()
    )
    for tip, _, name in (line.partition(" ") for line in listed):
        data = _at(repository, tip, SESSION_FILE)
        if data is not None and data not in seen:
            seen.add(data)
            source = _first_sound([(repository.session_file, f"git's branch {name}", data)], zone)
            yield from (source,) if source else ()


def _first_sound(candidates: Iterable[tuple[Path, str, bytes]], zone: tzinfo) -> Source | None:
    for path, what, data in candidates:
        try:
            source = _source(path, what, data, zone)
        except NewerVersion:
            continue
        if not source.found.problem:
            return source
    return None


def _history(repository: Repository, name: str) -> Iterator[tuple[str, bytes]]:
    """Commits that touched the file, newest first; none where git cannot tell."""
    if repository.git_dir is None:
        return
    root = repository.root
    try:
        log = run_git(root, "--literal-pathspecs", "log", f"-{_VERSIONS}", "--format=%H", "--", name)
    except GitFailed:
        return  # No commit yet.
    for commit in log.decode().split():
        data = _at(repository, commit, name)
        if data is not None:
            yield commit, data


def _at(repository: Repository, commit: str, name: str) -> bytes | None:
    """The file as a commit holds it; `None` where it holds none."""
    try:
        return run_git(repository.root, "cat-file", "blob", f"{commit}:./{name}")
    except GitFailed:
        return None


def _source(path: Path, what: str, data: bytes, zone: tzinfo) -> Source:
    return Source(path, what, data, salvage(data, str(path), zone))
