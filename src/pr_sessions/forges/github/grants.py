"""Tokens that an App is granted: kept in memory only, and renewed before they end."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from pr_sessions.core.times import read_time
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.access import AppKey, Secret, checked_token
from pr_sessions.forges.github.authority import AppAuthority
from pr_sessions.forges.github.budget import RequestBudget
from pr_sessions.forges.github.rest import Rest, unreadable
from pr_sessions.forges.github.transport import Clock, Response, Transport

# GitHub ends a token of an installation after an hour.
_RENEW_BEFORE = timedelta(minutes=5)


class InstallationGone(ForgeFailed):
    """The App is not installed there, or not any more."""


class InstallationSuspended(ForgeFailed):
    """The App is installed there, and the organisation or GitHub has suspended it."""


class _Granted:
    """A token and its end, shared by all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._token: tuple[Secret, datetime] | None = None

    def usable(self) -> Secret | None:
        """Return the token unless it ends before long."""
        token = self._token
        return token[0] if token and self._clock() <= token[1] - _RENEW_BEFORE else None

    def keep(self, token: tuple[Secret, datetime]) -> Secret:
        self._token = token
        return token[0]

    def forget(self) -> bool:
        """Drop a token that GitHub refuses; return whether there was one."""
        token, self._token = self._token, None
        return token is not None

    def hidden_in(self, text: str) -> str:
        token = self._token
        return token[0].hidden_in(text) if token else text


class Named(Protocol):
    """What has the name of a repository, which may change."""

    @property
    def repository(self) -> str:
        """Return `owner/name`."""


class RepositoryGrant:
    """An App in one repository, with a token for that repository alone. The installation is looked up."""

    def __init__(self, key: AppKey, of: Named, clock: Clock) -> None:
        self.source = key.source
        self.app = ""
        self.budget = None
        self._key, self._of = AppAuthority(key, clock), of
        self._granted = _Granted(clock)

    async def header(self, transport: Transport) -> str:
        """Return the value of the header `Authorization`."""
        token = self._granted.usable() or self._granted.keep(await self._grant(Rest(transport, self._key)))
        return f"token {token.reveal()}"

    def refused(self, response: Response, now: datetime) -> bool:  # noqa: ARG002 - as every authority
        """Return whether another token can be asked for."""
        return self._granted.forget()

    def hidden_in(self, text: str) -> str:
        """Return the text without the token and the key."""
        return self._key.hidden_in(self._granted.hidden_in(text))

    async def _grant(self, app: Rest) -> tuple[Secret, datetime]:
        url = f"/repos/{self._of.repository}/installation"
        installation = await app.getitem(url)
        number = installation.get("id") if isinstance(installation, dict) else None
        if not isinstance(number, int):
            raise unreadable("GET", url)
        self.app = str(installation.get("app_slug", ""))
        return await ask_token(app, number, {"repositories": [self._of.repository.partition("/")[2]]})


async def ask_token(app: Rest, installation: int, data: dict[str, Any]) -> tuple[Secret, datetime]:
    """Return a new token of an installation, and when it ends.

    https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app

    Raises:
        InstallationGone: the App is not installed there any more.
        InstallationSuspended: it may do nothing there for now.
        ForgeFailed: GitHub refuses or cannot be reached.
    """
    url = f"/app/installations/{installation}/access_tokens"
    try:
        granted = await app.post(url, data=data)
    except ForgeFailed as error:
        raise _explained(error, installation) from None
    try:
        return checked_token(granted["token"], url), read_time(granted["expires_at"])
    except (KeyError, TypeError, AttributeError, InvalidValue):
        raise unreadable("POST", url) from None


def _explained(error: ForgeFailed, installation: int) -> ForgeFailed:
    if error.status == 404:
        return InstallationGone(
            f"the App is not installed there any more (installation {installation})",
            "install it again from the App's page; what was recorded is kept",
            404,
        )
    if error.status == 403 and "suspended" in str(error).lower():
        return InstallationSuspended(
            f"the App's installation {installation} is suspended",
            "an owner of the organisation takes that back under Settings, GitHub Apps",
            403,
        )
    return error


class InstallationGrant:
    """An App in one installation, with a token for all of its repositories; one for each process."""

    def __init__(self, app: AppAuthority, installation: int, clock: Clock) -> None:
        self.source = app.source
        self.installation = installation
        self.budget = RequestBudget(clock)
        self._authority, self._granted = app, _Granted(clock)

    def __repr__(self) -> str:
        return f"InstallationGrant({self.installation})"

    @property
    def app(self) -> str:
        """Return the App's name in addresses, which its comments and check runs carry."""
        return self._authority.app

    async def header(self, transport: Transport) -> str:
        """Return the value of the header `Authorization`.

        Raises:
            InstallationGone: the App is not installed there any more.
            InstallationSuspended: it may do nothing there for now.
            ForgeFailed: GitHub refuses or cannot be reached.
        """
        token = self._granted.usable()
        if token is None:
            # Two who ask at the same time get a token each, and both are good.
            token = self._granted.keep(await ask_token(Rest(transport, self._authority), self.installation, {}))
        return f"token {token.reveal()}"

    def refused(self, response: Response, now: datetime) -> bool:  # noqa: ARG002 - as every authority
        """Return whether another token can be asked for."""
        return self._granted.forget()

    def hidden_in(self, text: str) -> str:
        """Return the text without the token and the key."""
        return self._authority.hidden_in(self._granted.hidden_in(text))
