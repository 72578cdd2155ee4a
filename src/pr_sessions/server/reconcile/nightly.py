"""The nightly reconciliation: names once a night, then each repository at its moment, few at a time.

Everything is kept in the database, so that any process may go on at any time.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from random import Random
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Engine, select, update

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.app import App, Installation, open_installation
from pr_sessions.forges.github.grants import InstallationGone, InstallationSuspended
from pr_sessions.forges.github.transport import RateLimited
from pr_sessions.server.reconcile.names import REMOVED, RESERVE, SUSPENDED, Names, reconcile_names
from pr_sessions.server.reconcile.night import is_due, night_of
from pr_sessions.server.reconcile.pull_requests import Due, reconcile_repository
from pr_sessions.server.reconcile.state import load_state, save_state
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.repositories import ACTIVE
from pr_sessions.storage.sql.schema import installations, repositories

STATE = "nightly"
# At five minutes a time, 3,000 repositories take four hours and ten minutes.
MOST_AT_A_TIME = 60
_MOST_FAILURES = 3


class Night(Struct, kw_only=True):
    """What the names of the last night came to, and when they were read."""

    names_at: datetime | None = None
    names: Names | None = None


class Reconciled(Struct, kw_only=True):
    """What one run came to.

    Attributes:
        repositories: that were looked at.
        drift: pull requests that were missed or had changed, by kind.
        requests: how many were sent.
        names: what became of the names; `None` where they were read before, in this night.
        problem: why it ended early, in words; the next run goes on.
    """

    repositories: int = 0
    drift: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    names: Names | None = None
    problem: str = ""


def reconcile(engine: Engine, app: App, most: int = MOST_AT_A_TIME, **how: Any) -> Reconciled:
    """Look at what is due; harmless at any time and as often as wanted.

    Args:
        engine: of the team's database.
        app: of this process.
        most: repositories of one run.
        how: for `open_app` and `open_installation`.

    Raises:
        PrSessionsError: the database refuses.
    """
    return asyncio.run(_reconcile(engine, app, most, how))


async def _reconcile(engine: Engine, app: App, most: int, how: dict[str, Any]) -> Reconciled:
    result = Reconciled()
    try:
        now = app.clock()
        before = load_state(engine, STATE, Night) or Night()
        if before.names_at is None or not night_of(now) <= before.names_at <= now:
            result.names = await reconcile_names(engine, app, **how)
            result.requests += result.names.requests
            save_state(engine, STATE, Night(names_at=now, names=result.names))
        due = _due(engine, now, most)
        for installation, members in groupby(due, key=lambda each: each.installation_id):
            await _reconcile_installation(engine, app, installation, list(members), result, how)
    except ForgeFailed as error:
        result.problem = str(error)
    return result


async def _reconcile_installation(
    engine: Engine, app: App, installation: int, members: Sequence[Due], result: Reconciled, how: dict[str, Any]
) -> None:
    """Look at repositories of one installation; raise `ForgeFailed` where GitHub limits, or fails again and again."""
    try:
        async with open_installation(app, installation, reserve=RESERVE, **how) as opened:
            try:
                await _reconcile_members(engine, app, opened, members, result)
            finally:
                result.requests += opened.requests_sent
    except (InstallationGone, InstallationSuspended) as error:
        state = REMOVED if isinstance(error, InstallationGone) else SUSPENDED
        app.forget(installation)
        with writing(engine) as connection:
            is_row = installations.c.id == installation
            connection.execute(update(installations).where(is_row).values(state=state, changed_at=app.clock()))


async def _reconcile_members(
    engine: Engine, app: App, opened: Installation, members: Sequence[Due], result: Reconciled
) -> None:
    failures = 0
    for each in members:
        try:
            result.drift += await reconcile_repository(engine, opened, each, app.clock())
            result.repositories += 1
        except ForgeFailed as error:
            failures += 1
            if isinstance(error, RateLimited) or failures == _MOST_FAILURES:
                raise


def _due(engine: Engine, now: datetime, most: int) -> Sequence[Due]:
    """Return some of the repositories that are due, those of an installation together."""
    query = (
        select(*(repositories.c[name] for name in Due.__struct_fields__))
        .join(installations, installations.c.id == repositories.c.installation_id)
        .where(
            repositories.c.state == ACTIVE,
            repositories.c.forge_id.is_not(None),
            installations.c.state == ACTIVE,
        )
    )
    with reading(engine) as connection:
        rows = [Due(**row._mapping) for row in connection.execute(query)]
    due = [each for each in rows if is_due(each.forge_id, each.reconciled_at, now)]
    # One that always fails must not keep the rest from their turn.
    Random(now.timestamp()).shuffle(due)  # noqa: S311 - an order, and no secret
    return sorted(due[:most], key=lambda each: each.installation_id)
