"""How much a client may ask for, and how long it may take to say what it wants."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send, WebSocketReceiveMessage

from pr_sessions.server.api.problems import RequestRefused
from pr_sessions.server.frame.failures import send_failure
from pr_sessions.server.frame.origin import client_of, is_of_this_machine
from pr_sessions.server.settings import Settings

# A page with its parts is ten requests; a script may ask for a thousand at once, then for a hundred each second.
BURST, PER_SECOND = 1000, 100.0
# Deliveries have bounds of their own: GitHub may send thousands after an outage.
UNLIMITED = ("/webhooks/", "/healthz", "/readyz")
BODY_SECONDS = 30.0
_MOST_CLIENTS = 10_000


class TooSlow(HTTPException):
    """The body of a request did not arrive in time."""

    status_code = 408
    detail = "the request took too long to arrive"


class Allowance:
    """Requests that each client has left: it fills up with time, up to the burst.

    Args:
        burst: how many at once.
        per_second: how many come back each second.
        clock: returns seconds that only grow.
    """

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        # The one that asked longest ago first, so that no number of clients takes more memory.
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take one; return 0, or in how many seconds there will be one."""
        now = self._clock()
        left, since = self._clients.pop(client, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._per_second)
        is_there = left >= 1
        self._clients[client] = (left - 1 if is_there else left, now)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if is_there else (1 - left) / self._per_second


def with_limits(app: ASGIApp, settings: Settings, allowance: Allowance) -> ASGIApp:
    """Return the application for clients that ask for no more than their part, and soon say what they want."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        # Everybody on this machine has one address: one of them could lock the others out.
        is_limited = not scope["path"].startswith(UNLIMITED) and not is_of_this_machine(scope, settings)
        if is_limited and (wait := allowance.take(client_of(scope, settings.proxies))):
            hint = f"wait for {max(1, round(wait))} s"
            await send_failure(scope, send, RequestRefused(429, "too many requests from this address", hint))
            return
        await app(scope, in_time(receive, BODY_SECONDS), send)

    return call


def in_time(receive: Receive, seconds: float) -> Receive:
    """Return what takes the body, and raises `TooSlow` after so many seconds. What comes after it may take long."""
    deadline = time.monotonic() + seconds
    is_whole = False

    async def receive_in_time() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        is_whole = message["type"] != "http.request" or not message.get("more_body")
        return message

    return receive_in_time
