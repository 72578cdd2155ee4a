"""Where people and agents work: the marker of each working tree, the events that hooks queued, who works here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.ids import check_number, clean
from pr_sessions.errors import CannotWrite, InvalidValue, PrSessionsError, UnreadableFile
from pr_sessions.git.discovery import worktrees
from pr_sessions.git.repository import Repository, waiting_files
from pr_sessions.io.lock import locked
from pr_sessions.storage.files.marker import Marker, read_marker, remove_marker, write_marker

if TYPE_CHECKING:
    from pr_sessions.core.hook_events import AgentEvent
    from pr_sessions.git.remotes import Remote
    from pr_sessions.io.places import Place
    from pr_sessions.storage.files.event_queue import Batch


class QueuedEvents(Struct, frozen=True):
    """What hooks queued.

    Attributes:
        batches: the events of each file, in the order in which they are applied.
        urls: of the pull requests that were opened.
        claimed: what `ack` removes.
    """

    batches: "tuple[tuple[AgentEvent, ...], ...]" = ()
    urls: tuple[str, ...] = ()
    claimed: "tuple[Batch, ...]" = ()


class Workspace(Protocol):
    """The working trees of a clone, seen from one of them."""

    @property
    def root(self) -> Path:
        """The working tree that it is seen from."""
        ...

    @property
    def has_events(self) -> bool:
        """Whether hooks queued anything."""
        ...

    def current(self) -> Marker | None:
        """Return the marker of this working tree, expired or not.

        Raises:
            UnreadableFile: it is no marker.
        """
        ...

    def activities(self) -> dict[Path, Marker | None]:
        """Return the marker of each working tree; that of another tree is `None` where it cannot be read.

        Raises:
            UnreadableFile: the one of this working tree is no marker.
        """
        ...

    def set_current(self, marker: Marker, root: Path | None = None) -> None:
        """Write the marker of a working tree, of this one if none is given."""
        ...

    def clear(self, root: Path | None = None) -> None:
        """Remove the marker of a working tree, of this one if none is given."""
        ...

    def peek_events(self) -> QueuedEvents:
        """Return what hooks queued, and leave it there."""
        ...

    def claim_events(self) -> QueuedEvents:
        """Return what hooks queued, moved aside; the caller holds the lock of the sessions and will `ack`."""
        ...

    def ack(self, events: QueuedEvents, *, keeps_questions: bool = False) -> None:
        """Remove claimed events: their sessions are stored. What only a forge can say may be kept to be asked."""
        ...

    def run_ids(self) -> Mapping[str, str]:
        """Return the vendors' ids of runs that were seen here, by their keys."""
        ...

    def keep_run_ids(self, ids: Mapping[str, str]) -> None:
        """Keep the vendors' ids of runs, by their keys, for the user of this clone alone."""
        ...

    def author(self, *, ask_git: bool = True) -> str:
        """Return who works here.

        Raises:
            InvalidValue: it is not known.
        """
        ...


