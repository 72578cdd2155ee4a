"""The routes of this part."""

from litestar.handlers import BaseRouteHandler

from pr_sessions.server.services import Services


def routes(services: Services) -> list[BaseRouteHandler]:  # noqa: ARG001 - the signature of every part
    """Return the handlers of all pages."""
    return []
