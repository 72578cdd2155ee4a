"""What the checks find, and what they look at: read once, as far as it can be read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from pr_sessions.config.file import Parsed, read
from pr_sessions.core.models import Session
from pr_sessions.core.policy import Policy
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.discovery import worktrees
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.storage.files.archives import Archives
from pr_sessions.storage.files.codec import StoredSession
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.marker import Marker, read_marker
from pr_sessions.storage.files.merge import merge_apart
from pr_sessions.storage.files.session_file import SessionFile, parse
from pr_sessions.tracker import zone_of

T = TypeVar("T")


class Severity(StrEnum):
    """How bad it is: work stops or data is at risk; something is wrong; good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True):
    """One inconsistency.

    Attributes:
        place: the file, with the line or the session where there is one.
        hint: what to do or type.
    """

    severity: Severity
    problem: str
    place: str
    hint: str


class Case(Struct, frozen=True):
    """One repository at one moment.

    Attributes:
        contents: the bytes of every readable session file and archive.
        files: those of them that can be parsed.
        stored: the sessions of all files, merged.
        markers: by their paths.
    """

    repository: Repository
    now: datetime
    environ: Mapping[str, str]
    parsed: Parsed
    contents: Mapping[Place, bytes]
    files: Mapping[Place, SessionFile]
    stored: tuple[StoredSession, ...]
    markers: Mapping[Place, Marker]

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of all files."""
        return tuple(stored.value for stored in self.stored)

    @property
    def policy(self) -> Policy:
        """The policy of the configuration, with defaults where it has mistakes."""
        return self.parsed.policy


def examine(repository: Repository, now: datetime, environ: Mapping[str, str]) -> tuple[Case, tuple[Finding, ...]]:
    """Return the case, and a finding for everything that cannot be read."""
    findings: list[Finding] = []

    def attempt(place: Place, function: Callable[..., T], *arguments: Any) -> T | None:
        try:
            return function(*arguments)
        except PrSessionsError as error:
            findings.append(Finding(Severity.ERROR, str(error), str(place), error.hint))
            return None

    config = repository.config
    parsed = attempt(config, read, config) or Parsed(Policy(), name=str(config))
    zone = zone_of(parsed.policy)
    archives = attempt(repository.archive, Archives.next_to(repository.documents).paths) or ()
    paths = (*reversed(repository.documents), *archives)
    contents = _present({path: attempt(path, read_bytes, path) for path in paths})
    files = _present({path: attempt(path, parse, data, str(path)) for path, data in contents.items()})
    collection = merge_apart([FileSessions(file, zone) for file in files.values()]) if files else FileSessions()
    stored = tuple(collection.reader.stored(session.id) for session in collection)
    roots = attempt(repository.place(""), worktrees, repository) or (repository.root,)
    markers = [Repository(root).marker for root in roots]
    read_markers = _present({path: attempt(path, read_marker, path, zone) for path in markers})
    return Case(repository, now, environ, parsed, contents, files, stored, read_markers), tuple(findings)


def _present(values: Mapping[Place, T | None]) -> dict[Place, T]:
    return {path: value for path, value in values.items() if value is not None}
