"""A session file as a `Ledger`: decoded only where somebody looks, untouched where nobody changes anything."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self, TypeVar

from pr_sessions.errors import UnreadableFile
from pr_sessions.sessions.join import join_sessions
from pr_sessions.sessions.session import Facts, Session, held_runs
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.days import Days
from pr_sessions.stores.document import Document, Entry, format_document
from pr_sessions.stores.record_index import RecordIndex, names_of
from pr_sessions.stores.records import Record, WrongType, read_all_facts, read_session, write_facts, write_session
from pr_sessions.stores.strict_json import way_out

T = TypeVar("T")


class Book:
    """Every session of one file. A value: `put` returns another book over the same records.

    Attributes:
        name: what to call the file in messages.
        zone: where its naive times were written.
        kept: the sessions that nobody changed, as they stand in the file, by id.
        changed: the sessions that were put, by id.
        unattributed: automatic pull requests in no session, by number.
        top: every other field at the top of the file.
    """

    def __init__(self, document: Document, zone: tzinfo = UTC) -> None:
        self.name = document.name
        self.zone = zone
        self.top: Record = {key: value for key, value in document.top.items() if key != "unattributed"}
        self.kept: dict[str, Entry] = {entry.id: entry for entry in document.entries}
        self.changed: dict[str, Session] = {}
        self._read: dict[str, Session] = {}
        self._index = RecordIndex(dict(self.kept), zone)
        self._holders: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        self._runs: dict[str, frozenset[str]] = {}
        self._days = Days()
        if len(self.kept) < len(document.entries):
            self.changed = self._twice(document.entries)
            self.kept = {i: entry for i, entry in self.kept.items() if i not in self.changed}
            for session in self.changed.values():
                self._note(session)
        unattributed = document.top.get("unattributed")
        self.unattributed: Mapping[str, Facts] = self._told("unattributed", lambda: read_all_facts(unattributed, zone))

    def __iter__(self) -> Iterator[Session]:
        """Every session, active ones by id, completed ones oldest first."""
        return (self[session_id] for session_id in (*self.active_ids(), *self.completed_ids()))

    def __len__(self) -> int:
        return len(self.kept) + len(self.changed)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self.changed or session_id in self.kept

    def __getitem__(self, session_id: str) -> Session:
        if session_id in self.changed:
            return self.changed[session_id]
        if session_id not in self._read:
            self._read[session_id] = self._decode(self.kept[session_id])
        return self._read[session_id]

    def active_ids(self) -> list[str]:
        """The ids of the sessions that have not completed, by id."""
        kept = [i for i, entry in self.kept.items() if not entry.completed]
        return sorted(kept + [i for i, session in self.changed.items() if not session.completion])

    def completed_ids(self) -> list[str]:
        """The ids of the completed sessions, oldest end first."""
        return [session_id for _, session_id in sorted(self.ends())]

    def ends(self) -> list[tuple[str, str]]:
        """Of the completed sessions, a text that sorts like their end, and their id; decodes none."""
        ends = self._index.ends(self.kept)
        return ends + [(write_time(s.completion.at)[:-1], i) for i, s in self.changed.items() if s.completion]

    def names_of(self, session_id: str) -> tuple[str, ...]:
        """The id of a kept session, its aliases, and every pull request that it tells of; decodes nothing."""
        entry = self.kept[session_id]
        return self._told(session_id, lambda: tuple(names_of(entry)))

    def active(self) -> tuple[Session, ...]:
        """The sessions that have not completed."""
        return tuple(self[i] for i in self.active_ids())

    def around(self, at: datetime, reach: timedelta) -> tuple[Session, ...]:
        """At least the sessions that were alive within `reach` of `at`."""
        near = dict.fromkeys((*self._index.days.near(at, reach), *self._days.near(at, reach)))
        put, kept = self.changed, self.kept
        return tuple(put.get(i) or self[i] for i in near if i in put or i in kept)

    def get(self, session_id: str) -> Session | None:
        """The session of that id, or the one that it became part of."""
        if session_id in self:
            return self[session_id]
        indexes = (self._aliases, self._told("aliases", lambda: self._index.aliases))
        homes = (self[index[session_id]] for index in indexes if index.get(session_id) in self)
        return next((home for home in homes if session_id in home.aliases), None)

    def holding(self, number: str) -> Session | None:
        """The session that holds the pull request; one that has facts of it before one that only lists it."""
        indexes = (self._holders, self._told("prs", lambda: self._index.holders))
        ids = [index[number] for index in indexes if number in index]
        found = [self[i] for i in ids if i in self and self[i].lists(number)]
        if ids and not found:
            # Taken from where the indexes look, which is rare; another may list it too.
            found = [session for session in self if session.lists(number)]
        return next((s for s in found if number in s.pull_requests), found[0] if found else None)

    def of_run(self, agent: str, run: str) -> tuple[Session, ...]:
        """The sessions that hold a run of an agent, by the vendor's id."""
        kept = self._told("runs", lambda: self._index.runs)
        ids = kept.get(run, frozenset()) | self._runs.get(run, frozenset())
        return tuple(session for i in sorted(ids) if i in self and (agent, run) in held_runs(session := self[i]))

    def telling_of(self, numbers: Collection[str]) -> list[str]:
        """The ids of all sessions that list one of these pull requests, or did, or have facts of it."""
        put = (s for s in self.changed.values() if not {*s.carried, *s.pull_requests}.isdisjoint(numbers))
        kept = self._told("prs", lambda: self._index.telling_of(numbers))
        return [*(i for i in kept if i in self.kept), *(s.id for s in put)]

    def listing(self, number: str) -> tuple[Session, ...]:
        """Every session that lists the pull request; an old file may have several."""
        return tuple(session for i in self.telling_of({number}) if (session := self[i]).lists(number))

    def count_pull_requests(self) -> int:
        """How many pull requests are in a session. Decodes none."""
        listed = self._told("prs", lambda: self._index.listed)
        return len(listed.union(*(session.prs for session in self.changed.values())))

    def put(self, *sessions: Session, without: Collection[str] = ()) -> Self:
        """The book with these sessions added or replaced, and those of the ids in `without` absorbed.

        The book itself where nothing changes.
        """
        news = {s.id: s for s in sessions if s.id not in self or self[s.id] != s}
        if not news and not without:
            return self
        book = self._copy()
        book.kept = self.kept.copy()
        book.changed = self.changed | news
        for session in news.values():
            book._note(session)
        for session_id in (*news, *without):
            book.kept.pop(session_id, None)
        for session_id in without:
            book.changed.pop(session_id, None)
        return book

    def put_unattributed(self, facts: Mapping[str, Facts]) -> Self:
        """The book with exactly these unattributed pull requests; itself where those are the same."""
        if facts == self.unattributed:
            return self
        book = self._copy()
        book.unattributed = dict(facts)
        return book

    def updated(self, now: datetime) -> Self:
        """The book with `last_updated`."""
        book = self._copy()
        book.top = {**self.top, "last_updated": write_time(now)}
        return book

    def to_bytes(self, without: Collection[str] = ()) -> bytes:
        """The file: every session in its place, every unchanged one as it was; those in `without` stand elsewhere."""
        order = (*self.active_ids(), *self.completed_ids())
        entries = self.kept | {i: self.entry(session) for i, session in self.changed.items()}
        top = dict(self.top)
        if self.unattributed:
            top["unattributed"] = {n: write_facts(self.unattributed[n], self.zone) for n in sorted(self.unattributed)}
        return format_document([entries[i] for i in order if i not in without], top)

    def entry_of(self, session_id: str) -> Entry:
        """The session of that id as it is written; itself where nobody changed it."""
        put = self.changed.get(session_id)
        return self.entry(put) if put else self.kept[session_id]

    def entry(self, session: Session) -> Entry:
        """The session as it is written."""
        return Entry(session.id, write_session(session, self.zone), bool(session.completion))

    def _copy(self) -> Self:
        book = type(self).__new__(type(self))
        book.__dict__.update(self.__dict__)
        return book

    def _note(self, session: Session) -> None:
        """Keeps what was put as quick to find as what is kept."""
        # Asked for every pull request of a session that grows: sets are ten times as fast as a loop.
        told = session.pull_requests.keys() - session.elsewhere
        listed = (n for n in session.carried if session.lists(n) and not (n in told or self._has_facts(n)))
        self._holders = self._holders | dict.fromkeys(told, session.id) | dict.fromkeys(listed, session.id)
        self._aliases = self._aliases | dict.fromkeys(session.aliases, session.id)
        if runs := held_runs(session):
            self._runs = self._runs | {run: self._runs.get(run, frozenset()) | {session.id} for _, run in runs}
        ended = session.completion.at if session.completion else None
        self._days = self._days.with_life(session.id, _day(session.started), _day(ended))

    def _has_facts(self, number: str) -> bool:
        home = self.changed.get(self._holders.get(number, ""))
        return home is not None and number in home.pull_requests

    def _decode(self, entry: Entry) -> Session:
        return self._told(entry.id, lambda: read_session(entry.id, entry.record, self.zone, completed=entry.completed))

    def _twice(self, entries: tuple[Entry, ...]) -> dict[str, Session]:
        """Sessions that stand in the file more than once are tellings of the same one."""
        joined: dict[str, Session] = {}
        seen: dict[str, Entry] = {}
        for entry in entries:
            if entry.id in seen:
                known = joined.get(entry.id) or self._decode(seen[entry.id])
                joined[entry.id] = join_sessions(known, self._decode(entry))
            seen[entry.id] = entry
        return joined

    def _told(self, place: str, read: Callable[[], T]) -> T:
        try:
            return read()
        except WrongType as error:
            raise UnreadableFile(f"cannot read {self.name}: {place[:80]}: {error}", way_out(self.name)) from None


def _day(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d") if moment else ""
