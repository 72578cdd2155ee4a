"""Where the App is installed and which repositories it has: names, owners, what is new, what is gone.

https://docs.github.com/en/rest/apps/installations
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.forges.github.app import App, Installation, open_app, open_installation
from pr_sessions.forges.github.grants import InstallationGone, InstallationSuspended
from pr_sessions.forges.github.rest import Rest, unreadable
from pr_sessions.server.gate.outbox import put
from pr_sessions.server.reconcile.drift import Drift, with_name
from pr_sessions.storage.sql.engine import POSTGRESQL, writing
from pr_sessions.storage.sql.repositories import (
    ACTIVE,
    ensure_repository,
    find_by_forge_id,
    remove_repository,
)
from pr_sessions.storage.sql.schema import installations, repositories

SUSPENDED, REMOVED = "suspended", "removed"
_MOST_PAGES = 1_000
# GitHub's limit is left to what webhooks bring.
RESERVE = 0.5

_Id = Annotated[int, Meta(gt=0, le=2**63 - 1)]
_Login = Annotated[str, Meta(min_length=1, max_length=100)]


class _Account(Struct):
    login: _Login
    id: _Id
    type: str = ""


class _Installation(Struct):
    id: _Id
    account: _Account
    permissions: dict[str, str] = {}
    suspended_at: str | None = None


class _Repository(Struct):
    id: _Id
    full_name: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}\Z")]
    private: bool = True


class Names(Struct, kw_only=True):
    """What came of it.

    Attributes:
        installations: that may be used.
        suspended: that may not, for now.
        ended: that are gone.
        drift: repositories by what became of them.
        unread: what could not be read, in words.
        requests: how many were sent.
    """

    installations: int = 0
    suspended: int = 0
    ended: int = 0
    drift: dict[str, int] = {}
    unread: list[str] = []
    requests: int = 0


async def reconcile_names(engine: Engine, app: App, **how: Any) -> Names:
    """Record where the App is installed, and what its repositories are called now.

    Args:
        engine: of the team's database.
        app: of this process.
        how: for `open_app` and `open_installation`.

    Raises:
        ForgeFailed: GitHub refuses, limits or cannot be reached; nothing is taken for gone because of that.
        PrSessionsError: the database refuses.
    """
    names = Names()
    async with open_app(app, **how) as client:
        listed = await _installations(client)
        names.requests += client.requests_sent
    with writing(engine) as connection:
        names.ended = _record_installations(connection, listed, app.clock(), names)
    for each in listed:
        if each.suspended_at:
            names.suspended += 1
            continue
        try:
            async with open_installation(app, each.id, reserve=RESERVE, **how) as opened:
                listing, is_complete = await _repositories(opened)
                names.requests += opened.requests_sent
        except (InstallationGone, InstallationSuspended) as error:
            names.unread.append(str(error))
            continue
        names.installations += 1
        if not is_complete:
            names.unread.append(f"the list of repositories of {each.account.login} changed while it was read")
        with writing(engine) as connection:
            _record_repositories(connection, each.id, listing, app.clock(), names, is_complete=is_complete)
    return names


async def _installations(client: Rest) -> Sequence[_Installation]:
    url = f"{client.base_url}/app/installations?per_page=100"
    try:
        return msgspec.convert(await client.every(url), list[_Installation])
    except msgspec.ValidationError:
        raise unreadable("GET", url) from None


async def _repositories(opened: Installation) -> tuple[Sequence[_Repository], bool]:
    """Return the repositories, and whether these are all: a list that changes while it is read may lack some."""
    client = opened.rest
    url: str | None = f"{client.base_url}/installation/repositories?per_page=100"
    known: dict[int, _Repository] = {}
    total = 0
    for _ in range(_MOST_PAGES):
        if url is None:
            break
        page = await client.page(url, "repositories")
        if page is None:
            break
        total = page.total or 0
        for item in page.items:
            try:
                each = msgspec.convert(item, _Repository)
            except msgspec.ValidationError:
                continue
            known[each.id] = each
        url = page.next
    return list(known.values()), url is None and len(known) == total


def _record_installations(connection: Connection, listed: Sequence[_Installation], now: datetime, names: Names) -> int:
    """Record installations; return how many have ended."""
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    for each in listed:
        values = {
            "account": each.account.login,
            "account_id": each.account.id,
            "account_type": each.account.type[:40],
            "permissions": each.permissions,
            "state": SUSPENDED if each.suspended_at else ACTIVE,
            "changed_at": now,
        }
        made = insert(installations).values(id=each.id, **values)
        connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=values))
    known = connection.scalars(select(installations.c.id).where(installations.c.state != REMOVED)).all()
    ended = sorted(set(known) - {each.id for each in listed})
    for number in ended:
        connection.execute(
            update(installations).where(installations.c.id == number).values(state=REMOVED, changed_at=now)
        )
        _remove_others(connection, number, (), now, names)
    return len(ended)


def _record_repositories(
    connection: Connection,
    installation: int,
    listed: Sequence[_Repository],
    now: datetime,
    names: Names,
    *,
    is_complete: bool,
) -> None:
    for each in listed:
        before = find_by_forge_id(connection, each.id)
        after = ensure_repository(
            connection,
            each.full_name,
            now,
            forge_id=each.id,
            installation_id=installation,
            is_private=each.private,
        )
        kind = _kind(before, after.name)
        _note(connection, after.id, kind, names)
        if kind in (Drift.ADDED, Drift.RETURNED):
            # Its configuration and its inbox are read, as after the event that says so.
            for wanted in ("configuration", "inbox"):
                put(connection, after.id, wanted, now=now)
    if is_complete:
        _remove_others(connection, installation, [each.id for each in listed], now, names)


def _kind(before: Any, name: str) -> Drift | None:
    if before is None:
        return Drift.ADDED
    if before.state != ACTIVE:
        return Drift.RETURNED
    if before.name.partition("/")[0].lower() != name.partition("/")[0].lower():
        return Drift.TRANSFERRED
    return Drift.RENAMED if before.name != name else None


def _remove_others(connection: Connection, installation: int, kept: Sequence[int], now: datetime, names: Names) -> None:
    """Note that an installation has none but these repositories."""
    numbers = set(kept)
    active = repositories.c.installation_id == installation, repositories.c.state == ACTIVE
    for row in connection.execute(select(repositories.c.id, repositories.c.forge_id).where(*active)).all():
        if row.forge_id not in numbers:
            remove_repository(connection, row.id, now)
            _note(connection, row.id, Drift.REMOVED, names)


def _note(connection: Connection, repository_id: int, kind: Drift | None, names: Names) -> None:
    is_row = repositories.c.id == repository_id
    before = connection.scalar(select(repositories.c.drift).where(is_row))
    after = with_name(before, kind)
    if kind:
        names.drift[kind] = names.drift.get(kind, 0) + 1
    if after != (before or {}):
        connection.execute(update(repositories).where(is_row).values(drift=after))
