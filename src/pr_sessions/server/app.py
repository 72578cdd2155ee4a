"""The application: the routes of all parts in one frame."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions.responses import create_exception_response

from pr_sessions.server.api.dispatch import refuse
from pr_sessions.server.api.routes import routes as api_routes
from pr_sessions.server.auth.routes import routes as auth_routes
from pr_sessions.server.health import routes as health_routes
from pr_sessions.server.intake.routes import routes as intake_routes
from pr_sessions.server.pages.routes import routes as page_routes
from pr_sessions.server.services import Services
from pr_sessions.server.setup_app.routes import routes as setup_routes

PARTS = (health_routes, page_routes, api_routes, intake_routes, auth_routes, setup_routes)


def build_app(services: Services) -> Litestar:
    """Return the application of one process."""
    handlers = [handler for routes in PARTS for handler in routes(services)]
    return Litestar(handlers, openapi_config=None, logging_config=None, exception_handlers={Exception: _failed})


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Return the answer to a request that failed before any part took it: programs get a problem."""
    if request.scope["path"].startswith(("/api/", "/compat/")):
        return refuse(request, error)
    return create_exception_response(request, error)
