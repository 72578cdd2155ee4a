"""People who were erased, as keyed hashes of their logins: by these they are known when they come again.

The key lies in the database itself, so that it outlives a change of the server's secrets.
"""

import hmac
from collections.abc import Callable
from datetime import datetime
from secrets import token_hex

from sqlalchemy import Connection, insert, select

from pr_sessions.core.erasure import ERASED, IsErased
from pr_sessions.storage.sql.schema import settings, tombstones

_KEY = "tombstone_key"


def erased_in(connection: Connection) -> IsErased | None:
    """Return what tells whether somebody was erased; `None` where nobody was."""
    people = frozenset(connection.scalars(select(tombstones.c.person)))
    if not people:
        return None
    key = _key(connection)
    return lambda login: _person(login, key) in people


def add_tombstone(connection: Connection, login: str, now: datetime) -> bytes:
    """Keep a hash of a login, and return it; the caller writes."""
    person = _person(login, _key(connection))
    if connection.execute(select(tombstones.c.person).where(tombstones.c.person == person)).first() is None:
        connection.execute(insert(tombstones).values(person=person, erased_at=now))
    return person


def erased_names(connection: Connection) -> Callable[[str], str]:
    """Return what gives a name as it may be kept: itself, or `stand_in` of somebody who was erased."""
    people = frozenset(connection.scalars(select(tombstones.c.person)))
    if not people:
        return lambda name: name
    key = _key(connection)
    return lambda name: stand_in(person) if (person := _person(name, key)) in people else name


def stand_in(person: bytes) -> str:
    """Return a name for somebody who was erased: two of them stay two people, as who approved is not who asked."""
    return f"{ERASED}-{person.hex()[:8]}"


def _key(connection: Connection) -> bytes:
    known: str | None = connection.scalar(select(settings.c.value).where(settings.c.name == _KEY))
    if known is None:
        known = token_hex(32)
        connection.execute(insert(settings).values(name=_KEY, value=known))
    return bytes.fromhex(known)


def _person(login: str, key: bytes) -> bytes:
    return hmac.digest(key, login.casefold().encode("utf-8", "replace"), "sha256")
