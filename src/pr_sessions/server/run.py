"""Run the server: find an address, print it, and start the processes that answer there."""

import errno
import gc
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.server import Server
from msgspec.structs import replace

from pr_sessions.errors import PrSessionsError
from pr_sessions.server.app import build_app
from pr_sessions.server.services import open_services
from pr_sessions.server.settings import Settings, with_environment

# An open stream would hold a process back for ever.
STOP_SECONDS = 2


def serve(settings: Settings, environ: Mapping[str, str], *, announce: Callable[[str], None]) -> None:
    """Answer until the process is asked to stop.

    Args:
        settings: those of the command line; each process adds those of the environment for itself.
        environ: the environment.
        announce: called with the address once it is known to be free.

    Raises:
        PrSessionsError: the address cannot be used, or the settings of the environment have mistakes.
    """
    with_environment(settings, environ)
    settings = replace(settings, port=free_port(settings.host, settings.port))
    announce(address(settings))
    # Off for commands that end at once.
    gc.enable()
    server = Server(
        "pr_sessions",
        settings.host,
        settings.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)


def _load(settings: Settings) -> Any:
    """Return the application, in the process that answers."""
    import os

    return build_app(open_services(with_environment(settings, os.environ), os.environ))


def address(settings: Settings) -> str:
    """Return where people reach the server."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{settings.port}"


def free_port(host: str, port: int) -> int:
    """Return the port, or any free one for 0.

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
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PrSessionsError(f"port {port} of {host} is in use", "name another one, or any: --port 0") from error
        if error.errno == errno.EACCES:
            raise PrSessionsError(f"port {port} of {host} needs more rights", "name one above 1023") from error
        raise PrSessionsError(
            f"cannot listen on {host}: {error.strerror or error}", "name an address of this machine: --host 127.0.0.1"
        ) from error
