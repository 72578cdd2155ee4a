"""Which repositories the App has, and under which names: by the events of installations and of repositories."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.access import repository_name
from pr_sessions.server.gate.outbox import put
from pr_sessions.server.worker.mailboxes import Letter
from pr_sessions.server.worker.news import Payload, read_body
from pr_sessions.storage.sql.engine import POSTGRESQL
from pr_sessions.storage.sql.repositories import (
    StoredRepository,
    ensure_repository,
    find_by_forge_id,
    remove_repository,
)
from pr_sessions.storage.sql.schema import installations, repositories

_MOST_REPOSITORIES = 10_000
# A repository that a late delivery of another event names may have another name by now.
_NAMES_ANEW = frozenset({"renamed", "transferred", "privatized", "publicized", "created", "unarchived"})
_STATES = {"suspend": "suspended", "unsuspend": "active", "deleted": "removed"}


class _Account(Struct):
    login: str
    id: int | None = None
    type: str = ""


class _Installation(Struct):
    id: int
    account: _Account | None = None
    permissions: dict[str, str] = {}


class _Listed(Struct):
    id: int
    full_name: str
    private: bool = True


class _AboutInstallation(Struct):
    installation: _Installation
    action: str = ""
    account: _Account | None = None
    repositories: list[_Listed] = []
    repositories_added: list[_Listed] = []
    repositories_removed: list[_Listed] = []


def settle_repository(
    connection: Connection, forge_id: int, letter: Letter, payload: Payload, now: datetime
) -> StoredRepository | None:
    """Return the repository of a delivery, made where nobody knew it, renamed or removed where the delivery says so."""
    about = payload.repository
    if about is None or about.id != forge_id:
        return find_by_forge_id(connection, forge_id)
    known = find_by_forge_id(connection, forge_id)
    is_news = letter.event == "repository" and letter.action in _NAMES_ANEW
    if known is None or (is_news and known.state == "active"):
        known = _ensure(connection, _Listed(about.id, about.full_name, about.private), payload.installation, now)
    if letter.event == "repository" and letter.action == "deleted" and known.state == "active":
        remove_repository(connection, known.id, now)
        return find_by_forge_id(connection, forge_id)
    return known


def handle_installation(connection: Connection, installation: int, letter: Letter, now: datetime) -> str:
    """Note what a delivery says of an installation; return why nothing is done about it, or an empty text.

    Raises:
        InvalidValue: it cannot be read.
    """
    values = read_body(letter.body).values
    if letter.event == "meta":
        return "" if values.get("action") == "deleted" else "only the end of the webhook is looked at"
    try:
        about = msgspec.convert(values, _AboutInstallation)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"the delivery cannot be read: {error}") from None
    if letter.event == "installation_target":
        return _rename_owner(connection, installation, about, now)
    _keep(connection, about, _STATES.get(about.action, "active"), now)
    if about.action == "deleted":
        removed: Iterable[int] = _of_installation(connection, installation)
    else:
        removed = _known(connection, about.repositories_removed)
    for repository_id in removed:
        remove_repository(connection, repository_id, now)
    for listed in [*about.repositories, *about.repositories_added][:_MOST_REPOSITORIES]:
        if about.action in ("created", "added", "unsuspend", "new_permissions_accepted"):
            repository = _ensure(connection, listed, installation, now)
            for kind in ("configuration", "inbox"):
                put(connection, repository.id, kind, now=now)
    return ""


def _ensure(connection: Connection, listed: _Listed, installation: int, now: datetime) -> StoredRepository:
    if not 0 < listed.id < 2**63:
        raise InvalidValue(f"not a repository's number: {listed.id}")
    if installation:
        _insert_installation(connection, installation, listed.full_name.partition("/")[0], now)
    return ensure_repository(
        connection,
        repository_name(listed.full_name),
        now,
        forge_id=listed.id,
        installation_id=installation or None,
        is_private=listed.private,
    )


def _keep(connection: Connection, about: _AboutInstallation, state: str, now: datetime) -> None:
    installation = about.installation
    account = installation.account or _Account("")
    _insert_installation(connection, installation.id, account.login, now)
    values: dict[str, Any] = {"state": state, "permissions": installation.permissions, "changed_at": now}
    if account.login:
        values |= {"account": account.login[:100], "account_id": account.id, "account_type": account.type[:40]}
    connection.execute(update(installations).where(installations.c.id == installation.id).values(values))


def _insert_installation(connection: Connection, installation: int, account: str, now: datetime) -> None:
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    made = insert(installations).values(id=installation, account=account[:100], changed_at=now)
    connection.execute(made.on_conflict_do_nothing())


def _of_installation(connection: Connection, installation: int) -> list[int]:
    rows = connection.execute(select(repositories.c.id).where(repositories.c.installation_id == installation))
    return list(rows.scalars())


def _known(connection: Connection, listed: Iterable[_Listed]) -> list[int]:
    known = (find_by_forge_id(connection, each.id) for each in listed if 0 < each.id < 2**63)
    return [repository.id for repository in known if repository]


def _rename_owner(connection: Connection, installation: int, about: _AboutInstallation, now: datetime) -> str:
    """Rename the repositories of an account that was renamed."""
    if about.action != "renamed" or about.account is None:
        return "only that an account was renamed is looked at"
    changed = update(installations).where(installations.c.id == installation)
    connection.execute(changed.values(account=about.account.login[:100], changed_at=now))
    known = select(repositories.c.forge_id, repositories.c.name, repositories.c.is_private).where(
        repositories.c.installation_id == installation, repositories.c.forge_id.is_not(None)
    )
    for row in connection.execute(known).all():
        name = f"{about.account.login}/{row.name.partition('/')[2]}"
        ensure_repository(connection, repository_name(name), now, forge_id=row.forge_id, is_private=row.is_private)
    return ""
