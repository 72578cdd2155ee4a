"""Everything that the checks look at, read once and as far as it can be read."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.errors import PrSessionsError
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session
from pr_sessions.stores.archives import Archives
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_union import unite
from pr_sessions.stores.configuration import Parsed, read
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.marker import Marker, read_marker
from pr_sessions.stores.records import WrongType, read_session
from pr_sessions.stores.repository import Repository, worktrees
from pr_sessions.tracker import zone_of

T = TypeVar("T")
REPAIR = "pr-sessions doctor --repair"


class Case(Struct, frozen=True):
    """One repository at one moment.

    Attributes:
        contents: the bytes of the session files and archives that are there and may be read.
        documents: those of them that are session files.
        sessions: of all documents, joined.
        markers: by their paths.
    """

    repository: Repository
    now: datetime
    environ: Mapping[str, str]
    parsed: Parsed
    contents: Mapping[Path, bytes]
    documents: Mapping[Path, Document]
    sessions: tuple[Session, ...]
    markers: Mapping[Path, Marker]

    @property
    def policy(self) -> Policy:
        """What the configuration asks for, defaults where it is wrong."""
        return self.parsed.policy


def gather(repository: Repository, now: datetime, environ: Mapping[str, str]) -> tuple[Case, tuple[Finding, ...]]:
    """The case, and what could not be read."""
    found: list[Finding] = []
    parsed = _try(found, repository.config, read, repository.config) or Parsed(Policy(), name=str(repository.config))
    zone = zone_of(parsed.policy)
    archives = _try(found, repository.archive, Archives.beside(repository.documents).paths) or ()
    files = (*reversed(repository.documents), *archives)
    contents = _present({path: _try(found, path, read_bytes, path) for path in files})
    documents = _present({path: _try(found, path, parse, data, str(path)) for path, data in contents.items()})
    sound = [_sound(document, path, zone, found) for path, document in documents.items()]
    sessions = _try(found, repository.session_file, _joined, sound, zone) or ()
    roots = _try(found, repository.root, worktrees, repository) or (repository.root,)
    paths = [Repository(root).marker for root in roots]
    markers = _present({path: _try(found, path, read_marker, path, zone) for path in paths})
    return Case(repository, now, environ, parsed, contents, documents, sessions, markers), tuple(found)


def _try(found: list[Finding], place: Path, read_it: Callable[..., T], *arguments: Any) -> T | None:
    try:
        return read_it(*arguments)
    except PrSessionsError as error:
        found.append(Finding(Severity.ERROR, str(error), str(place), error.hint))
        return None


def _present(values: Mapping[Path, T | None]) -> dict[Path, T]:
    return {path: value for path, value in values.items() if value is not None}


def _sound(document: Document, path: Path, zone: tzinfo, found: list[Finding]) -> Document:
    """The document without the sessions that cannot be read."""
    entries = []
    for entry in document.entries:
        try:
            read_session(entry.id, entry.record, zone, completed=entry.completed)
            entries.append(entry)
        except WrongType as error:
            place = f"{path}: {entry.id[:100]}"
            found.append(Finding(Severity.ERROR, f"cannot read a session: {error}", place, REPAIR))
    return Document(tuple(entries), document.top, document.name)


def _joined(documents: list[Document], zone: tzinfo) -> tuple[Session, ...]:
    return tuple(unite([Book(document, zone) for document in documents])) if documents else ()
