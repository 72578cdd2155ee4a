"""What a browser or a program gets instead of what it asked for."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.types import Scope, Send

from pr_sessions.server.api.problems import Problem, RequestRefused, problem_answer, problem_of
from pr_sessions.server.frame.origin import headers_of
from pr_sessions.server.pages.look import error_title, style_address

_FOLDER = Path(__file__).with_name("templates")
_PROGRAMS = ("/api/", "/compat/", "/webhooks/", "/events", "/metrics", "/healthz", "/readyz", "/static/")


def wants_page(scope: Scope) -> bool:
    """Return whether a person looks at what comes back."""
    is_for_programs = scope["path"].startswith(_PROGRAMS)
    return not is_for_programs and "text/html" in headers_of(scope).get("accept", "")


def answer_of(scope: Scope, error: Exception) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body for a request that failed: a page for people, a problem for programs."""
    status, headers, body = problem_answer(error)
    if wants_page(scope):
        headers["content-type"] = "text/html; charset=utf-8"
        body = failure_page(problem_of(error), scope).encode("utf-8", "replace")
    return status, headers, body


def failure_page(problem: Problem, scope: Scope) -> str:
    """Return the page that says what is wrong, and what helps."""
    return (
        _environment()
        .get_template("failure.html")
        .render(
            problem=problem,
            title=error_title(problem.status),
            request_id=scope["state"].get("request_id", ""),
            style=style_address(),
        )
    )


async def send_failure(scope: Scope, send: Send, error: Exception) -> None:
    """Answer a request that goes no further."""
    status, headers, body = answer_of(scope, error)
    headers["content-length"] = str(len(body))
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def handle_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer for a part of the server that raised something."""
    status, headers, body = answer_of(request.scope, error)
    if status >= 500 and not isinstance(error, RequestRefused):
        from pr_sessions.server.frame.logs import log_failure

        log_failure(request.scope, error, status)
    # Litestar adds the encoding of texts.
    media_type = headers.pop("content-type").partition(";")[0]
    return Response(body, status_code=status, headers=headers, media_type=media_type)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
