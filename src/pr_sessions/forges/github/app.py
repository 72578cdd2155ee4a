"""The GitHub App of a server: one for each process. It opens installations, each with its repositories.

Tokens stay in memory. All clients of an installation share its token, what is known of its limits, and who may write.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from pr_sessions.forges.github.access import api_address, find_app_key, repository_name
from pr_sessions.forges.github.authority import AppAuthority
from pr_sessions.forges.github.budget import RequestBudget
from pr_sessions.forges.github.grants import InstallationGrant
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.forges.github.rest import Rest, unreadable
from pr_sessions.forges.github.transport import (
    LIMITS,
    SHORT_RETRY,
    Clock,
    Limits,
    RetryPolicy,
    Sleep,
    Transport,
    open_transport,
)
from pr_sessions.forges.github.write_access import WriteAccess


class AppIdentity(Struct, frozen=True, kw_only=True):
    """What GitHub says of the App itself; nothing of it is secret.

    Attributes:
        id: GitHub's number.
        slug: its name in addresses.
        permissions: by name, `read` or `write`, that it asks for.
        events: that it asks for.
    """

    id: int
    slug: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,100}\Z")]
    name: Annotated[str, Meta(max_length=200)]
    html_url: Annotated[str, Meta(max_length=500)]
    permissions: Mapping[str, str]
    events: tuple[str, ...]


class _Shared:
    """What all clients of an installation share."""

    def __init__(self, authority: AppAuthority, installation: int, clock: Clock) -> None:
        self.grant = InstallationGrant(authority, installation, clock)
        self.write_access = WriteAccess(clock)


class App:
    """A GitHub App; threads may share it.

    Attributes:
        base: the address of GitHub's interface.
        clock: returns the time in UTC.
    """

    def __init__(self, authority: AppAuthority, base: str, clock: Clock) -> None:
        self.base, self.clock = base, clock
        self.authority = authority
        self._installations: dict[int, _Shared] = {}
        self._lock = threading.Lock()

    def budget(self, installation: int) -> RequestBudget:
        """Return what is known of the limits of an installation."""
        return self.shared(installation).grant.budget

    def forget_write_access(self, installation: int) -> None:
        """Ask again who may write: a team, a member or a collaborator has changed."""
        self.shared(installation).write_access.forget()

    def forget(self, installation: int) -> None:
        """Drop the token and everything else of an installation that has ended."""
        with self._lock:
            self._installations.pop(installation, None)

    def shared(self, installation: int) -> _Shared:
        """Return what all clients of an installation share."""
        with self._lock:
            if installation not in self._installations:
                self._installations[installation] = _Shared(self.authority, installation, self.clock)
            return self._installations[installation]


def find_app(environ: Mapping[str, str], clock: Clock) -> App | None:
    """Return the App of the environment; `None` where its id and key are not set.

    Args:
        environ: `PR_SESSIONS_APP_ID`, `PR_SESSIONS_APP_KEY` or `PR_SESSIONS_APP_KEY_FILE`, `GITHUB_API_URL`.
        clock: returns the time in UTC.

    Raises:
        InvalidValue: a name, address or key cannot be used.
    """
    key = find_app_key(environ)
    return App(AppAuthority(key, clock), api_address(environ), clock) if key else None


class AppClient(Rest):
    """Requests as the App itself."""

    async def identity(self) -> AppIdentity:
        """Return what GitHub says of the App."""
        try:
            return msgspec.convert(await self.getitem("/app"), AppIdentity)
        except msgspec.ValidationError:
            raise unreadable("GET", "/app") from None


class Installation:
    """One installation, over one transport.

    Attributes:
        id: GitHub's number.
    """

    def __init__(self, transport: Transport, number: int, shared: _Shared, reserve: float) -> None:
        self.id = number
        self.rest = Rest(transport, shared.grant)
        self.rest.reserve = reserve
        self._shared, self._transport, self._reserve = shared, transport, reserve

    @property
    def requests_sent(self) -> int:
        """Return how many requests were sent so far, retries included."""
        return self._transport.sent

    def repository(self, name: str) -> GitHubInbox:
        """Return a client for one of its repositories: REST, GraphQL, comments, checks, issues, workflows.

        Raises:
            InvalidValue: it is no `owner/name`.
        """
        client = GitHubInbox(self._transport, repository_name(name), self._shared.grant)
        client.write_access = self._shared.write_access
        client.reserve = self._reserve
        return client


@asynccontextmanager
async def open_app(
    app: App, *, retry: RetryPolicy = SHORT_RETRY, limits: Limits = LIMITS, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[AppClient]:
    """Open GitHub as the App itself.

    Args:
        app: of this process.
        retry: how long one request may be repeated.
        limits: bounds of one request.
        sleep: waits so many seconds.
    """
    async with open_transport(app.base, retry=retry, limits=limits, clock=app.clock, sleep=sleep) as transport:
        yield AppClient(transport, app.authority)


@asynccontextmanager
async def open_installation(
    app: App,
    installation: int,
    *,
    reserve: float = 0.0,
    retry: RetryPolicy = SHORT_RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Installation]:
    """Open an installation of the App: its repositories are asked over one transport.

    Args:
        app: of this process.
        installation: GitHub's number.
        reserve: the share of the installation's limit that is left to more urgent requests, such as 0.5.
        retry: how long one request may be repeated.
        limits: bounds of one request.
        sleep: waits so many seconds.

    Raises:
        InvalidValue: the key cannot be used.
        InstallationGone: the App is not installed there any more.
        InstallationSuspended: it may do nothing there for now.
        RateLimited: GitHub takes no more requests for now.
        ForgeFailed: GitHub refuses or cannot be reached.
    """
    async with open_transport(app.base, retry=retry, limits=limits, clock=app.clock, sleep=sleep) as transport:
        if not app.authority.app:
            app.authority.app = (await AppClient(transport, app.authority).identity()).slug
        shared = app.shared(installation)
        await shared.grant.header(transport)
        yield Installation(transport, installation, shared, reserve)
