"""A line for each request, as JSON where no person reads it; no query, no header, no body."""

import re
import sys
import time
from functools import cache
from itertools import count
from secrets import token_hex

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import PrSessionsError
from pr_sessions.server.frame.origin import client_of, headers_of, method_of
from pr_sessions.server.metrics import Metrics
from pr_sessions.server.settings import Settings

REQUEST_ID = "x-request-id"
_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}", re.ASCII)
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
_LONGEST = 300
_numbers = count(1)


def set_up_logs(settings: Settings) -> None:
    """Write what happens to stderr: each request of a team's server, and of a clone's page only what went wrong."""
    level = 20 if settings.database else 30
    is_read = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *((structlog.dev.set_exc_info,) if is_read else (structlog.processors.format_exc_info,)),
            structlog.dev.ConsoleRenderer() if is_read else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def with_log(app: ASGIApp, settings: Settings, metrics: Metrics) -> ASGIApp:
    """Return the application with an id for each request, a line in the log, and a count."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope, settings)
        scope["state"]["request_id"] = request_id
        status, began = 0, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID.encode(), request_id.encode())]
            await send(message)

        try:
            await app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - began
            metrics.count_request(scope, status, seconds)
            if not scope["path"].startswith(_QUIET):
                log_request(scope, settings, request_id, status, seconds)

    return call


def log_request(scope: Scope, settings: Settings, request_id: str, status: int, seconds: float) -> None:
    """Write the line of a request that was answered."""
    structlog.get_logger().info(
        "request",
        id=request_id,
        method=method_of(scope),
        path=one_line(scope["path"], _LONGEST),
        status=status,
        ms=round(seconds * 1000, 1),
        client=client_of(scope, settings.proxies),
    )


def log_failure(scope: Scope, error: Exception, status: int) -> None:
    """Note why a request failed that is none of the client's fault; of our bug the place in the code."""
    about = {
        "id": scope["state"].get("request_id", ""),
        "path": one_line(scope["path"], _LONGEST),
        "status": status,
    }
    log = structlog.get_logger()
    if isinstance(error, PrSessionsError):
        log.warning("failed", **about, error=one_line(str(error), _LONGEST))
    else:
        log.error("failed", **about, exc_info=error)


def request_id_of(scope: Scope, settings: Settings) -> str:
    """Return the id that a trusted proxy gave, else a new one."""
    given = headers_of(scope).get(REQUEST_ID, "") if settings.proxies else ""
    return given if _ID.fullmatch(given) else f"{_process()}{next(_numbers):08x}"


@cache
def _process() -> str:
    """Return what no other process has: to ask the system for a random number each time takes long."""
    return token_hex(4)
