"""The repositories of a database: made when they are first heard of, renamed and transferred with what they hold.

A forge's number stays when a repository is renamed or transferred; its name may be given to another one later. What
only clones sync has no number.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.storage.sql.engine import POSTGRESQL
from pr_sessions.storage.sql.rows import checked
from pr_sessions.storage.sql.schema import repositories

ACTIVE, REMOVED = "active", "removed"


class StoredRepository(Struct, frozen=True, kw_only=True):
    """A repository.

    Attributes:
        forge_id: the forge's number; `None` for one that only clones sync.
        name: `owner/name`, as the forge spells it.
        state: active, or removed where the App no longer has it.
        configuration: the team's file as it was last read.
        mode: off, shadow, advisory or enforce.
        revision: counts the changes of its sessions.
        changed_at: when anything that a page shows changed last.
    """

    id: int
    forge_id: int | None
    name: str
    installation_id: int | None
    state: str
    is_private: bool
    configuration: str
    mode: str
    revision: int
    changed_at: datetime


def find_repository(connection: Connection, name: str) -> StoredRepository | None:
    """Return the repository of a name, in any case."""
    return _first(connection, repositories.c.key == name.lower())


def find_by_forge_id(connection: Connection, forge_id: int) -> StoredRepository | None:
    """Return the repository of a forge's number."""
    return _first(connection, repositories.c.forge_id == forge_id)


def all_repositories(connection: Connection) -> Sequence[StoredRepository]:
    """Return all repositories by name."""
    return [_stored(row) for row in connection.execute(select(repositories).order_by(repositories.c.key))]


def ensure_repository(
    connection: Connection,
    name: str,
    now: datetime,
    *,
    forge_id: int | None = None,
    installation_id: int | None = None,
    is_private: bool = True,
) -> StoredRepository:
    """Return a repository, made if it is new; renamed, transferred or taken back if the forge says so.

    Two processes may call it at once: both get the same one.

    Args:
        connection: the writer's.
        name: `owner/name`.
        now: the time.
        forge_id: the forge's number; `None` where only a clone names it.
        installation_id: which installation of the App has it, if one does.
        is_private: whether not everybody may read it.
    """
    known = find_by_forge_id(connection, forge_id) if forge_id is not None else None
    if known is None:
        named = find_repository(connection, name)
        if named and forge_id is not None and named.forge_id not in (None, forge_id):
            _give_up_name(connection, named, now)
            named = None
        known = named or _made(connection, name, now, forge_id)
    changes: dict[str, Any] = {"is_private": is_private} if forge_id is not None else {}
    if known.name != name:
        _free_name(connection, name, known, now)
        changes |= {"name": name, "key": checked(name.lower())}
    if forge_id is not None:
        changes |= {"forge_id": forge_id, "state": ACTIVE}
    if installation_id is not None:
        changes["installation_id"] = installation_id
    changed = {key: value for key, value in changes.items() if getattr(known, key, None) != value}
    if not changed:
        return known
    return _changed(connection, known.id, changed_at=now, **changed)


def remove_repository(connection: Connection, repository_id: int, now: datetime) -> None:
    """Note that the App no longer has a repository. What is stored of it stays until an administrator removes it."""
    _changed(connection, repository_id, state=REMOVED, changed_at=now)


def set_mode(connection: Connection, repository_id: int, mode: str, now: datetime) -> None:
    """Set what the gate does in a repository."""
    _changed(connection, repository_id, mode=mode, changed_at=now)


def touch(connection: Connection, repository_id: int, now: datetime) -> None:
    """Note that something that a page shows changed, so that open pages show it."""
    connection.execute(update(repositories).where(repositories.c.id == repository_id).values(changed_at=now))


def _made(connection: Connection, name: str, now: datetime, forge_id: int | None) -> StoredRepository:
    make = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    values = {"name": name, "key": checked(name.lower()), "forge_id": forge_id, "changed_at": now}
    connection.execute(make(repositories).values(values).on_conflict_do_nothing())
    made = find_repository(connection, name)
    # Another process may have made it under another name at the same moment.
    made = made or (find_by_forge_id(connection, forge_id) if forge_id is not None else None)
    if made is None:
        raise RuntimeError(f"repository {name!r} was neither made nor is it there")
    return made


def _free_name(connection: Connection, name: str, wanted_by: StoredRepository, now: datetime) -> None:
    """Take a name from a repository that had it before, as the forge has given it to another one."""
    named = find_repository(connection, name)
    if named and named.id != wanted_by.id:
        _give_up_name(connection, named, now)


def _give_up_name(connection: Connection, named: StoredRepository, now: datetime) -> None:
    """Keep a repository whose name another one has now: it was deleted or renamed, and the news may still come."""
    name = f"{named.name}~{named.id}"
    _changed(connection, named.id, name=name, key=name.lower(), state=REMOVED, changed_at=now)


def _changed(connection: Connection, repository_id: int, **values: Any) -> StoredRepository:
    changed = update(repositories).where(repositories.c.id == repository_id).values(values)
    return _stored(connection.execute(changed.returning(repositories)).one())


def _first(connection: Connection, condition: Any) -> StoredRepository | None:
    row = connection.execute(select(repositories).where(condition)).first()
    return _stored(row) if row else None


def _stored(row: Row[Any]) -> StoredRepository:
    return StoredRepository(**{name: getattr(row, name) for name in StoredRepository.__struct_fields__})
