"""The routes of all pages."""

from typing import Any

from litestar import Request, Router
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from pr_sessions.errors import PrSessionsError
from pr_sessions.server.api.problems import problem_of
from pr_sessions.server.pages.changes import change_routes
from pr_sessions.server.pages.corrections import correction_routes
from pr_sessions.server.pages.diff import diff_routes
from pr_sessions.server.pages.gate import gate_routes
from pr_sessions.server.pages.inbox import inbox_routes
from pr_sessions.server.pages.look import error_title
from pr_sessions.server.pages.pages import Html, Pages
from pr_sessions.server.pages.pull_request import pull_request_routes
from pr_sessions.server.pages.repositories import repository_routes
from pr_sessions.server.pages.session import session_routes
from pr_sessions.server.pages.session_list import list_routes
from pr_sessions.server.pages.styles import style_routes
from pr_sessions.server.services import Services

_PARTS = (
    inbox_routes,
    list_routes,
    session_routes,
    pull_request_routes,
    diff_routes,
    correction_routes,
    repository_routes,
    gate_routes,
    change_routes,
)


def routes(services: Services) -> list[BaseRouteHandler | Router]:
    """Return the handlers of all pages."""
    pages = Pages(services)

    def show_error(request: Request[Any, Any, Any], error: Exception) -> Html:
        return error_page(pages, request, error)

    handlers = [handler for part in _PARTS for handler in part(pages)]
    shown: dict[int | type[Exception], Any] = {PrSessionsError: show_error, HTTPException: show_error}
    return [*style_routes(), Router("/", route_handlers=handlers, exception_handlers=shown)]


def error_page(pages: Pages, request: Request[Any, Any, Any], error: Exception) -> Html:
    """Return the page of an error: what is wrong, and what to do. Nothing of the program is shown."""
    problem = problem_of(error)
    return pages.show(request, "error.html", error_title(problem.status), status=problem.status, problem=problem)
