"""Requests to GitLab's REST interface: with a token over httpx, else through `glab`, which renews its own tokens.

https://docs.gitlab.com/api/rest/
"""

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from pr_sessions.core.ids import clean
from pr_sessions.core.json_text import decode
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.access import Secret
from pr_sessions.forges.github.transport import NoResponse, Response, Transport, is_limited, limited_until
from pr_sessions.forges.tool import ToolFailed, call_tool

NEEDS_TOKEN = "set GITLAB_TOKEN to a token with the scope read_api, or run `glab auth login`"  # noqa: S105 - words
_HTTP_STATUS = re.compile(r"\b(?:HTTP )?([45][0-9]{2})\b", re.ASCII)
_LOGGED_OUT = ("auth login", "unauthenticated")
_LONGEST = 200
_GLAB_AT_ONCE = 4


class Requests(Protocol):
    """Sends requests that only read. Every one raises `ForgeFailed` if GitLab refuses or cannot be reached."""

    @property
    def sent(self) -> int:
        """Return how many requests were sent, retries included."""

    @property
    def has_credential(self) -> bool:
        """Return whether requests are made as some account."""

    async def get(self, path: str, **query: str) -> bytes:
        """Return the body of an answer.

        Args:
            path: below the interface's address, its parts quoted.
            query: by name.
        """


class HttpRequests:
    """Requests over httpx."""

    def __init__(self, transport: Transport, token: Secret | None, source: str = "") -> None:
        self._transport, self._token, self._source = transport, token, source

    @property
    def sent(self) -> int:
        """Return how many requests were sent, retries included."""
        return self._transport.sent

    @property
    def has_credential(self) -> bool:
        """Return whether requests are made as some account."""
        return self._token is not None

    async def get(self, path: str, **query: str) -> bytes:
        """Return the body of an answer."""
        headers = {"user-agent": "pr-sessions", "accept": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token.reveal()}"
        url = f"{self._transport.base}/{path}{f'?{urlencode(query)}' if query else ''}"
        response = await self._transport.send("GET", url, headers)
        if isinstance(response, NoResponse):
            raise ForgeFailed(f"GitLab cannot be reached: {response.reason}", "check the network, and run it again")
        if response.status != 200:
            raise _failed(_with_known_names(response), path, self._source, self._transport.clock())
        return response.body


class GlabRequests:
    """Requests through `glab api`, which knows its user's logins."""

    def __init__(self, root: Path, host: str) -> None:
        self.sent = 0
        self._root, self._host = root, host
        self._slots = asyncio.Semaphore(_GLAB_AT_ONCE)

    @property
    def has_credential(self) -> bool:
        """Return whether requests are made as some account: without one `glab` sends none."""
        return True

    async def get(self, path: str, **query: str) -> bytes:
        """Return the body of an answer."""
        where = f"{path}{f'?{urlencode(query)}' if query else ''}"
        async with self._slots:
            self.sent += 1
            try:
                output = await asyncio.to_thread(call_tool, self._root, "glab", "api", "--hostname", self._host, where)
            except ToolFailed as error:
                raise ForgeFailed(str(error), NEEDS_TOKEN) from error
        if output.status == 0:
            return output.out.encode()
        if any(words in output.reason for words in _LOGGED_OUT):
            raise ForgeFailed(f"glab is not logged in to {self._host}", f"glab auth login --hostname {self._host}", 401)
        match = _HTTP_STATUS.search(output.reason)
        raise ForgeFailed(f"glab failed: {output.reason}", status=int(match[1]) if match else None)


def project_path(project: str) -> str:
    """Return a project's path in the interface."""
    return f"projects/{quote(project, safe='')}"


def read_json(body: bytes, path: str) -> Any:
    """Return the value of an answer.

    Raises:
        ForgeFailed: it is no JSON.
    """
    try:
        return decode(body)
    except msgspec.DecodeError:
        raise ForgeFailed(f"GitLab's answer cannot be read (GET /{path[:_LONGEST]})") from None


def _with_known_names(response: Response) -> Response:
    """Return the response with the names that GitHub gives to the headers of its limit."""
    names = {"ratelimit-remaining": "x-ratelimit-remaining", "ratelimit-reset": "x-ratelimit-reset"}
    return replace(response, headers={names.get(name, name): value for name, value in response.headers.items()})


def _failed(response: Response, path: str, source: str, now: datetime) -> ForgeFailed:
    status = response.status
    if is_limited(response):
        until = limited_until(response, now)
        return ForgeFailed(
            f"GitLab's rate limit is used up until {until:%Y-%m-%d %H:%M:%S} UTC", "run it again then", status
        )
    what = f"{_message(response.body)} (GET /{path[:_LONGEST]})"
    if status == 401:
        refused = f"GitLab does not accept the token from {source}" if source else "GitLab asks for a token"
        return ForgeFailed(f"{refused}{what}", NEEDS_TOKEN, status)
    if status == 403:
        return ForgeFailed(f"GitLab does not allow this{what}", "the token needs the scope read_api", status)
    if status == 404:
        hint = f"check the name; without the right to read it, it looks the same: {NEEDS_TOKEN}"
        return ForgeFailed(f"GitLab does not find this{what}", hint, status)
    if status >= 500:
        return ForgeFailed(f"GitLab has a problem of its own ({status}){what}", "run it again later", status)
    return ForgeFailed(f"GitLab answers with {status}{what}", status=status)


def _message(body: bytes) -> str:
    try:
        answer = decode(body, dict[str, Any])
    except msgspec.DecodeError:
        return ""
    message = answer.get("message") or answer.get("error") or ""
    return f": {clean(message, _LONGEST)}" if isinstance(message, str) and message else ""
