"""The one service: load, apply the rules, save, carry out what follows. Every entrance calls it and nothing else."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.errors import InvalidValue, Paused, PrSessionsError, UnreadableFile
from pr_sessions.sessions.ids import check_id, clean, new_id, number_order
from pr_sessions.sessions.lifecycle import CompletionAsked, TimePassed, advance, begin, idle_time, sweep
from pr_sessions.sessions.session import PullRequest, Session, Trigger
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.archives import Wants
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books, news
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.marker import Marker
from pr_sessions.stores.repository import prepare_state, sweep_leftovers
from pr_sessions.stores.store import Work
from pr_sessions.tracker.archived import wanted
from pr_sessions.tracker.hooks import Taken
from pr_sessions.tracker.markers import slide
from pr_sessions.tracker.outside import tidy
from pr_sessions.tracker.reading import Reader
from pr_sessions.tracker.results import Added, Completed, Imported, Joined, Restored, Started
from pr_sessions.tracker.surroundings import is_ci, login, warn, way_on

if TYPE_CHECKING:
    from pr_sessions.sessions.recording import Recorded

# A line of the journal stays a line.
MOST_NAMED = 50
Watched = Callable[[Sequence[PullRequest]], Iterable[PullRequest]]


class Tracker(Reader):
    """Sessions of one repository, seen from one of its working trees: looking, and everything that changes them."""

    def start(
        self,
        author: str | None = None,
        title: str = "",
        at: datetime | None = None,
        *,
        joins: bool = False,
        sweeps: bool = True,
    ) -> Started:
        """Begins a session and makes it current; one that is current and alive ends with `restart_cleanup`.

        Args:
            author: who works here, if not given.
            title: what the session is about.
            at: when it began.
            joins: a session that is current and alive goes on instead, and no other begins.
            sweeps: whether sessions that have run out are completed first.
        """
        now, at = self._times(at)
        name = clean(author or "") or self.author()
        with self._changing(now, sweeps=sweeps, wants=self._wants(now, at=at)) as change:
            current = self.markers.current(change.book, now)
            if current and joins:
                change.marker = slide(current.marker, at, now)
                return Started(current.session, tuple(change.ended))
            if current:
                end = max(at, current.session.started or at)
                ended = advance(current.session, CompletionAsked(end, Trigger.RESTART_CLEANUP), self.policy)
                change.end(ended)
            session_id = new_id(name, at, lambda i: change.book.get(i) is not None)
            session = begin(session_id, name, at, title=clean(title))
            change.book = change.book.put(session)
            change.marker = Marker(session_id, name, at, at)
            change.note("start", "asked", by=name, session=session_id)
        return Started(session, tuple(change.ended))

    def touch(self, at: datetime | None = None) -> Marker | None:
        """Notes activity in the current session by sliding the marker; `None` where no session is current."""
        now, at = self._times(at)
        self._refuse_if_paused()
        if self.hooks.any_wait:
            self.drain()
        prepare_state(self.repository)
        with self.store.transaction(now, self._wants(now)) as work:
            current = self.markers.current(self.markers.shown_in(work.book, now), now)
            if current:
                slid = slide(current.marker, at, now)
                self.markers.put(slid)
                return slid
        self._sweep(now)
        return None

    def drain(self) -> bool:
        """Takes in what hooks left for us, and completes what has run out; tells whether there was anything."""
        waits = self.hooks.any_wait
        if waits:
            self._sweep(self.now())
        return waits

    def leave(self) -> Marker | None:
        """No session is current in this working tree any more; the one that was runs out by itself.

        Returns:
            The marker that went; `None` where there was none, or none that can be read.
        """
        marker = None
        with suppress(UnreadableFile):
            self.keep()  # What the marker shows is activity, and must not go with it.
        with suppress(UnreadableFile):
            marker = self.markers.own()
        self.markers.remove()
        return marker

    def keep(self) -> None:
        """Brings every file up to date with everything that is known. No rule is applied."""
        now = self.now()
        with self._changing(now, sweeps=False, wants=self._wants(now)):
            pass

    def record(
        self,
        pull_request: PullRequest,
        *,
        session_id: str | None = None,
        by: str = "",
        at: datetime | None = None,
        claims: bool = True,
        sweeps: bool = True,
    ) -> Added:
        """Puts a pull request into its session, or brings up to date what is known of it; twice is the same as once.

        Args:
            pull_request: what is told of it.
            session_id: the session that somebody names by hand.
            by: who names it.
            at: when it happened; when it was opened, or now, if not given.
            claims: whether the current session of this working tree may claim it, whoever its author is.
            sweeps: whether sessions that have run out are completed first.
        """
        from pr_sessions.sessions.attribution import Situation
        from pr_sessions.sessions.pr_text import find_mark
        from pr_sessions.sessions.recording import record

        pull_request = tidy(pull_request)
        now, at = self._times(at or pull_request.created)
        named = check_id(session_id) if session_id else None
        mark = find_mark(pull_request.title, pull_request.body)
        names = {named or "", mark.session_id if mark else ""} - {""}
        wants = self._wants(now, names, pull_request.number, at=at)
        with self._changing(now, sweeps=sweeps, wants=wants) as change:
            before = change.book
            current = self._current_id(before, now)
            situation = Situation(at=at, by_hand=named, by=by, current=current if claims else None)
            change.book, recorded = record(change.book, pull_request, situation, self.rules, now)
            change.marker = self._marker_after(recorded, current, at, now)
            change.note("record", _reason(recorded), pr=recorded.number, session=_home_id(recorded))
        begins = recorded.session is not None and before.get(recorded.session.id) is None
        return Added(recorded, tuple(change.ended), begins=begins, completes=_completes(before, recorded))

    def record_all(self, pull_requests: Iterable[PullRequest], watched: Watched = iter) -> Imported:
        """Pull requests of the past, in any order, in one write. The marker is neither asked nor changed.

        Args:
            pull_requests: what is told of them.
            watched: gives what it is given, one by one, and may show how far the work is.

        Raises:
            InvalidValue: one lies in the future, or has no usable number; nothing is recorded then.
        """
        now = self.now()
        told = sorted(map(tidy, pull_requests), key=lambda pr: (pr.created or now, number_order(pr.number)))
        with self._changing(now, sweeps=False) as change:
            before = change.book
            done = [self._record_past(change, pr, now) for pr in watched(told)]
            change.book, _ = sweep(change.book, self.policy, now)
            change.note("import", "history", read=len(told), added=sum(1 for r in done if r.is_new))
        automatic = [r for r in done if r.verdict.is_auto]
        homes = {r.session.id for r in done if r.session}
        return Imported(
            read=len(told),
            automatic=len(automatic),
            attributed=sum(1 for r in automatic if r.session),
            unattributed=sum(1 for r in automatic if not r.session),
            added=sum(1 for r in done if r.is_new),
            sessions=tuple(sorted({home.id for i in homes if (home := change.book.get(i))})),
            changed=change.book is not before,
        )

    def complete(
        self, session_id: str | None = None, *, trigger: str = Trigger.MANUAL_CLI, at: datetime | None = None
    ) -> Completed:
        """Ends a session, the current one if none is named. One that has run out keeps its timeout.

        Raises:
            NotFound: there is no such session, or none is current.
        """
        now, at = self._times(at)
        wants = self._wants(now, {session_id} if session_id else ())
        with self._changing(now, sweeps=False, wants=wants) as change:
            session = self._named(change.book, session_id)
            if session.started and at < session.started:
                raise InvalidValue(f"{session.id} began later than {write_time(at)}", "give a time after its start")
            ended = advance(session, CompletionAsked(at, clean(trigger)), self.policy)
            if session.reopened and at <= session.reopened.at and not session.completion:
                raise InvalidValue(
                    f"{session.id} was reopened at {session.reopened.at.isoformat()}", "give a later time with --at"
                )
            if end := ended.completion:
                is_current = session.id == self._current_id(change.book, now)
                here = {"worktree": self.repository.worktree} if is_current else {}
                change.note("complete", end.trigger, session=ended.id, end=write_time(end.at), **here)
            change.end(ended)
        return Completed(ended, asked=ended != advance(session, TimePassed(at), self.policy))

    def cleanup(self, max_age: timedelta | None = None, at: datetime | None = None) -> tuple[Session, ...]:
        """Ends every session that has run out, in one write; with `max_age`, only those that are idle for longer."""
        now, at = self._times(at)
        with self._changing(now, sweeps=False, wants=self._wants(now)) as change:
            old = [s for s in change.book.active() if max_age is None or idle_time(s, at) > max_age]
            ended = [e for s in old if (e := advance(s, TimePassed(at), self.policy)) is not s]
            if ended:
                change.work.back_up()
            change.end(*ended)
            change.note("cleanup", Trigger.TIMEOUT.value)
        return tuple(ended)

    def back_up(self) -> Path | None:
        """A copy of everything that is known; `None` if nothing is."""
        self._refuse_if_paused()
        with self.store.transaction(self.now()) as work:
            return work.back_up()

    def restore(self, name: str | None = None) -> Restored:
        """Joins a backup in, the newest if none is named: adds what is missing, removes nothing."""
        from pr_sessions.stores.backups import find_backup

        backup = find_backup(name, self._backup_folders())
        data = read_bytes(backup.path) or b""
        saved = Book(parse(data, str(backup.path)), self.zone)
        now = self.now()
        with self._changing(now, sweeps=False) as change:
            change.work.back_up()
            before = change.book
            joined = join_books(before, saved)
            change.book = before if joined.to_bytes() == before.to_bytes() else joined
            news = [s.id for s in change.book if s.id not in before or before[s.id] != s]
            change.note("restore", backup.name, updated=len(news))
        added = tuple(i for i in news if i not in before)
        return Restored(backup, added, tuple(i for i in news if i in before))

    def join(self, theirs: Book | None) -> Joined:
        """Joins what others know in. No rule is applied and no time set: who joins the same has the same bytes.

        Args:
            theirs: read in the zone of this tracker; `None` where others know nothing yet.
        """
        with self._changing(self.now(), sweeps=False) as change:
            before, change.stamps = change.book, False
            joined = before if theirs is None else join_books(before, theirs)
            data = joined.to_bytes()
            change.book = before if data == before.to_bytes() else joined
        sent = news(joined, Book(Document()) if theirs is None else theirs)
        return Joined(data, news(joined, before), sent, empty=not (len(joined) or joined.unattributed))

    @contextmanager
    def _changing(self, now: datetime, *, sweeps: bool = True, wants: Wants | None = None) -> Iterator["_Change"]:
        """Under the lock: everything as it is now, then what was made of it kept, then the marker and the index.

        Of archived sessions only what `wants` asks for, if it is given.
        """
        self._refuse_if_paused()
        prepare_state(self.repository)
        with self.store.transaction(now, wants) as work:
            sweep_leftovers(self.repository, now.timestamp())
            taken = self.hooks.take()
            shown = self.markers.shown_in(work.book, now)
            change = _Change(work, self.hooks.apply(taken, shown, now))
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

    def _write_all_down(self, change: "_Change", taken: Taken, now: datetime, *, changed: bool) -> None:
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

    def _write_down(self, change: "_Change", path: Path, now: datetime) -> None:
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

    def _marker_after(self, recorded: "Recorded", current: str | None, at: datetime, now: datetime) -> Marker | None:
        """The first automatic pull request that is recorded here makes its session the current one; CI has none.

        One that only an agent stands for shows no work in this tree.
        """
        session = recorded.session
        if session is None or session.completion or now - at > self.policy.timeout:
            return None
        if session.id == current:
            marker = self.markers.own()
            return slide(marker, at, now) if marker else None
        if current or is_ci(self._environ) or not recorded.verdict.is_auto or recorded.verdict.by_agent_alone:
            return None
        return Marker(session.id, session.author, session.started or at, at)

    def _record_past(self, change: "_Change", pull_request: PullRequest, now: datetime) -> "Recorded":
        from pr_sessions.sessions.attribution import Situation
        from pr_sessions.sessions.recording import record

        try:
            _, at = self._times(pull_request.created or now)
        except InvalidValue as error:
            raise InvalidValue(f"pull request {pull_request.number}: {error}", error.hint) from None
        change.book, recorded = record(change.book, pull_request, Situation(at=at), self.rules, now)
        return recorded

    def _refuse_if_paused(self) -> None:
        if reason := self.paused:
            raise Paused(f"tracking is off here: {reason}", f"switch it on: {way_on(self._environ)}")


class _Change:
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


def _home_id(recorded: "Recorded") -> str | None:
    return recorded.session.id if recorded.session else None


def _reason(recorded: "Recorded") -> str:
    placement = recorded.facts.placement if recorded.facts else None
    return placement.rung.name.lower() if placement else "nothing fits"


def _completes(before: Book, recorded: "Recorded") -> bool:
    """Whether its session has an end that somebody asked for, and had not before."""
    end = recorded.session.completion if recorded.session else None
    if recorded.session is None or end is None or end.inferred:
        return False
    known = before.get(recorded.session.id)
    return known is None or known.completion != end
