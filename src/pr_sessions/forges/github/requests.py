"""GitHub's REST interface as values: requests made and answers read with gidgethub, sent over the wire."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from gidgethub import GitHubException, sansio
from msgspec import Struct, json

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.credential import AppKey, Credential, Secret
from pr_sessions.forges.github.failure import failed
from pr_sessions.forges.github.pages import is_numbered, last_page, with_page
from pr_sessions.forges.github.patience import Answer, NoAnswer
from pr_sessions.forges.github.wire import Wire
from pr_sessions.sessions.times import read_time

PER_PAGE = 100
API_VERSION = "2022-11-28"
# The App whose token a runner has.
RUNNER = "github-actions"
_JSON, _RAW = "application/vnd.github+json", "application/vnd.github.raw+json"
_AT_ONCE = 8
# GitHub ends a token of an installation after an hour.
_RENEW_BEFORE = timedelta(minutes=5)
# The only headers that gidgethub looks at; what it would stumble over is left out.
_READ = ("content-type", "link")


class Page(Struct, frozen=True):
    """One page of a list.

    Attributes:
        next: the address of the next one; `None` at the end.
        last: how many pages there are, where GitHub tells.
        etag: what to ask with whether it has changed.
    """

    items: list[Any]
    next: str | None = None
    last: int | None = None
    etag: str | None = None


class Requests:
    """Calls for one repository."""

    def __init__(self, wire: Wire, repository: str, credential: Credential | None) -> None:
        self.repository = repository
        self.wire = wire
        self._credential = credential
        self._granted: tuple[Secret, datetime] | None = None
        self._app = RUNNER

    @property
    def has_credential(self) -> bool:
        """Whether GitHub is asked as somebody."""
        return self._credential is not None

    @property
    def app(self) -> str:
        """The name of the App that check runs are written as; with an App's key, known after the first request."""
        return self._app

    async def item(self, method: str, url: str, told: Any = None, **names: str | int) -> Any:
        """What an address answers with, decoded; `None` where the answer is empty.

        Args:
            method: `GET`, `POST` or `PATCH`.
            url: a template such as `/repos/{owner}/{repo}/pulls/{number}`; the owner and the repository are known.
            told: what is sent, as JSON.
            names: for the template.

        Raises:
            ForgeFailed: GitHub refuses, or cannot be reached.
        """
        filled = self._filled(url, names)
        return self._read(await self._call(method, filled, told), method, filled)[0]

    async def data(self, url: str, **names: str | int) -> bytes:
        """The bytes of a file, as they are.

        Raises:
            ForgeFailed: GitHub refuses, cannot be reached, or has no file there but a folder.
        """
        filled = self._filled(url, names)
        answer = await self._call("GET", filled, accept=_RAW)
        if not 200 <= answer.status < 300:
            raise self._failed(answer, "GET", filled)
        if answer.headers.get("content-type", "").startswith("application/json"):
            raise ForgeFailed(f"GitHub has a folder or a link where a file was asked for ({self._shown(filled)})")
        return answer.body

    async def page(self, url: str, key: str | None = None, etag: str | None = None) -> Page | None:
        """One page of a list; `None` where it is as it was when it had that `etag`.

        Args:
            url: the address, as from `address` or from the page before.
            key: where the list stands in the answer, if it is not the answer itself.
            etag: of an earlier answer.
        """
        answer = await self._call("GET", url, etag=etag)
        if etag and answer.status == 304:
            return None
        data, after = self._read(answer, "GET", url)
        items = data.get(key) if key and isinstance(data, dict) else data
        if not isinstance(items, list):
            raise self._unreadable("GET", url)
        last = last_page(answer.headers.get("link", ""))
        return Page(items, after, last, answer.headers.get("etag"))

    async def pages(self, url: str, key: str | None = None, most: int = 1000) -> AsyncIterator[Page]:
        """The pages of a list, one by one, as GitHub's links lead.

        Raises:
            ForgeFailed: there are more than `most`.
        """
        following: str | None = url
        seen: set[str] = set()
        while following:
            if len(seen) >= most or following in seen:
                raise ForgeFailed(f"GitHub's list has more than {most} pages, or no end ({self._shown(url)})")
            seen.add(following)
            page = await self.page(following, key)
            if page is None:
                return
            yield page
            following = page.next

    async def every(self, url: str, key: str | None = None, most: int = 100) -> list[Any]:
        """All items of a list."""
        return [item async for page in self.pages(url, key, most) for item in page.items]

    async def first_pages(self, url: str, most: int) -> tuple[list[Any], bool]:
        """The items of a list's first pages, and whether these are all.

        Where GitHub numbers the pages, those after the first are asked for at the same time.
        """
        first = await self.page(url)
        if first is None or first.next is None:
            return (first.items if first else []), True
        if first.last is None or not is_numbered(first.next, url):
            return await self._one_by_one(first, most)
        gate = asyncio.Semaphore(_AT_ONCE)
        following = first.next

        async def numbered(number: int) -> list[Any]:
            async with gate:
                page = await self.page(with_page(following, number))
                return page.items if page else []

        rest = await asyncio.gather(*map(numbered, range(2, min(first.last, most) + 1)))
        return [item for items in (first.items, *rest) for item in items], first.last <= most

    async def _one_by_one(self, first: Page, most: int) -> tuple[list[Any], bool]:
        items, page = [*first.items], first
        for _ in range(most - 1):
            following = await self.page(page.next) if page.next else None
            if following is None:
                return items, True
            items += following.items
            page = following
        return items, page.next is None

    def address(self, url: str, **names: str | int) -> str:
        """The address that a template with names stands for, asking for pages of a hundred."""
        return self._filled(url, {"per_page": PER_PAGE, **names})

    def _filled(self, url: str, names: Mapping[str, str | int]) -> str:
        owner, _, repo = self.repository.partition("/")
        variables = {"owner": owner, "repo": repo, **{name: str(value) for name, value in names.items()}}
        return sansio.format_url(url, variables, base_url=self.wire.base)

    async def _call(
        self, method: str, url: str, told: Any = None, *, etag: str | None = None, accept: str = _JSON
    ) -> Answer:
        token = await self._token()
        headers = _headers(token=token.reveal() if token else None, accept=accept)
        if etag:
            headers["if-none-match"] = etag
        return await self._send(method, url, headers, told)

    async def _send(self, method: str, url: str, headers: dict[str, str], told: Any) -> Answer:
        body = b"" if told is None else json.encode(told)
        if body:
            headers["content-type"] = "application/json"
        outcome = await self.wire.send(method, url, headers, body)
        if isinstance(outcome, NoAnswer):
            raise self._failed(outcome, method, url)
        return outcome

    def _read(self, answer: Answer, method: str, url: str) -> tuple[Any, str | None]:
        """The decoded answer and the address of what follows."""
        if not 200 <= answer.status < 300:
            raise self._failed(answer, method, url)
        headers = {name: answer.headers[name] for name in _READ if name in answer.headers}
        try:
            data, _, following = sansio.decipher_response(answer.status, headers, answer.body)
        except (GitHubException, ValueError, LookupError, RecursionError):
            raise self._unreadable(method, url) from None
        return data, following

    async def _token(self) -> Secret | None:
        if not isinstance(self._credential, AppKey):
            return self._credential.secret if self._credential else None
        if self._granted is None or self.wire.clock() > self._granted[1] - _RENEW_BEFORE:
            self._granted = await self._grant(self._credential)
        return self._granted[0]

    async def _grant(self, app: AppKey) -> tuple[Secret, datetime]:
        """A token of the App's installation, for this repository alone."""
        headers = _headers(jwt=_signed(app))
        url = self._filled("/repos/{owner}/{repo}/installation", {})
        installation = self._read(await self._send("GET", url, headers, None), "GET", url)[0]
        number = installation.get("id") if isinstance(installation, dict) else None
        if not isinstance(number, int):
            raise self._unreadable("GET", url)
        self._app = str(installation.get("app_slug", ""))
        url = self._filled("/app/installations/{installation}/access_tokens", {"installation": number})
        told = {"repositories": [self.repository.partition("/")[2]]}
        granted = self._read(await self._send("POST", url, headers, told), "POST", url)[0]
        try:
            return Secret(granted["token"]), read_time(granted["expires_at"])
        except (KeyError, TypeError):
            raise self._unreadable("POST", url) from None

    def _failed(self, outcome: Answer | NoAnswer, method: str, url: str) -> ForgeFailed:
        source = self._credential.source if self._credential else None
        error = failed(outcome, f"{method} {self._shown(url)}", source, self.wire.clock())
        for secret in self._secrets():
            error.args = (secret.hidden_in(str(error)),)
        return error

    def _unreadable(self, method: str, url: str) -> ForgeFailed:
        return ForgeFailed(
            f"GitHub's answer cannot be read ({method} {self._shown(url)})",
            "check that GITHUB_API_URL leads to GitHub's interface, if it is set",
        )

    def _shown(self, url: str) -> str:
        """The path alone: what is asked, without the host and the query."""
        return urlsplit(url).path[:200]

    def _secrets(self) -> list[Secret]:
        granted = [self._granted[0]] if self._granted else []
        return [*granted, *([self._credential.secret] if self._credential else [])]


def _headers(*, token: str | None = None, jwt: str | None = None, accept: str = _JSON) -> dict[str, str]:
    headers = sansio.create_headers("pr-sessions", accept=accept, oauth_token=token, jwt=jwt)
    return {**headers, "x-github-api-version": API_VERSION}


def _signed(app: AppKey) -> str:
    from gidgethub.apps import get_jwt
    from jwt.exceptions import PyJWTError

    try:
        return get_jwt(app_id=app.app_id, private_key=app.secret.reveal(), expiration=9 * 60)
    except (PyJWTError, ValueError, TypeError):
        raise InvalidValue(f"{app.source} is no private key that can be used", "give the App's .pem file") from None
