"""Sessions in files: read without disturbing anybody, written under a lock, all or nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import reduce

from msgspec.structs import replace

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.lifecycle import idle_time
from pr_sessions.core.people import HIDDEN
from pr_sessions.core.policy import People, Policy
from pr_sessions.errors import PrSessionsError, UnreadableFile
from pr_sessions.git.repository import Repository, prepare_state, refuse_links, sweep_leftovers
from pr_sessions.io.files import read_alike, read_bytes, remove_temporary, replace_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.storage.base import BackupKind, Scope, made_of
from pr_sessions.storage.files.archives import Archives, Wanted, due, nobody_merges, oldest_kept, settled
from pr_sessions.storage.files.backups import take, taken_today
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.half_merged import refuse_half_merged
from pr_sessions.storage.files.merge import merge_apart, merge_collections
from pr_sessions.storage.files.people import without_people
from pr_sessions.storage.files.run_ids import add_run_ids
from pr_sessions.storage.files.session_file import SessionFile, parse


class FileStore:
    """One document in one or several files, merged on reading and all brought up to date on writing.

    In a clone these are its own document and the working tree's session file; elsewhere the session file alone.

    Args:
        files: the first one is private where there are several; it is written first.
        lock: taken by every writer.
        backups: a folder.
        zone: where naive times were written.
        repository: has the audit log and the index; none are kept if not given.
        policy: what is archived, and whether an index of pull requests is kept; neither if not given.
        warn: takes what went wrong after the sessions were stored, and a hint.
    """

    def __init__(
        self,
        files: tuple[Place, ...],
        lock: Place,
        backups: Place,
        zone: tzinfo = UTC,
        *,
        repository: Repository | None = None,
        policy: Policy | None = None,
        warn: Callable[[str, str], object] = lambda _message, _hint: None,
    ) -> None:
        self.files = files
        self.backups = backups
        self.zone = zone
        self.repository = repository
        self.policy = policy
        self.warn = warn
        self.keep = timedelta(days=policy.keep_days) if policy and policy.keep_days else None
        self.pr_index = repository.pr_index if repository and policy and policy.minimal_metadata else None
        self._lock = lock
        self._last_read: tuple[Mapping[Place, bytes], FileSessions] | None = None
        self._refuse_half = nobody_merges if repository is None else lambda p: refuse_half_merged(repository, p)
        self.archives = Archives.next_to(files, zone, self._refuse_half)

    def read(self) -> FileSessions:
        """Return what is stored. Wait for no writer, and write nothing.

        Files that did not change since the last time are not parsed again.
        """
        # In this order: what moves meanwhile is written to its archive before it goes.
        contents = self._contents()
        if self._last_read is None or self._last_read[0] != contents:
            self._last_read = contents, self._merge(contents)
        else:
            self._refuse_half(self.files)
        sessions = self._last_read[1]
        merged = merge_apart([sessions, *self.archives.collections(self.archives.read(None))])
        return without_people(merged, self.policy)

    @contextmanager
    def transaction(self, now: datetime, scope: Callable[[], Scope] | None = None) -> Iterator["FileTransaction"]:
        """Begin a change; one at a time, across processes."""
        if self.repository:
            prepare_state(self.repository)
        with self._alone(now, scope) as transaction:
            if self.pr_index:
                from pr_sessions.storage.files.pr_index import read_index

                read_index(self.pr_index)  # Before anything changes: another program's file may be in its place.
            if self.repository:
                sweep_leftovers(self.repository, now.timestamp())
            yield transaction

    def back_up(self, now: datetime) -> Place | None:
        """Copy what is stored because a user wants it; return `None` where nothing is."""
        if self.repository:
            refuse_links(self.repository)
        with self._alone(now, None) as transaction:
            return transaction.back_up(BackupKind.MANUAL)

    def audit_log(self) -> AuditLog:
        """Return who changed what, and why."""
        from pr_sessions.storage.files import journal

        return journal.read(self.repository.journal) if self.repository else AuditLog()

    def keep_run_ids(self, sessions: FileSessions) -> None:
        """Keep the vendors' ids of runs that stood in the files, for the user of this clone alone."""
        if sessions.run_ids and self.repository and self.repository.run_ids:
            add_run_ids(self.repository.run_ids, sessions.run_ids)

    def journaled(self, entry: AuditEntry) -> AuditEntry:
        """Return the entry as the journal may hold it: outside git, that lies among the files of the team."""
        is_shared = self.repository is not None and self.repository.state is None
        hides = self.policy is not None and self.policy.people is People.HIDDEN
        return replace(entry, by=HIDDEN) if is_shared and hides else entry

    @contextmanager
    def _alone(self, now: datetime, scope: Callable[[], Scope] | None) -> Iterator["FileTransaction"]:
        with locked(self._lock):
            # Before anything is written: on a full disk this makes room.
            remove_temporary(*self.files)
            has_archives = self.archives.exist()
            if has_archives:
                self.archives.sweep()
            contents = self._contents()
            sessions = self._merge(contents)
            if len(self.files) > 1 and self.files[0] not in contents:
                # What cannot be decoded must not get into the private document unnoticed.
                tuple(sessions)
            wanted = self._wanted(sessions, scope(), now) if has_archives and scope else None
            archived = self.archives.read(wanted) if has_archives else {}
            yield FileTransaction(self, contents, sessions, archived, now)

    def _wanted(self, sessions: FileSessions, scope: Scope, now: datetime) -> Wanted | None:
        """Return which archives a change needs; `None` for all of them."""
        if self.policy is None or self.pr_index:
            return None  # The index is made of all sessions.
        timeout = self.policy.timeout
        names = {session_id for session_id in scope.ids if sessions.get(session_id) is None}
        # Another branch's file may still show as active what ended long ago.
        names.update(session.id for session in sessions.active() if idle_time(session, now) > timeout)
        if scope.number:
            session = sessions.for_pull_request(scope.number)
            if session is None or scope.number not in session.pull_requests:
                names.add(scope.number)
        oldest = oldest_kept(now, self.keep)
        since = None if oldest and scope.since and scope.since >= oldest else scope.since
        return Wanted(frozenset(names), since=since)

    def _contents(self) -> dict[Place, bytes]:
        first, *others = self.files
        data = read_bytes(first)
        contents = {first: data} | {p: read_bytes(p) if data is None else read_alike(p, data) for p in others}
        return {path: content for path, content in contents.items() if content is not None}

    def _merge(self, contents: Mapping[Place, bytes]) -> FileSessions:
        """Merge the files; those of the same bytes are parsed once."""
        first = contents.get(self.files[0]) if len(self.files) > 1 else None
        collections = [
            FileSessions(parse(data, str(path), trusted=data == first), self.zone)
            for path, data in contents.items()
            if first is None or path == self.files[0] or data != first
        ]
        self._refuse_half(self.files)
        if not collections:
            return FileSessions(SessionFile(name=str(self.files[-1])), self.zone)
        return reduce(merge_collections, collections)


