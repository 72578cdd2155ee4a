"""The one service: load, apply the rules, save, carry out what follows. Every entrance calls it and nothing else."""

import getpass
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NotFound, Paused
from pr_sessions.sessions.attribution import Choice, Situation
from pr_sessions.sessions.ids import check_id, check_number, clean, new_id, number_order
from pr_sessions.sessions.lifecycle import Activity, CompletionAsked, TimePassed, advance, begin, idle_time
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import Recorded, record, sweep
from pr_sessions.sessions.session import PullRequest, Session, Trigger, Verdict
from pr_sessions.stores import pr_index
from pr_sessions.stores.backups import Backup, find_backup, list_backups
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.document import parse
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.marker import Marker, read_marker, remove_marker, write_marker
from pr_sessions.stores.policy_cache import load_policy
from pr_sessions.stores.repository import Repository, find_repository, prepare_state, worktrees
from pr_sessions.stores.store import FileStore, Store, Work

# Clocks of two machines differ a little; a time further ahead than this is a mistake.
_SKEW = timedelta(minutes=5)


class Started(Struct, frozen=True):
    """A new session, and those that ended for it: restarted, or found expired."""

    session: Session
    ended: tuple[Session, ...] = ()


class Checked(Struct, frozen=True):
    """What recording would come to."""

    verdict: Verdict
    choice: Choice
    session: Session | None = None


class Added(Struct, frozen=True):
    """A recorded pull request, and the sessions that had run out before."""

    recorded: Recorded
    ended: tuple[Session, ...] = ()


class Imported(Struct, frozen=True):
    """What became of many pull requests. Attributed and unattributed add up to automatic."""

    read: int
    automatic: int
    attributed: int
    unattributed: int
    added: int
    sessions: tuple[str, ...]
    changed: bool


class Completed(Struct, frozen=True):
    """A completed session.

    Attributes:
        asked: whether it ended now because somebody asked; otherwise it had run out, or had been completed, before.
    """

    session: Session
    asked: bool


class Current(Struct, frozen=True):
    """The session that a working tree's marker names."""

    root: Path
    marker: Marker
    session: Session


def utc_now() -> datetime:
    """The clock of every entrance."""
    return datetime.now(UTC)


def open_tracker(
    path: Path | None = None, *, environ: Mapping[str, str] = os.environ, clock: Callable[[], datetime] = utc_now
) -> "Tracker":
    """The tracker of the repository that a folder belongs to.

    Args:
        path: any folder inside; the current one if not given.
        environ: git's variables, `AUTO_PR_SESSION_AUTHOR`, `PR_SESSIONS` and `CI` are looked at.
        clock: gives the time in UTC.

    Raises:
        NotARepository: there is none.
        InvalidConfiguration: its configuration has mistakes.
    """
    repository = find_repository(path or Path.cwd(), environ)
    policy = load_policy(repository.config, repository.policy_cache)
    zone = zone_of(policy)
    own = (repository.document,) if repository.document else ()
    store = FileStore((*own, repository.session_file), repository.lock, repository.backups, zone)
    return Tracker(repository, policy, store, environ=environ, clock=clock)


def zone_of(policy: Policy) -> tzinfo:
    """The zone in which naive times of old files are read."""
    if policy.time_zone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(policy.time_zone)


