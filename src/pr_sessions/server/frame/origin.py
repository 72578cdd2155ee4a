"""Where a request came from, and which host it asked for. Proxies are believed only as the settings say."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from litestar.types import Scope

from pr_sessions.server.settings import Settings

# A name and a port, as a header or a URL has them.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - it is compared with


def headers_of(scope: Scope) -> Mapping[str, str]:
    """Return the headers; of one that stands several times, the values with commas between them, as HTTP says."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def method_of(scope: Scope) -> str:
    """Return the method of a request; nothing but requests comes here."""
    return str(scope.get("method", ""))


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_host_known(host: str, settings: Settings) -> bool:
    """Return whether a server answers to the name in the header Host.

    A name of somebody else may lead to this machine, so that their page could read ours. An address cannot: where the
    server listens everywhere, every address is one of its own.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name, port = match["name"].lower(), match["port"] or "80"
    if settings.public_url and host.lower() == urlsplit(settings.public_url).netloc.lower():
        return True
    if settings.host in _ANYWHERE and _is_address(name):
        return True
    if port != str(settings.port):
        return False
    listens_here = is_loopback(settings.host) or settings.host in _ANYWHERE
    return name.strip("[]") == settings.host.lower() or (listens_here and name in _LOOPBACK_NAMES)


def client_of(scope: Scope, proxies: int) -> str:
    """Return the address of who sent a request.

    Args:
        scope: of the request.
        proxies: how many stand in front; each one adds whom it got the request from to `X-Forwarded-For`.
    """
    client = scope.get("client")
    connected = client[0] if client else ""
    if not proxies:
        return connected
    forwarded = [part.strip() for part in headers_of(scope).get("x-forwarded-for", "").split(",") if part.strip()]
    address = forwarded[-proxies] if len(forwarded) >= proxies else connected
    return address if _is_address(address) else connected


def is_of_this_machine(scope: Scope, settings: Settings) -> bool:
    """Return whether somebody on this machine sent a request, and no proxy."""
    return not settings.proxies and "x-forwarded-for" not in headers_of(scope) and is_loopback(client_of(scope, 0))


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
