"""One attempt to log in: what the browser keeps between our page and the provider's, signed, for ten minutes.

The state ties the answer to the browser that began (https://www.rfc-editor.org/rfc/rfc6749#section-10.12), the verifier
ties the code to us (https://www.rfc-editor.org/rfc/rfc7636), and the nonce ties the identity to this attempt.
"""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

from msgspec import DecodeError, Struct, json

from pr_sessions.forges.github.access import Secret
from pr_sessions.server.auth.logins import sign, unsigned
from pr_sessions.server.auth.tokens import Unauthorised

LASTS = timedelta(minutes=10)
COOKIE = "pr-sessions-attempt"
_PURPOSE = b"attempt"
_MOST_PATH = 500


class Attempt(Struct, frozen=True, kw_only=True):
    """What was begun.

    Attributes:
        provider: `github` or `oidc`.
        verifier: only who began knows it.
        path: where the browser goes afterwards.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    path: str
    ends: datetime

    @property
    def challenge(self) -> str:
        """Return what the provider gets of the verifier."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


def begin(provider: str, path: str, now: datetime) -> Attempt:
    """Return a new attempt; `path` is the page that was asked for."""
    state, nonce, verifier = (token_urlsafe(32) for _ in range(3))
    return Attempt(
        provider=provider, state=state, nonce=nonce, verifier=verifier, path=safe_path(path), ends=now + LASTS
    )


def write_attempt(attempt: Attempt, secret: Secret) -> str:
    """Return the value of the cookie."""
    return sign(secret, _PURPOSE, json.encode(attempt))


def read_attempt(cookie: str, secret: Secret, provider: str, state: str, now: datetime) -> Attempt:
    """Return what this browser began.

    Raises:
        Unauthorised: it began nothing, or something else, or too long ago.
    """
    value = unsigned(secret, _PURPOSE, cookie)
    try:
        attempt = json.decode(value, type=Attempt) if value is not None else None
    except DecodeError:
        attempt = None
    if attempt is None or attempt.provider != provider or not compare_digest(attempt.state.encode(), state.encode()):
        raise Unauthorised("this browser did not begin this login", "begin again at /login")
    if attempt.ends <= now:
        raise Unauthorised("this login took longer than ten minutes", "begin again at /login")
    return attempt


def safe_path(path: str) -> str:
    """Return a path of this server; `/` where the text would lead elsewhere."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/logout"))
    return path if is_ours and len(path) <= _MOST_PATH and path.isascii() and path.isprintable() else "/"
