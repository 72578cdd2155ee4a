"""Where GitHub's interface is, and which repository is meant."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pr_sessions.errors import InvalidValue

PUBLIC = "https://api.github.com"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def api_address(environ: Mapping[str, str]) -> str:
    """The interface's address: `GITHUB_API_URL`, which workflows and GitHub Enterprise Server set, or the public one.

    Raises:
        InvalidValue: it is no address that a token may be sent to.
    """
    told = environ.get("GITHUB_API_URL", "").strip() or PUBLIC
    try:
        parts = urlsplit(told)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0) and told.isprintable()
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidValue(
            "GITHUB_API_URL is no address of an interface", f"write it like {PUBLIC}, without a password"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InvalidValue("GITHUB_API_URL is not https: the token would be readable on its way", "write https://...")
    return told.rstrip("/")


def web_host(api: str) -> str:
    """The host that people and `gh` know: `github.com` for the public interface, as for Enterprise ones."""
    parts = urlsplit(api)
    host = (parts.hostname or "").removeprefix("api.")
    return host if parts.port in (None, 443) or host == "github.com" else f"{host}:{parts.port}"


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what must be the same for a token to be sent there."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def repository_name(text: str) -> str:
    """`OWNER/REPO` itself.

    Raises:
        InvalidValue: it is something else.
    """
    if not _NAME.fullmatch(text) or not {".", ".."}.isdisjoint(text.split("/")):
        raise InvalidValue(f"not a repository on GitHub: {text[:60]!r}", "write it like octocat/hello-world")
    return text


def names_repository(remote: str, name: str) -> bool:
    """Whether a remote's address leads to that repository, on whatever host and by whatever alias of it."""
    path = remote.strip().replace("\\", "/").rstrip("/").removesuffix(".git").casefold()
    return re.split(r"[/:]", path)[-2:] == name.casefold().split("/")
