"""The application: the routes of all parts, in a frame that every request goes through."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State

from pr_sessions.io.files import MIB
from pr_sessions.server import assets, events, health
from pr_sessions.server.api.routes import routes as api_routes
from pr_sessions.server.auth.routes import routes as auth_routes
from pr_sessions.server.events import Hub
from pr_sessions.server.frame.csrf import check_form
from pr_sessions.server.frame.failures import handle_failure
from pr_sessions.server.frame.headers import with_headers
from pr_sessions.server.frame.hosts import with_known_host
from pr_sessions.server.frame.limits import BURST, PER_SECOND, Allowance, with_limits
from pr_sessions.server.frame.logs import with_log
from pr_sessions.server.frame.viewers import require_viewer, with_viewer
from pr_sessions.server.gate.routes import routes as gate_routes
from pr_sessions.server.intake.endpoint import with_deliveries
from pr_sessions.server.pages.routes import routes as page_routes
from pr_sessions.server.services import Services
from pr_sessions.server.setup_app.routes import routes as setup_routes

PARTS = (health.routes, page_routes, api_routes, auth_routes, setup_routes, gate_routes)
# Of a form or a call; a delivery has a bound of its own.
MOST_IN_BODY = MIB


def build_app(services: Services) -> Litestar:
    """Return the application of one process."""
    hub = Hub(services)

    @asynccontextmanager
    async def ending_streams(_: Litestar) -> AsyncIterator[None]:
        yield
        hub.stop()

    @asynccontextmanager
    async def working(_: Litestar) -> AsyncIterator[None]:
        if services.running is None:
            yield
            return
        services.running.start()
        try:
            yield
        finally:
            await to_thread(services.running.close)

    @asynccontextmanager
    async def tracing(_: Litestar) -> AsyncIterator[None]:
        if not services.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            yield
            return
        from pr_sessions.server.traces import sending

        async with sending(services):
            yield

    handlers = [handler for routes in PARTS for handler in routes(services)]
    app = Litestar(
        [*handlers, *assets.routes(), *events.routes(services, hub)],
        guards=[require_viewer, check_form],
        exception_handlers={Exception: handle_failure},
        request_max_body_size=MOST_IN_BODY,
        lifespan=[working, tracing, ending_streams],
        state=State({"services": services, "hub": hub}),
        openapi_config=None,
        logging_config=None,
    )
    # Around the router, so that it counts for addresses at which there is nothing, too. The last is the outermost.
    handler = with_viewer(app.asgi_handler, services)
    handler = with_limits(handler, services.settings, Allowance(BURST, PER_SECOND))
    handler = with_known_host(handler, services.settings)
    handler = with_headers(handler, services.settings)
    handler = with_log(handler, services.settings, services.metrics)
    app.asgi_handler = with_deliveries(handler, services)
    return app