class FileTransaction:
    """One change of a `FileStore`."""

    def __init__(
        self,
        store: FileStore,
        contents: Mapping[Place, bytes],
        sessions: FileSessions,
        archived: Mapping[Place, bytes],
        now: datetime,
    ) -> None:
        self._store = store
        self._contents = dict(contents)
        self._now = now
        self._at_first = sessions
        self._archived = dict(archived)
        self._archives = store.archives.collections(archived)
        self._before = tuple(contents.values())
        is_one = all(data == self._before[0] for data in self._before)
        self._same = is_one and not sessions.duplicates and not sessions.run_ids
        self._saved = False
        self.sessions = merge_apart([sessions, *self._archives])

    def commit(self, sessions: SessionCollection, *audit: AuditEntry, touch_last_updated: bool = True) -> bool:
        """Store the sessions, bring the index up to date, then append the audit entries.

        The entries come last and only warn: the change is stored by then, and must not seem to have failed.
        """
        sessions = without_people(made_of(self.sessions, sessions), self._store.policy)
        written = self._write(sessions, touch_last_updated=touch_last_updated)
        if self._store.pr_index:
            from pr_sessions.storage.files.pr_index import rebuild

            rebuild(self._store.pr_index, sessions)
        if audit and self._store.repository:
            from pr_sessions.storage.files import journal

            try:
                for entry in audit:
                    journal.append(self._store.repository.journal, self._store.journaled(entry))
            except PrSessionsError as error:
                self._store.warn(f"the change is kept, but the journal does not say so: {error}", error.hint)
        return written

    def _write(self, sessions: FileSessions, *, touch_last_updated: bool) -> bool:
        store = self._store
        settled_ids = settled(sessions, self._archives)
        oldest = oldest_kept(self._now, store.keep)
        months = due(sessions, oldest, settled_ids) if oldest else {}
        # What belongs into a month that cannot be read waits until it can.
        moving = {month: part for month, part in months.items() if store.archives.is_sound(store.archives.name(month))}
        archives = store.archives.put(self._archived, moving)
        is_quiet = sessions is self.sessions and not archives and not moving
        is_everywhere = len(self._contents) == len(store.files) and (self._saved or self._same)
        if is_quiet and (is_everywhere or not self._contents):
            return False
        archived_ids = {*settled_ids, *(i for month in moving.values() for i in month.kept)}
        touched = sessions.updated(self._now) if touch_last_updated and sessions is not self.sessions else sessions
        data = touched.to_bytes(archived_ids)
        alike = (
            {path: content for path, content in self._contents.items() if self._has_same_sessions(path, content, data)}
            if is_quiet
            else {}
        )
        changes = {
            path: next(iter(alike.values()), data)
            for path in store.files
            if path not in alike and self._contents.get(path) != data
        }
        if is_quiet and not changes:
            return False
        if not taken_today(store.backups, self._now):
            self.back_up()
        store.keep_run_ids(sessions)
        # Archives first: a session is in both for a moment, never in none.
        for path, content in archives.items():
            replace_file(path, content)
        for path, content in changes.items():
            replace_file(path, content)
            self._contents[path] = content
        self.sessions, self._saved = sessions, True
        return True

    def back_up(self, kind: BackupKind = BackupKind.AUTOMATIC) -> Place | None:
        """Copy what was stored before this transaction; return `None` where nothing was."""
        archives = self._store.archives
        try:
            whole = self._whole(archives.collections(archives.read(None)))
        except UnreadableFile:
            # What cannot be read stays where it is, and is no reason to record nothing today.
            whole = self._whole(archives.sound())
        return None if whole is None else take(self._store.backups, whole, self._now, kind)

    def _whole(self, archives: list[FileSessions]) -> bytes | None:
        if archives:
            return merge_apart([self._at_first, *archives]).to_bytes()
        if not self._before:
            return None
        return self._before[0] if self._same else self._at_first.to_bytes()

    def _has_same_sessions(self, path: Place, content: bytes, data: bytes) -> bool:
        """Tell whether a file says what `data` says, in whatever layout."""
        if content == data:
            return True
        sessions = FileSessions(parse(content, str(path)), self._store.zone)
        # Whatever writes merges a session that stands there twice, and removes vendors' ids.
        return not sessions.duplicates and not sessions.run_ids and sessions.to_bytes() == data