class NullWorkspace:
    """No working tree, as on a server and in memory: nothing is current, and no hook runs."""

    has_events = False

    def __init__(self, author: str = "") -> None:
        self.root = Path()
        self._author = author

    def current(self) -> Marker | None:
        """Return `None`."""
        return None

    def activities(self) -> dict[Path, Marker | None]:
        """Return nothing."""
        return {}

    def set_current(self, marker: Marker, root: Path | None = None) -> None:
        """Do nothing."""

    def clear(self, root: Path | None = None) -> None:
        """Do nothing."""

    def peek_events(self) -> QueuedEvents:
        """Return nothing."""
        return QueuedEvents()

    def claim_events(self) -> QueuedEvents:
        """Return nothing."""
        return QueuedEvents()

    def ack(self, events: QueuedEvents, *, keeps_questions: bool = False) -> None:
        """Do nothing."""

    def run_ids(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def keep_run_ids(self, ids: Mapping[str, str]) -> None:
        """Do nothing."""

    def author(self, *, ask_git: bool = True) -> str:  # noqa: ARG002 - the protocol's
        """Return the author that was given.

        Raises:
            InvalidValue: none was.
        """
        if not self._author:
            raise InvalidValue("it is not known who makes this change", "pass `by`")
        return self._author


class FileWorkspace:
    """The working trees of a clone, with their markers and the queue of its hooks in files."""

    def __init__(self, repository: Repository, zone: tzinfo, environ: Mapping[str, str]) -> None:
        self.root = repository.root
        self._repository = repository
        self._zone = zone
        self._environ = environ

    @property
    def has_events(self) -> bool:
        """Whether hooks queued anything."""
        return bool(self._repository.pending and waiting_files(self._repository.pending))

    def current(self) -> Marker | None:
        """Return the marker of this working tree, expired or not."""
        return read_marker(self._repository.marker, self._zone)

    def activities(self) -> dict[Path, Marker | None]:
        """Return the marker of each working tree."""
        roots = worktrees(self._repository)
        return {root: self.current() if root == self.root else self._read(root) for root in roots}

    def set_current(self, marker: Marker, root: Path | None = None) -> None:
        """Write the marker of a working tree; one of another tree that refuses keeps its own."""
        root = root or self.root
        with self._tolerating(root), self._alone():
            latest = self._read(root)
            # A hook may have updated it since it was read.
            if latest and (latest.session_id, latest.created) == (marker.session_id, marker.created):
                marker = max(marker, latest, key=lambda m: m.last_updated)
            write_marker(Repository(root).marker, marker)

    def clear(self, root: Path | None = None) -> None:
        """Remove the marker of a working tree; one of another tree that refuses keeps its own."""
        root = root or self.root
        with self._tolerating(root), self._alone():
            remove_marker(Repository(root).marker)

    def peek_events(self) -> QueuedEvents:
        """Return what hooks queued, and leave it there. No program is started to resolve the hosts of remotes."""
        if not self.has_events:
            return QueuedEvents()
        from pr_sessions.storage.files.event_queue import peek

        return self._queued(peek, resolve_hosts=False)

    def claim_events(self) -> QueuedEvents:
        """Return what hooks queued, moved aside."""
        if not self.has_events:
            return QueuedEvents()
        from pr_sessions.storage.files.event_queue import claim

        return self._queued(claim, resolve_hosts=True)

    def ack(self, events: QueuedEvents, *, keeps_questions: bool = False) -> None:
        """Remove claimed events; lines that make no sense go into the quarantine."""
        if events.claimed:
            if keeps_questions and self._repository.pending:
                from pr_sessions.storage.files.questions import add_questions, questions_of

                add_questions(self._repository.pending / "questions", questions_of(events.claimed))
            from pr_sessions.storage.files.event_queue import ack

            ack(events.claimed, self._repository.quarantine)

    def run_ids(self) -> Mapping[str, str]:
        """Return the vendors' ids of runs that were seen here, by their keys."""
        from pr_sessions.storage.files.run_ids import read_run_ids

        return read_run_ids(self._repository.run_ids) if self._repository.run_ids else {}

    def keep_run_ids(self, ids: Mapping[str, str]) -> None:
        """Keep the vendors' ids of runs, by their keys, in the clone's own folder."""
        if ids and self._repository.run_ids:
            from pr_sessions.storage.files.run_ids import add_run_ids

            add_run_ids(self._repository.run_ids, ids)

    def author(self, *, ask_git: bool = True) -> str:
        """Return `AUTO_PR_SESSION_AUTHOR`, else git's author name, else the user's name."""
        return find_author(self._repository if ask_git else None, self._environ)

    def _read(self, root: Path) -> Marker | None:
        with suppress(UnreadableFile):
            return read_marker(Repository(root).marker, self._zone)
        return None

    def _alone(self) -> AbstractContextManager[None]:
        """Keep hooks from updating a marker."""
        pending = self._repository.pending
        return locked(pending / "lock") if pending else nullcontext()

    def _tolerating(self, root: Path) -> AbstractContextManager[None]:
        return nullcontext() if root == self.root else suppress(CannotWrite)

    def _queued(self, read: "Callable[[Place], tuple[Batch, ...]]", *, resolve_hosts: bool) -> QueuedEvents:
        batches = read(self._repository.pending) if self._repository.pending else ()
        named = [queued for batch in batches for queued in batch.events if queued.url]
        urls = tuple(dict.fromkeys(queued.url for queued in named if queued.event.kind == "opened"))
        remotes = self._remotes() if named else ()
        return QueuedEvents(
            tuple(
                tuple(
                    event
                    for queued in batch.events
                    if (event := _with_number(queued.event, queued.url, remotes, resolve_hosts=resolve_hosts))
                )
                for batch in batches
            ),
            urls,
            batches,
        )

    def _remotes(self) -> "tuple[Remote, ...]":
        from pr_sessions.git.remotes import read_remotes

        # Without git, no repository is known to be the clone's: the pull request keeps its whole name.
        with suppress(PrSessionsError):
            return read_remotes(self.root)
        return ()


def find_author(repository: Repository | None, environ: Mapping[str, str]) -> str:
    """Return `AUTO_PR_SESSION_AUTHOR`, else git's author name in a repository, else the user's name."""
    name = clean(environ.get("AUTO_PR_SESSION_AUTHOR", "")) or clean(environ.get("GIT_AUTHOR_NAME", ""))
    if not name and repository and repository.git_dir:
        from pr_sessions.git.commands import git_author

        name = clean(git_author(repository.root) or "")
    if name:
        return name
    from getpass import getuser

    try:
        return clean(getuser())
    except (OSError, KeyError, ImportError):
        return "unknown"


def _with_number(
    event: "AgentEvent", url: str, remotes: "tuple[Remote, ...]", *, resolve_hosts: bool
) -> "AgentEvent | None":
    """Return the event with the number of its pull request; `None` where an address that it needs is none."""
    if event.kind != "opened" and not url:
        return event
    from pr_sessions.core.urls import pull_request_addresses
    from pr_sessions.git.remotes import is_own, real_hosts

    address = next(pull_request_addresses(url), None)
    if address is None:
        return None
    hosts = real_hosts(address.repository, remotes) if resolve_hosts else {}
    number = address.recorded(is_own=is_own(address.repository, remotes, hosts))
    try:
        return replace(event, number=check_number(number))
    except InvalidValue:
        return None
