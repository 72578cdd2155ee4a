"""Forms count only where our own page sent them: another site's page may send one, too, with the cookie."""

from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler

from pr_sessions.server.frame.origin import is_host_known, method_of
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Refused, Viewer

FIELD, HEADER = "csrf_token", "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HINT = "load the page again, and send its form"


async def check_form(
    connection: ASGIConnection[BaseRouteHandler, Viewer, Any, State], handler: BaseRouteHandler
) -> None:
    """Refuse a change that a browser sends without what our page put into its form, or for another site.

    Programs that send a token in a header send no cookie that somebody else could use.

    Raises:
        Refused: it is such a change.
    """
    expected = connection.scope["state"].get("csrf_token")
    if method_of(connection.scope) in _SAFE or handler.opt.get("signed") or expected is None:
        return
    services: Services = connection.app.state.services
    if not _is_from_here(connection, services):
        raise Refused("another site's page sent this form", _HINT)
    sent = connection.headers.get(HEADER) or await _field(connection)
    if not compare_digest(sent.encode(), expected.encode()):
        raise Refused("the form lacks the token of its page", _HINT)


def _is_from_here(connection: ASGIConnection[BaseRouteHandler, Viewer, Any, State], services: Services) -> bool:
    """Return what the browser says of the page that sent the form; older ones say it by the origin, or not at all."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is None or is_host_known(urlsplit(origin).netloc, services.settings)


async def _field(connection: ASGIConnection[BaseRouteHandler, Viewer, Any, State]) -> str:
    """Return what the form carries; a body that is no form carries nothing."""
    if not isinstance(connection, Request):
        return ""
    try:
        form = await connection.form()
    except ClientException:
        return ""
    value = form.get(FIELD, "")
    return value if isinstance(value, str) else ""
