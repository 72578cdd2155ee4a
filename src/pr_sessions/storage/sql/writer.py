"""Write what changed of the sessions of one repository: rows that stay the same are not touched."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Table, bindparam, delete, insert, update

from pr_sessions.storage.files.codec import StoredSession, decode_session
from pr_sessions.storage.files.record_codec import StoredRecord, decode_record
from pr_sessions.storage.sql.collection import SqlSessions
from pr_sessions.storage.sql.list_columns import counted
from pr_sessions.storage.sql.reader import SqlReader
from pr_sessions.storage.sql.rows import links_of, pull_request_values, session_values, without_records
from pr_sessions.storage.sql.schema import carried, pull_requests, runs, session_aliases, sessions, stacks

_LINKS: tuple[tuple[str, Table, tuple[str, ...]], ...] = (
    ("aliases", session_aliases, ("session_id", "alias")),
    ("carried", carried, ("session_id", "number")),
    ("runs", runs, ("session_id", "run")),
    ("stacks", stacks, ("session_id", "number")),
)
# What is stored of a pull request by session and number; `None` for one without a record.
_Records = dict[tuple[str | None, str], StoredRecord | None]


def write_changes(connection: Connection, repository_id: int, before: SqlReader, after: SqlSessions) -> None:
    """Write the changes of a collection over what is stored. The caller has locked the repository."""
    changes, zone = after.changes, after.reader.zone
    written = []
    for i in changes.sessions:
        entry = after.entry_of(i)
        written.append(decode_session(i, entry.raw, zone, completed=entry.completed))
    records = {
        number: decode_record(after.record_of(number, record), zone) if record else None
        for number, record in changes.unattributed.items()
    }
    write(connection, repository_id, before, written, changes.absorbed, records)


def write(
    connection: Connection,
    repository_id: int,
    before: SqlReader,
    sessions_after: Collection[StoredSession],
    removed: Collection[str],
    unattributed: Mapping[str, StoredRecord | None],
) -> None:
    """Write sessions and pull requests in no session. The caller has locked the repository.

    Args:
        connection: the writer's.
        repository_id: whose they are.
        before: what is stored.
        sessions_after: those that are added or replaced.
        removed: ids of sessions that are no more.
        unattributed: by number; `None` for one that is no longer unattributed.
    """
    after = {stored.value.id: stored for stored in sessions_after}
    old = {i: stored for i in (*after, *removed) if (stored := before.find(i))}
    gone = [i for i in removed if i in old]
    known = {number: record for number in unattributed if (record := before.stored_unattributed(number))}
    with counted(connection, repository_id, {*after, *gone}, unattributed):
        _write_sessions(connection, repository_id, after.values(), old, gone)
        _write_links(connection, repository_id, old.values(), after.values())
        _write_records(
            connection,
            repository_id,
            _records(old.values()) | {(None, number): record for number, record in known.items()},
            _records(after.values()) | {(None, number): record for number, record in unattributed.items() if record},
        )


def _records(stored: Iterable[StoredSession]) -> _Records:
    records: _Records = {}
    for session in stored:
        i = session.value.id
        records |= dict.fromkeys((i, number) for number in session.value.prs)
        records |= {(i, number): record for number, record in session.records.items()}
    return records


def _write_sessions(
    connection: Connection,
    repository_id: int,
    after: Iterable[StoredSession],
    old: Collection[str],
    gone: Iterable[str],
) -> None:
    rows = {each.value.id: session_values(each.value, without_records(each.raw, each.records)) for each in after}
    here = sessions.c.repository_id == repository_id
    this = here & (sessions.c.id == bindparam("this"))
    changed = [{**row, "this": i} for i, row in rows.items() if i in old]
    _many(connection, delete(sessions).where(this), [{"this": i} for i in gone])
    _many(connection, update(sessions).where(this), changed)
    _many(
        connection,
        insert(sessions),
        [{"repository_id": repository_id, **r} for i, r in rows.items() if i not in old],
    )


def _write_links(
    connection: Connection, repository_id: int, old: Iterable[StoredSession], new: Iterable[StoredSession]
) -> None:
    links_before, links_after = ([links_of(stored.value) for stored in each] for each in (old, new))
    for field, table, columns in _LINKS:
        before = {key for links in links_before for key in getattr(links, field)}
        after = {key for links in links_after for key in getattr(links, field)}
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
    for each, stored in after.items():
        # To the letter: the order of its fields is part of the session file.
        if each in before and _text(before[each]) == _text(stored):
            continue
        values = pull_request_values(*each, stored.value if stored else None, stored.raw if stored else None)
        if each in before:
            changed.append({**values, **key(*each)})
        else:
            added.append({"repository_id": repository_id, **values})
    _many(connection, delete(pull_requests).where(this), gone)
    _many(connection, update(pull_requests).where(this), changed)
    _many(connection, insert(pull_requests), added)


def _text(record: StoredRecord | None) -> bytes:
    return json.encode(record.raw) if record else b""


def _many(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
