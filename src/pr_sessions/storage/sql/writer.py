"""Write what changed of the sessions of one repository: rows that stay the same are not touched."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Table, bindparam, delete, insert, update

from pr_sessions.core.models import PullRequestRecord
from pr_sessions.storage.files.codec import StoredSession
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.files.session_file import Entry
from pr_sessions.storage.sql.collection import SqlSessions
from pr_sessions.storage.sql.list_columns import counted
from pr_sessions.storage.sql.rows import Links, links_of, pull_request_values, session_values, without_records
from pr_sessions.storage.sql.schema import carried, pull_requests, runs, session_aliases, sessions, stacks

_LINKS: tuple[tuple[str, Table, tuple[str, ...]], ...] = (
    ("aliases", session_aliases, ("session_id", "alias")),
    ("carried", carried, ("session_id", "number")),
    ("runs", runs, ("session_id", "run")),
    ("stacks", stacks, ("session_id", "number")),
)
# The record of a pull request, and its JSON, by session and number; `None` for one without a record.
_Records = dict[tuple[str | None, str], tuple[PullRequestRecord, Record] | None]


def write_changes(connection: Connection, repository_id: int, after: SqlSessions) -> None:
    """Write the changes of a collection. The caller has locked the repository."""
    changes = after.changes
    reader = after.reader
    stored = {i: kept for i in (*changes.sessions, *changes.absorbed) if (kept := reader.find(i))}
    entries = {i: after.entry_of(i) for i in changes.sessions}
    before = _records_before(stored.values())
    records = _records_after(after, entries)
    for number, record in changes.unattributed.items():
        if known := reader.stored_unattributed(number):
            before[None, number] = known.value, known.raw
        if record:
            records[None, number] = record, after.record_of(number, record)
    numbers = {number for session_id, number in (*before, *records) if session_id is None}
    rows = {
        i: session_values(session, without_records(entries[i].raw, session.pull_requests))
        for i, session in changes.sessions.items()
    }
    gone = [i for i in changes.absorbed if i in stored]
    old = [links_of(session.value) for session in stored.values()]
    new = [links_of(session) for session in changes.sessions.values()]
    with counted(connection, repository_id, {*changes.sessions, *gone}, numbers):
        _write_sessions(connection, repository_id, rows, stored, gone)
        _write_links(connection, repository_id, old, new)
        _write_records(connection, repository_id, before, records)


def _records_before(stored: Iterable[StoredSession]) -> _Records:
    records: _Records = {}
    for session in stored:
        i = session.value.id
        records |= dict.fromkeys((i, number) for number in session.value.prs)
        records |= {(i, number): (record.value, record.raw) for number, record in session.records.items()}
    return records


def _records_after(after: SqlSessions, entries: Mapping[str, Entry]) -> _Records:
    records: _Records = {}
    for i, entry in entries.items():
        session = after[i]
        records |= dict.fromkeys((i, number) for number in session.prs)
        raws = entry.raw["metadata"].get("pull_requests", {})
        records |= {(i, number): (record, raws[number]) for number, record in session.pull_requests.items()}
    return records


def _write_sessions(
    connection: Connection,
    repository_id: int,
    rows: Mapping[str, dict[str, Any]],
    stored: Collection[str],
    gone: Iterable[str],
) -> None:
    here = sessions.c.repository_id == repository_id
    this = here & (sessions.c.id == bindparam("this"))
    changed = [{**row, "this": i} for i, row in rows.items() if i in stored]
    _many(connection, delete(sessions).where(this), [{"this": i} for i in gone])
    _many(connection, update(sessions).where(this), changed)
    _many(
        connection,
        insert(sessions),
        [{"repository_id": repository_id, **r} for i, r in rows.items() if i not in stored],
    )


def _write_links(connection: Connection, repository_id: int, old: Iterable[Links], new: Iterable[Links]) -> None:
    old, new = list(old), list(new)
    for field, table, columns in _LINKS:
        before = {key for links in old for key in getattr(links, field)}
        after = {key for links in new for key in getattr(links, field)}
        condition = table.c.repository_id == repository_id
        for column in columns:
            condition &= table.c[column] == bindparam(f"this_{column}")
        names = [f"this_{column}" for column in columns]
        gone = [dict(zip(names, key, strict=True)) for key in sorted(before - after)]
        added = [dict(zip(columns, key, strict=True)) for key in sorted(after - before)]
        _many(connection, delete(table).where(condition), gone)
        _many(connection, insert(table), [{"repository_id": repository_id, **row} for row in added])


def _write_records(connection: Connection, repository_id: int, before: _Records, after: _Records) -> None:
    this = (
        (pull_requests.c.repository_id == repository_id)
        & pull_requests.c.session_id.is_not_distinct_from(bindparam("this_session"))
        & (pull_requests.c.number == bindparam("this_number"))
    )

    def key(session_id: str | None, number: str) -> dict[str, Any]:
        return {"this_session": session_id, "this_number": number}

    gone = [key(*each) for each in before if each not in after]
    changed, added = [], []
    for each, kept in after.items():
        record, raw = kept or (None, None)
        known = before.get(each)
        # To the letter: the order of its fields is part of the session file.
        if each in before and json.encode(known and known[1]) == json.encode(raw):
            continue
        values = pull_request_values(*each, record, raw)
        if each in before:
            changed.append({**values, **key(*each)})
        else:
            added.append({"repository_id": repository_id, **values})
    _many(connection, delete(pull_requests).where(this), gone)
    _many(connection, update(pull_requests).where(this), changed)
    _many(connection, insert(pull_requests), added)


def _many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
