"""The sessions of one repository in a database, read when a rule needs them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, tzinfo
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true, union
from sqlalchemy.sql.selectable import CompoundSelect

from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.people import record_without_person, session_without_people
from pr_sessions.storage.files.codec import StoredSession, decode_session
from pr_sessions.storage.files.record_codec import Record, StoredRecord, decode_record
from pr_sessions.storage.lines import position
from pr_sessions.storage.sql.rows import LONGEST, with_records
from pr_sessions.storage.sql.schema import carried, pull_requests, runs, session_aliases, sessions, stacks

Connect = Callable[[], AbstractContextManager[Connection]]
# Databases take some ten thousand values in one query.
_AT_ONCE = 1000
_A_DAY = timedelta(days=1)


class SqlReader:
    """A `SessionReader` over rows. What was read stays as it was read.

    Args:
        connect: gives a connection for a few queries of one moment.
        repository_id: whose sessions they are.
        zone: where naive times of imported files were written.
        hides_people: whether people are hidden in what was stored before the team hid them.
    """

    def __init__(self, connect: Connect, repository_id: int, zone: tzinfo, *, hides_people: bool = False) -> None:
        self.zone = zone
        self.unattributed: Mapping[str, PullRequestRecord] = _Unattributed(self)
        self.aliases: Mapping[str, str] = _Aliases(self)
        self._connect = connect
        self._id = repository_id
        self._hides_people = hides_people
        self._sessions: dict[str, StoredSession | None] = {}
        self._records: dict[str, StoredRecord | None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._column(select(sessions.c.id).where(sessions.c.repository_id == self._id)))

    def __contains__(self, session_id: object) -> bool:
        return isinstance(session_id, str) and self.find(session_id) is not None

    def __len__(self) -> int:
        counted = select(func.count()).select_from(sessions).where(sessions.c.repository_id == self._id)
        with self._connect() as connection:
            return connection.scalar(counted) or 0

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id, not that of an alias."""
        stored = self.find(session_id)
        return stored.value if stored else None

    def find(self, session_id: str) -> StoredSession | None:
        """Return the session of that id as it is stored."""
        if session_id not in self._sessions:
            self.load(sessions.c.id == session_id)
        return self._sessions.setdefault(session_id, None)

    def stored(self, session_id: str) -> StoredSession:
        """Return the session of that id, which is stored."""
        stored = self.find(session_id)
        if stored is None:
            raise KeyError(session_id)
        return stored

    def stored_unattributed(self, number: str) -> StoredRecord | None:
        """Return a pull request in no session as it is stored."""
        if number not in self._records:
            self.load_unattributed(pull_requests.c.number == number)
        return self._records.setdefault(number, None)

    def load(self, condition: ColumnElement[bool]) -> list[str]:
        """Read the sessions that meet a condition, all with two queries; return their ids in order."""
        wanted = and_(sessions.c.repository_id == self._id, condition)
        rows = select(sessions.c.id, sessions.c.is_active, sessions.c.extra).where(wanted).order_by(sessions.c.id)
        # As part of the query, so that a thousand ids need no thousand values.
        in_them = pull_requests.c.session_id.in_(select(sessions.c.id).where(wanted))
        columns = (pull_requests.c.session_id, pull_requests.c.number, pull_requests.c.record)
        has_record = pull_requests.c.record.is_not(None)
        records = select(*columns).where(pull_requests.c.repository_id == self._id, has_record, in_them)
        with self._connect() as connection:
            matches = connection.execute(rows).all()
            by_session: dict[str, dict[str, Record]] = {}
            if any(session_id not in self._sessions for session_id, _, _ in matches):
                for session_id, number, record in connection.execute(records):
                    by_session.setdefault(session_id, {})[number] = record
        for session_id, is_active, extra in matches:
            if session_id not in self._sessions:
                raw = with_records(extra, by_session.get(session_id, {}))
                self._sessions[session_id] = self._decoded(session_id, raw, completed=not is_active)
        # One that was not there before was added since.
        return [session_id for session_id, _, _ in matches if self._sessions[session_id]]

    def load_unattributed(self, condition: ColumnElement[bool]) -> list[str]:
        """Read the pull requests in no session that meet a condition; return their numbers."""
        in_none = and_(pull_requests.c.repository_id == self._id, pull_requests.c.session_id.is_(None), condition)
        with self._connect() as connection:
            matches = connection.execute(select(pull_requests.c.number, pull_requests.c.record).where(in_none)).all()
        for number, raw in matches:
            if number not in self._records:
                record = decode_record(raw, self.zone)
                value = record_without_person(record.value) if self._hides_people else record.value
                self._records[number] = replace(record, value=value)
        return [number for number, _ in matches if self._records[number]]

    def active_ids(self) -> list[str]:
        """Return the ids of the sessions that have not completed; they are read with them."""
        return self.load(sessions.c.is_active.is_(true()))

    def active_until(self, at: datetime) -> list[str]:
        """Return the ids of the active sessions in which nothing happened after a time; they are read with them."""
        return self.load(and_(sessions.c.is_active.is_(true()), sessions.c.position >= position(at)))

    def ends(self) -> list[tuple[str, str]]:
        """Return a text that sorts like its end or last work, and the id, for each completed session."""
        completed = and_(sessions.c.repository_id == self._id, sessions.c.is_active.is_not(true()))
        with self._connect() as connection:
            rows = connection.execute(select(sessions.c.end_order, sessions.c.id).where(completed))
            return [(end, session_id) for end, session_id in rows]

    def holder(self, number: str) -> str | None:
        """Return the id of the session that lists a pull request; rather one with its record."""
        has_number = and_(pull_requests.c.number == number, pull_requests.c.session_id.is_not(None))
        ids = select(pull_requests.c.session_id).where(pull_requests.c.repository_id == self._id, has_number)
        with self._connect() as connection:
            session_id: str | None = connection.scalar(
                ids.order_by(pull_requests.c.record.is_(None), pull_requests.c.session_id).limit(1)
            )
            return session_id

    def mentioning(self, numbers: Collection[str]) -> list[str]:
        """Return the ids of the sessions that list one of these pull requests, or did, or have its record."""
        wanted, ids = sorted(numbers), set[str]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            ids.update(self.load(sessions.c.id.in_(self._with_number(some))))
        return sorted(ids)

    def with_run(self, run: str) -> frozenset[str]:
        """Return the ids of the sessions with a run of this key, of any agent."""
        holds = exists().where(runs.c.repository_id == self._id, runs.c.session_id == sessions.c.id, runs.c.run == run)
        return frozenset(self.load(holds))

    def with_stack(self, number: int) -> frozenset[str]:
        """Return the ids of the sessions with a pull request in a stack of that number."""
        has = and_(stacks.c.session_id == sessions.c.id, stacks.c.number == number)
        return frozenset(self.load(exists().where(stacks.c.repository_id == self._id, has)))

    @property
    def listed(self) -> frozenset[str]:
        """The numbers of all pull requests that sessions list."""
        listed = select(pull_requests.c.number).where(pull_requests.c.session_id.is_not(None))
        return frozenset(self._column(listed.where(pull_requests.c.repository_id == self._id)))

    def near(self, at: datetime, within: timedelta) -> list[str]:
        """Return the ids of at least the sessions that were alive within this time of `at`."""
        first, last = at - within - _A_DAY, at + within + _A_DAY
        s = sessions.c
        # Each condition is one range of one index; of both together SQLite reads every session of the repository.
        short = self.load(and_(s.near_from.between(first - LONGEST, last), s.ended_at >= first))
        # What is not known, or is in an impossible order, may have been at any time.
        began = or_(s.started_at.is_(None), s.started_at <= last)
        lasted = or_(s.ended_at.is_(None), s.ended_at >= first, s.ended_at < s.started_at)
        return [*short, *self.load(and_(s.near_from.is_(None), began, lasted))]

    def named(self, alias: str) -> str | None:
        """Return the id of a session that another one became part of."""
        ids = select(session_aliases.c.session_id).where(
            session_aliases.c.repository_id == self._id, session_aliases.c.alias == alias
        )
        with self._connect() as connection:
            return connection.scalar(ids.order_by("session_id").limit(1))

    def all_aliases(self) -> dict[str, str]:
        """Return session ids by their aliases."""
        columns = (session_aliases.c.alias, session_aliases.c.session_id)
        with self._connect() as connection:
            rows = connection.execute(select(*columns).where(session_aliases.c.repository_id == self._id))
            return {row.alias: row.session_id for row in rows}

    def _decoded(self, session_id: str, raw: Record, *, completed: bool) -> StoredSession:
        stored = decode_session(session_id, raw, self.zone, completed=completed)
        return replace(stored, value=session_without_people(stored.value)) if self._hides_people else stored

    def _with_number(self, numbers: list[str]) -> CompoundSelect[Any]:
        return union(
            *(
                select(table.c.session_id).where(table.c.repository_id == self._id, table.c.number.in_(numbers))
                for table in (pull_requests, carried)
            )
        )

    def _column(self, query: Any) -> list[str]:
        with self._connect() as connection:
            return list(connection.scalars(query))


class _Unattributed(Mapping[str, PullRequestRecord]):
    """The pull requests in no session; a single one is read alone."""

    def __init__(self, reader: SqlReader) -> None:
        self._reader = reader

    def __getitem__(self, number: str) -> PullRequestRecord:
        stored = self._reader.stored_unattributed(number)
        if stored is None:
            raise KeyError(number)
        return stored.value

    def __iter__(self) -> Iterator[str]:
        return iter(self._reader.load_unattributed(true()))

    def __len__(self) -> int:
        return len(self._reader.load_unattributed(true()))


class _Aliases(Mapping[str, str]):
    """Session id by the ids that became part of it; a single one is read alone."""

    def __init__(self, reader: SqlReader) -> None:
        self._reader = reader

    def __getitem__(self, alias: str) -> str:
        session_id = self._reader.named(alias)
        if session_id is None:
            raise KeyError(alias)
        return session_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._reader.all_aliases())

    def __len__(self) -> int:
        return len(self._reader.all_aliases())

    def items(self) -> Any:
        """Return all of them, read at once."""
        return self._reader.all_aliases().items()
