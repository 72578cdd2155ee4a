"""Erase a person from a whole database, now; `SqlStore` does it again whenever the person comes back."""

import zlib
from datetime import datetime
from typing import Any

from msgspec import Struct, msgpack
from sqlalchemy import Connection, Engine, and_, cast, delete, exists, func, insert, or_, select, update
from sqlalchemy import Text as PlainText

from pr_sessions.core.erasure import ERASED, IsErased, erase_from_json, erase_from_record, erase_from_session
from pr_sessions.core.ids import clean
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import (
    audit,
    deliveries,
    evidence,
    inbox_people,
    inbox_rows,
    logins,
    pull_requests,
    reports,
    repositories,
    sessions,
    tokens,
)
from pr_sessions.storage.sql.store import SqlStore, entry_values
from pr_sessions.storage.sql.tombstones import add_tombstone, erased_in, stand_in


class ErasedPerson(Struct, frozen=True):
    """What erasing a person changed.

    Attributes:
        sessions: how many named the person, in their pull requests too.
        unattributed: how many pull requests in no session did.
        entries: how many entries of the audit log did.
    """

    sessions: int
    unattributed: int
    entries: int


def erase_person(engine: Engine, login: str, now: datetime, by: str) -> ErasedPerson:
    """Replace a person in everything that is stored, and in whatever is stored from now on.

    To erase somebody again does no harm; it takes up where another process was killed.

    Args:
        engine: of the database.
        login: in any case.
        now: the time.
        by: who does it, for the audit log.

    Raises:
        InvalidValue: it is no login.
    """
    login = clean(login).removeprefix("@")
    if not login or login.casefold() == ERASED:
        raise InvalidValue("nobody is named", "give a login")
    with writing(engine) as connection:
        person = add_tombstone(connection, login, now)
    with reading(engine) as connection:
        ids = list(connection.scalars(select(repositories.c.id).order_by(repositories.c.id)))
    counts = [_erase_from_repository(engine, repository_id, login, now) for repository_id in ids]
    with writing(engine) as connection:
        entries = _erase_from_log(connection, login)
        _erase_from_the_rest(connection, login, person)
        _erase_from_given_up(connection, login.lower())
        erased = ErasedPerson(sum(n for n, _ in counts), sum(n for _, n in counts), entries)
        details = {"sessions": erased.sessions, "unattributed": erased.unattributed}
        connection.execute(insert(audit).values(entry_values(AuditEntry(now, by, "erase", "", details), None)))
    return erased


def _erase_from_repository(engine: Engine, repository_id: int, login: str, now: datetime) -> tuple[int, int]:
    store = SqlStore(engine, repository_id)
    with store.transaction(now) as work:
        reader = work.sessions.reader
        is_erased = erased_in(work.connection) or (lambda _: False)
        ids = {*reader.load(_names(sessions.c.extra, login)), *reader.load(_with_record_of(repository_id, login))}
        changed = [s for i in sorted(ids) if (s := erase_from_session(work.sessions[i], is_erased)) != work.sessions[i]]
        collection = work.sessions.put(*changed)
        numbers = reader.load_unattributed(_names(pull_requests.c.record, login))
        for number in numbers:
            record = reader.unattributed[number]
            collection = collection.put_unattributed(number, erase_from_record(record, is_erased))
        if collection is not work.sessions:
            work.commit(collection)
    return len(changed), len(collection.changes.unattributed)


def _names(column: Any, login: str) -> Any:
    """Return whether a JSON text names somebody; lower case is enough for what a login is made of."""
    return func.lower(cast(column, PlainText)).contains(login.lower(), autoescape=True)


def _with_record_of(repository_id: int, login: str) -> Any:
    named = and_(pull_requests.c.repository_id == repository_id, _names(pull_requests.c.record, login))
    return sessions.c.id.in_(select(pull_requests.c.session_id).where(named, pull_requests.c.session_id.is_not(None)))


def _erase_from_log(connection: Connection, login: str) -> int:
    named = or_(func.lower(audit.c.by) == login.lower(), _names(audit.c.details, login))
    rows = connection.execute(select(audit.c.id, audit.c.by, audit.c.details).where(named)).all()
    for row in rows:
        values = erase_from_json({"by": row.by, "details": row.details}, _is(login))
        connection.execute(update(audit).where(audit.c.id == row.id).values(values))
    return len(rows)


def _erase_from_the_rest(connection: Connection, login: str, person: bytes) -> None:
    """Erase a person from what is made of GitHub's reports, and log the person out."""
    lower = login.lower()
    # Rows of the inbox are made again, and who is logged in can log in again.
    is_same = and_(
        inbox_people.c.repository_id == inbox_rows.c.repository_id, inbox_people.c.place == inbox_rows.c.place
    )
    connection.execute(delete(inbox_rows).where(exists().where(is_same, inbox_people.c.login == lower)))
    connection.execute(delete(inbox_people).where(inbox_people.c.login == lower))
    connection.execute(
        delete(logins).where(or_(func.lower(logins.c.login) == lower, func.lower(logins.c.name) == lower))
    )
    connection.execute(update(tokens).where(func.lower(tokens.c.made_by) == lower).values(made_by=ERASED))
    named = func.lower(evidence.c.subject) == lower
    connection.execute(update(evidence).where(named).values(subject=stand_in(person)))
    for row in connection.execute(select(reports).where(reports.c.author == lower)).all():
        if row.value:
            value = msgpack.encode(erase_from_json(msgpack.decode(zlib.decompress(row.value)), _is(login)))
            this = [column == getattr(row, column.name) for column in reports.primary_key]
            changed = {"author": ERASED, "value": zlib.compress(value)}
            connection.execute(update(reports).where(*this).values(changed))


def _erase_from_given_up(connection: Connection, lower: str) -> None:
    """Remove deliveries that were given up and name a person; what waits is cleared of people when it is handled."""
    is_dead = deliveries.c.state == "dead"
    for number in connection.scalars(select(deliveries.c.id).where(is_dead)).all():
        payload = connection.scalar(select(deliveries.c.payload).where(deliveries.c.id == number))
        if payload and lower.encode() in zlib.decompress(payload).lower():
            connection.execute(delete(deliveries).where(deliveries.c.id == number))


def _is(login: str) -> IsErased:
    return lambda text: text.casefold() == login.casefold()
