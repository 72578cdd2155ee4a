"""The sessions of one repository in a database as the rules see them, and as their JSON."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Self

from sqlalchemy import true

from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.overlay import OverlaidSessions
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.collection import moved_records
from pr_sessions.storage.files.record_codec import Record, StoredRecord, encode_record
from pr_sessions.storage.files.session_file import Entry
from pr_sessions.storage.sql.reader import SqlReader


class SqlSessions(OverlaidSessions[SqlReader]):
    """A `SessionCollection` of a database."""

    def __iter__(self) -> Iterator[Session]:
        """Every session: active ones by id, then completed ones, oldest end first."""
        self.reader.load(true())
        return super().__iter__()

    def entry_of(self, session_id: str) -> Entry:
        """Return the session of that id as a session file has it; as it was stored where it did not change."""
        session = self._put.sessions.get(session_id)
        if session is None:
            stored = self.reader.stored(session_id)
            return Entry(session_id, stored.raw, stored.value.completion is not None)
        absorbed = (alias for alias in session.aliases if alias in self._absorbed)
        sources = [source for i in (session_id, *absorbed) if (source := self.reader.find(i))]
        return Entry(session.id, encode_session(session, sources, self._moved), session.completion is not None)

    def record_of(self, number: str, record: PullRequestRecord) -> Record:
        """Return the record of a pull request in no session as a session file has it."""
        stored = self.reader.stored_unattributed(number)
        return encode_record(record, [*([stored] if stored else ()), *self._moved.get(number, ())])

    @cached_property
    def _moved(self) -> Mapping[str, Sequence[StoredRecord]]:
        return moved_records(self.reader, self.changes, self.reader.stored_unattributed)

    def _copy(self) -> Self:
        collection = super()._copy()
        collection.__dict__.pop("_moved", None)
        return collection
