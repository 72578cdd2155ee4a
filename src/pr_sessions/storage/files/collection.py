"""The sessions of a session file: indexed without decoding any, decoded when they are read, kept as they were."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property, reduce
from typing import Any, Protocol, Self

from pr_sessions.core.collection import Changes, SessionCollection
from pr_sessions.core.merge import merge_sessions
from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.overlay import Days, OverlaidSessions
from pr_sessions.core.runs import stored_key
from pr_sessions.core.times import read_time, write_time
from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.storage.files.codec import StoredSession, decode_session, encode_session
from pr_sessions.storage.files.record_codec import Record, StoredRecord, decode_records, encode_record, in_order
from pr_sessions.storage.files.session_file import Entry, SessionFile, format_document


class FileReader:
    """A `SessionReader` over the entries of one document.

    Attributes:
        entries: the sessions as they stand in the file, by id.
        unattributed: pull requests in no session, by number.
        stored_unattributed: the same, as they stand in the file.
        zone: where naive times were written.
    """

    def __init__(self, entries: Mapping[str, Entry], unattributed: Mapping[str, StoredRecord], zone: tzinfo) -> None:
        self.entries = entries
        self.stored_unattributed = unattributed
        self.unattributed: Mapping[str, PullRequestRecord] = {n: stored.value for n, stored in unattributed.items()}
        self.zone = zone
        self._decoded: dict[str, StoredSession] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self.entries

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id, not that of an alias."""
        return self.stored(session_id).value if session_id in self.entries else None

    def stored(self, session_id: str) -> StoredSession:
        """Return the session as it stands in the file."""
        stored = self._decoded.get(session_id)
        if stored is None:
            entry = self.entries[session_id]
            stored = decode_session(entry.id, entry.raw, self.zone, completed=entry.completed)
            self._decoded[session_id] = stored
        return stored

    def __len__(self) -> int:
        return len(self.entries)

    def active_ids(self) -> list[str]:
        """Return the ids of the sessions that have not completed."""
        return [session_id for session_id, entry in self.entries.items() if not entry.completed]

    def active_until(self, at: datetime) -> list[str]:  # noqa: ARG002 - the protocol's
        """Return the ids of the active sessions: to read when something happened last takes as long as to use it."""
        return self.active_ids()

    def ends(self) -> list[tuple[str, str]]:
        """Return a text that sorts like its end or last work, and the id, for each completed session."""
        return self._ends

    @cached_property
    def _ends(self) -> list[tuple[str, str]]:
        ends = []
        for session_id, entry in self.entries.items():
            if entry.completed:
                raw = entry.raw
                text = raw.get("completed") or raw.get("last_activity") or raw.get("started")
                if type(text) is str and text[-1:] == "Z":
                    ends.append((text[:-1], session_id))
                else:
                    ends.append((sortable(text, self.zone), session_id))
        return ends

    def holder(self, number: str) -> str | None:
        """Return the id of the session that lists a pull request; rather one with its record."""
        return self._holders.get(number)

    @cached_property
    def _holders(self) -> Mapping[str, str]:
        recorded: dict[str, str] = {}
        listed: dict[str, str] = {}
        # Runs over every session on every write: plain loops are half as slow as anything shorter.
        for session_id, entry in self.entries.items():
            raw = entry.raw
            metadata = raw.get("metadata")
            records = metadata.get("pull_requests") if type(metadata) is dict else None
            records = records if type(records) is dict else {}
            for number in records:
                recorded[number] = session_id
            numbers = raw.get("prs")
            for number in numbers if type(numbers) is list else ():
                if type(number) is not str or number not in records:
                    listed[str(number)] = session_id
        return listed | recorded if listed else recorded

    def mentioning(self, numbers: Collection[str]) -> list[str]:
        """Return the ids of the sessions that list one of these pull requests, or did, or have its record."""
        wanted = frozenset(numbers)
        return [i for i, entry in self.entries.items() if not wanted.isdisjoint(_numbers(entry.raw))]

    def with_run(self, run: str) -> frozenset[str]:
        """Return the ids of the sessions with a run of this key, of any agent."""
        return self._runs.get(run, frozenset())

    @cached_property
    def _runs(self) -> Mapping[str, frozenset[str]]:
        """Those that hooks saw, and those that pull requests carry."""
        runs: dict[str, set[str]] = {}
        for session_id, entry in self.entries.items():
            if metadata := entry.raw.get("metadata"):
                for run in _run_ids(_object(metadata)):
                    runs.setdefault(stored_key(run), set()).add(session_id)
        return {run: frozenset(ids) for run, ids in runs.items()}

    def with_stack(self, number: int) -> frozenset[str]:
        """Return the ids of the sessions with a pull request in a stack of that number."""
        return self._stacks.get(number, frozenset())

    @cached_property
    def _stacks(self) -> Mapping[int, frozenset[str]]:
        stacks: dict[int, set[str]] = {}
        for session_id, entry in self.entries.items():
            if metadata := entry.raw.get("metadata"):
                for number in _stack_numbers(_object(metadata)):
                    stacks.setdefault(number, set()).add(session_id)
        return {number: frozenset(ids) for number, ids in stacks.items()}

    @cached_property
    def listed(self) -> frozenset[str]:
        """The numbers of all pull requests that sessions list."""
        lists = [numbers for e in self.entries.values() if type(numbers := e.raw.get("prs")) is list]
        numbers = [number for listed in lists for number in listed if type(number) in (str, int)]
        return frozenset(map(str, numbers))

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Session id by the ids that became part of it."""
        return {
            alias: session_id
            for session_id, entry in self.entries.items()
            if (metadata := entry.raw.get("metadata"))
            for alias in _list(_object(metadata).get("aliases"))
            if isinstance(alias, str)
        }

    def near(self, at: datetime, within: timedelta) -> Iterable[str]:
        """Return the ids of at least the sessions that were alive within this time of `at`."""
        return self._days.near(at, within)

    @cached_property
    def _days(self) -> Days:
        """First and last day of each; an active session has no last one."""
        return Days(
            (i, _day(entry.raw.get("started")), _day(entry.raw.get("completed") if entry.completed else None))
            for i, entry in self.entries.items()
        )


def _numbers(raw: Record) -> Iterator[str]:
    yield from map(str, _list(raw.get("prs")))
    if metadata := raw.get("metadata"):
        known = _object(metadata)
        yield from _object(known.get("pull_requests"))
        yield from map(str, _list(_object(known.get("carried_totals")).get("prs")))


def _run_ids(metadata: Record) -> Iterator[str]:
    for run in map(_object, _list(metadata.get("runs"))):
        yield from (key for key in (run.get("id"), *_list(run.get("also"))) if isinstance(key, str))
    for record in _object(metadata.get("pull_requests")).values():
        for agent in _list(_object(record).get("agents")):
            # Earlier programs wrote an agent's bare name.
            if isinstance(agent, dict):
                yield from (run for run in _list(agent.get("runs")) if isinstance(run, str))


def _stack_numbers(metadata: Record) -> Iterator[int]:
    for record in _object(metadata.get("pull_requests")).values():
        if stack := _object(record).get("stack"):
            number = _object(stack).get("number")
            if type(number) is int:
                yield number


def names_of(entry: Entry) -> Iterator[str]:
    """Everything by which another document may tell of the same session: its ids and its pull requests."""
    yield entry.id
    yield from _numbers(entry.raw)
    if metadata := entry.raw.get("metadata"):
        yield from map(str, _list(_object(metadata).get("aliases")))


def sortable(text: Any, zone: tzinfo = UTC) -> str:
    """A text that sorts like the instant it names; what names none comes first."""
    if not isinstance(text, str):
        return ""
    if text.endswith("Z"):
        return text[:-1]
    try:
        return write_time(read_time(text, zone))[:-1]
    except InvalidValue:
        return ""


def _day(text: Any) -> str:
    """The day as it is written, `YYYY-MM-DD`; empty where it is written otherwise."""
    return text[:10] if isinstance(text, str) and text[4:5] == "-" else ""


def _list(value: Any) -> list[Any]:
    """Return a list; an empty one for what is none, which reading keeps as it is."""
    return value if type(value) is list else []


def _object(value: Any) -> Record:
    return value if type(value) is dict else {}


class FileSessions(OverlaidSessions[FileReader]):
    """Every session of one file.

    Attributes:
        name: what to call the file in messages.
        zone: where its naive times were written.
        top: every other field at the top of the file; of `unattributed` what is no record of a pull request.
        duplicates: ids of sessions that stand in the file more than once; each was merged from all its entries.
        run_ids: the vendors' ids that stood in the file, by the keys that replaced them.
    """

    def __init__(self, content: SessionFile | None = None, zone: tzinfo = UTC) -> None:
        content = content or SessionFile()
        self.name = content.name
        self.zone = zone
        unattributed, unread = decode_records(content.top.get("unattributed"), zone)
        self.top: Record = {key: value for key, value in content.top.items() if key != "unattributed"}
        if unread:
            self.top["unattributed"] = unread
        entries = {entry.id: entry for entry in content.entries}
        merged = _merge_duplicates(content.entries, zone) if len(entries) < len(content.entries) else {}
        self.duplicates = frozenset(merged)
        self.run_ids = content.run_ids
        super().__init__(FileReader(entries | merged, unattributed, zone))

    @property
    def kept(self) -> Mapping[str, Entry]:
        """The sessions that did not change, as they stand in the file, by id."""
        if not self._put.sessions and not self._absorbed:
            return self.reader.entries
        return {i: entry for i, entry in self.reader.entries.items() if self._is_kept(i)}

    def check_understood(self) -> None:
        """Check that every field of the file means something to this version.

        Raises:
            UnreadableFile: one does not; the message names the session.
        """
        for session_id in self.reader.entries:
            stored = self.reader.stored(session_id)
            if stored.unknown or any(record.unknown for record in stored.records.values()):
                raise UnreadableFile(f"cannot read {self.name}: not all of session {session_id[:80]!r} is understood")
        if strays := [key for key in ("active_sessions", "completed_sessions", "unattributed") if key in self.top]:
            raise UnreadableFile(f"cannot read {self.name}: not all of {' and '.join(strays)} is understood")

    def names_of(self, session_id: str) -> tuple[str, ...]:
        """Return the id of a kept session, its aliases, and every pull request that it mentions; decode nothing."""
        return tuple(names_of(self.reader.entries[session_id]))

    def updated(self, now: datetime) -> Self:
        """Return the collection with `last_updated`."""
        collection = self._copy()
        collection.top = {**self.top, "last_updated": write_time(now)}
        return collection

    def put_raw(
        self, session_id: str, raw: Record, *, completed: bool, original: Record | None = None
    ) -> "FileSessions":
        """Return the collection with a session from its JSON object, unknown fields included.

        It replaces one that still stands as in `original`, and is merged with any other of its id.
        """
        known = self.get(session_id)
        kept = self.entry_of(known.id) if known else None
        entry = Entry(session_id, raw, completed)
        copies = (entry,) if kept is None or kept.raw == original else (kept, entry)
        sources = [decode_session(copy.id, copy.raw, self.zone, completed=copy.completed) for copy in copies]
        session = reduce(merge_sessions, (source.value for source in sources))
        content = self.to_document()
        entries = {each.id: each for each in content.entries}
        entries[session.id] = Entry(session.id, encode_session(session, sources), bool(session.completion))
        return self.remade(SessionFile(tuple(entries.values()), content.top, self.name, self.run_ids))

    def to_document(self, without: Collection[str] = ()) -> SessionFile:
        """Return the file, every unchanged session as it was; without those in `without`, which an archive has."""
        order = (*self.active_ids(), *self.completed_ids())
        top = dict(self.top)
        if unattributed := self.all_unattributed():
            stored, records = self.reader.stored_unattributed, {}
            for number, record in sorted(unattributed.items()):
                sources = [stored[number]] if number in stored else []
                records[number] = encode_record(record, [*sources, *self._moved.get(number, ())])
            top["unattributed"] = in_order(top.get("unattributed", {})) | records
        kept, put = self.reader.entries, self._put.sessions
        entries = [self.entry_of(i) if i in put else kept[i] for i in order if i not in without]
        return SessionFile(tuple(entries), top, self.name, self.run_ids)

    def to_bytes(self, without: Collection[str] = ()) -> bytes:
        """Return the bytes of the file; see `to_document`."""
        content = self.to_document(without)
        return format_document(content.entries, content.top)

    def rewritten(self) -> "FileSessions":
        """Return the collection as if it had been written and read; itself where nothing was put."""
        is_unchanged = not (self._put.sessions or self._absorbed or self._unattributed)
        return self if is_unchanged else self.remade(self.to_document())

    def remade(self, content: SessionFile) -> "FileSessions":
        """Return the collection of another content that was made of this one."""
        collection = FileSessions(content, self.zone)
        collection.origin = self.origin
        return collection

    def entry_of(self, session_id: str) -> Entry:
        """Return the session of that id as it is written; its own entry where it did not change."""
        session = self._put.sessions.get(session_id)
        if session is None:
            return self.reader.entries[session_id]
        absorbed = (alias for alias in session.aliases if alias in self._absorbed)
        sources = [self.reader.stored(i) for i in (session_id, *absorbed) if i in self.reader]
        return Entry(session.id, encode_session(session, sources, self._moved), bool(session.completion))

    @cached_property
    def _moved(self) -> Mapping[str, Sequence[StoredRecord]]:
        """The stored records of pull requests that are no longer where they stand in the file, by number."""
        return moved_records(self.reader, self.changes, self.reader.stored_unattributed.get)

    def _copy(self) -> Self:
        collection = super()._copy()
        collection.__dict__.pop("_moved", None)
        return collection


class StoredSessions(Protocol):
    """A reader that has sessions as they are stored."""

    def __contains__(self, session_id: object) -> bool: ...

    def stored(self, session_id: str) -> StoredSession:
        """Return the session of that id, which is stored."""
        ...


def moved_records(
    reader: StoredSessions, changes: Changes, unattributed: Callable[[str], StoredRecord | None]
) -> Mapping[str, Sequence[StoredRecord]]:
    """Return the stored records of pull requests that a change puts elsewhere, by number.

    Args:
        reader: what is stored.
        changes: what was put since.
        unattributed: returns what is stored of a pull request in no session.
    """
    moved: dict[str, list[StoredRecord]] = {}
    for session_id in {*changes.sessions, *changes.absorbed}:
        if session_id in reader:
            session = changes.sessions.get(session_id)
            for number, record in reader.stored(session_id).records.items():
                if session is None or number not in session.pull_requests:
                    moved.setdefault(number, []).append(record)
    for number, value in changes.unattributed.items():
        if value is None and (stored := unattributed(number)):
            moved.setdefault(number, []).append(stored)
    return moved


def in_files(sessions: SessionCollection) -> FileSessions:
    """Return the sessions as those of session files, for what only files have.

    Raises:
        TypeError: they are kept elsewhere.
    """
    if not isinstance(sessions, FileSessions):
        raise TypeError(f"sessions of files are needed, not {type(sessions).__name__}")
    return sessions


def _merge_duplicates(entries: Iterable[Entry], zone: tzinfo) -> dict[str, Entry]:
    """Return the sessions with several entries, each as one entry."""
    by_id: dict[str, list[Entry]] = {}
    for entry in entries:
        by_id.setdefault(entry.id, []).append(entry)
    merged = {}
    for session_id, copies in by_id.items():
        if len(copies) > 1:
            sources = [decode_session(copy.id, copy.raw, zone, completed=copy.completed) for copy in copies]
            session = reduce(merge_sessions, (source.value for source in sources))
            merged[session_id] = Entry(session_id, encode_session(session, sources), bool(session.completion))
    return merged
