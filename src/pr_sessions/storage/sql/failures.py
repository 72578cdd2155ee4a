"""What a database says when it fails, in words for the person who runs the server. No message holds a password."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty

from pr_sessions.errors import Busy, CannotWrite, DatabaseFailed, PrSessionsError

# The class of the error, its message and its hint.
_Words = tuple[type[PrSessionsError], str, str]

_BUSY: _Words = (Busy, "another process has been writing to the database for too long", "try again")
_OTHER_TABLES: _Words = (
    DatabaseFailed,
    "the database {place} has other tables than this version",
    "bring it up to date: pr-sessions database upgrade --database URL",
)
_FULL: _Words = (CannotWrite, "the disk of the database {place} is full", "make room, then try again")
_DAMAGED: _Words = (
    DatabaseFailed,
    "{place} is no database, or it is damaged",
    "restore a backup into another file",
)
_REFUSED: _Words = (DatabaseFailed, "the database {place} refuses the user {user}", "check user and password")
_MISSING: _Words = (DatabaseFailed, "there is no database or user for {place}", "make both, or check the URL")
_NO_RIGHT: _Words = (
    DatabaseFailed,
    "the user {user} may not change {place}",
    "let this user create and change tables there",
)
_UNWRITABLE: _Words = (
    CannotWrite,
    "the database {place} cannot be written",
    "let this user write to the file and its folder",
)
_GONE: _Words = (
    DatabaseFailed,
    "the database {place} cannot be reached",
    "check that it runs and can be reached from here",
)

# By the beginning of the name, see https://www.sqlite.org/rescode.html.
_OF_SQLITE: Mapping[str, _Words] = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _UNWRITABLE,
    "SQLITE_PERM": _UNWRITABLE,
    "SQLITE_CANTOPEN": (
        DatabaseFailed,
        "the database {place} cannot be opened",
        "check the path and who may read it",
    ),
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_IOERR": (DatabaseFailed, "the disk of the database {place} fails", "check the disk and who may read it"),
}
# By SQLSTATE, see https://www.postgresql.org/docs/current/errcodes-appendix.html.
_OF_POSTGRESQL: Mapping[str, _Words] = {
    "28P01": _REFUSED,
    "28000": _REFUSED,
    "3D000": _MISSING,
    "42501": _NO_RIGHT,
    "25006": _NO_RIGHT,
    "42P01": _OTHER_TABLES,
    "42703": _OTHER_TABLES,
    "55P03": _BUSY,
    "40P01": _BUSY,
    "53100": _FULL,
    "53300": (Busy, "the database {place} takes no more connections", "start fewer processes, or raise its limit"),
}


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Raise what a database says as an error with a hint; what is our bug stays as it is.

    Raises:
        PrSessionsError: the database is gone, busy, full, too old, or refuses.
    """
    try:
        yield
    except PoolIsEmpty as error:
        raise Busy("all connections to the database are in use", "try again, or start a process more") from error
    except DBAPIError as error:
        words = _words(error.orig)
        if words is None:
            raise
        kind, message, hint = words
        raise kind(message.format(place=_place(url), user=url.username), hint) from error


def _words(error: BaseException | None) -> _Words | None:
    """Return the words for an error; `None` for one that only a bug of ours explains."""
    text = str(error)
    if isinstance(error, sqlite3.Error):
        if text.startswith(("no such table", "no such column")) or "has no column" in text:
            return _OTHER_TABLES
        name = getattr(error, "sqlite_errorname", "")
        return next((words for start, words in _OF_SQLITE.items() if name.startswith(start)), None)
    if isinstance(error, psycopg.Error) and error.sqlstate and error.sqlstate in _OF_POSTGRESQL:
        return _OF_POSTGRESQL[error.sqlstate]
    if isinstance(error, psycopg.OperationalError):
        # A connection that fails has no SQLSTATE.
        if "authentication failed" in text:
            return _REFUSED
        return _MISSING if "does not exist" in text and not error.sqlstate else _GONE
    return None


def _place(url: URL) -> str:
    host = url.host or url.query.get("host")
    return f"{url.database} at {host}" if host else str(url.database)
