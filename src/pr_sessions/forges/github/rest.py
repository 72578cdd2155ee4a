"""GitHub's REST interface: gidgethub builds requests and reads responses, our transport sends them.

Three things differ from gidgethub's own clients: a body is refused where it is nested too deeply or holds NaN, an error
names the request and a hint, and lists are read in pages that have a bound.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from gidgethub import sansio
from gidgethub.abc import JSON_UTF_8_CHARSET, GitHubAPI
from msgspec import DecodeError, Struct

from pr_sessions.core.json_text import decode
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.authority import Authority
from pr_sessions.forges.github.budget import GRAPHQL, REST
from pr_sessions.forges.github.transport import NoResponse, Response, Transport, failed

PER_PAGE = 100
API_VERSION = "2022-11-28"
RAW = "application/vnd.github.raw+json"
_AT_ONCE = 8


class Page(Struct, frozen=True):
    """One page of a list.

    Attributes:
        next: the address of the next one; `None` at the end.
        last: how many pages there are, if GitHub says so.
        etag: makes a later request for the page conditional.
        total: how many items all pages have, if GitHub says so.
    """

    items: list[Any]
    next: str | None = None
    last: int | None = None
    etag: str | None = None
    total: int | None = None


class Rest(GitHubAPI):
    """Requests as one account. Every method raises `ForgeFailed` if GitHub refuses or cannot be reached.

    Attributes:
        authority: the account; `None` for none.
        reserve: the share of the account's limit that these requests leave to more urgent ones.
    """

    def __init__(self, transport: Transport, authority: Authority | None) -> None:
        super().__init__("pr-sessions", base_url=transport.base)
        self.transport = transport
        self.authority = authority
        self.reserve = 0.0

    @property
    def has_credential(self) -> bool:
        """Return whether requests are made as some account."""
        return self.authority is not None

    @property
    def requests_sent(self) -> int:
        """Return how many requests were sent so far, retries included."""
        return self.transport.sent

    async def sleep(self, seconds: float) -> None:
        """Wait. gidgethub asks for this method; only the transport waits."""
        await asyncio.sleep(seconds)

    async def page(self, url: str, key: str | None = None, etag: str | None = None) -> Page | None:
        """Return one page of a list; `None` if it has not changed since it had that `etag`.

        Args:
            url: the address, as from `address` or from the page before.
            key: where the list is in the response, if it is not the response itself.
            etag: of an earlier response.
        """
        condition = {"if-none-match": etag} if etag else {}
        response = await self._request("GET", url, sansio.create_headers(self.requester) | condition)
        if response[0] == 304:
            return None
        data, _, following = sansio.decipher_response(*response)
        items = data.get(key) if key and isinstance(data, dict) else data
        if not isinstance(items, list):
            raise unreadable("GET", url)
        total = data.get("total_count") if isinstance(data, dict) else None
        last = _last_page(response[1].get("link", ""))
        return Page(items, following, last, response[1].get("etag"), total if isinstance(total, int) else None)

    async def pages(self, url: str, key: str | None = None, limit: int = 1000) -> AsyncIterator[Page]:
        """Yield the pages of a list, in the order of GitHub's links.

        Raises:
            ForgeFailed: there are more than `limit`.
        """
        following: str | None = url
        visited: set[str] = set()
        while following:
            if len(visited) >= limit or following in visited:
                raise ForgeFailed(f"GitHub's list has more than {limit} pages, or no end ({shown(url)})")
            visited.add(following)
            page = await self.page(following, key)
            if page is None:
                return
            yield page
            following = page.next

    async def every(self, url: str, key: str | None = None, limit: int = 100) -> list[Any]:
        """Return all items of a list, which has at most so many pages."""
        return [item async for page in self.pages(url, key, limit) for item in page.items]

    async def first_pages(self, url: str, limit: int) -> tuple[list[Any], bool]:
        """Return the items of a list's first pages, and whether these are all.

        Where GitHub numbers the pages, those after the first are fetched at the same time.
        """
        first = await self.page(url)
        if first is None or first.next is None:
            return (first.items if first else []), True
        following, slots = first.next, asyncio.Semaphore(_AT_ONCE)
        if first.last is None or not _is_numbered(following, url):
            return await self._one_by_one(first, limit)

        async def numbered(number: int) -> list[Any]:
            async with slots:
                page = await self.page(_with_page(following, number))
                return page.items if page else []

        rest = await asyncio.gather(*map(numbered, range(2, min(first.last, limit) + 1)))
        return [item for items in (first.items, *rest) for item in items], first.last <= limit

    async def _one_by_one(self, first: Page, limit: int) -> tuple[list[Any], bool]:
        items, page = [*first.items], first
        for _ in range(limit - 1):
            following = await self.page(page.next) if page.next else None
            if following is None:
                return items, True
            items += following.items
            page = following
        return items, page.next is None

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send what gidgethub built; return what it can read, with the headers that matter."""
        headers = {**headers, "x-github-api-version": API_VERSION}
        response = await self.send(method, url, headers, body)
        if isinstance(response, NoResponse):
            raise self.failed(response, method, url)
        status = response.status
        if not (200 <= status < 300 or (status == 304 and "if-none-match" in headers)):
            raise self.failed(response, method, url)
        if status == 304 or headers["accept"] == RAW:
            return status, response.headers, response.body
        try:
            if response.body:
                decode(response.body)
        except DecodeError:
            raise unreadable(method, url) from None
        # gidgethub takes these four for success, and raises for a header that is no number.
        if status not in (200, 201, 202, 204):
            raise unreadable(method, url)
        kept = {name: response.headers[name] for name in ("link", "etag") if name in response.headers}
        return status, {"content-type": JSON_UTF_8_CHARSET, **kept}, response.body

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, only_reads: bool = False
    ) -> Response | NoResponse:
        """Return the outcome of a request as this account.

        It is sent once more where GitHub refused the account and another token, or another time in it, may help.
        """
        authority = self.authority
        if authority is None:
            return await self.transport.send(method, url, headers, body, only_reads=only_reads)
        outcome = await self._sent_as(authority, method, url, headers, body, only_reads=only_reads)
        if isinstance(outcome, NoResponse) or outcome.status != 401:
            return outcome
        if authority.refused(outcome, self.transport.clock()):
            outcome = await self._sent_as(authority, method, url, headers, body, only_reads=only_reads)
        return outcome

    async def _sent_as(
        self, authority: Authority, method: str, url: str, headers: Mapping[str, str], body: bytes, *, only_reads: bool
    ) -> Response | NoResponse:
        budget, limit = authority.budget, GRAPHQL if url.endswith("/graphql") else REST
        if budget:
            budget.check(limit, self.reserve)
        headers = {**headers, "authorization": await authority.header(self.transport)}
        outcome = await self.transport.send(method, url, headers, body, only_reads=only_reads)
        if budget and not isinstance(outcome, NoResponse):
            budget.note(limit, outcome)
        return outcome

    def failed(self, outcome: Response | NoResponse, method: str, url: str) -> ForgeFailed:
        """Return the error for an outcome that cannot be used; no secret stands in it."""
        source = self.authority.source if self.authority else None
        error = failed(outcome, f"{method} {shown(url)}", source, self.transport.clock())
        if self.authority:
            error.args = (self.authority.hidden_in(str(error)),)
        return error


def unreadable(method: str, url: str) -> ForgeFailed:
    """Return the error for an answer that is not what GitHub describes."""
    return ForgeFailed(
        f"GitHub's answer cannot be read ({method} {shown(url)})",
        "check that GITHUB_API_URL leads to GitHub's interface, if it is set",
    )


def shown(url: str) -> str:
    """Return the path alone, without the host and the query."""
    return urlsplit(url).path[:200]


def page_number(address: str) -> int | None:
    """Return which page of a list an address is for, if it says so."""
    number = parse_qs(urlsplit(address).query).get("page", [""])[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _is_numbered(following: str, url: str) -> bool:
    """Return whether the address of the second page has its number, and no other name that the first one lacks."""
    names = {name for name, _ in parse_qsl(urlsplit(following).query)} - {"page"}
    return page_number(following) == 2 and names <= {name for name, _ in parse_qsl(urlsplit(url).query)}


def _with_page(address: str, page: int) -> str:
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "page"]
    return parts._replace(query=urlencode([*query, ("page", str(page))])).geturl()


def _last_page(link: str) -> int | None:
    parts = (part.partition(";") for part in link.split(","))
    return next((page_number(address.strip(" <>")) for address, _, rel in parts if 'rel="last"' in rel), None)
