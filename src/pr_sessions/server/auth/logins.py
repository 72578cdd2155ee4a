"""Browsers that are logged in: a random, signed id in a cookie, and what it stands for in the database."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from secrets import token_bytes

from msgspec import Struct
from sqlalchemy import Engine, delete, insert, select

from pr_sessions.core.ids import clean
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.auth.audit import note
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.viewer import Right, Viewer
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import logins

# Rights are read at the login: who leaves the organisation sees nothing more after this time. The browser then goes
# through the provider again, which asks no question of somebody who is logged in there.
LASTS = timedelta(hours=1)
_LOGIN, _SIZE = b"login", 32


class Person(Struct, frozen=True, kw_only=True):
    """Who logs in, as the provider says.

    Attributes:
        login: on GitHub; empty where another provider says who it is.
        repositories: keys of those that it may see; `None` for all.
        writable: keys of those whose sessions it may change; `None` for all that it sees.
    """

    name: str
    rights: frozenset[Right]
    login: str = ""
    repositories: frozenset[str] | None = None
    writable: frozenset[str] | None = None


def sign(secret: Secret, purpose: bytes, value: bytes) -> str:
    """Return a value with its signature, as text for a cookie; what was signed for one purpose serves no other."""
    return urlsafe_b64encode(_signature(secret, purpose, value) + value).decode().rstrip("=")


def unsigned(secret: Secret, purpose: bytes, text: str) -> bytes | None:
    """Return the value that was signed; `None` where the signature is wrong."""
    if not text.isascii() or len(text) > 4096:
        return None
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    signature, value = data[:_SIZE], data[_SIZE:]
    return value if compare_digest(signature, _signature(secret, purpose, value)) else None


def log_in(engine: Engine, secret: Secret, person: Person, now: datetime) -> str:
    """Begin a login; return the value of its cookie."""
    value = token_bytes(_SIZE)
    with writing(engine) as connection:
        connection.execute(delete(logins).where(logins.c.expires_at <= now))
        connection.execute(
            insert(logins).values(
                digest=sha256(value).digest(),
                name=person.name,
                login=person.login,
                rights=[right.value for right in Right if right in person.rights],
                repositories=_listed(person.repositories),
                writable=_listed(person.writable),
                made_at=now,
                expires_at=now + LASTS,
            )
        )
        note(connection, now, person.name, "log in")
    return sign(secret, _LOGIN, value)


def viewer_of_login(engine: Engine, secret: Secret, cookie: str, now: datetime) -> Viewer:
    """Return who is logged in.

    Raises:
        Unauthorised: the cookie is not ours, or its login is over.
    """
    value = unsigned(secret, _LOGIN, cookie)
    if value is None:
        raise Unauthorised("this login was not made here", "log in again")
    with reading(engine) as connection:
        row = connection.execute(select(logins).where(logins.c.digest == sha256(value).digest())).one_or_none()
    if row is None or row.expires_at <= now:
        raise Unauthorised("the login is over", "log in again")
    rights = frozenset(right for right in Right if right in row.rights)
    repositories = None if row.repositories is None else frozenset(row.repositories)
    writable = None if row.writable is None else frozenset(row.writable)
    return Viewer(row.name, rights, "login", repositories, row.login, writable)


def log_out(engine: Engine, secret: Secret, cookie: str, now: datetime) -> None:
    """End a login everywhere; nothing happens where there is none."""
    value = unsigned(secret, _LOGIN, cookie)
    if value is None:
        return
    key = sha256(value).digest()
    with writing(engine) as connection:
        name = connection.execute(select(logins.c.name).where(logins.c.digest == key)).scalar_one_or_none()
        if name is not None:
            connection.execute(delete(logins).where(logins.c.digest == key))
            note(connection, now, name, "log out")


def checked_name(text: str) -> str:
    """Return a name that a provider gave, as a line that may stand in the audit log.

    Raises:
        InvalidValue: nothing of it can be shown.
    """
    name = clean(text)
    if not name:
        raise InvalidValue("the provider gave no name", "see what it says of the account")
    return name


def _listed(keys: Collection[str] | None) -> list[str] | None:
    return None if keys is None else sorted(keys)


def _signature(secret: Secret, purpose: bytes, value: bytes) -> bytes:
    key = digest(secret.reveal().encode(), b"pr-sessions cookie: " + purpose, "sha256")
    return digest(key, value, "sha256")
