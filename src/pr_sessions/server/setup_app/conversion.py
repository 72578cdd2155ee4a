"""The code that GitHub sends for a manifest becomes an App, once."""

import asyncio
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.access import Secret
from pr_sessions.forges.github.rest import Rest, unreadable
from pr_sessions.forges.github.transport import SHORT_RETRY, Clock, open_transport

_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)


class _Converted(Struct):
    id: int
    slug: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,100}\Z")]
    html_url: str
    client_id: str
    client_secret: str
    pem: str
    webhook_secret: str | None = None


class NewApp(Struct, frozen=True, kw_only=True):
    """An App that was just made. Its secrets are shown once and kept nowhere.

    Attributes:
        html_url: of its page; empty where GitHub names none on its own host.
    """

    id: int
    slug: str
    html_url: str
    client_id: str
    client_secret: Secret
    webhook_secret: Secret
    key: Secret


def convert(code: str, api: str, web: str, clock: Clock) -> NewApp:
    """Return the App that a code stands for.

    https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest

    Args:
        code: that GitHub sent; good once, for an hour.
        api: the address of GitHub's interface.
        web: the address of GitHub's pages.
        clock: returns the time in UTC.

    Raises:
        InvalidValue: it is no code.
        ForgeFailed: GitHub does not know the code, or cannot be reached.
    """
    if not _CODE.fullmatch(code):
        raise InvalidValue("GitHub sent no code", "begin again at the link that the server printed")
    return _read(asyncio.run(_converted(code, api, clock)), web)


async def _converted(code: str, api: str, clock: Clock) -> Any:
    async with open_transport(api, clock=clock, retry=SHORT_RETRY) as transport:
        try:
            return await Rest(transport, None).post("/app-manifests/{code}/conversions", {"code": code}, data=b"")
        except ForgeFailed as error:
            # The code is as good as the App's key, and must not stand in a log.
            hint = "a code is good once, for an hour: begin again" if error.status == 404 else error.hint
            raise ForgeFailed(str(error).replace(code, "***"), hint, error.status) from None


def _read(value: Any, web: str) -> NewApp:
    try:
        made = msgspec.convert(value, _Converted)
    except msgspec.ValidationError:
        raise unreadable("POST", "/app-manifests/***/conversions") from None
    is_there = made.html_url.startswith(f"{web}/") and made.html_url.isprintable()
    return NewApp(
        id=made.id,
        slug=made.slug,
        html_url=made.html_url if is_there else "",
        client_id=made.client_id,
        client_secret=Secret(made.client_secret),
        webhook_secret=Secret(made.webhook_secret or ""),
        key=Secret(made.pem),
    )
