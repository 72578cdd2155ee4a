"""Looking: everything that can be asked of a repository's sessions. Nothing here writes."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.errors import NotFound
from pr_sessions.sessions.ids import check_id, check_number
from pr_sessions.sessions.lifecycle import sweep
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import PullRequest, Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.repository import Repository
from pr_sessions.stores.store import Store
from pr_sessions.tracker.hooks import Hooks
from pr_sessions.tracker.markers import Markers
from pr_sessions.tracker.outside import event_time, tidy
from pr_sessions.tracker.results import Checked, Current
from pr_sessions.tracker.surroundings import author, utc_now, why_paused, zone_of

if TYPE_CHECKING:
    from pr_sessions.sessions.attribution import Tried
    from pr_sessions.stores.backups import Backup


class Reader:
    """Sessions of one repository, seen from one of its working trees."""

    def __init__(
        self,
        repository: Repository,
        policy: Policy,
        store: Store,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = utc_now,
        journal: Path | None = None,
    ) -> None:
        self.repository = repository
        self.policy = policy
        self.store = store
        self.journal = journal
        self.zone = zone_of(policy)
        self.markers = Markers(repository, policy, self.zone)
        self.hooks = Hooks(repository, self.markers, policy, self.author)
        self._environ = environ
        self._clock = clock

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock()

    @cached_property
    def rules(self) -> Policy:
        """The policy with all signatures of agents: for looking at pull requests, and read only then."""
        from pr_sessions.stores.signatures import with_signatures

        return with_signatures(self.policy, self.repository.signature_cache)

    def book(self) -> Book:
        """Everything that is known, with what markers show and hooks left for us. Writes nothing."""
        # First what waits: in between, a writer may save it and take it away, and to know it twice is harmless.
        taken, now = self.hooks.look(), self.now()
        return self.hooks.apply(taken, self.markers.shown_in(self.store.read(), now), now)

    def current(self) -> Current | None:
        """The live session of this working tree."""
        return self.markers.current(self.book(), self.now())

    def marked(self, book: Book) -> Current | None:
        """The session that this working tree's marker names, alive or run out."""
        return self.markers.named(book)

    def everywhere(self) -> tuple[Current, ...]:
        """The live session of every working tree of the clone."""
        return self.markers.everywhere(self.book(), self.now())

    def check(self, pull_request: PullRequest, at: datetime | None = None) -> Checked:
        """What recording the pull request would come to. Writes nothing."""
        from pr_sessions.sessions.attribution import Situation
        from pr_sessions.sessions.recording import record

        pull_request = tidy(pull_request)
        now, at = self._times(at or pull_request.created)
        book, _ = sweep(self.book(), self.policy, now)
        situation = Situation(at=at, current=self._current_id(book, now))
        _, recorded = record(book, pull_request, situation, self.rules, now)
        return Checked(recorded.verdict, recorded.choice, recorded.session)

    def tried(self, pull_request: PullRequest, at: datetime | None) -> tuple["Tried", ...]:
        """What every rung of the ladder finds for a pull request by what is known now. Writes nothing.

        Args:
            pull_request: what is kept of it.
            at: when it was recorded; now, if not given.
        """
        from pr_sessions.sessions.attribution import Situation, try_all

        now, at = self._times(at)
        book, _ = sweep(self.book(), self.policy, now)
        return try_all(book, tidy(pull_request), Situation(at=at), self.rules)

    def find(self, number: str | int) -> Session:
        """The session that holds a pull request.

        Raises:
            NotFound: none does.
        """
        from pr_sessions.stores import pr_index

        book, key = self.book(), check_number(number)
        listed = pr_index.look_up(self.repository.pr_index, key) if self.policy.minimal_metadata else None
        session = book.get(listed) if listed else None
        if session is None or key not in session.prs:
            session = book.holding(key)
        if session is None:
            raise NotFound(
                f"no session holds pull request {key}", f"record it: pr-sessions add {key} --title ... --author ..."
            )
        return session

    def session(self, session_id: str) -> Session:
        """The session of that id, or the one that it became part of.

        Raises:
            NotFound: there is none.
        """
        return _existing(self.book(), session_id)

    def backups(self) -> tuple["Backup", ...]:
        """All copies, the newest first."""
        from pr_sessions.stores.backups import list_backups

        return list_backups(*self._backup_folders())

    def author(self) -> str:
        """Who works here: `AUTO_PR_SESSION_AUTHOR`, else git's author name, else the user's name."""
        return author(self.repository, self._environ)

    @property
    def paused(self) -> str | None:
        """Why tracking is off here; `None` while it is on."""
        return why_paused(self.repository, self._environ)

    def _current_id(self, book: Book, now: datetime) -> str | None:
        current = self.markers.current(book, now)
        return current.session.id if current else None

    def _named(self, book: Book, session_id: str | None) -> Session:
        if session_id is not None:
            return _existing(book, session_id)
        named = self.markers.named(book)
        if named is None:
            raise NotFound(
                "no session is current in this working tree", "name one; `pr-sessions status` lists the active ones"
            )
        return named.session

    def _times(self, at: datetime | None) -> tuple[datetime, datetime]:
        """The time now, and the event's."""
        now = self.now()
        return now, event_time(at, now)

    def _backup_folders(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((self.repository.backups, self.repository.session_file.parent)))


def _existing(book: Book, session_id: str) -> Session:
    """A session by an id that an old file may have made unsafe; whatever is not there must at least be an id."""
    found = book.get(session_id)
    if found is None:
        raise NotFound(f"no session {check_id(session_id)}", "`pr-sessions list` shows all of them")
    return found
