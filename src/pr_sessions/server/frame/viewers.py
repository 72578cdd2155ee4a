"""Who makes a request: the person of the clone by the printed token, others by a token or a login."""

import asyncio
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.auth.viewers import cookie_name, find_viewer
from pr_sessions.server.frame.failures import send_failure
from pr_sessions.server.frame.origin import headers_of, method_of
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Right, Viewer

NOBODY = Viewer("")
PARAMETER = "token"
_NOT_OPEN = (
    "this page is open to the person who started it",
    "open the address that `pr-sessions serve` printed: it has a token",
)
_NOT_LOGGED_IN = ("nobody is logged in", "log in, or send a token: Authorization: Bearer prs_...")


def local_cookie(services: Services) -> str:
    """Return the name of the cookie for the printed token; every port has one, as browsers share them."""
    return f"pr-sessions-{services.settings.port}"


def signed(key: Secret, purpose: str, text: str = "") -> str:
    """Return what only who knows the key can make of a text; what is made for one purpose serves no other."""
    return hmac(key.reveal().encode(), f"{purpose}\0{text}".encode(), sha256).hexdigest()


def key_of(services: Services) -> Secret | None:
    """Return what signs for this server; `None` where it has no credentials at all."""
    return services.local_token or services.settings.secret


def with_viewer(app: ASGIApp, services: Services) -> ASGIApp:
    """Return the application with `scope["user"]`, and in its state what a form has to carry.

    An address with the printed token gives a cookie and leads to the same address without it.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        token = services.local_token
        if token and method_of(scope) == "GET" and (target := _opened(scope, token)):
            await _redirect(send, target, f"{local_cookie(services)}={signed(token, 'cookie')}")
            return
        try:
            scope["user"], session = await _identify(scope, services)
        except PrSessionsError as error:
            # What it sent is wrong, or the database that knows it does not answer.
            await send_failure(scope, send, error)
            return
        key = key_of(services)
        if session and key:
            scope["state"]["csrf_token"] = signed(key, "form", session)
        await app(scope, receive, send)

    return call


def require_viewer(connection: ASGIConnection[BaseRouteHandler, Viewer, Any, State], handler: BaseRouteHandler) -> None:
    """Refuse who has no right at all. Handlers for all have `opt={"public": True}`, deliveries `{"signed": True}`.

    Raises:
        Unauthorised: nobody is known to make this request.
    """
    if handler.opt.get("public") or handler.opt.get("signed") or connection.user.rights:
        return
    services: Services = connection.app.state.services
    raise Unauthorised(*(_NOT_OPEN if services.local_token else _NOT_LOGGED_IN))


async def _identify(scope: Scope, services: Services) -> tuple[Viewer, str]:
    """Return who makes a request, and the session of its browser; empty where no cookie says who it is."""
    headers = headers_of(scope)
    authorization, cookies = headers.get("authorization", ""), _cookies(headers.get("cookie", ""))
    token = services.local_token
    if token:
        if compare_digest(authorization.encode(), f"Bearer {token.reveal()}".encode()):
            return _person(services), ""
        cookie = cookies.get(local_cookie(services), "")
        if not authorization and compare_digest(cookie.encode(), signed(token, "cookie").encode()):
            return _person(services), cookie
    cookie = cookies.get(cookie_name(services), "")
    if services.engine is None or not (authorization or cookie):
        return NOBODY, ""
    try:
        viewer = await asyncio.to_thread(find_viewer, services, authorization, cookies)
    except Unauthorised:
        # A login that ended is none; a program has to know that its token is wrong.
        if authorization:
            raise
        return NOBODY, ""
    return (viewer, "" if authorization else cookie) if viewer else (NOBODY, "")


def _person(services: Services) -> Viewer:
    return Viewer(services.local_author, frozenset(Right), "local")


def _opened(scope: Scope, token: Secret) -> str:
    """Return the address without the token; empty where it has none, or a wrong one."""
    query = scope["query_string"].decode("latin-1")
    if len(query) > 4096:
        return ""
    parameters = parse_qsl(query, keep_blank_values=True)
    sent = [value for name, value in parameters if name == PARAMETER]
    if not any(compare_digest(value.encode(), token.reveal().encode()) for value in sent):
        return ""
    rest = urlencode([(name, value) for name, value in parameters if name != PARAMETER])
    # One slash, and none that leans back: browsers take two of them for the address of another server.
    path = "/" + quote(scope["path"].lstrip("/\\"))
    return f"{path}?{rest}" if rest else path


async def _redirect(send: Send, target: str, cookie: str) -> None:
    headers = [
        (b"location", target.encode()),
        (b"set-cookie", f"{cookie}; Path=/; HttpOnly; SameSite=Strict".encode()),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header[:8192].replace(", ", "; ").split(";"))
    return {name: value for name, _, value in pairs if name}
