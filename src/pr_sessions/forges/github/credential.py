"""Who asks: a token from the environment or from the user's `gh`, or the key of a GitHub App."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.forges.github.address import web_host
from pr_sessions.stores.files import read_bytes

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
APP_ID, APP_KEY = "PR_SESSIONS_APP_ID", "PR_SESSIONS_APP_KEY"
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
        """The text itself, for a header or a signature."""
        return self._text

    def hidden_in(self, text: str) -> str:
        """The text with every occurrence of the secret blotted out."""
        return text.replace(self._text, "***") if self._text else text


class Token(Struct, frozen=True):
    """A token and where it was found."""

    secret: Secret
    source: str


class AppKey(Struct, frozen=True):
    """A GitHub App's id and private key, which tokens for one repository are asked with."""

    app_id: str
    secret: Secret

    @property
    def source(self) -> str:
        """Where it was found."""
        return APP_KEY


Credential = Token | AppKey


def find_credential(
    environ: Mapping[str, str], api: str, ask_gh: Callable[[str], str] | None = None
) -> Credential | None:
    """The App's key, else the first token of the environment, else `gh`'s; `None` where there is none.

    Args:
        environ: `PR_SESSIONS_APP_ID` with `PR_SESSIONS_APP_KEY`, `GH_TOKEN` and `GITHUB_TOKEN` are looked at.
        api: the interface's address.
        ask_gh: what gives `gh`'s token for a host, or nothing.

    Raises:
        InvalidValue: what is set cannot be a token or a key.
    """
    if environ.get(APP_ID) or environ.get(APP_KEY):
        return _app(environ)
    for name in TOKENS:
        if text := environ.get(name, "").strip():
            return Token(_checked(text, name), name)
    text = (ask_gh or gh_token)(web_host(api)).strip()
    return Token(_checked(text, "gh"), "gh auth token") if text else None


def gh_token(host: str) -> str:
    """What `gh auth token` prints for that host; empty where `gh` is missing or not logged in."""
    import subprocess
    from shutil import which

    found = which("gh")
    # Windows looks into the current folder first, and a repository may hold a `gh.exe`.
    if found is None or not Path(found).is_absolute():
        return ""
    try:
        done = subprocess.run(
            [found, "auth", "token", "--hostname", host],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=GH_SECONDS,
            env={**os.environ, "GH_PROMPT_DISABLED": "1"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("ascii", "replace") if done.returncode == 0 else ""


def _checked(text: str, source: str) -> Secret:
    """A header must not be broken by what somebody pasted; and no message may show it."""
    if not (text.isascii() and text.isprintable()) or " " in text or len(text) > 1000:
        raise InvalidValue(f"{source} holds something that is no token", "a token is one word: set it again")
    return Secret(text)


def _app(environ: Mapping[str, str]) -> AppKey:
    app_id, told = environ.get(APP_ID, "").strip(), environ.get(APP_KEY, "").strip()
    if not app_id or not told:
        raise InvalidValue(f"{APP_ID} and {APP_KEY} belong together", "set both, or none to use a token")
    if not app_id.isascii() or not app_id.isalnum():
        raise InvalidValue(f"{APP_ID} is no App id", "it stands on the App's settings page, such as 12345")
    key = told if told.startswith(_PEM) else _key_file(told)
    if not key.lstrip().startswith(_PEM):
        raise InvalidValue(f"{APP_KEY} is neither a private key nor a file that holds one", "give the App's .pem file")
    return AppKey(app_id, Secret(key))


def _key_file(path: str) -> str:
    """What a file holds; empty where it cannot be read. What was meant as a key is no path to be shown in a message."""
    try:
        return (read_bytes(Path(path), MAX_KEY) or b"").decode("ascii", "replace")
    except UnreadableFile:
        return ""
