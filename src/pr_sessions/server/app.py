"""The application: the routes of all parts in one frame."""

from litestar import Litestar

from pr_sessions.server.api.routes import routes as api_routes
from pr_sessions.server.auth.routes import routes as auth_routes
from pr_sessions.server.health import routes as health_routes
from pr_sessions.server.intake.routes import routes as intake_routes
from pr_sessions.server.pages.routes import routes as page_routes
from pr_sessions.server.services import Services

PARTS = (health_routes, page_routes, api_routes, intake_routes, auth_routes)


def build_app(services: Services) -> Litestar:
    """Return the application of one process."""
    handlers = [handler for routes in PARTS for handler in routes(services)]
    return Litestar(handlers, openapi_config=None, logging_config=None)