class Tracker:
    """Sessions of one repository, seen from one of its working trees."""

    def __init__(
        self,
        repository: Repository,
        policy: Policy,
        store: Store,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.repository = repository
        self.policy = policy
        self.store = store
        self.zone = zone_of(policy)
        self._environ = environ
        self._clock = clock

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock()

    def book(self) -> Book:
        """Everything that is known, with the activity that the markers show. Writes nothing."""
        return self._with_activity(self.store.read())

    def current(self, root: Path | None = None) -> Current | None:
        """The live session of this working tree, or of the one at `root`."""
        return self._current(self.book(), root or self.repository.root, self.now())

    def everywhere(self) -> tuple[Current, ...]:
        """The live session of every working tree of the clone."""
        book, now = self.book(), self.now()
        found = (self._current(book, root, now) for root in worktrees(self.repository))
        return tuple(current for current in found if current)

    def start(self, author: str | None = None, title: str = "", at: datetime | None = None) -> Started:
        """Begins a session and makes it current; one that is current and alive ends with `restart_cleanup`."""
        now, at = self._times(at)
        name = clean(author or "") or self.author()
        with self._changing(now) as change:
            if current := self._current(change.book, self.repository.root, now):
                ended = advance(current.session, CompletionAsked(at, Trigger.RESTART_CLEANUP), self.policy)
                change.end(ended)
            session_id = new_id(name, at, lambda i: change.book.get(i) is not None)
            session = begin(session_id, name, at, title=clean(title))
            change.book = change.book.put(session)
            change.marker = Marker(session_id, name, at, at)
        return Started(session, tuple(change.ended))

    def touch(self, at: datetime | None = None) -> Marker | None:
        """Notes activity in the current session by sliding the marker; `None` where no session is current."""
        now, at = self._times(at)
        with self._changing(now) as change:
            current = self._current(change.book, self.repository.root, now)
            if current:
                change.marker = _slide(current.marker, at)
        return change.marker

    def check(self, pull_request: PullRequest, at: datetime | None = None) -> Checked:
        """What recording the pull request would come to. Writes nothing."""
        now, at = self._times(at or pull_request.created)
        book, _ = sweep(self.book(), self.policy, now)
        situation = Situation(at=at, current=self._current_id(book, now))
        _, recorded = record(book, pull_request, situation, self.policy, now)
        return Checked(recorded.verdict, recorded.choice, recorded.session)

    def record(self, pull_request: PullRequest, *, session_id: str | None = None, at: datetime | None = None) -> Added:
        """Puts a pull request into its session, or brings up to date what is known of it; twice is the same as once.

        Args:
            pull_request: what is told of it.
            session_id: the session that somebody names by hand.
            at: when it happened; when it was opened, or now, if not given.
        """
        now, at = self._times(at or pull_request.created)
        with self._changing(now) as change:
            current = self._current_id(change.book, now)
            named = check_id(session_id) if session_id else None
            situation = Situation(at=at, by_hand=named, current=current)
            change.book, recorded = record(change.book, pull_request, situation, self.policy, now)
            change.marker = self._marker_after(recorded, current, at, now)
        return Added(recorded, tuple(change.ended))

    def record_all(self, pull_requests: Iterable[PullRequest]) -> Imported:
        """Pull requests of the past, in any order, in one write. The marker is neither asked nor changed."""
        now = self.now()
        told = sorted(pull_requests, key=lambda pr: (pr.created or now, number_order(pr.number)))
        with self._changing(now, sweeps=False) as change:
            before = change.book
            done = [self._record_past(change, pr, now) for pr in told]
            change.book, _ = sweep(change.book, self.policy, now)
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
        with self._changing(now, sweeps=False) as change:
            session = self._named(change.book, session_id)
            ended = advance(session, TimePassed(now), self.policy)
            asked = advance(ended, CompletionAsked(at, trigger), self.policy) if not ended.completion else ended
            change.end(asked)
        return Completed(asked, asked=not ended.completion)

    def cleanup(self, max_age: timedelta | None = None, at: datetime | None = None) -> tuple[Session, ...]:
        """Ends every session that has run out, in one write; with `max_age`, only those that are idle for longer."""
        now, at = self._times(at)
        with self._changing(now, sweeps=False) as change:
            old = [s for s in change.book.active() if max_age is None or idle_time(s, at) > max_age]
            ended = [e for s in old if (e := advance(s, TimePassed(at), self.policy)) is not s]
            if ended:
                change.work.back_up()
            change.end(*ended)
        return tuple(ended)

    def back_up(self) -> Path | None:
        """A copy of everything that is known; `None` if nothing is."""
        self._refuse_if_paused()
        with self.store.transaction(self.now()) as work:
            return work.back_up()

    def backups(self) -> tuple[Backup, ...]:
        """All copies, the newest first."""
        return list_backups(*self._backup_folders())

    def restore(self, name: str | None = None) -> tuple[Backup, int]:
        """Joins a backup in, the newest if none is named: adds what is missing, removes nothing.

        Returns:
            The backup, and how many sessions changed by it.
        """
        backup = find_backup(name, self._backup_folders())
        data = read_bytes(backup.path) or b""
        saved = Book(parse(data, str(backup.path)), self.zone)
        now = self.now()
        with self._changing(now, sweeps=False) as change:
            change.work.back_up()
            before = change.book
            change.book = join_books(before, saved)
            news = [s for s in change.book if s.id not in before or before[s.id] != s]
        return backup, len(news)

    def find(self, number: str | int) -> Session:
        """The session that holds a pull request.

        Raises:
            NotFound: none does.
        """
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
        found = self.book().get(check_id(session_id))
        if found is None:
            raise _no_session(session_id)
        return found

    def author(self) -> str:
        """Who works here: `AUTO_PR_SESSION_AUTHOR`, else git's author name, else the user's name."""
        from pr_sessions.stores.git import git_author

        told = clean(self._environ.get("AUTO_PR_SESSION_AUTHOR", ""))
        named = None if told or self.repository.git_dir is None else git_author(self.repository.root)
        return told or clean(named or "") or _user_name()

    @property
    def paused(self) -> str | None:
        """Why tracking is off here; `None` while it is on."""
        if self._environ.get("PR_SESSIONS") == "0":
            return "PR_SESSIONS=0 is set"
        return "`pr-sessions pause` was called here" if self.repository.paused.exists() else None

    @contextmanager
    def _changing(self, now: datetime, *, sweeps: bool = True) -> Iterator["_Change"]:
        """Under the lock: everything as it is now, then what was made of it kept, then the marker and the index."""
        self._refuse_if_paused()
        prepare_state(self.repository)
        with self.store.transaction(now) as work:
            change = _Change(work, self._with_activity(work.book))
            if sweeps:
                change.book, ended = sweep(change.book, self.policy, now)
                change.ended.extend(ended)
            yield change
            work.save(change.book)
            if change.marker:
                write_marker(self.repository.marker, change.marker)
            self._tidy_markers(change.book, now)
            if self.policy.minimal_metadata:
                pr_index.rebuild(self.repository.pr_index, change.book)

    def _with_activity(self, book: Book) -> Book:
        """What the markers of all working trees show is activity of their sessions."""
        for _, marker in self._markers():
            session = book.get(marker.session_id) or begin(marker.session_id, marker.author, marker.created)
            book = book.put(advance(session, Activity(min(marker.last_updated, self.now())), self.policy))
        return book

    def _markers(self) -> Iterator[tuple[Path, Marker]]:
        for root in worktrees(self.repository):
            path = Repository(root).marker
            if marker := read_marker(path, self.zone):
                yield path, marker

    def _tidy_markers(self, book: Book, now: datetime) -> None:
        """A marker whose session is over goes, whichever working tree it stands in."""
        for path, marker in self._markers():
            session = book.get(marker.session_id)
            if marker.expired(now, self.policy) or (session and session.completion):
                remove_marker(path)

    def _current(self, book: Book, root: Path, now: datetime) -> Current | None:
        marker = read_marker(Repository(root).marker, self.zone)
        session = book.get(marker.session_id) if marker else None
        if marker is None or session is None or session.completion or marker.expired(now, self.policy):
            return None
        return Current(root, marker, session)

    def _current_id(self, book: Book, now: datetime) -> str | None:
        current = self._current(book, self.repository.root, now)
        return current.session.id if current else None

    def _named(self, book: Book, session_id: str | None) -> Session:
        if session_id is not None:
            found = book.get(check_id(session_id))
            if found is None:
                raise _no_session(session_id)
            return found
        marker = read_marker(self.repository.marker, self.zone)
        session = book.get(marker.session_id) if marker else None
        if session is None:
            raise NotFound(
                "no session is current in this working tree", "name one; `pr-sessions status` lists the active ones"
            )
        return session

    def _marker_after(self, recorded: Recorded, current: str | None, at: datetime, now: datetime) -> Marker | None:
        """The first automatic pull request that is recorded here makes its session the current one; CI has none."""
        session = recorded.session
        if session is None or session.completion or now - at > self.policy.timeout:
            return None
        if session.id == current:
            marker = read_marker(self.repository.marker, self.zone)
            return _slide(marker, at) if marker else None
        if current or self._environ.get("CI") or not recorded.verdict.is_auto:
            return None
        return Marker(session.id, session.author, session.started or at, at)

    def _record_past(self, change: "_Change", pull_request: PullRequest, now: datetime) -> Recorded:
        _, at = self._times(pull_request.created or now)
        change.book, recorded = record(change.book, pull_request, Situation(at=at), self.policy, now)
        return recorded

    def _times(self, at: datetime | None) -> tuple[datetime, datetime]:
        """The time now, and the event's; a little ahead of us counts as now.

        Raises:
            InvalidValue: the event lies in the future.
        """
        now = self.now()
        if at is not None and at > now + _SKEW:
            raise InvalidValue(
                f"{at.isoformat()} lies in the future", "check the time, its zone and this machine's clock"
            )
        return now, min(at, now) if at else now

    def _refuse_if_paused(self) -> None:
        if reason := self.paused:
            raise Paused(f"tracking is off here: {reason}", "switch it on: pr-sessions resume")

    def _backup_folders(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((self.repository.backups, self.repository.session_file.parent)))


class _Change:
    """What an operation makes of the book while it holds the lock."""

    def __init__(self, work: Work, book: Book) -> None:
        self.work = work
        self.book = book
        self.ended: list[Session] = []
        self.marker: Marker | None = None

    def end(self, *sessions: Session) -> None:
        self.book = self.book.put(*sessions)
        self.ended.extend(sessions)


def _slide(marker: Marker, at: datetime) -> Marker:
    return Marker(marker.session_id, marker.author, marker.created, max(marker.last_updated, at))


def _user_name() -> str:
    try:
        return clean(getpass.getuser())
    except (OSError, KeyError, ImportError):
        return "unknown"


def _no_session(session_id: str) -> NotFound:
    return NotFound(f"no session {session_id}", "`pr-sessions list` shows all of them")
