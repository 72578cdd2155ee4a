"""Tokens of programs: shown once, kept as a hash, limited to rights and repositories, expiring, revocable."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex, token_urlsafe
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, insert, select, update

from pr_sessions.core.ids import clean
from pr_sessions.errors import InvalidValue, NotFound, PrSessionsError
from pr_sessions.forges.github.access import Secret, repository_name
from pr_sessions.server.auth.audit import note
from pr_sessions.server.viewer import Right, Viewer
from pr_sessions.storage.sql.engine import open_engine, reading, writing
from pr_sessions.storage.sql.migrate import check
from pr_sessions.storage.sql.schema import tokens

PREFIX = "prs_"
LONGEST = timedelta(days=366)
MOST_REPOSITORIES = 1000
_TOKEN = re.compile(r"prs_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
# `used_at` is for people who tidy up; to write it at every request would make each read a write.
_USED_EVERY = timedelta(minutes=5)


class Unauthorised(PrSessionsError):
    """The token or the login cannot be used."""


class TokenLine(Struct, frozen=True, kw_only=True):
    """A token without its secret.

    Attributes:
        repositories: keys of those that it is good for; `None` for all.
    """

    id: str
    name: str
    scopes: tuple[Right, ...]
    repositories: tuple[str, ...] | None
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Give the database of a server, which its tables must fit.

    Raises:
        PrSessionsError: there is none, or it is of another version.
    """
    engine = open_engine(url, create=False)
    try:
        check(engine)
        yield engine
    finally:
        engine.dispose()


def create_token(
    engine: Engine,
    name: str,
    scopes: Collection[Right],
    repositories: Collection[str] | None,
    lifetime: timedelta,
    by: str,
    now: datetime,
) -> tuple[TokenLine, Secret]:
    """Create a token; return it, and the text that is never shown again.

    Args:
        engine: of the database.
        name: what uses it; it stands in the audit log of everything that it changes.
        scopes: what it may do.
        repositories: `owner/name` of those that it is good for; `None` for all.
        lifetime: until it expires, a year at most.
        by: who creates it.
        now: UTC.

    Raises:
        InvalidValue: the name, the scopes, the repositories or the time cannot be used.
    """
    tidy = clean(name)
    if not tidy:
        raise InvalidValue("a token needs a name", "name what uses it, such as ci-of-the-shop")
    if not scopes:
        raise InvalidValue("a token needs at least one scope", f"choose of: {', '.join(Right)}")
    if not timedelta() < lifetime <= LONGEST:
        raise InvalidValue("a token lasts from a moment to a year", "give a time such as 90d")
    if repositories is not None and not 0 < len(repositories) <= MOST_REPOSITORIES:
        raise InvalidValue(f"a token is good for 1 to {MOST_REPOSITORIES} repositories", "name fewer, or none for all")
    keys = None if repositories is None else sorted({repository_name(each).lower() for each in repositories})
    token_id, secret = token_hex(8), token_urlsafe(32)
    rights = [right.value for right in Right if right in scopes]
    with writing(engine) as connection:
        connection.execute(
            insert(tokens).values(
                id=token_id,
                digest=_digest(secret),
                name=tidy,
                scopes=rights,
                repositories=keys,
                made_by=by,
                made_at=now,
                expires_at=now + lifetime,
            )
        )
        note(connection, now, by, "create token", token=token_id, name=tidy, scopes=rights, repositories=keys)
        line = _get(connection, token_id)
    return line, Secret(f"{PREFIX}{token_id}_{secret}")


def list_tokens(engine: Engine) -> Sequence[TokenLine]:
    """Return all tokens, the newest first."""
    with reading(engine) as connection:
        rows = connection.execute(select(tokens).order_by(tokens.c.made_at.desc(), tokens.c.id)).all()
    return [_line(row) for row in rows]


def revoke_token(engine: Engine, token_id: str, by: str, now: datetime) -> TokenLine:
    """Revoke a token at once; one that was revoked stays so.

    Raises:
        NotFound: there is no such token.
    """
    with writing(engine) as connection:
        line = _get(connection, token_id)
        if line.revoked_at is None:
            connection.execute(update(tokens).where(tokens.c.id == token_id).values(revoked_at=now))
            note(connection, now, by, "revoke token", token=token_id, name=line.name)
        return _get(connection, token_id)


def viewer_of_token(engine: Engine, text: str, now: datetime) -> Viewer:
    """Return whom a token stands for.

    Raises:
        Unauthorised: it is none, has expired, or was revoked. The message never shows its secret.
    """
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise Unauthorised("this is no token of pr-sessions", "a token begins with prs_; an administrator creates one")
    token_id, secret = match.groups()
    with reading(engine) as connection:
        row = connection.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
    # A token that does not exist takes as long as one with a wrong secret.
    is_right = compare_digest(row.digest if row else bytes(32), _digest(secret))
    if row is None or not is_right:
        raise Unauthorised("this server does not know the token", "ask an administrator for a token of this server")
    if row.revoked_at is not None:
        raise Unauthorised(f"the token {token_id} was revoked", "ask an administrator for another one")
    if row.expires_at <= now:
        raise Unauthorised(f"the token {token_id} has expired", "ask an administrator for another one")
    if row.used_at is None or now - row.used_at >= _USED_EVERY:
        with writing(engine) as connection:
            connection.execute(update(tokens).where(tokens.c.id == token_id).values(used_at=now))
    rights = frozenset(right for right in Right if right in row.scopes)
    keys = None if row.repositories is None else frozenset(row.repositories)
    return Viewer(f"token {row.name}", rights, "token", keys)


def _get(connection: Connection, token_id: str) -> TokenLine:
    row = None
    if _ID.fullmatch(token_id):
        row = connection.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
    if row is None:
        raise NotFound("no such token", "`pr-sessions token list` shows all of them")
    return _line(row)


def _line(row: Row[Any]) -> TokenLine:
    return TokenLine(
        id=row.id,
        name=row.name,
        scopes=tuple(right for right in Right if right in row.scopes),
        repositories=None if row.repositories is None else tuple(row.repositories),
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )


def _digest(secret: str) -> bytes:
    """Return what is kept: the secret is 256 random bits, so a slow hash would add nothing."""
    return sha256(secret.encode()).digest()
