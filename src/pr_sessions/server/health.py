"""Whether the server runs, and whether it can answer."""

from litestar import MediaType, get
from litestar.handlers import BaseRouteHandler

from pr_sessions.server.services import Services


def routes(services: Services) -> list[BaseRouteHandler]:  # noqa: ARG001 - the signature of every part
    """Return the handlers for programs that watch a server."""

    @get("/healthz", media_type=MediaType.TEXT, sync_to_thread=False)
    def healthz() -> str:
        """Say that the process answers."""
        return "ok\n"

    return [healthz]
