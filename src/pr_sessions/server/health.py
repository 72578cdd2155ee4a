"""Whether the server runs, whether it can answer, and its numbers; for programs that watch it."""

from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.handlers import BaseRouteHandler

from pr_sessions.errors import PrSessionsError
from pr_sessions.server.frame.origin import is_of_this_machine
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Refused, Right, Viewer

# Litestar adds the encoding.
_FORMAT = "text/plain; version=0.0.4"


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers for programs that watch a server."""

    @get("/healthz", media_type=MediaType.TEXT, opt={"public": True}, sync_to_thread=False)
    def healthz() -> str:
        """Say that the process answers."""
        return "ok\n"

    @get("/readyz", media_type=MediaType.TEXT, opt={"public": True}, sync_to_thread=True)
    def readyz() -> Response[str]:
        """Say whether requests may come here: the database answers, and has the tables of this version."""
        problem = why_not_ready(services)
        return Response(f"{problem or 'ready'}\n", status_code=503 if problem else 200)

    @get("/metrics", opt={"public": True}, sync_to_thread=False)
    def metrics(request: Request[Viewer, Any, Any]) -> Response[bytes]:
        """Return numbers for Prometheus, to this machine and to who may read."""
        if not (request.user.may(Right.READ) or is_of_this_machine(request.scope, services.settings)):
            raise Refused("the numbers are for this machine, and for who may read", "send a token with the scope read")
        return Response(services.metrics.text(), media_type=_FORMAT)

    return [healthz, readyz, metrics]


def why_not_ready(services: Services) -> str:
    """Return why requests should go elsewhere, in words that name no address; empty where they may come."""
    if services.engine is None:
        return ""
    from pr_sessions.storage.sql.engine import reading
    from pr_sessions.storage.sql.migrate import newest, revision_of

    try:
        with reading(services.engine) as connection:
            revision = revision_of(connection)
    except PrSessionsError:
        return "the database does not answer"
    return "" if revision == newest() else "the database has other tables than this version"
