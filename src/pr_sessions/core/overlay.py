"""Sessions that were put over those that are kept, and an index by pull request, alias, run and day to find both.

Recording searches no session that it need not see. With no reader but the index, these are sessions in memory.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Generic, Self, TypeVar

from pr_sessions.core.collection import Changes, SessionReader
from pr_sessions.core.models import PullRequestRecord, Session, held_runs, stack_numbers
from pr_sessions.core.times import write_time

R = TypeVar("R", bound=SessionReader)
# A session of more days than this matches every day: rare, and cheaper than a bucket for each.
_LONGEST = 14
_A_DAY = timedelta(days=1)


class OverlaidSessions(Generic[R]):
    """A `SessionCollection` over any reader.

    Attributes:
        reader: the sessions as they are kept.
        origin: what it was made of, the same for all that are made of one that was read.
    """

    def __init__(self, reader: R) -> None:
        self.reader = reader
        self.origin: object = reader
        self._put = SessionIndex()
        self._absorbed: frozenset[str] = frozenset()
        self._unattributed: Mapping[str, PullRequestRecord | None] = {}

    def __iter__(self) -> Iterator[Session]:
        """Every session: active ones by id, then completed ones, oldest end first."""
        return (self[session_id] for session_id in (*self.active_ids(), *self.completed_ids()))

    def __len__(self) -> int:
        hidden = sum(i in self.reader for i in {*self._put.sessions, *self._absorbed})
        return len(self.reader) - hidden + len(self._put.sessions)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._put.sessions or (session_id not in self._absorbed and session_id in self.reader)

    def __getitem__(self, session_id: str) -> Session:
        session = self._find(session_id)
        if session is None:
            raise KeyError(session_id)
        return session

    @property
    def changes(self) -> Changes:
        """What was put since the collection was read."""
        return Changes(self._put.sessions, self._absorbed, self._unattributed)

    def active_ids(self) -> list[str]:
        """Return the ids of the sessions that have not completed, in order."""
        return sorted([i for i in self.reader.active_ids() if self._is_kept(i)] + self._put.active_ids())

    def completed_ids(self) -> list[str]:
        """Return the ids of the completed sessions, oldest end first."""
        return [session_id for _, session_id in sorted(self.ends())]

    def ends(self) -> list[tuple[str, str]]:
        """Return a text that sorts like its end or last work, and the id, for each completed session."""
        if not self._put.sessions and not self._absorbed:
            return list(self.reader.ends())
        put, absorbed = self._put.sessions, self._absorbed
        kept = [(end, i) for end, i in self.reader.ends() if i not in put and i not in absorbed]
        return kept + self._put.ends()

    def names(self) -> dict[str, str]:
        """Return the id of the session behind every id and every alias."""
        names = {alias: i for alias, i in self.reader.aliases.items() if self._is_kept(i)}
        names |= {alias: session.id for session in self._put.sessions.values() for alias in session.aliases}
        return names | {i: i for i in (*filter(self._is_kept, self.reader), *self._put.sessions)}

    def count_pull_requests(self) -> int:
        """Return how many pull requests are in a session."""
        return len(frozenset(self.reader.listed).union(*(session.prs for session in self._put.sessions.values())))

    def active(self) -> tuple[Session, ...]:
        """Return the sessions that have not completed, by id."""
        return tuple([self[session_id] for session_id in self.active_ids()])

    def active_until(self, at: datetime) -> tuple[Session, ...]:
        """Return at least the sessions that have not completed and in which nothing happened after a time."""
        ids = [*filter(self._is_kept, self.reader.active_until(at)), *self._put.active_until(at)]
        return tuple([self[session_id] for session_id in sorted(ids)])

    def active_near(self, at: datetime, within: timedelta) -> tuple[Session, ...]:
        """Return at least the sessions that were alive within this time of `at`."""
        near = dict.fromkeys((*self.reader.near(at, within), *self._put.near(at, within)))
        # Runs over the sessions of some days for each pull request: a call for each takes four times as long.
        put, absorbed, kept = self._put.sessions, self._absorbed, self.reader.get
        sessions = [put[i] if i in put else kept(i) for i in near if i not in absorbed or i in put]
        return tuple([session for session in sessions if session is not None])

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id, or the one that absorbed it."""
        session = self._find(session_id)
        if session is not None:
            return session
        survivors = (self._put.aliases.get(session_id), self.reader.aliases.get(session_id))
        sessions = [session for i in survivors if i is not None and (session := self._find(i)) is not None]
        return next((session for session in sessions if session_id in session.aliases), None)

    def for_pull_request(self, number: str) -> Session | None:
        """Return the session that holds the pull request; one with its record before one that only lists it."""
        holders = [i for i in (self._put.holder(number), self.reader.holder(number)) if i is not None]
        sessions: Sequence[Session] = [s for i in holders if (s := self._find(i)) is not None and s.lists(number)]
        if holders and not sessions:
            # It left the sessions that the indexes know, which is rare; another one may list it too.
            sessions = self.all_for_pull_request(number)
        return next((s for s in sessions if number in s.pull_requests), sessions[0] if sessions else None)

    def all_for_pull_request(self, number: str) -> tuple[Session, ...]:
        """Return every session that lists the pull request; an old file may have several."""
        return tuple(session for i in self.mentioning({number}) if (session := self[i]).lists(number))

    def mentioning(self, numbers: Collection[str]) -> list[str]:
        """Return the ids of the sessions that list one of these pull requests, or did, or have its record."""
        return [*filter(self._is_kept, self.reader.mentioning(numbers)), *self._put.mentioning(numbers)]

    def for_run(self, run: str) -> tuple[Session, ...]:
        """Return the sessions that hold a run, of any agent, by its key."""
        ids = sorted(self.reader.with_run(run) | self._put.with_run(run))
        sessions = [session for i in ids if (session := self._find(i)) is not None]
        return tuple(session for session in sessions if any(run == other_run for _, other_run in held_runs(session)))

    def for_stack(self, number: int) -> tuple[Session, ...]:
        """Return the sessions with a pull request in a stack of that number, of any repository."""
        ids = sorted(self.reader.with_stack(number) | self._put.with_stack(number))
        sessions = [session for i in ids if (session := self._find(i)) is not None]
        return tuple(session for session in sessions if number in stack_numbers(session))

    def unattributed(self, number: str) -> PullRequestRecord | None:
        """Return what is kept of a pull request that is in no session."""
        return self._unattributed[number] if number in self._unattributed else self.reader.unattributed.get(number)

    def all_unattributed(self) -> Mapping[str, PullRequestRecord]:
        """Return the pull requests that fit no session, or several equally well, by number."""
        records = {**self.reader.unattributed, **self._unattributed}
        return {number: record for number, record in records.items() if record is not None}

    def put(self, *sessions: Session, absorbed: Collection[str] = ()) -> Self:
        """Return the collection with these sessions added or replaced, and without those of the absorbed ids.

        The collection itself where nothing changes.
        """
        changed = {session.id: session for session in sessions if self._find(session.id) != session}
        if not changed and not absorbed:
            return self
        collection = self._copy()
        collection._put = self._put.put(changed).remove(absorbed)
        collection._absorbed = self._absorbed.difference(changed).union(absorbed)
        return collection

    def put_unattributed(self, number: str, record: PullRequestRecord | None) -> Self:
        """Return the collection with the unattributed pull request, or without it; itself where nothing changes."""
        if record == self.unattributed(number):
            return self
        collection = self._copy()
        collection._unattributed = {**self._unattributed, number: record}
        return collection

    def _is_kept(self, session_id: str) -> bool:
        """Return whether the session is still the reader's."""
        return session_id not in self._put.sessions and session_id not in self._absorbed

    def _find(self, session_id: str) -> Session | None:
        session = self._put.sessions.get(session_id)
        if session is None and session_id not in self._absorbed:
            session = self.reader.get(session_id)
        return session

    def _copy(self) -> Self:
        collection = type(self).__new__(type(self))
        collection.__dict__.update(self.__dict__)
        return collection


