"""Corrections by hand, the journal, and taking the last one back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.sessions import corrections
from pr_sessions.sessions.ids import check_id, check_number, new_id
from pr_sessions.sessions.lifecycle import TimePassed, advance, begin
from pr_sessions.sessions.session import INFERRED_TRIGGERS, Session
from pr_sessions.sessions.times import write_time
from pr_sessions.stores import journal
from pr_sessions.stores.book import Book
from pr_sessions.stores.journal import Change, Journal
from pr_sessions.stores.marker import Marker
from pr_sessions.tracker.service import Tracker

_PLACING = frozenset({"link", "unlink", "move"})


class Moved(Struct, frozen=True):
    """Where a correction put a pull request; `None` is in no session.

    Attributes:
        changed: `False` where a hand had said the same before.
        known: `False` where nobody had recorded it.
    """

    number: str
    before: str | None
    after: str | None
    by: str
    changed: bool
    known: bool = True


class Merged(Struct, frozen=True):
    """Two sessions that are one now."""

    session: Session
    absorbed: str
    by: str
    changed: bool


class Undone(Struct, frozen=True):
    """What was taken back: a pull request's place, or the end of a session."""

    change: Change
    moved: Moved | None = None
    session: Session | None = None


class Corrections:
    """Of one tracker. The author is who works here."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def link(self, number: str | int, session_id: str) -> Moved:
        """Puts a pull request into a session, wherever it was, also one that nobody has recorded.

        Raises:
            NotFound: there is no such session.
        """
        number = check_number(number)
        with self._correcting() as work:
            session = work.session(session_id)
            return work.place("link", number, session, work.home(number, must_be_known=False))

    def unlink(self, number: str | int) -> Moved:
        """Takes a pull request out of its session; it is in none until a hand puts it into one.

        Raises:
            NotFound: nothing is known of it.
        """
        number = check_number(number)
        with self._correcting() as work:
            return work.place("unlink", number, None, work.home(number))

    def move(self, number: str | int, session_id: str | None = None) -> Moved:
        """Moves a pull request into another session, or into a new one if none is named.

        Raises:
            NotFound: nothing is known of it, or there is no such session.
        """
        number = check_number(number)
        with self._correcting() as work:
            home = work.home(number)
            session = work.session(session_id) if session_id is not None else work.begin(number, home)
            return work.place("move", number, session, home)

    def merge(self, one: str, other: str) -> Merged:
        """Makes two sessions one, under the id that sorts first; the other id stays as an alias.

        Raises:
            NotFound: there is no such session.
        """
        with self._correcting() as work:
            first, second = work.session(one), work.session(other)
            book = corrections.merge(work.book, first, second, work.by, work.now)
            changed, absorbed = book is not work.book, max(first.id, second.id)
            work.put(book, "merge", session=min(first.id, second.id), absorbed=absorbed)
            return Merged(work.session(first.id), absorbed, work.by, changed)

    def undo(self) -> Undone:
        """Takes the last correction, or completion by hand, back by a new correction.

        Raises:
            NotFound: the journal knows of none.
            InvalidValue: it cannot be taken back, or something has changed since.
        """
        with self._correcting() as work:
            change = _last(self.log())
            if change.what == "merge":
                raise InvalidValue(
                    f"the last correction merged {change.told.get('absorbed')} into {change.told.get('session')}: "
                    "that cannot be taken back, since another clone may have joined them already",
                    "move what does not belong: pr-sessions move PR SESSION, or pr-sessions move PR --new",
                )
            if change.what == "complete":
                return Undone(change, session=work.reopen(change))
            return Undone(change, moved=work.put_back(change))

    def log(self) -> Journal:
        """The journal of changes."""
        return journal.read(self._tracker.journal) if self._tracker.journal else Journal((), 0)

    @contextmanager
    def _correcting(self) -> Iterator["_Correcting"]:
        tracker, now = self._tracker, self._tracker.now()
        by = tracker.author()
        with tracker._changing(now, sweeps=False) as change:
            work = _Correcting(tracker, change.book, by, now)
            yield work
            change.book, change.marker = work.book, work.marker
            change.note(work.what, "by hand", by=by, **work.told)


class _Correcting:
    """One correction while it holds the lock."""

    def __init__(self, tracker: Tracker, book: Book, by: str, now: datetime) -> None:
        self._tracker = tracker
        self.book = book
        self.by = by
        self.now = now
        self.what = ""
        self.told: dict[str, object] = {}
        self.marker: Marker | None = None

    def put(self, book: Book, what: str, **told: object) -> None:
        self.book, self.what, self.told = book, what, told

    def session(self, session_id: str) -> Session:
        found = self.book.get(session_id)
        if found is None:
            raise NotFound(f"no session {check_id(session_id)}", "`pr-sessions list` shows all of them")
        return found

    def home(self, number: str, *, must_be_known: bool = True) -> Session | None:
        try:
            return corrections.home_of(self.book, number)
        except NotFound:
            if must_be_known:
                raise
            return None

    def begin(self, number: str, home: Session | None) -> Session:
        """A new session of the pull request's own time; it has run out where that is long ago."""
        facts = home.pull_requests.get(number) if home else self.book.unattributed.get(number)
        author = (facts.author if facts else "") or (home.author if home else "") or self.by
        placed = facts.placement.at if facts and facts.placement else None
        at = min((facts.created if facts else None) or placed or self.now, self.now)
        session_id = new_id(author, at, lambda i: self.book.get(i) is not None)
        return advance(begin(session_id, author, at), TimePassed(self.now), self._tracker.policy)

    def place(self, what: str, number: str, session: Session | None, home: Session | None, **told: object) -> Moved:
        if session:
            book = corrections.link(self.book, number, session, self.by, self.now)
        else:
            book = corrections.unlink(self.book, number, self.by, self.now)
        before, after = (s.id if s else None for s in (home, session))
        known = number in self.book.unattributed or bool(self.book.listing(number))
        moved = Moved(number, before, after, self.by, changed=book is not self.book, known=known)
        self.put(book, what, pr=number, before=before, after=after, **told)
        return moved

    def reopen(self, change: Change) -> Session:
        session = self.session(str(change.told.get("session")))
        end = session.completion
        if end is None or end.inferred or write_time(end.at) != change.told.get("end"):
            raise InvalidValue(
                f"{session.id} has changed since it was completed at {change.told.get('end')}",
                f"see what it is now: pr-sessions show {session.id}",
            )
        back = corrections.reopen(session, self.by, self.now, self._tracker.policy)
        self.put(self.book.put(back), "undo", session=session.id, undoes=change.id)
        if change.told.get("worktree") == self._tracker.repository.worktree:
            self.marker = self._marker(back)
        return back

    def _marker(self, back: Session) -> Marker | None:
        """Makes the session current again, unless it has run out or another one is current by now."""
        last = back.latest
        if back.completion or last is None or self._tracker.markers.current(self.book, self.now):
            return None
        return Marker(back.id, back.author, back.started or last, last)

    def put_back(self, change: Change) -> Moved:
        number = str(change.told.get("pr"))
        home = self.home(number, must_be_known=False)
        if (home.id if home else None) != self._id(change.told.get("after")):
            raise InvalidValue(
                f"pull request {number} has changed since {change.what}: it is in {home.id if home else 'no session'}",
                f"say where it belongs: pr-sessions move {number} SESSION",
            )
        before = change.told.get("before")
        session = self.session(str(before)) if before else None
        if session and home and session.id == home.id:
            raise InvalidValue(
                f"both sessions of pull request {number} became one since",
                f"move it: pr-sessions move {number} SESSION",
            )
        return self.place("undo", number, session, home, undoes=change.id)

    def _id(self, named: object) -> str | None:
        """Today's id of a session that may have become part of another one."""
        found = self.book.get(str(named)) if named else None
        return found.id if found else None


def _last(log: Journal) -> Change:
    undone = {change.told.get("undoes") for change in log.changes}
    for change in reversed(log.changes):
        if change.id not in undone and _by_hand(change):
            return change
    raise NotFound(
        "there is nothing to undo: the journal of this clone knows of no correction or completion by hand",
        "`pr-sessions log` shows what it knows",
    )


def _by_hand(change: Change) -> bool:
    if change.what == "complete":
        return change.why not in INFERRED_TRIGGERS
    # A link that only said where it was already has nothing to go back to.
    moved = change.what in _PLACING and change.told.get("before") != change.told.get("after")
    return moved or change.what == "merge"
