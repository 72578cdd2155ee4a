"""The markers of all working trees of a clone: which session is current where, and the activity that they show."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime, tzinfo
from pathlib import Path

from pr_sessions.errors import CannotWrite, UnreadableFile
from pr_sessions.sessions.ids import is_valid_id
from pr_sessions.sessions.lifecycle import Activity, advance, begin, idle_time
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.lock import locked
from pr_sessions.stores.marker import Marker, read_marker, remove_marker, write_marker
from pr_sessions.stores.repository import Repository, worktrees
from pr_sessions.tracker.outside import SKEW
from pr_sessions.tracker.results import Current


class Markers:
    """Seen from one working tree, whose own marker has to be readable; another tree's broken one is that tree's."""

    def __init__(self, repository: Repository, policy: Policy, zone: tzinfo) -> None:
        self._repository = repository
        self._policy = policy
        self._zone = zone
        self._shown: dict[Path, Marker] = {}

    def own(self) -> Marker | None:
        """The marker of this working tree, good or expired.

        Raises:
            UnreadableFile: it is no marker.
        """
        root = self._repository.root
        return self._shown.get(root) or read_marker(self._repository.marker, self._zone)

    def all(self) -> Iterator[tuple[Path, Marker]]:
        """Every marker with its working tree."""
        for root in worktrees(self._repository):
            marker = self.own() if root == self._repository.root else self._of(root)
            if marker:
                yield root, marker

    def show(self, root: Path, marker: Marker) -> None:
        """What a marker is going to say, for everything that is asked before it is put there."""
        self._shown[root] = marker

    def put_shown(self, now: datetime) -> None:
        """Puts the markers there that were shown, but for what is over and for working trees that are gone."""
        here = set(worktrees(self._repository))
        for root, marker in self._shown.items():
            if root in here and not marker.expired(now, self._policy):
                with suppress(CannotWrite) if root != self._repository.root else nullcontext():
                    self._write(root, marker)
        self._shown = {}

    def put(self, marker: Marker) -> None:
        """Makes a session the current one here."""
        self._shown.pop(self._repository.root, None)
        self._write(self._repository.root, marker)

    def remove(self) -> None:
        """No session is current here any more."""
        self._shown.pop(self._repository.root, None)
        with self._alone():
            remove_marker(self._repository.marker)

    def ids(self) -> tuple[str, ...]:
        """The sessions that the markers of all working trees name."""
        return tuple(marker.session_id for _, marker in self.all())

    def shown_in(self, book: Book, now: datetime) -> Book:
        """The book with the activity that the markers show; a session that only a marker knows begins with it.

        What was shown before is forgotten: this is the beginning of another look.
        """
        self._shown = {}
        for _, marker in self.all():
            session = book.get(marker.session_id) or _first_told_by(marker, now)
            if session:
                book = book.put(advance(session, _activity(marker, now), self._policy))
        return book

    def named(self, book: Book, root: Path | None = None) -> Current | None:
        """The session that a working tree's marker names, alive or over; this tree's if none is given."""
        root = root or self._repository.root
        marker = self.own() if root == self._repository.root else self._of(root)
        session = book.get(marker.session_id) if marker else None
        return Current(root, marker, session) if marker and session else None

    def current(self, book: Book, now: datetime, root: Path | None = None) -> Current | None:
        """The live session of a working tree."""
        found = self.named(book, root)
        if found is None or found.session.completion or found.marker.expired(now, self._policy):
            return None
        return found if idle_time(found.session, now) <= self._policy.timeout else None

    def everywhere(self, book: Book, now: datetime) -> tuple[Current, ...]:
        """The live session of every working tree."""
        found = (self.current(book, now, root) for root in worktrees(self._repository))
        return tuple(current for current in found if current)

    def tidy(self, book: Book, now: datetime) -> None:
        """A marker whose session is over goes, whichever working tree it stands in."""
        for root, marker in self.all():
            session = book.get(marker.session_id)
            if marker.expired(now, self._policy) or (session and session.completion):
                self._remove(root)

    def _of(self, root: Path) -> Marker | None:
        if root in self._shown:
            return self._shown[root]
        with suppress(UnreadableFile):
            return read_marker(Repository(root).marker, self._zone)
        return None

    def _remove(self, root: Path) -> None:
        if root == self._repository.root:
            self.remove()
            return
        with suppress(CannotWrite), self._alone():
            remove_marker(Repository(root).marker)

    def _write(self, root: Path, marker: Marker) -> None:
        with self._alone():
            write_marker(Repository(root).marker, self._latest(root, marker))

    def _latest(self, root: Path, marker: Marker) -> Marker:
        """A hook may have slid it since we looked."""
        with suppress(UnreadableFile):
            found = read_marker(Repository(root).marker, self._zone)
            if found and (found.session_id, found.created) == (marker.session_id, marker.created):
                return max(marker, found, key=lambda m: m.last_updated)
        return marker

    def _alone(self) -> AbstractContextManager[None]:
        """While no hook slides a marker."""
        folder = self._repository.pending
        if folder is None:
            return nullcontext()
        return locked(folder / "lock")


def slide(marker: Marker, at: datetime, now: datetime) -> Marker:
    """The marker after activity; a time ahead of us came from a wrong clock."""
    last = max(marker.last_updated, at) if marker.last_updated <= now + SKEW else at
    return Marker(marker.session_id, marker.author, marker.created, last)


def _activity(marker: Marker, now: datetime) -> Activity:
    """A marker slides only while it is good: there is no gap between its two times. What lies ahead is no activity."""
    since = min(marker.created, now)
    return Activity(marker.last_updated, since) if marker.last_updated <= now + SKEW else Activity(since)


def _first_told_by(marker: Marker, now: datetime) -> Session | None:
    if not is_valid_id(marker.session_id):
        return None
    return begin(marker.session_id, marker.author, min(marker.created, now))
