"""Requests over httpx: to one host only, bounded in size and time, sent again where that is right.

When they are sent again, how long after, and when not, follows GitHub's best practices for its REST interface:
`retry-after` first, then `x-ratelimit-reset`, else at least a minute for a secondary limit and growing pauses for a
server that fails.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec
from msgspec import Struct

from pr_sessions.core.ids import clean
from pr_sessions.core.json_text import decode
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.access import origin
from pr_sessions.io.files import MIB

SECONDARY = timedelta(minutes=1)
LONGEST_STEP = timedelta(seconds=32)
_BROKEN = (500, 502, 503, 504)
_LIMITED = (403, 429)
_SECONDARY_WORDS = ("secondary rate limit", "abuse detection")
# A POST may have had its effect already; to send one of these once more does no harm.
_REPEATABLE = ("GET", "HEAD", "PUT", "PATCH", "DELETE")


class RetryPolicy(Struct, frozen=True):
    """How much time one request may take with all its retries, and how often it is sent."""

    total: timedelta = timedelta(minutes=5)
    tries: int = 6


class Response(Struct, frozen=True):
    """A response.

    Attributes:
        headers: names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoResponse(Struct, frozen=True):
    """No usable response.

    Attributes:
        reason: for people.
        sent: whether the request may have arrived all the same.
    """

    reason: str
    sent: bool


def pause_before_retry(method: str, outcome: Response | NoResponse, attempt: int, now: datetime) -> timedelta | None:
    """Return how long to wait before the same request; `None` where sending it again would be wrong or in vain.

    Args:
        method: `GET`, `POST`, ...
        outcome: of the last attempt.
        attempt: how many there were.
        now: UTC.
    """
    step = min(timedelta(seconds=2 ** (attempt - 1)), LONGEST_STEP)
    if isinstance(outcome, NoResponse):
        return step if method in _REPEATABLE or not outcome.sent else None
    if is_limited(outcome):
        given = _given_pause(outcome, now)
        return SECONDARY * 2 ** (attempt - 1) if given is None else given
    if outcome.status in _BROKEN and method in _REPEATABLE:
        return _retry_after(outcome) or step
    return None


def is_limited(answer: Response) -> bool:
    """Return whether it was refused for being one too many, and not for a missing right."""
    if answer.status not in _LIMITED:
        return False
    if answer.status == 429 or "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0":
        return True
    beginning = answer.body[:2000].lower()
    return any(words.encode() in beginning for words in _SECONDARY_WORDS)


def limited_until(answer: Response, now: datetime) -> datetime:
    """Return when a limited request may be sent again."""
    given = _given_pause(answer, now)
    return now + (SECONDARY if given is None else given)


def _given_pause(answer: Response, now: datetime) -> timedelta | None:
    after = _retry_after(answer)
    if after is not None:
        return after
    reset = _number(answer.headers.get("x-ratelimit-reset"))
    if answer.headers.get("x-ratelimit-remaining") != "0" or reset is None:
        return None
    # Clocks differ: a second more than none is waited in any case.
    return max(datetime.fromtimestamp(reset, UTC) - now, timedelta(0)) + timedelta(seconds=1)


def _retry_after(answer: Response) -> timedelta | None:
    seconds = _number(answer.headers.get("retry-after"))
    return None if seconds is None else timedelta(seconds=seconds)


