"""Pages stay up to date: a stream of events for each page, fed by looking for changes while somebody looks."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakSet

import structlog
from litestar import Request, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery
from litestar.response import Stream
from msgspec import json

from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue, PrSessionsError
from pr_sessions.server.api.problems import RequestRefused
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Viewer

# A change shows within a second.
POLL_SECONDS = 0.5
# Proxies and browsers give up streams that are silent.
SILENT_SECONDS = 15.0
# After it the browser comes back by itself, and shows again who it is.
LONGEST_SECONDS = 900.0
MOST_STREAMS, MOST_OF_ONE = 1000, 100
# What another process committed a moment ago may have an earlier time.
_OVERLAP = timedelta(seconds=5)
_RETRY = b"retry: 2000\n\n"
_SILENCE = b": nothing changed\n\n"


class Listener:
    """One page that is open.

    Args:
        repository: the only one that it shows, in lower case; empty for all.
        viewer: who looks.
    """

    def __init__(self, repository: str, viewer: Viewer) -> None:
        self.viewer = viewer
        self._repository = repository
        self._changes: dict[str, datetime] = {}
        self._is_due = asyncio.Event()

    def notice(self, changes: Mapping[str, datetime]) -> None:
        """Keep the changes that this page shows until they are sent: the latest of each repository."""
        for name, at in changes.items():
            if self._repository in ("", name.lower()) and self.viewer.sees(name):
                self._changes[name] = at
                self._is_due.set()

    def wake(self) -> None:
        """Have it look whether it has to end."""
        self._is_due.set()

    async def wait(self, seconds: float) -> Mapping[str, datetime]:
        """Return what changed, the oldest first; nothing after so many seconds."""
        try:
            await asyncio.wait_for(self._is_due.wait(), seconds)
        except TimeoutError:
            return {}
        self._is_due.clear()
        changes, self._changes = self._changes, {}
        return dict(sorted(changes.items(), key=lambda change: change[1]))


class Hub:
    """Looks for changes for all pages that are open; where none is, it does nothing."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # A page that is closed before its stream begins leaves nothing behind.
        self._listeners: WeakSet[Listener] = WeakSet()
        self._looking: asyncio.Task[None] | None = None
        self._is_stopping = False

    def stop(self) -> None:
        """End all streams. An open one would keep the process from stopping."""
        self._is_stopping = True
        for listener in self._listeners:
            listener.wake()

    def listen(self, repository: str, viewer: Viewer) -> Listener:
        """Return a listener for a page; it counts for as long as somebody has it.

        Args:
            repository: the only one that counts; empty for all.
            viewer: who looks.

        Raises:
            RequestRefused: there are too many.
        """
        of_viewer = sum(listener.viewer.name == viewer.name for listener in self._listeners)
        if self._is_stopping or len(self._listeners) >= MOST_STREAMS or of_viewer >= MOST_OF_ONE:
            raise RequestRefused(503, "too many pages are kept up to date", "load the page again to see what changed")
        listener = Listener(repository.lower(), viewer)
        self._listeners.add(listener)
        return listener

    async def stream(self, listener: Listener, since: datetime | None) -> AsyncIterator[bytes]:
        """Yield events until the page is closed, the server stops, or the time is over.

        Args:
            listener: of the page.
            since: of the last event that the page got, where it comes back.
        """
        self._services.metrics.streams.inc()
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            yield _RETRY
            if since:
                listener.notice(await self._changed_since(since))
            ends = time.monotonic() + LONGEST_SECONDS
            while not self._is_stopping and time.monotonic() < ends:
                changes = await listener.wait(SILENT_SECONDS)
                for name, at in changes.items():
                    yield _event(name, at)
                if not changes and not self._is_stopping:
                    yield _SILENCE
        finally:
            self._listeners.discard(listener)
            self._services.metrics.streams.dec()

    async def _look(self) -> None:
        """Look for changes while there are listeners, and pass on each of them once."""
        floor = self._services.clock() - _OVERLAP
        sent: dict[str, datetime] = {}
        while self._listeners and not self._is_stopping:
            changes = await self._changed_since(floor)
            new = {name: at for name, at in changes.items() if at > sent.get(name, floor)}
            for listener in self._listeners:
                listener.notice(new)
            floor = self._services.clock() - _OVERLAP
            sent = {name: at for name, at in (sent | new).items() if at > floor}
            await asyncio.sleep(POLL_SECONDS)

    async def _changed_since(self, moment: datetime) -> Mapping[str, datetime]:
        try:
            return await asyncio.to_thread(self._services.backend.changed_since, moment)
        except PrSessionsError as error:
            # A database that is gone comes back; until then pages show what they have.
            structlog.get_logger().warning("changes were not read", error=str(error))
            return {}


def routes(services: Services, hub: Hub) -> list[BaseRouteHandler]:
    """Return the handler of streams."""

    @get("/events")
    async def events(request: Request[Viewer, Any, Any], repository: FromQuery[str] = "") -> Stream:
        """Send an event `changed` for each change, with the repository as JSON."""
        listener = hub.listen(repository, request.user)
        since = _read_id(request.headers.get("last-event-id", ""), services.clock())
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Stream(hub.stream(listener, since), media_type="text/event-stream", headers=headers)

    return [events]


def _event(name: str, at: datetime) -> bytes:
    data = json.encode({"repository": name})
    return b"id: %s\nevent: changed\ndata: %s\n\n" % (at.astimezone(UTC).isoformat().encode(), data)


def _read_id(text: str, now: datetime) -> datetime | None:
    """Return the time of the last event that a page got; `None` where it names none, or one of the future."""
    if not text or len(text) > 40:
        return None
    try:
        moment = read_time(text)
    except InvalidValue:
        return None
    return moment if moment <= now + _OVERLAP else None
