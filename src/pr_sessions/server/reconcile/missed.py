"""Deliveries that this server missed: GitHub keeps a list of three days, and sends none of them again by itself.

The list is read from the newest back to what is known. Bodies are fetched only of what may change something here and is
not stored yet, the oldest first. A run that is cut off goes on where it stopped.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
from sqlalchemy import Engine, select

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.app import App, AppClient, open_app
from pr_sessions.server.intake.delivery import EVENTS, Delivery, Rejected, delivery_of
from pr_sessions.server.intake.writer import store_deliveries
from pr_sessions.server.reconcile.state import load_state, save_state
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import deliveries

_LIST = "/app/hook/deliveries?per_page=100"
_MOST_PAGES = 2_000
# A delivery may enter the list after a later one.
_OVERLAP = timedelta(minutes=15)
_AT_ONCE = 8
_IN_GROUP = 48
STATE = "missed_deliveries"

# Nothing here depends on these: https://docs.github.com/en/webhooks/webhook-events-and-payloads
IGNORED_ACTIONS = {
    "check_run": frozenset({"created", "requested_action"}),
    "check_suite": frozenset({"requested"}),
    "issues": frozenset({"milestoned", "demilestoned", "locked", "unlocked", "pinned", "unpinned", "typed", "untyped"}),
    "pull_request": frozenset({"locked", "unlocked", "milestoned", "demilestoned"}),
}


class Listed(Struct, frozen=True):
    """A delivery in GitHub's list, without its body."""

    id: Annotated[int, Meta(gt=0)]
    guid: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,100}\Z")]
    delivered_at: datetime
    event: str
    action: str | None = None


class CaughtUp(Struct, frozen=True, kw_only=True):
    """What came of reading the list, and how far it is known.

    Attributes:
        known_to: everything that was delivered before is stored, or needs not be.
        at: when that was found out.
        listed: entries that were read.
        stored: deliveries that had been missed.
        unusable: deliveries whose body GitHub no longer has, or that cannot be read.
        is_complete: false where the list was longer than is read; the nightly reconciliation repairs the rest.
    """

    known_to: datetime | None = None
    at: datetime | None = None
    listed: int = 0
    stored: int = 0
    unusable: int = 0
    is_complete: bool = True


def matters(event: str, action: str | None) -> bool:
    """Return whether a delivery may change something here."""
    return event in EVENTS and (action or "") not in IGNORED_ACTIONS.get(event, frozenset())


def catch_up(engine: Engine, app: App, **how: Any) -> CaughtUp:
    """Fetch and store what was missed; harmless at any time and as often as wanted.

    Args:
        engine: of the team's database.
        app: of this process.
        how: for `open_app`.

    Raises:
        ForgeFailed: GitHub refuses, limits or cannot be reached; what was fetched is stored, and the next run goes on.
        PrSessionsError: the database refuses.
    """
    return asyncio.run(_catch_up(engine, app, how))


async def _catch_up(engine: Engine, app: App, how: dict[str, Any]) -> CaughtUp:
    before = load_state(engine, STATE, CaughtUp) or CaughtUp()
    async with open_app(app, **how) as client:
        read = await _read_list(engine, client, before.known_to - _OVERLAP if before.known_to else None)
        result = CaughtUp(known_to=before.known_to, at=app.clock(), listed=read.count, is_complete=read.is_complete)
        # As they would have come.
        missing = sorted(read.missing.values(), key=lambda each: (each.delivered_at, each.id))
        for start in range(0, len(missing), _IN_GROUP):
            result = await _fetch_group(engine, client, missing[start : start + _IN_GROUP], result)
            save_state(engine, STATE, result)
    result = replace(result, known_to=read.newest or result.known_to)
    save_state(engine, STATE, result)
    return result


class _Read(Struct):
    """What was read of the list: entries, the time of the newest, those that are not stored by their id."""

    count: int = 0
    newest: datetime | None = None
    missing: dict[str, Listed] = {}
    is_complete: bool = False


async def _read_list(engine: Engine, client: AppClient, since: datetime | None) -> _Read:
    read, following = _Read(), f"{client.base_url}{_LIST}"
    for _ in range(_MOST_PAGES):
        page = await client.page(following)
        entries = _entries(page.items) if page else []
        times = [each.delivered_at for each in entries]
        read.count += len(entries)
        read.newest = max([*times, *([read.newest] if read.newest else [])], default=None)
        wanted = {each.guid: each for each in entries if matters(each.event, each.action)}
        # What was sent several times is fetched once, as it was at first.
        read.missing |= {guid: wanted[guid] for guid in wanted.keys() - _stored(engine, wanted)}
        if page is None or page.next is None or (since and times and min(times) < since):
            read.is_complete = True
            break
        following = page.next
    return read


def _entries(items: Iterable[Any]) -> list[Listed]:
    entries = []
    for item in items:
        try:
            entries.append(msgspec.convert(item, Listed))
        except msgspec.ValidationError:
            continue  # Of an event that has not this shape, nothing can be stored.
    return [each for each in entries if each.delivered_at.tzinfo is not None]


def _stored(engine: Engine, guids: Iterable[str]) -> set[str]:
    with reading(engine) as connection:
        rows = connection.scalars(select(deliveries.c.guid).where(deliveries.c.guid.in_(list(guids))))
        return set(rows)


async def _fetch_group(engine: Engine, client: AppClient, group: Sequence[Listed], before: CaughtUp) -> CaughtUp:
    """Fetch bodies side by side, and store them in one transaction."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def fetch(entry: Listed) -> Delivery | ForgeFailed | None:
        async with slots:
            try:
                return await _fetch(client, entry)
            except ForgeFailed as error:
                return error

    fetched = await asyncio.gather(*map(fetch, group))
    new = [each for each in fetched if isinstance(each, Delivery)]
    stored = store_deliveries(engine, new) if new else set()
    for each in fetched:
        if isinstance(each, ForgeFailed):
            raise each
    return replace(
        before,
        stored=before.stored + len(stored),
        unusable=before.unusable + fetched.count(None),
        # With the overlap of the next run, what is as old as this is looked at once more.
        known_to=group[-1].delivered_at,
    )


async def _fetch(client: AppClient, entry: Listed) -> Delivery | None:
    """Return one delivery with its body; `None` for one that GitHub no longer has, or that cannot be read."""
    try:
        value = await client.getitem(f"/app/hook/deliveries/{entry.id}")
    except ForgeFailed as error:
        if error.status in (404, 410, 422):
            return None
        raise
    try:
        request = value["request"]
        headers = {name.lower(): text for name, text in request["headers"].items()}
        hook = str(headers.get("x-github-hook-id", ""))
        hook = hook if hook.isascii() and hook.isdigit() and len(hook) <= 20 else "0"
        body = msgspec.json.encode(request["payload"])
        return delivery_of(hook, entry.guid, entry.event, body, client.transport.clock())
    except (KeyError, TypeError, AttributeError, Rejected):
        return None
