"""What is open in a repository on GitHub: read by GraphQL, many pull requests a request, or by REST without a token."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import OpenList, Show
from pr_sessions.forges.github import queries
from pr_sessions.forges.github.access import api_address, find_credential, repository_name, web_host
from pr_sessions.forges.github.graphql import GraphQL
from pr_sessions.forges.github.open_payload import read_listed
from pr_sessions.forges.github.open_reading import MOST_PAGES, OpenReading
from pr_sessions.forges.github.transport import LIMITS, SHORT_RETRY, Clock, Limits, RetryPolicy, Sleep, open_transport

_WITH_WRITE_ACCESS = ("ADMIN", "MAINTAIN", "WRITE")
_MOST_ASKED_SINGLY = 10
_MOST_SEARCHES = 30
_LOGIN = re.compile(r"[A-Za-z0-9-]{1,39}", re.ASCII)
NEEDS_TOKEN = "reviews, checks, conflicts and who may write: GitHub says that only with a token"  # noqa: S105 - words


class _Edge(Struct):
    permission: str = ""


class _Collaborators(Struct):
    edges: list[_Edge | None] | None = None


class _Results(Struct, rename="camel"):
    issue_count: int


class GitHubInbox(GraphQL):
    """One repository on GitHub whose open pull requests are read together."""

    async def open_details(self, show: Show) -> OpenList:
        """Return what is open, by GraphQL; without a token what the list by REST says.

        Raises:
            ForgeFailed: not even the first page of the list can be read.
        """
        return await (OpenReading(self, show).read() if self.has_credential else self._open_by_rest())

    async def _open_by_rest(self) -> OpenList:
        page = await self.pull_requests("open", MOST_PAGES)
        web = f"https://{web_host(self.transport.base)}/{self.repository}/pull"
        more = () if page.is_last else (f"there are more than {MOST_PAGES} pages of open pull requests",)
        return OpenList(
            repository=self.repository,
            pull_requests=tuple(read_listed(pr, f"{web}/{pr.pull_request.number}") for pr in page.pull_requests),
            unknowns=(NEEDS_TOKEN, *page.unreadable, *more),
        )

    async def writers(self, logins: Sequence[str]) -> Mapping[str, bool]:
        """Return by login, in lower case, whether accounts may write.

        GitHub lists collaborators only for accounts that may write themselves. Where it does not, a few are asked for
        one by one, which also jobs of Actions may do.
        """
        names = list(dict.fromkeys(login.lower() for login in logins)) if self.has_credential else []
        many = queries.MOST_NAMES
        parts = [names[start : start + many] for start in range(0, len(names), many)]
        known: dict[str, bool] = {}
        for part in parts:
            access = await self._writers_of(part)
            known |= access
            if not access:
                break
        try:
            for name in [name for name in names if name not in known][:_MOST_ASKED_SINGLY]:
                known[name] = await self.may_write(name)
        except ForgeFailed:
            pass  # The token has no right to know: then it knows nothing of the others either.
        return known

    async def _writers_of(self, names: Sequence[str]) -> dict[str, bool]:
        """Return the access of those that GitHub says something of, by one query."""
        text, variables = queries.write_access(names)
        try:
            answer = await self.query(text, {**self.place, **variables})
        except ForgeFailed:
            return {}
        try:
            lists = msgspec.convert(answer.data.get("repository"), dict[str, _Collaborators | None])
        except msgspec.ValidationError:
            return {}
        listed = ((name, lists.get(f"a{index}")) for index, name in enumerate(names))
        return {name: _may_write(collaborators) for name, collaborators in listed if collaborators}

    async def opened_elsewhere(self, logins: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Return by login, in lower case, how many pull requests accounts opened in other repositories since then.

        It is one request, with a search for each of at most 30 accounts.
        """
        names = [name for name in dict.fromkeys(login.lower() for login in logins) if _LOGIN.fullmatch(name)]
        names = names[:_MOST_SEARCHES] if self.has_credential else []
        if not names:
            return {}
        where = (
            f"is:pr -repo:{self.repository} created:>={write_time(since - timedelta(microseconds=since.microsecond))}"
        )
        text, variables = queries.counts([f"{where} author:{name}" for name in names])
        answer = await self.query(text, variables)
        try:
            results = msgspec.convert(answer.data, dict[str, _Results | None])
        except msgspec.ValidationError as error:
            raise ForgeFailed(f"GitHub sends results that cannot be read: {error}") from None
        counts = ((name, results.get(f"a{index}")) for index, name in enumerate(names))
        return {name: result.issue_count for name, result in counts if result}

    @property
    def place(self) -> dict[str, str]:
        """Return owner and name, as queries want them."""
        owner, _, name = self.repository.partition("/")
        return {"owner": owner, "name": name}


def _may_write(collaborators: _Collaborators) -> bool:
    return any(edge.permission in _WITH_WRITE_ACCESS for edge in collaborators.edges or () if edge)


@asynccontextmanager
async def open_inboxes(
    repositories: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    *,
    clock: Clock,
    retry: RetryPolicy = SHORT_RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[tuple[GitHubInbox, ...]]:
    """Open repositories on GitHub over one transport, with the credential of the environment or of `gh`.

    Args:
        repositories: each `OWNER/REPO`.
        environ: may have tokens, an App's key and `GITHUB_API_URL`.
        clock: returns the time in UTC.
        retry: how long one request may be repeated.
        limits: bounds of one request.
        sleep: waits so many seconds.

    Raises:
        InvalidValue: a name, address, token or key cannot be used.
    """
    base, names = api_address(environ), [repository_name(name) for name in repositories]
    credential = find_credential(environ, base)
    async with open_transport(base, retry=retry, limits=limits, clock=clock, sleep=sleep) as transport:
        yield tuple(GitHubInbox(transport, name, credential) for name in names)
