"""The repositories of an organisation, or of a person, in which pull requests are open."""

import asyncio
import os
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.access import api_address, find_credential
from pr_sessions.forges.github.graphql import GraphQL, failure
from pr_sessions.forges.github.transport import LIMITS, SHORT_RETRY, Clock, Limits, RetryPolicy, Sleep, open_transport

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}", re.ASCII)
_MOST_PAGES = 10
_MOST_REPOSITORIES = 100
_QUERY = """\
query($login: String!, $after: String) {
  repositoryOwner(login: $login) {
    repositories(
      first: 100, after: $after, ownerAffiliations: OWNER, orderBy: {field: PUSHED_AT, direction: DESC}
    ) {
      pageInfo { hasNextPage endCursor }
      nodes { nameWithOwner isArchived pullRequests(states: OPEN) { totalCount } }
    }
  }
}
"""


class Organisation(Struct, frozen=True, kw_only=True):
    """What an organisation owns.

    Attributes:
        repositories: `owner/name` of those with open pull requests, the one that was pushed to last first.
        archived: how many others with open pull requests are archived, so that nothing can be done there.
        unknowns: what was left out, in words.
    """

    repositories: tuple[str, ...]
    archived: int = 0
    unknowns: tuple[str, ...] = ()


class _Prs(Struct, rename="camel"):
    total_count: int = 0


class _Repository(Struct, rename="camel"):
    name_with_owner: str
    is_archived: bool = False
    pull_requests: _Prs | None = None


class _Cursor(Struct, frozen=True, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class _Repositories(Struct, rename="camel"):
    nodes: list[_Repository | None]
    page_info: _Cursor = _Cursor()


class _Owner(Struct):
    repositories: _Repositories


async def list_organisation(
    login: str,
    environ: Mapping[str, str] = os.environ,
    *,
    clock: Clock,
    retry: RetryPolicy = SHORT_RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
) -> Organisation:
    """Return the repositories of an organisation or person in which pull requests are open.

    It takes a request for each hundred repositories, and a token.

    Args:
        login: the organisation's name.
        environ: may have tokens, an App's key and `GITHUB_API_URL`.
        clock: returns the time in UTC.
        retry: how long one request may be repeated.
        limits: bounds of one request.
        sleep: waits so many seconds.

    Raises:
        InvalidValue: a name, address or token cannot be used.
        ForgeFailed: there is no token, or GitHub refuses or cannot be reached.
    """
    if not _LOGIN.fullmatch(login):
        raise InvalidValue(f"not an organisation on GitHub: {login[:60]!r}", "write its name, such as octocat")
    base = api_address(environ)
    credential = find_credential(environ, base)
    if credential is None:
        raise ForgeFailed(
            f"the repositories of {login} are listed only with a token", "set GH_TOKEN, or run `gh auth login`"
        )
    async with open_transport(base, retry=retry, limits=limits, clock=clock, sleep=sleep) as transport:
        return await _list(GraphQL(transport, login, credential), login)


async def _list(github: GraphQL, login: str) -> Organisation:
    names: list[str] = []
    archived = 0
    unknowns: list[str] = []
    after: str | None = None
    for number in range(_MOST_PAGES):
        try:
            page = await _page(github, login, after)
        except ForgeFailed as error:
            if number == 0:
                raise
            unknowns.append(f"repositories of {login} beyond the first {number * 100}: {error}")
            break
        with_open = [each for each in page.nodes if each and each.pull_requests and each.pull_requests.total_count]
        names += [each.name_with_owner for each in with_open if not each.is_archived]
        archived += sum(each.is_archived for each in with_open)
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            break
    else:
        unknowns.append(f"{login} has more than {_MOST_PAGES} pages of repositories")
    if len(names) > _MOST_REPOSITORIES:
        unknowns.append(f"{len(names) - _MOST_REPOSITORIES} repositories that were pushed to longest ago")
    return Organisation(repositories=tuple(names[:_MOST_REPOSITORIES]), archived=archived, unknowns=tuple(unknowns))


async def _page(github: GraphQL, login: str, after: str | None) -> _Repositories:
    answer = await github.query(_QUERY, {"login": login, "after": after})
    owner: Any = answer.data.get("repositoryOwner")
    if owner is None and answer.refusals:
        raise failure(answer.refusals[0])
    if owner is None:
        raise ForgeFailed(f"GitHub knows no organisation or person called {login}", "check the name", status=404)
    try:
        return msgspec.convert(owner, _Owner).repositories
    except msgspec.ValidationError as error:
        raise ForgeFailed(f"GitHub sends a list of repositories that cannot be read: {error}") from None