def _number(text: str | None) -> int | None:
    """Return a number of seconds; `None` where it is no number, or too large for a time."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 10 else None


class RateLimited(ForgeFailed):
    """GitHub takes no more requests for now.

    Attributes:
        until: when it takes some again.
    """

    def __init__(self, until: datetime, hint: str = "", status: int = 429) -> None:
        super().__init__(f"GitHub's rate limit is used up until {until:%Y-%m-%d %H:%M:%S} UTC", hint, status)
        self.until = until


_NEW_TOKEN = "set GH_TOKEN to a token that is valid, or run `gh auth login`"  # noqa: S105 - a hint, not a token
_LONGEST_MESSAGE = 200


def failed(outcome: Response | NoResponse, what: str, source: str | None, now: datetime) -> ForgeFailed:
    """Return the error for a response that cannot be used.

    Args:
        outcome: the last one.
        what: the request, such as `GET /repos/ada/shop/pulls`.
        source: where the token was found; `None` without one.
        now: UTC.
    """
    if isinstance(outcome, NoResponse):
        return ForgeFailed(
            f"GitHub cannot be reached: {outcome.reason} ({what})", "check the network, and run it again"
        )
    if is_limited(outcome):
        until = limited_until(outcome, now)
        with_token = f"run it again then, or with a token, which may ask more: {_NEW_TOKEN}"
        return RateLimited(until, "run it again then" if source else with_token, outcome.status)
    explanation, hint = _explained(outcome, what, source)
    try:
        message = decode(outcome.body, dict[str, Any]).get("message", "")
    except msgspec.DecodeError:
        message = ""
    shown = clean(message, _LONGEST_MESSAGE).rstrip(".") if isinstance(message, str) else ""
    return ForgeFailed(f"{explanation}{f': {shown}' if shown else ''} ({what})", hint, outcome.status)


def _explained(answer: Response, what: str, source: str | None) -> tuple[str, str]:
    status = answer.status
    if status == 401:
        return f"GitHub does not accept the token from {source}" if source else "GitHub asks for a token", _NEW_TOKEN
    if status == 403:
        needed = clean(answer.headers.get("x-accepted-github-permissions", ""), 100)
        right = f"give the token from {source} the permission" if source else "a token is needed with the permission"
        hint = f"{right} {needed}" if needed else f"{right} that it needs, or use another: {_NEW_TOKEN}"
        if "required" in answer.headers.get("x-github-sso", ""):
            hint = "the organisation wants single sign-on: authorise the token for it in your GitHub settings"
        return "GitHub does not allow this", hint
    if status == 404:
        hint = "check the name" if source else f"check the name; a private repository needs a token: {_NEW_TOKEN}"
        return "GitHub does not find this", f"{hint}; without the right to read it, it looks the same"
    if status in (410, 422):
        return f"GitHub cannot do this ({status})", ""
    if status >= 500:
        return f"GitHub has a problem of its own ({status})", "run it again later"
    return f"GitHub answers with {status}", f"check that GITHUB_API_URL is right, if it is set, for {what}"


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


RETRY, LIMITS = RetryPolicy(), Limits()
# A person waits, and can be shown what is known without a forge.
SHORT_RETRY = RetryPolicy(timedelta(seconds=20), 3)


class Transport:
    """Sends requests to the host of the interface and to no other.

    Attributes:
        sent: how many requests were sent, retries included.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        base: str,
        *,
        retry: RetryPolicy,
        limits: Limits,
        clock: Clock,
        sleep: Sleep,
        forge: str = "GitHub",
    ) -> None:
        self.base = base
        self._forge = forge
        self.clock = clock
        self.sent = 0
        self._tries = retry.tries
        self._client, self._retry, self._limits, self._sleep = client, retry, limits, sleep

    @property
    def _check_address(self) -> str:
        return "check that GITHUB_API_URL is right, if it is set" if self._forge == "GitHub" else ""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, only_reads: bool = False
    ) -> Response | NoResponse:
        """Return the last outcome, after as many retries as help and as the retry policy allows.

        Args:
            method: `GET`, `POST`, ...
            url: the address.
            headers: by name.
            body: empty for none.
            only_reads: whether sending it twice does no harm, whatever the method.

        Raises:
            ForgeFailed: the address is not the interface's, or the answer is too large.
        """
        deadline, attempt = self.clock() + self._retry.total, 1
        while True:
            outcome = await self._follow(method, url, headers, body)
            pause = pause_before_retry("GET" if only_reads else method, outcome, attempt, self.clock())
            if pause is None:
                self._tries = self._retry.tries
                return outcome
            if attempt >= self._tries or self.clock() + pause > deadline:
                # After waiting in vain, requests are sent once only, until one needs no retry.
                self._tries = 1
                return outcome
            await self._sleep(pause / timedelta(seconds=1))
            attempt += 1

    async def _follow(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response | NoResponse:
        """Follow redirects of a renamed repository; the token goes there only if the host is the same."""
        for _ in range(_MOST_REDIRECTS + 1):
            self._refuse_other_hosts(url)
            outcome = await self._once(method, url, headers, body)
            if isinstance(outcome, NoResponse) or outcome.status not in _REDIRECTS:
                return outcome
            if method != "GET" and outcome.status not in _SAME_METHOD:
                return outcome
            try:
                url = urljoin(url, outcome.headers.get("location", ""))
            except ValueError:
                url = ""  # It is no address, and no host of ours.
        raise ForgeFailed(f"{self._forge} sends the request in a circle", self._check_address)

    def _refuse_other_hosts(self, url: str) -> None:
        try:
            same = origin(url) == origin(self.base)
        except ValueError:
            same = False
        if not same or len(url) > _LONGEST_ADDRESS:
            raise ForgeFailed(
                f"{self._forge}'s answer leads to another host or to no address, and the token is not sent there",
                self._check_address,
            )

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response | NoResponse:
        self.sent += 1
        try:
            async with asyncio.timeout(self._limits.whole):
                return await self._exchange(method, url, headers, body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return NoResponse(_reason(error, "no connection"), sent=False)
        except (httpx.TimeoutException, TimeoutError):
            return NoResponse("it takes too long to answer", sent=True)
        except httpx.InvalidURL:  # httpx looks at every redirect, though it does not follow it.
            return NoResponse("its answer leads to no address", sent=True)
        except httpx.RequestError as error:
            return NoResponse(_reason(error, "the connection was cut"), sent=True)

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        async with self._client.stream(method, url, headers=dict(headers), content=body) as response:
            pieces, size = [], 0
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > self._limits.body:
                    what = f"{method} {urlsplit(url).path}"
                    raise ForgeFailed(f"{self._forge}'s answer has more than {self._limits.body} bytes ({what})")
                pieces.append(piece)
            return Response(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(pieces))


@asynccontextmanager
async def open_transport(
    base: str,
    *,
    clock: Clock,
    retry: RetryPolicy = RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
    forge: str = "GitHub",
) -> AsyncIterator[Transport]:
    """Open a transport to the interface at that address; it is closed at the end."""
    timeout = httpx.Timeout(limits.piece, connect=limits.connect)
    # A proxy of the environment must not see what is not encrypted; http is for this machine only.
    trusts = urlsplit(base).scheme == "https"
    # Where nothing is encrypted, no authorities are read, which takes longer than many requests; and none is trusted.
    verify = True if trusts else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=trusts, verify=verify) as client:
        yield Transport(client, base, retry=retry, limits=limits, clock=clock, sleep=sleep, forge=forge)


def _reason(error: Exception, otherwise: str) -> str:
    return f"{otherwise}, {error}" if str(error) else otherwise
