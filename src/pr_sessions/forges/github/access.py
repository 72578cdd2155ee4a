"""What it takes to ask GitHub: the packages of the extra, the interface's address, and a credential.

A credential is a token of the environment or of `gh`, or an App's key.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from pr_sessions.errors import InvalidValue, PrSessionsError, UnreadableFile
from pr_sessions.forges.base import RUNNER
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import followed
from pr_sessions.io.programs import child_environment, find_program

if TYPE_CHECKING:
    from pr_sessions.forges.github.transport import Response, Transport

PUBLIC = "https://api.github.com"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def refuse_without_extra(forge: str = "GitHub") -> None:
    """Refuse where the packages of the extra are missing.

    Raises:
        PrSessionsError: the extra is missing.
    """
    missing = next((name for name in ("gidgethub", "httpx") if find_spec(name) is None), None)
    if missing:
        raise PrSessionsError(
            f"asking {forge} needs a package that is not installed: {missing}",
            "install its extra from your clone: uv tool install './pr-sessions[github]'",
        )


def api_address(environ: Mapping[str, str]) -> str:
    """Return the interface's address: `GITHUB_API_URL`, set by workflows and for Enterprise Server, or the public one.

    Raises:
        InvalidValue: it is no address that a token may be sent to.
    """
    return checked_address(environ.get("GITHUB_API_URL", "").strip() or PUBLIC, "GITHUB_API_URL", PUBLIC)


def checked_address(address: str, name: str, example: str) -> str:
    """Return the address of an interface itself, without a slash at its end.

    Args:
        address: as somebody set it.
        name: of the variable.
        example: of a right one.

    Raises:
        InvalidValue: it is no address that a token may be sent to.
    """
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0) and address.isprintable()
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidValue(f"{name} is no address of an interface", f"write it like {example}, without a password")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InvalidValue(f"{name} is not https: the token would be readable on its way", "write https://...")
    return address.rstrip("/")


def web_host(api: str) -> str:
    """Return the host that people and `gh` know: `github.com` for the public interface, as for Enterprise ones."""
    parts = urlsplit(api)
    host = (parts.hostname or "").removeprefix("api.")
    return host if parts.port in (None, 443) or host == "github.com" else f"{host}:{parts.port}"


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what must be the same for a token to be sent there."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def repository_name(text: str) -> str:
    """Return `OWNER/REPO` itself.

    Raises:
        InvalidValue: it is something else.
    """
    if not _NAME.fullmatch(text) or not {".", ".."}.isdisjoint(text.split("/")):
        raise InvalidValue(f"not a repository on GitHub: {text[:60]!r}", "write it like octocat/hello-world")
    return text


TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
APP_ID, APP_KEY, APP_KEY_FILE = "PR_SESSIONS_APP_ID", "PR_SESSIONS_APP_KEY", "PR_SESSIONS_APP_KEY_FILE"
GH_SECONDS = 15.0
MAX_KEY = 64 << 10
_PEM = "-----BEGIN "


class Secret:
    """A text that no message, log, error or representation shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("a secret stays in its process")

    def reveal(self) -> str:
        """Return the text itself, for a header or a signature."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """Return the text with `***` in place of the secret."""
        return text.replace(self._text, "***") if self._text else text


class Token(Struct, frozen=True):
    """A token and where it was found."""

    secret: Secret
    source: str

    @property
    def app(self) -> str:
        """Return the App that a job of GitHub Actions writes as."""
        return RUNNER

    @property
    def budget(self) -> None:
        """Return nothing: a command is the only client that it knows of."""

    async def header(self, transport: "Transport") -> str:  # noqa: ARG002 - as every authority
        """Return the value of the header `Authorization`."""
        return f"token {self.secret.reveal()}"

    def refused(self, response: "Response", now: datetime) -> bool:  # noqa: ARG002 - as every authority
        """Return that no second request would do better."""
        return False

    def hidden_in(self, text: str) -> str:
        """Return the text with `***` in place of the token."""
        return self.secret.hidden_in(text)


class AppKey(Struct, frozen=True):
    """A GitHub App's id and private key, and where the key was found. Tokens are asked with it."""

    app_id: str
    secret: Secret
    source: str = APP_KEY


Credential = Token | AppKey


def find_credential(
    environ: Mapping[str, str], api: str, ask_gh: Callable[[str], str] | None = None
) -> Credential | None:
    """Return the App's key, else the first token of the environment, else `gh`'s; `None` where there is none.

    Args:
        environ: `PR_SESSIONS_APP_ID` with the App's key, `GH_TOKEN` and `GITHUB_TOKEN` are read.
        api: the interface's address.
        ask_gh: returns `gh`'s token for a host, or nothing.

    Raises:
        InvalidValue: what is set cannot be a token or a key.
    """
    if key := find_app_key(environ):
        return key
    for name in TOKENS:
        if text := environ.get(name, "").strip():
            return Token(checked_token(text, name), name)
    text = (ask_gh or gh_token)(web_host(api)).strip()
    return Token(checked_token(text, "gh"), "gh auth token") if text else None


def gh_token(host: str) -> str:
    """Return what `gh auth token` prints for that host; empty where `gh` is missing or not logged in."""
    import subprocess

    gh = find_program("gh")
    if gh is None:
        return ""
    try:
        done = subprocess.run(
            [gh, "auth", "token", "--hostname", host],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=GH_SECONDS,
            env={**child_environment(), "GH_PROMPT_DISABLED": "1"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("ascii", "replace") if done.returncode == 0 else ""


def checked_token(text: str, source: str) -> Secret:
    """Return a token that breaks no header. No message may show it. Raises `InvalidValue` if it is none."""
    if not (text.isascii() and text.isprintable()) or " " in text or len(text) > 1000:
        raise InvalidValue(f"{source} holds something that is no token", "a token is one word: set it again")
    return Secret(text)


def find_app_key(environ: Mapping[str, str]) -> AppKey | None:
    """Return the App's id and key of the environment; `None` where neither is set.

    Args:
        environ: `PR_SESSIONS_APP_ID`, and `PR_SESSIONS_APP_KEY` with the key or its file's path, or
            `PR_SESSIONS_APP_KEY_FILE` with the path.

    Raises:
        InvalidValue: what is set cannot be an id or a key; the message shows neither key nor path.
    """
    app_id, text, path = (environ.get(name, "").strip() for name in (APP_ID, APP_KEY, APP_KEY_FILE))
    if not (app_id or text or path):
        return None
    if text and path:
        raise InvalidValue(f"{APP_KEY} and {APP_KEY_FILE} are both set", "set one of them")
    name = APP_KEY_FILE if path else APP_KEY
    if not app_id or not (text or path):
        raise InvalidValue(f"{APP_ID} and {name} belong together", "set both, or none to use a token")
    if not app_id.isascii() or not app_id.isalnum():
        raise InvalidValue(f"{APP_ID} is no App id", "it stands on the App's settings page, such as 12345")
    key = text if text.startswith(_PEM) else _key_in(path or text)
    if not key.startswith(_PEM):
        wrong = (
            "names no file that holds a private key" if path else "is neither a private key nor a file that holds one"
        )
        raise InvalidValue(f"{name} {wrong}", "give the App's .pem file")
    return AppKey(app_id, Secret(key), name)


def _key_in(path: str) -> str:
    try:
        return (read_bytes(followed(path), MAX_KEY) or b"").decode("ascii", "replace").strip()
    except UnreadableFile:
        return ""  # The error must not show the path: it may have been meant as a key.
