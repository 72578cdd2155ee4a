"""As which account requests are made: a token, an App itself, or an App in one repository or installation."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.access import AppKey
from pr_sessions.forges.github.budget import RequestBudget
from pr_sessions.forges.github.transport import Clock, Response, Transport

# GitHub takes ten minutes at most, and refuses a time in its future.
# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
_LASTS, _BACKDATED, _USED_FOR = timedelta(minutes=9), timedelta(minutes=1), timedelta(minutes=5)
_SAME_TIME = timedelta(seconds=30)


class Authority(Protocol):
    """As which account requests are made."""

    @property
    def source(self) -> str:
        """Return where its credential was found, for errors."""

    @property
    def app(self) -> str:
        """Return the name of the App that check runs and comments are written as."""

    @property
    def budget(self) -> RequestBudget | None:
        """Return what is known of its limits, where several clients share them."""

    async def header(self, transport: Transport) -> str:
        """Return the value of the header `Authorization`."""

    def refused(self, response: Response, now: datetime) -> bool:
        """Return whether a request that was refused with 401 may succeed now, with another header."""

    def hidden_in(self, text: str) -> str:
        """Return the text with `***` in place of every secret that it knows."""


class AppAuthority:
    """A GitHub App itself: signs a JSON Web Token with its key.

    Where the clock here is wrong, GitHub refuses the token and says its time, by which the next one is signed.
    """

    def __init__(self, key: AppKey, clock: Clock) -> None:
        self.source = key.source
        self.app = ""
        self.budget = RequestBudget(clock)
        self._key, self._clock = key, clock
        self._skew = timedelta(0)
        self._signed: tuple[str, datetime] | None = None

    def __repr__(self) -> str:
        return f"AppAuthority({self._key.app_id!r})"

    async def header(self, transport: Transport) -> str:  # noqa: ARG002 - as every authority
        """Return the value of the header `Authorization`.

        Raises:
            InvalidValue: the key is none that can be used.
        """
        now = self._clock() + self._skew
        if self._signed is None or not timedelta(0) <= now - self._signed[1] < _USED_FOR:
            self._signed = _sign(self._key, now), now
        return f"bearer {self._signed[0]}"

    def refused(self, response: Response, now: datetime) -> bool:
        """Return whether GitHub's clock differs from ours; then later tokens go by GitHub's."""
        try:
            skew = parsedate_to_datetime(response.headers.get("date", "")) - now
        except (ValueError, TypeError):
            return False
        differs = abs(skew - self._skew) > _SAME_TIME
        if differs:
            self._skew, self._signed = skew, None
        return differs

    def hidden_in(self, text: str) -> str:
        """Return the text without the key and the token."""
        text = self._key.secret.hidden_in(text)
        return text.replace(self._signed[0], "***") if self._signed else text


def _sign(key: AppKey, now: datetime) -> str:
    import jwt

    issued = int((now - _BACKDATED).timestamp())
    content = {"iat": issued, "exp": issued + int(_LASTS.total_seconds()), "iss": key.app_id}
    try:
        return jwt.encode(content, key.secret.reveal(), algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        raise InvalidValue(f"{key.source} is no private key that can be used", "give the App's .pem file") from None
