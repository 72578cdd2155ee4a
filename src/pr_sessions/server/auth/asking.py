"""Requests to a provider: bounded in time and size, without redirects; no message shows what was sent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from pr_sessions.core.json_text import decode
from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.io.files import MIB

SECONDS = 10.0
MOST = 4 * MIB
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def open_client() -> httpx.Client:
    """Return a client for one login; close it afterwards."""
    return httpx.Client(timeout=SECONDS, follow_redirects=False, headers={"accept": "application/json"})


def get(client: httpx.Client, url: str, token: str = "") -> Any:
    """Return the JSON at an address.

    Raises:
        ForgeFailed: it answered something else; `status` says what.
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return _send(client, client.build_request("GET", url, headers=headers))


def post_form(
    client: httpx.Client, url: str, fields: Mapping[str, str], login: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object that a form was answered with.

    Args:
        client: to send it by.
        url: where.
        fields: of the form.
        login: name and password of HTTP's basic login.

    Raises:
        ForgeFailed: it answered something else.
    """
    request = client.build_request("POST", url, data=dict(fields))
    if login:
        request = next(httpx.BasicAuth(*login).auth_flow(request))
    value = _send(client, request)
    if not isinstance(value, dict):
        raise ForgeFailed(f"{_host(url)} answered something that is no object")
    return value


def checked_endpoint(url: object, name: str) -> str:
    """Return an address that secrets may be sent to.

    Raises:
        ForgeFailed: it is none.
    """
    parts = urlsplit(url) if isinstance(url, str) else None
    is_safe = parts and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))
    if not (is_safe and isinstance(url, str) and url.isprintable() and len(url) < 2000):
        raise ForgeFailed(f"the provider names no {name} by https", "check its address")
    return url


def _send(client: httpx.Client, request: httpx.Request) -> Any:
    host = _host(str(request.url))
    try:
        with_body = client.send(request, stream=True)
        try:
            data = b""
            for part in with_body.iter_bytes():
                data += part
                if len(data) > MOST:
                    raise ForgeFailed(f"{host} answered with more than {MOST // MIB} MiB")
        finally:
            with_body.close()
    except httpx.HTTPError as error:
        raise ForgeFailed(f"{host} cannot be reached: {type(error).__name__}", "try again") from None
    if with_body.status_code != 200:
        raise ForgeFailed(f"{host} answered {with_body.status_code}", "try again", with_body.status_code)
    try:
        return decode(data)
    except (msgspec.DecodeError, PrSessionsError, ValueError):
        raise ForgeFailed(f"{host} answered something that is no JSON") from None


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the provider"
