"""Where commands reach a team's server, and by which token; without the extra they say what to install."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pr_sessions.errors import PrSessionsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pr_sessions.forges.github.access import Secret
    from pr_sessions.server.client import Client

TOKEN, SERVER = "PR_SESSIONS_TOKEN", "PR_SESSIONS_SERVER"


@contextmanager
def server_client(url: str, environ: Mapping[str, str] = os.environ) -> Iterator["Client"]:
    """Give a client of the server that is named, or that the environment names.

    Raises:
        PrSessionsError: no server or no token is named, or a package is missing.
    """
    address, token = server_and_token(url, environ)
    from pr_sessions.server.client import Client

    with Client(address, token.reveal()) as client:
        yield client


def server_and_token(url: str, environ: Mapping[str, str]) -> "tuple[str, Secret]":
    """Return the address of the server that is named, or that the environment names, and the token for it.

    Raises:
        InvalidValue: the address or the token cannot be used.
        PrSessionsError: no server or no token is named, or a package is missing.
    """
    from pr_sessions.forges.github.access import checked_address, checked_token, refuse_without_extra

    refuse_without_extra("the server")
    address = url or environ.get(SERVER, "").strip()
    if not address:
        raise PrSessionsError("no server is named", f"give --server URL, or set {SERVER}")
    address = checked_address(address, "--server" if url else SERVER, "https://sessions.example.com")
    token = environ.get(TOKEN, "").strip()
    if not token:
        raise PrSessionsError(f"{TOKEN} is not set", "an administrator creates one: pr-sessions token create")
    return address, checked_token(token, TOKEN)


@contextmanager
def server_database(url: str) -> Iterator["Engine"]:
    """Give the database of a server.

    Raises:
        PrSessionsError: it cannot be used, or a package is missing.
    """
    from importlib.util import find_spec

    if find_spec("sqlalchemy") is None:
        raise PrSessionsError(
            "a database needs a package that is not installed: sqlalchemy",
            "install its extra from your clone: uv tool install './pr-sessions[server]'",
        )
    from pr_sessions.server.auth.tokens import opened

    with opened(url) as engine:
        yield engine
