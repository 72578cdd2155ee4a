"""Tokens by which a job of GitHub Actions proves of which repository it is.

https://docs.github.com/en/actions/reference/security/oidc
"""

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import jwt
from msgspec import Struct

from pr_sessions.server.settings import Settings

PUBLIC = "https://token.actions.githubusercontent.com"
_LONGEST, _SECONDS = 8192, 2
# A clock here may be a little behind GitHub's.
_LEEWAY = 60


class Job(Struct, frozen=True):
    """A job that asks; `repository` is its `owner/name`, and `repository_id` GitHub's number of it."""

    repository: str
    repository_id: str


class RunnerTokens:
    """Checks tokens; GitHub's keys are fetched when they are needed first, and again when one is not known."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = _issuer(settings)
        self._audience = settings.public_url
        self._keys = jwt.PyJWKClient(f"{self.issuer}/.well-known/jwks", timeout=_SECONDS, lifespan=3600)
        self._lock = Lock()

    def job(self, token: str, clock: Callable[[], datetime]) -> Job | None:
        """Return the job whose token it is; `None` for every other text, and where GitHub's keys cannot be had."""
        if not self._audience or len(token) > _LONGEST or token.count(".") != 2:
            return None
        try:
            with self._lock:
                key = self._keys.get_signing_key_from_jwt(token)
            content: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self.issuer,
                options={"require": ["exp", "iat", "aud", "iss"], "verify_exp": False, "verify_iat": False},
            )
        except (jwt.PyJWTError, OSError, ValueError):
            return None
        now = clock().timestamp()
        repository, number = content.get("repository"), content.get("repository_id")
        times = content["iat"], content["exp"]
        if not all(isinstance(time, int | float) for time in times):
            return None
        is_current = content["iat"] - _LEEWAY <= now < content["exp"] + _LEEWAY
        if not is_current or not isinstance(repository, str) or not isinstance(number, str):
            return None
        return Job(repository, number)


def _issuer(settings: Settings) -> str:
    """Return who issues the tokens: GitHub for all, or the Enterprise Server that the settings name."""
    web = settings.web
    return PUBLIC if urlsplit(web).hostname == "github.com" else f"{web}/_services/token"
