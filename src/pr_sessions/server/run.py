"""Run the server: find an address, print it, and start the processes that answer there."""

import errno
import gc
import os
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from functools import partial
from secrets import token_urlsafe
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server
from litestar import Litestar
from msgspec.structs import replace

from pr_sessions.errors import InvalidValue, PrSessionsError
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.frame.logs import set_up_logs
from pr_sessions.server.frame.origin import is_loopback
from pr_sessions.server.services import Services, has_credentials, open_services
from pr_sessions.server.settings import Settings, check_public_url, with_environment
from pr_sessions.server.setup_app.link import first_link
from pr_sessions.tracker.workspace import find_author

ServicesOf = Callable[[Settings, Mapping[str, str]], Services]
# Of a process that was asked to stop, in seconds; an open stream ends before.
STOP_SECONDS = 2
HEADER_MILLISECONDS = 5_000
MOST_IN_HEADERS = 64 << 10


def serve(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    say: Callable[[str], None],
    opens: bool = False,
    services_of: ServicesOf = open_services,
) -> None:
    """Answer until the process is asked to stop.

    Args:
        settings: those of the command line; each process adds those of the environment for itself.
        environ: the environment.
        say: called with the address once it is known to be free, then with what an administrator has to do next.
        opens: whether it is opened in a browser once the server answers.
        services_of: returns what a process uses.

    Raises:
        PrSessionsError: the address cannot be used, or the settings of the environment have mistakes; there is no
            clone, or no database that can be used.
    """
    check_public_url(settings.public_url)
    whole = with_environment(settings, environ)
    services = services_of(whole, environ)
    bound, port = free_place(settings.host, settings.port)
    settings = replace(settings, port=port)
    is_open, is_here = has_credentials(services), is_loopback(settings.host)
    link = first_link(services, address(settings))
    # Before a team has an App, only the administrator's link leads anywhere.
    if not (is_open or is_here or link):
        raise InvalidValue(
            f"nobody could log in, so that {settings.host} would be open to everybody",
            "leave out --host, or set up logins or a token for a team: docs/guides/server.md",
        )
    token = token_urlsafe(24) if is_here and not is_open else ""
    if services.engine:
        # The processes that answer open it for themselves.
        services.engine.dispose()
    opened = f"{address(settings)}/?token={token}" if token else address(settings)
    say(opened)
    if link:
        say(f"make the GitHub App of this server, once and within an hour: {link}")
    # Off for commands that end at once.
    gc.enable()
    server = Server(
        "pr_sessions",
        bound,
        port,
        interface=Interfaces.ASGI,
        workers=whole.processes,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=MOST_IN_HEADERS),
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    try:
        server.serve(
            target_loader=partial(_load, settings, token, opened if opens else "", services_of), wrap_loader=False
        )
    except SystemExit as end:
        if end.code:
            raise PrSessionsError("the server ended by itself", "the lines above say why") from end


def _load(settings: Settings, token: str, opened: str, services_of: ServicesOf) -> Any:
    """Return the application, in the process that answers; an address to open is that of the browser."""
    settings = with_environment(settings, os.environ)
    set_up_logs(settings)
    services = services_of(settings, os.environ)
    if token:
        author = services.local_author or find_author(None, os.environ)
        services = replace(services, local_token=Secret(token), local_author=author)
    app = build_app(services)
    app.on_startup.append(_end_streams_at_signals)
    if opened:
        app.on_startup.append(partial(_open_soon, opened, settings))
    # What was loaded stays until the end: looking through it again would hold requests up for 50 ms.
    gc.collect()
    gc.freeze()
    return app


def _end_streams_at_signals(app: Litestar) -> None:
    """End the streams at the signal by which the server begins to stop: it waits for them."""
    end = app.state.hub.stop
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server has the event loop take signals. That goes on: the loop hears of them before Python calls this.
        signal.signal(number, lambda _number, _frame: end())


def _open_soon(opened: str, settings: Settings) -> None:
    """Open a browser once somebody answers there."""

    def wait_and_open() -> None:
        for _ in range(100):
            try:
                socket.create_connection((settings.host, settings.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                webbrowser.open(opened)
                return

    threading.Thread(target=wait_and_open, name="browser", daemon=True).start()


def address(settings: Settings) -> str:
    """Return where people reach the server."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{settings.port}"


def free_place(host: str, port: int) -> tuple[str, int]:
    """Return the address of a host, and the port, or any free one for 0.

    The processes share it, so that the system would let a second server have it, too.

    Raises:
        PrSessionsError: it is in use, or the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections of a server that has just ended are no reason to wait.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            return str(place[0]), int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PrSessionsError(f"port {port} of {host} is in use", "name another one, or any: --port 0") from error
        if error.errno == errno.EACCES:
            raise PrSessionsError(f"port {port} of {host} needs more rights", "name one above 1023") from error
        raise PrSessionsError(
            f"cannot listen on {host}: {error.strerror or error}", "name an address of this machine: --host 127.0.0.1"
        ) from error
