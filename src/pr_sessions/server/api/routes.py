"""The routes of the API."""

from litestar import Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import json

from pr_sessions.server.api import compat
from pr_sessions.server.api.catalogue import OPERATIONS, PREFIX
from pr_sessions.server.api.dispatch import JSON, handler
from pr_sessions.server.api.openapi import describe
from pr_sessions.server.api.operations import Operation
from pr_sessions.server.services import Services


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers of the API, of its description, and of what the original's dashboard reads."""
    description = json.encode(describe(OPERATIONS, services.settings.public_url + PREFIX))

    @get(f"{PREFIX}/openapi.json", opt={"public": True}, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(description, media_type=JSON, headers={"cache-control": "no-cache"})

    by_path = dict[str, dict[str, Operation]]()
    for operation in OPERATIONS:
        by_path.setdefault(PREFIX + operation.path, {})[operation.method] = operation
    return [
        *(handler(services, path, operations) for path, operations in by_path.items()),
        openapi,
        *compat.routes(services),
    ]
