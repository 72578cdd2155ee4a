"""The server answers to its own names only: another name that leads to this machine is that of somebody else."""

from functools import lru_cache

from litestar.types import ASGIApp, Receive, Scope, Send

from pr_sessions.server.api.problems import RequestRefused
from pr_sessions.server.frame.failures import send_failure
from pr_sessions.server.frame.origin import headers_of, is_host_known
from pr_sessions.server.settings import Settings


def with_known_host(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return the application for requests to its own names."""

    @lru_cache(maxsize=64)
    def is_known(host: str) -> bool:
        return is_host_known(host, settings)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if is_known(headers_of(scope).get("host", "")):
            await app(scope, receive, send)
            return
        hint = "use the address that `pr-sessions serve` printed, or name yours: --public-url"
        await send_failure(scope, send, RequestRefused(421, "this server does not answer to that host", hint))

    return call
