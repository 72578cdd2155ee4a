"""The pull requests of one repository that changed since it was looked at last: what was missed goes to the intake.

They go there as deliveries, so that one path records everything, with the same rules of trust.

https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, select, update

from pr_sessions.core.models import State
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import ForgePullRequest
from pr_sessions.forges.github.app import Installation
from pr_sessions.forges.github.client import PULLS, GitHub
from pr_sessions.forges.github.payload import read_pull_request
from pr_sessions.forges.github.transport import RateLimited
from pr_sessions.server.intake.delivery import Delivery, delivery_of
from pr_sessions.server.intake.writer import claim_deliveries
from pr_sessions.server.reconcile.drift import Drift, with_pull_requests
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import reports, repositories

# A change may enter the list after a later one.
_OVERLAP = timedelta(hours=1)
# How far back the first look goes; older pull requests come by an import.
_FIRST = timedelta(days=30)
_MOST_PAGES = 10
_MOST_SINGLY = 50
HOOK = "reconcile"
_SECOND = timedelta(seconds=1)
_REFUSED = (403, 404, 410, 422, 451)


class Due(Struct, frozen=True, kw_only=True):
    """A repository that is due."""

    id: int
    forge_id: int
    name: str
    installation_id: int
    is_private: bool
    reconciled_at: datetime | None


class Changed(Struct, frozen=True):
    """A pull request of GitHub's list: as it was sent, and as it was read."""

    row: dict[str, Any]
    read: ForgePullRequest

    @property
    def number(self) -> str:
        """Return its number."""
        return self.read.pull_request.number


async def reconcile_repository(engine: Engine, opened: Installation, due: Due, now: datetime) -> Counter[str]:
    """Give the intake what was missed in a repository; return the drift of its pull requests by kind.

    Args:
        engine: of the team's database.
        opened: its installation.
        due: the repository.
        now: the time.

    Raises:
        ForgeFailed: GitHub limits, fails or cannot be reached: it stays due.
        PrSessionsError: the database refuses.
    """
    github = opened.repository(due.name)
    is_first = due.reconciled_at is None
    since = now - _FIRST if due.reconciled_at is None else due.reconciled_at - _OVERLAP
    counts: Counter[str] = Counter()
    deliveries: list[Delivery] = []
    try:
        changed, is_complete = await _changed_since(github, since)
        kinds = _kinds(engine, due.id, changed)
        for each in changed:
            if kind := kinds.get(each.number):
                singly = not is_first and counts.total() < _MOST_SINGLY
                row = await _whole(github, each, kind) if singly else each.row
                deliveries.append(_delivery(due, each, kind, row, now))
                # Nothing was missed of a repository that is new here, and a comment changes the time as well.
                counts[kind] += not is_first and kind is not Drift.CHANGED
        counts[Drift.UNREAD] += not is_complete
    except ForgeFailed as error:
        # Where GitHub refuses this repository, it does so every time; what it has is listed by its name.
        if isinstance(error, RateLimited) or error.status not in _REFUSED:
            raise
        counts[Drift.UNREAD] += 1
    with writing(engine) as connection:
        if deliveries:
            claim_deliveries(connection, deliveries)
        is_row = repositories.c.id == due.id
        drift = with_pull_requests(connection.scalar(select(repositories.c.drift).where(is_row)), counts)
        values = {"reconciled_at": now, "drift": drift, "changed_at": now}
        connection.execute(update(repositories).where(is_row).values(values))
    return +counts


async def _changed_since(github: GitHub, since: datetime) -> tuple[Sequence[Changed], bool]:
    """Return what changed, the oldest change first, and whether that is all. Nothing older is read."""
    url: str | None = github.address(PULLS, state="all", sort="updated", direction="desc")
    changed: dict[str, Changed] = {}
    for _ in range(_MOST_PAGES):
        if url is None:
            break
        page = await github.page(url)
        if page is None:
            break
        for row in page.items:
            try:
                each = Changed(row, read_pull_request(row))
            except InvalidValue:
                continue
            if each.read.updated and each.read.updated < since:
                return list(reversed(changed.values())), True
            changed[each.number] = each
        url = page.next
    return list(reversed(changed.values())), url is None


def _kinds(engine: Engine, repository_id: int, changed: Sequence[Changed]) -> dict[str, Drift]:
    """Return by number how what was reported differs; what does not differ is left out."""
    with reading(engine) as connection:
        reported = _reported(connection, repository_id, [each.number for each in changed])
    return {each.number: kind for each in changed if (kind := _kind(each.read, reported.get(each.number)))}


def _kind(read: ForgePullRequest, reported: tuple[datetime, str] | None) -> Drift | None:
    if reported is None:
        return Drift.MISSING
    updated, state = reported
    if read.updated is None:
        return None
    if read.pull_request.state != (state or State.OPEN):
        # GitHub's times have whole seconds: the later state of the same second was missed, too.
        return Drift.STATE if read.updated + _SECOND > updated else None
    return Drift.CHANGED if read.updated > updated else None


class _PullRequest(Struct, frozen=True):
    state: str | None = None


class _Report(Struct):
    pull_request: _PullRequest = _PullRequest()


def _reported(connection: Connection, repository_id: int, numbers: Sequence[str]) -> dict[str, tuple[datetime, str]]:
    """Return by number when the last report changed, and the state that it has."""
    rows = connection.execute(
        select(reports.c.subject, reports.c.updated_at, reports.c.value).where(
            reports.c.repository_id == repository_id,
            reports.c.kind == "pull_request",
            reports.c.subject.in_(numbers),
        )
    )
    return {row.subject: (row.updated_at, _state(row.value)) for row in rows}


def _state(value: bytes) -> str:
    return msgspec.msgpack.decode(zlib.decompress(value), type=_Report).pull_request.state or "" if value else ""


async def _whole(github: GitHub, each: Changed, kind: Drift) -> dict[str, Any]:
    """Return what was missed with all that GitHub knows of it, such as who merged it; the list says less."""
    if kind is Drift.CHANGED:
        return each.row
    try:
        whole = await github.getitem(f"{github.path}/pulls/{each.number}")
    except ForgeFailed as error:
        if error.status != 404:
            raise
        whole = None
    return whole if isinstance(whole, dict) else each.row


def _delivery(due: Due, each: Changed, kind: Drift, row: dict[str, Any], now: datetime) -> Delivery:
    """Return what GitHub would have sent."""
    is_open = each.read.pull_request.state is State.OPEN
    reopened = "reopened" if kind is Drift.STATE else "opened"
    action = "edited" if kind is Drift.CHANGED else reopened if is_open else "closed"
    updated = int(each.read.updated.timestamp()) if each.read.updated else 0
    payload = {
        "action": action,
        "number": int(each.number),
        "pull_request": row,
        "repository": {"id": due.forge_id, "full_name": due.name, "private": due.is_private},
        "installation": {"id": due.installation_id},
    }
    guid = f"{due.forge_id}-{each.number}-{updated}"
    return delivery_of(HOOK, guid, "pull_request", msgspec.json.encode(payload), now)
