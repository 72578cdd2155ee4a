"""Where GitLab's interface is, and with what it is asked."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.access import Token, checked_address, checked_token
from pr_sessions.forges.github.transport import LIMITS, SHORT_RETRY, Clock, Limits, RetryPolicy, Sleep, open_transport
from pr_sessions.forges.gitlab.inbox import GitLabInbox
from pr_sessions.forges.gitlab.requests import GlabRequests, HttpRequests, Requests, read_json
from pr_sessions.io.programs import find_program

PUBLIC = "gitlab.com"
TOKENS = ("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN")
_MOST_DETAILS, _MOST_DETAILS_SLOWLY = 50, 20
_PER_PAGE, _MOST_PAGES, _MOST_PROJECTS = 100, 10, 100


def api_address(host: str, environ: Mapping[str, str]) -> str:
    """Return the interface's address on a host: `CI_API_V4_URL` of GitLab's own jobs where it is on that host.

    Raises:
        InvalidValue: that is no address that a token may be sent to.
    """
    given = environ.get("CI_API_V4_URL", "").strip()
    if given and urlsplit(given).hostname == host:
        return checked_address(given, "CI_API_V4_URL", f"https://{PUBLIC}/api/v4")
    return f"https://{host}/api/v4"


def find_token(host: str, environ: Mapping[str, str]) -> Token | None:
    """Return the token of the environment. It is meant for `GITLAB_HOST`, or the host of a job, and sent to no other.

    Raises:
        InvalidValue: what is set cannot be a token.
    """
    named = environ.get("GITLAB_HOST", "").strip() or PUBLIC
    hosts = (urlsplit(named).hostname or named, urlsplit(environ.get("CI_API_V4_URL", "")).hostname)
    for name in TOKENS if host in hosts else ():
        if text := environ.get(name, "").strip():
            return Token(checked_token(text, name), name)
    return None


@asynccontextmanager
async def open_gitlab_inboxes(
    host: str,
    projects: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    *,
    root: Path,
    clock: Clock,
    retry: RetryPolicy = SHORT_RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[tuple[GitLabInbox, ...]]:
    """Open projects on GitLab: with the token of the environment, else through `glab`, else without any account.

    Args:
        host: such as `gitlab.com`.
        projects: paths, such as `group/project`.
        environ: may have a token and the interface's address.
        root: a folder in which `glab` runs.
        clock: returns the time in UTC.
        retry: how long one request may be repeated.
        limits: bounds of one request.
        sleep: waits so many seconds.

    Raises:
        InvalidValue: an address or token cannot be used.
    """
    async with _open_requests(host, environ, root, clock, retry, limits, sleep) as requests:
        is_fast = isinstance(requests, HttpRequests) and requests.has_credential
        most = _MOST_DETAILS if is_fast else _MOST_DETAILS_SLOWLY
        yield tuple(GitLabInbox(requests, project, most) for project in projects)


@asynccontextmanager
async def _open_requests(
    host: str,
    environ: Mapping[str, str],
    root: Path,
    clock: Clock,
    retry: RetryPolicy,
    limits: Limits,
    sleep: Sleep,
) -> AsyncIterator[Requests]:
    token = find_token(host, environ)
    if token is None and find_program("glab"):
        yield GlabRequests(root, host)
        return
    base = api_address(host, environ)
    async with open_transport(base, clock=clock, retry=retry, limits=limits, sleep=sleep, forge="GitLab") as transport:
        yield HttpRequests(transport, token.secret if token else None, token.source if token else "")


async def list_group(
    host: str,
    group: str,
    environ: Mapping[str, str] = os.environ,
    *,
    root: Path,
    clock: Clock,
    retry: RetryPolicy = SHORT_RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of a group's projects with open merge requests, and what was left out, in words.

    Archived projects are not among them. The arguments are those of `open_gitlab_inboxes`.

    Raises:
        ForgeFailed: GitLab refuses, or cannot be reached.
    """
    path = f"groups/{quote(group, safe='')}/merge_requests"
    query = {"state": "opened", "scope": "all", "non_archived": "true", "per_page": str(_PER_PAGE)}
    names: dict[str, None] = {}
    async with _open_requests(host, environ, root, clock, retry, limits, sleep) as requests:
        for page in range(1, _MOST_PAGES + 1):
            rows = read_json(await requests.get(path, **query, page=str(page)), path)
            if not isinstance(rows, list):
                raise ForgeFailed("GitLab sends something else than a list of merge requests")
            names |= dict.fromkeys(name for row in rows if (name := _project_of(row)))
            if len(rows) < _PER_PAGE:
                break
    rest = len(names) - _MOST_PROJECTS
    return tuple(names)[:_MOST_PROJECTS], (f"{rest} projects of {group}",) if rest > 0 else ()


def _project_of(row: object) -> str:
    references = row.get("references") if isinstance(row, dict) else None
    full = references.get("full") if isinstance(references, dict) else None
    return full.rpartition("!")[0] if isinstance(full, str) else ""
