"""Whether the files of a clone changed, by what the system says of them; nothing is read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from pr_sessions.git.discovery import worktrees
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import files_in, status
from pr_sessions.io.places import Place
from pr_sessions.storage.files.archives import Archives


def revision(repository: Repository) -> str:
    """Return a text that changes whenever a file changes from which sessions are read."""
    lines = (f"{path} {inode} {size} {changed}" for path, inode, size, changed in _signs(repository))
    return sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def last_change(repository: Repository) -> datetime | None:
    """Return when one of these files changed last; `None` where there is none."""
    newest = max((changed for _, _, _, changed in _signs(repository)), default=None)
    return datetime.fromtimestamp(newest / 1e9, UTC) if newest is not None else None


def _signs(repository: Repository) -> Iterator[tuple[str, int, int, int]]:
    """Yield path, inode, size and time of change of each file that is there; every write gives it a new inode."""
    for place in _files(repository):
        if record := status(place):
            yield place.path, record.st_ino, record.st_size, record.st_mtime_ns
    if repository.pending:
        for name, record in sorted(files_in(repository.pending).items()):
            yield name, record.st_ino, record.st_size, record.st_mtime_ns


def _files(repository: Repository) -> Iterator[Place]:
    yield from repository.documents
    yield from Archives.next_to(repository.documents).paths()
    yield from (repository.journal, repository.config)
    for root in worktrees(repository):
        yield Repository(root).marker
