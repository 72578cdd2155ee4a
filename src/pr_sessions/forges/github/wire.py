"""Requests over httpx: to one host only, bounded in size and time, sent again where that is right."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

import httpx
from msgspec import Struct

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.address import origin
from pr_sessions.forges.github.patience import Answer, NoAnswer, Patience, pause_before_retry
from pr_sessions.stores.files import MIB
from pr_sessions.tracker import utc_now

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]
_REDIRECTS, _SAME_METHOD = (301, 302, 307, 308), (307, 308)
_MOST_REDIRECTS = 3
# Longer ones httpx refuses in its own way.
_LONGEST_ADDRESS = 8000


class Limits(Struct, frozen=True):
    """Bounds of one request: seconds to connect, between two pieces, for all of it; bytes of the answer."""

    connect: float = 10.0
    piece: float = 30.0
    whole: float = 120.0
    body: int = 48 * MIB


PATIENCE, LIMITS = Patience(), Limits()


class Wire:
    """Sends requests to the host of the interface and to no other.

    Attributes:
        sent: how many requests went out, repetitions included.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        base: str,
        *,
        patience: Patience,
        limits: Limits,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self.base = base
        self.clock = clock
        self.sent = 0
        self._tries = patience.tries
        self._client, self._patience, self._limits, self._sleep = client, patience, limits, sleep

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer | NoAnswer:
        """The last outcome, after as many repetitions as help and as the patience allows.

        Raises:
            ForgeFailed: the address is not the interface's, or the answer is too large.
        """
        deadline, attempt = self.clock() + self._patience.total, 1
        while True:
            outcome = await self._follow(method, url, headers, body)
            pause = pause_before_retry(method, outcome, attempt, self.clock())
            if pause is None:
                self._tries = self._patience.tries
                return outcome
            if attempt >= self._tries or self.clock() + pause > deadline:
                # Who was waited for in vain is asked once only, until a request needs no repetition.
                self._tries = 1
                return outcome
            await self._sleep(pause / timedelta(seconds=1))
            attempt += 1

    async def _follow(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer | NoAnswer:
        """A renamed repository answers with its new address; the token goes there only if the host is the same."""
        for _ in range(_MOST_REDIRECTS + 1):
            self._refuse_other_hosts(url)
            outcome = await self._once(method, url, headers, body)
            if isinstance(outcome, NoAnswer) or outcome.status not in _REDIRECTS:
                return outcome
            if method != "GET" and outcome.status not in _SAME_METHOD:
                return outcome
            url = _joined(url, outcome.headers.get("location", ""))
        raise ForgeFailed("GitHub sends the request in a circle", "check that GITHUB_API_URL is right, if it is set")

    def _refuse_other_hosts(self, url: str) -> None:
        try:
            same = origin(url) == origin(self.base)
        except ValueError:
            same = False
        if not same or len(url) > _LONGEST_ADDRESS:
            raise ForgeFailed(
                "GitHub's answer leads to another host or to no address, and the token is not sent there",
                "check that GITHUB_API_URL is right, if it is set",
            )

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer | NoAnswer:
        self.sent += 1
        try:
            async with asyncio.timeout(self._limits.whole):
                return await self._exchange(method, url, headers, body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return NoAnswer(_reason(error, "no connection"), sent=False)
        except (httpx.TimeoutException, TimeoutError):
            return NoAnswer("it takes too long to answer", sent=True)
        except httpx.InvalidURL:  # httpx looks at every redirect, though it does not follow it.
            return NoAnswer("its answer leads to no address", sent=True)
        except httpx.RequestError as error:
            return NoAnswer(_reason(error, "the connection was cut"), sent=True)

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._client.stream(method, url, headers=dict(headers), content=body) as response:
            pieces, size = [], 0
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > self._limits.body:
                    raise ForgeFailed(
                        f"GitHub's answer has more than {self._limits.body} bytes ({method} {urlsplit(url).path})"
                    )
                pieces.append(piece)
            return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(pieces))


@asynccontextmanager
async def open_wire(
    base: str,
    *,
    patience: Patience = PATIENCE,
    limits: Limits = LIMITS,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Wire]:
    """A wire to the interface at that address; closed at the end."""
    timeout = httpx.Timeout(limits.piece, connect=limits.connect)
    # A proxy of the environment must not see what is not encrypted; http is for this machine only.
    trusts = urlsplit(base).scheme == "https"
    # Where nothing is encrypted, no authorities are read, which takes longer than many requests; and none is trusted.
    verify = True if trusts else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=trusts, verify=verify) as client:
        yield Wire(client, base, patience=patience, limits=limits, clock=clock, sleep=sleep)


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; nowhere, if that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _reason(error: Exception, otherwise: str) -> str:
    return f"{otherwise}, {error}" if str(error) else otherwise