class SessionIndex:
    """A `SessionReader` of given sessions. A value: `put` and `remove` return another one.

    A session that changed is still found under what it had before; callers check the session that they get.

    Attributes:
        sessions: by id.
        unattributed: pull requests in no session, by number.
        aliases: session id by the ids that became part of it.
    """

    def __init__(
        self, sessions: Iterable[Session] = (), unattributed: Mapping[str, PullRequestRecord] | None = None
    ) -> None:
        self.sessions: dict[str, Session] = {}
        self.unattributed: Mapping[str, PullRequestRecord] = unattributed or {}
        self._holders: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self._runs: dict[str, frozenset[str]] = {}
        self._stacks: dict[int, frozenset[str]] = {}
        self._days = Days()
        for session in sessions:
            self.sessions[session.id] = session
            self._add(session)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self.sessions

    def __len__(self) -> int:
        return len(self.sessions)

    def __iter__(self) -> Iterator[str]:
        return iter(self.sessions)

    @property
    def listed(self) -> frozenset[str]:
        """The numbers of all pull requests that sessions list."""
        return frozenset(number for session in self.sessions.values() for number in session.prs)

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id, not that of an alias."""
        return self.sessions.get(session_id)

    def active_ids(self) -> list[str]:
        """Return the ids of the sessions that have not completed."""
        return [session_id for session_id, session in self.sessions.items() if not session.completion]

    def active_until(self, at: datetime) -> list[str]:  # noqa: ARG002 - the protocol's
        """Return the ids of the active sessions: to read when something happened last takes as long as to use it."""
        return self.active_ids()

    def ends(self) -> list[tuple[str, str]]:
        """Return a text that sorts like its end or last work, and the id, for each completed session."""
        completed = [session for session in self.sessions.values() if session.completion]
        ends = [((s.completion.at if s.completion else None) or s.latest, s.id) for s in completed]
        return [(write_time(end)[:-1] if end else "", session_id) for end, session_id in ends]

    def holder(self, number: str) -> str | None:
        """Return the id of the session that lists a pull request; rather one with its record."""
        return self._holders.get(number)

    def mentioning(self, numbers: Collection[str]) -> list[str]:
        """Return the ids of the sessions that list one of these pull requests, or did, or have its record."""
        sessions = self.sessions.values()
        return [s.id for s in sessions if not {*s.carried, *s.pull_requests}.isdisjoint(numbers)]

    def with_run(self, run: str) -> frozenset[str]:
        """Return the ids of the sessions with a run of this key, of any agent."""
        return self._runs.get(run, frozenset())

    def with_stack(self, number: int) -> frozenset[str]:
        """Return the ids of the sessions with a pull request in a stack of that number."""
        return self._stacks.get(number, frozenset())

    def near(self, at: datetime, within: timedelta) -> Iterable[str]:
        """Return the ids of at least the sessions that were alive within this time of `at`."""
        return self._days.near(at, within)

    def put(self, sessions: Mapping[str, Session]) -> Self:
        """Return the index with these sessions added or replaced."""
        index = self._copy()
        index.sessions = {**self.sessions, **sessions}
        for session in sessions.values():
            index._add(session)
        return index

    def remove(self, ids: Collection[str]) -> Self:
        """Return the index without the sessions of these ids."""
        if self.sessions.keys().isdisjoint(ids):
            return self
        index = self._copy()
        index.sessions = {i: session for i, session in self.sessions.items() if i not in ids}
        return index

    def _copy(self) -> Self:
        index = type(self).__new__(type(self))
        index.__dict__.update(self.__dict__)
        return index

    def _add(self, session: Session) -> None:
        # Runs for every pull request of a session that grows: sets are ten times as fast as a loop.
        recorded = session.pull_requests.keys() - session.elsewhere
        holders = {number: self.sessions.get(self._holders.get(number, "")) for number in session.carried}
        listed = [
            number
            for number, holder in holders.items()
            if session.lists(number)
            and number not in recorded
            and (holder is None or number not in holder.pull_requests)
        ]
        # Each index grows with the collection: it is copied once, and only where something changes.
        self._holders = {**self._holders, **dict.fromkeys((*recorded, *listed), session.id)}
        if session.aliases:
            self.aliases = self.aliases | dict.fromkeys(session.aliases, session.id)
        if runs := held_runs(session):
            self._runs = self._runs | {run: self._runs.get(run, frozenset()) | {session.id} for _, run in runs}
        if stacks := stack_numbers(session):
            self._stacks = self._stacks | {n: self._stacks.get(n, frozenset()) | {session.id} for n in stacks}
        ended = session.completion.at if session.completion else None
        self._days = self._days.with_life(session.id, _day(session.started), _day(ended))


class Days:
    """Session ids by the days, as they are written, on which their sessions were alive."""

    def __init__(self, lives: Iterable[tuple[str, str, str]] = ()) -> None:
        """Args: lives: session id, first day, last day; days are `YYYY-MM-DD`, an empty text is unknown."""
        self._by_day: dict[str, set[str]] = {}
        self._any_day: set[str] = set()
        for session_id, first, last in lives:
            if first and first == last:
                self._by_day.setdefault(first, set()).add(session_id)
            else:
                self._add_long(session_id, first, last)

    def with_life(self, session_id: str, first: str, last: str) -> Self:
        """Return an index with one more life; itself where it has that life already. This one does not change."""
        days = type(self)([(session_id, first, last)])
        if days._any_day <= self._any_day and all(session_id in self._by_day.get(day, ()) for day in days._by_day):
            return self
        days._by_day = self._by_day | {day: self._by_day.get(day, set()) | ids for day, ids in days._by_day.items()}
        days._any_day |= self._any_day
        return days

    def near(self, at: datetime, within: timedelta) -> Iterable[str]:
        """Return the ids of at least the sessions alive within this time of `at`, whatever zone wrote the days."""
        ids = set(self._any_day)
        day = at - within - _A_DAY
        while day.date() <= (at + within + _A_DAY).date():
            ids.update(self._by_day.get(_day(day), ()))
            day += _A_DAY
        return sorted(ids)

    def _add_long(self, session_id: str, first: str, last: str) -> None:
        days = _between(first, last)
        if days is None:
            self._any_day.add(session_id)
            return
        for day in days:
            self._by_day.setdefault(day, set()).add(session_id)


def _between(first: str, last: str) -> tuple[str, ...] | None:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    count = (end - start).days + 1
    if not 0 < count <= _LONGEST:
        return None
    return tuple((start + i * _A_DAY).isoformat() for i in range(count))


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


class InMemorySessions(OverlaidSessions[SessionIndex]):
    """A `SessionCollection` of given sessions."""

    def __init__(self, *sessions: Session, unattributed: Mapping[str, PullRequestRecord] | None = None) -> None:
        super().__init__(SessionIndex(sessions, unattributed))
