"""Calls of the API in tests: the application in this process, as somebody with rights."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from pr_sessions.server.api.routes import routes
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.auth.viewers import find_viewer
from pr_sessions.server.frame.failures import handle_failure
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Right, Viewer

EVERYTHING = Viewer("maria", frozenset(Right), login="maria")


def api_of(services: Services) -> Litestar:
    """The API without its frame, which finds out who calls."""
    return Litestar(routes(services), openapi_config=None, exception_handlers={Exception: handle_failure})


def seen_by(app: Any, viewer: Viewer | None) -> Any:
    """The application, to which somebody has logged in."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and viewer is not None:
            scope["user"] = viewer
        await app(scope, receive, send)

    return call


def by_token(app: Any, services: Services) -> Any:
    """The application, which knows who calls by a token."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            with suppress(Unauthorised):
                scope["user"] = find_viewer(services, header, {})
        await app(scope, receive, send)

    return call


@contextmanager
def calling(services: Services, viewer: Viewer | None = EVERYTHING) -> Iterator[TestClient[Any]]:
    with ExitStack() as stack:
        yield stack.enter_context(TestClient(seen_by(api_of(services), viewer), raise_server_exceptions=False))
