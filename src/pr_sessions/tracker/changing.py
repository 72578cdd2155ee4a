"""Changing under the lock: what hooks left first, then the rules, then everything kept and written down."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.errors import Paused, PrSessionsError
from pr_sessions.sessions.lifecycle import sweep
from pr_sessions.sessions.session import Session, Trigger
from pr_sessions.stores.archives import Wants
from pr_sessions.stores.book import Book
from pr_sessions.stores.repository import prepare_state, sweep_leftovers
from pr_sessions.stores.store import Work
from pr_sessions.tracker.archived import wanted
from pr_sessions.tracker.hooks import Taken
from pr_sessions.tracker.reading import Reader
from pr_sessions.tracker.surroundings import login, warn, way_on

if TYPE_CHECKING:
    from pr_sessions.stores.marker import Marker

# A line of the journal stays a line.
MOST_NAMED = 50


class Changer(Reader):
    """A reader that may change what it sees, one at a time across processes."""

    @contextmanager
    def _changing(self, now: datetime, *, sweeps: bool = True, wants: Wants | None = None) -> Iterator["Change"]:
        """Under the lock: everything as it is now, then what was made of it kept, then the marker and the index.

        Of archived sessions only what `wants` asks for, if it is given.
        """
        self._refuse_if_paused()
        prepare_state(self.repository)
        with self.store.transaction(now, wants) as work:
            sweep_leftovers(self.repository, now.timestamp())
            taken = self.hooks.take()
            shown = self.markers.shown_in(work.book, now)
            change = Change(work, self.hooks.apply(taken, shown, now))
            before = change.book
            if sweeps:
                change.book, ended = sweep(change.book, self.policy, now)
                change.ended.extend(ended)
            yield change
            work.save(change.book, stamps=change.stamps)
            self.markers.put_shown(now)
            if change.marker:
                self.markers.put(change.marker)
            self.markers.tidy(change.book, now)
            if self.policy.minimal_metadata:
                from pr_sessions.stores import pr_index

                pr_index.rebuild(self.repository.pr_index, change.book)
            # The change itself is kept by now: whoever asked for it must not think otherwise.
            with _warning("the change is kept, but the journal does not say so"):
                self._write_all_down(change, taken, now, changed=change.book is not before)
            with _warning("the change is kept, but what hooks left is still there"):
                self.hooks.finish(taken)

    def _write_all_down(self, change: "Change", taken: Taken, now: datetime, *, changed: bool) -> None:
        if self.journal and (taken.begun or taken.opened):
            from pr_sessions.stores import journal

            told = {
                "sessions": list(taken.begun[:MOST_NAMED]),
                "prs": list(dict.fromkeys(taken.opened))[:MOST_NAMED],
                "urls": list(taken.urls[:MOST_NAMED]),
            }
            journal.append(self.journal, now, login(self._environ), "hook", "agents at work", **told)
        if self.journal and change.what and changed:
            self._write_down(change, self.journal, now)

    def _wants(
        self, now: datetime, names: Collection[str] = (), number: str = "", *, at: datetime | None = None
    ) -> Wants | None:
        """What an operation on these sessions, this pull request and this time has to know of archived ones."""
        if self.policy.minimal_metadata:
            return None  # The index is made of all sessions.

        return lambda book: wanted(book, self.policy, now, (*names, *self.markers.ids()), number, at)

    def _write_down(self, change: "Change", path: Path, now: datetime) -> None:
        """One line in the journal."""
        from pr_sessions.stores import journal

        # Git is asked only where it does not show: recording is what happens often.
        is_often = change.what in ("record", "sweep")
        by = change.by or (login(self._environ) if is_often else self.author())
        ended = {"ended": [s.id for s in change.ended[:MOST_NAMED]]} if change.ended else {}
        journal.append(path, now, by, change.what, change.why, **change.told, **ended)

    def _sweep(self, now: datetime) -> None:
        with self._changing(now, wants=self._wants(now)) as change:
            change.note("sweep", Trigger.TIMEOUT.value)

    def _refuse_if_paused(self) -> None:
        if reason := self.paused:
            raise Paused(f"tracking is off here: {reason}", f"switch it on: {way_on(self._environ)}")


class Change:
    """What an operation makes of the book while it holds the lock."""

    def __init__(self, work: Work, book: Book) -> None:
        self.work = work
        self.book = book
        self.ended: list[Session] = []
        self.marker: Marker | None = None
        self.stamps = True
        self.what, self.why, self.by = "", "", ""
        self.told: Mapping[str, object] = {}

    def end(self, *sessions: Session) -> None:
        self.book = self.book.put(*sessions)
        self.ended.extend(sessions)

    def note(self, what: str, why: str, *, by: str = "", **told: object) -> None:
        """What the journal says if anything changes: ids, numbers and counts, never a title."""
        self.what, self.why, self.by, self.told = what, why, by, told


@contextmanager
def _warning(what: str) -> Iterator[None]:
    try:
        yield
    except PrSessionsError as error:
        warn(f"{what}: {error}", error.hint)
