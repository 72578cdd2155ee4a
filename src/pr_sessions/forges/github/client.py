"""One repository on GitHub, through its REST interface."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import (
    ChangedFile,
    CheckRun,
    CheckWrite,
    Comment,
    ForgePullRequest,
    ForgeStack,
    PullRequestPage,
    Review,
)
from pr_sessions.forges.github.access import Credential, api_address, find_credential, repository_name
from pr_sessions.forges.github.authority import Authority
from pr_sessions.forges.github.issues import Issues
from pr_sessions.forges.github.payload import (
    read_check_run,
    read_comment,
    read_file,
    read_pull_request,
    read_review,
    read_stack,
)
from pr_sessions.forges.github.transport import (
    LIMITS,
    RETRY,
    Clock,
    Limits,
    RetryPolicy,
    Sleep,
    Transport,
    open_transport,
)
from pr_sessions.forges.github.write_access import WriteAccess

PULLS = "/pulls{?state,sort,direction,per_page,page}"


class GitHub(Issues):
    """One repository on GitHub: a reader, a writer, and one that has checks."""

    def __init__(self, transport: Transport, repository: str, credential: Credential | Authority | None) -> None:
        super().__init__(transport, repository, credential)
        self.write_access = WriteAccess(transport.clock)

    def go_by(self, repository: str) -> None:
        """Use the name that the repository has now."""
        self.repository = repository_name(repository)
        self.path = f"/repos/{self.repository}"

    async def pull_request(self, number: int) -> ForgePullRequest:
        """Return one pull request, with everything that GitHub knows of it."""
        return read_pull_request(await self.getitem(f"{self.path}/pulls/{number}"))

    async def pull_requests(self, state: str = "open", limit: int = 100) -> PullRequestPage:
        """Return the pull requests that were opened last, newest first.

        Args:
            state: open, closed or all.
            limit: pages of a hundred.
        """
        url = self.address(PULLS, state=state, sort="created", direction="desc")
        return _listed(*await self.first_pages(url, limit))

    async def pull_request_pages(self) -> AsyncIterator[PullRequestPage]:
        """Yield all pull requests in pages of a hundred, newest first; nothing is fetched before it is needed."""
        async for page in self.pages(self.address(PULLS, state="all", sort="created", direction="desc")):
            yield _listed(page.items, page.next is None)

    async def files(self, number: int) -> list[ChangedFile]:
        """Return the files that a pull request changes; GitHub shows 3,000 at most."""
        url = self.address(f"/pulls/{number}/files{{?per_page}}")
        return [read_file(item) for item in await self.every(url)]

    async def reviews(self, number: int) -> list[Review]:
        """Return a pull request's reviews, oldest first.

        Raises:
            ForgeFailed: there are more than ten pages of a hundred.
        """
        url = self.address(f"/pulls/{number}/reviews{{?per_page}}")
        return [read_review(item) for item in await self.every(url, limit=10)]

    async def stacks(self, number: int | None = None) -> tuple[ForgeStack, ...]:
        """Return the stacks of the repository, or those of one pull request.

        There are none where the repository has no stacks or the server does not know them yet.

        Raises:
            ForgeFailed: there are more than ten pages of a hundred.
        """
        names = {} if number is None else {"pull_request": str(number)}
        url = self.address("/stacks{?pull_request,per_page}", **names)
        try:
            return tuple(read_stack(item) for item in await self.every(url, limit=10))
        except ForgeFailed as error:
            if error.status == 404:
                return ()
            raise

    async def comments(self, number: int) -> list[Comment]:
        """Return the comments on a pull request, oldest first; 10,000 at most."""
        url = self.address(f"/issues/{number}/comments{{?per_page}}")
        return [read_comment(item) for item in await self.every(url)]

    async def comments_since(self, since: datetime, limit: int = 10) -> tuple[list[Comment], bool]:
        """Return the comments of all pull requests and issues created or changed since then, newest first.

        Args:
            since: in UTC.
            limit: pages of a hundred; the second value says whether these are all.
        """
        url = "/issues/comments{?sort,direction,since,per_page}"
        address = self.address(url, sort="created", direction="desc", since=write_time(since))
        items, is_complete = await self.first_pages(address, limit)
        return [read_comment(item) for item in items], is_complete

    async def file(self, path: str, ref: str = "") -> bytes | None:
        """Return a file of up to 48 MiB; `None` if there is none.

        Args:
            path: from the repository's root.
            ref: a branch or commit; the default branch if empty.
        """
        names = {"path": path, **({"ref": ref} if ref else {})}
        try:
            return await self.file_data(f"{self.path}/contents/{{+path}}{{?ref}}", names)
        except ForgeFailed as error:
            if error.status == 404:
                return None
            raise

    async def check_runs(self, sha: str) -> list[CheckRun]:
        """Return the latest check runs on a commit."""
        url = self.address("/commits/{sha}/check-runs{?per_page}", sha=sha)
        return [read_check_run(item) for item in await self.every(url, "check_runs")]

    async def create_comment(self, number: int, body: str) -> Comment:
        """Create a comment. If no response arrives, it is not sent again: the comment may exist."""
        return read_comment(await self.post(f"{self.path}/issues/{number}/comments", data={"body": body}))

    async def update_comment(self, comment: int, body: str) -> Comment:
        """Replace the text of a comment."""
        return read_comment(await self.patch(f"{self.path}/issues/comments/{comment}", data={"body": body}))

    async def delete_comment(self, comment: int) -> None:
        """Delete a comment."""
        await self.delete(f"{self.path}/issues/comments/{comment}")

    async def write_check(self, update: CheckWrite) -> CheckRun:
        """Create a check run, or change the one that has the id `update.check`."""
        values: dict[str, Any] = {"status": update.status, "external_id": update.external_id}
        values |= {"output": {"title": update.title, "summary": update.summary}}
        values |= {"conclusion": update.conclusion} if update.conclusion else {}
        values |= {"started_at": write_time(update.started)} if update.started else {}
        if update.check is not None:
            return read_check_run(await self.patch(f"{self.path}/check-runs/{update.check}", data=values))
        values |= {"name": update.name, "head_sha": update.sha}
        return read_check_run(await self.post(f"{self.path}/check-runs", data=values))

    async def start_pipeline(self, pipeline: str, branch: str) -> None:
        """Start a workflow on a branch, and never on a tag of the same name.

        Args:
            pipeline: the workflow's file name.
            branch: its name, without `refs/heads/`.
        """
        url = f"{self.path}/actions/workflows/{{workflow}}/dispatches"
        await self.post(url, {"workflow": pipeline}, data={"ref": f"refs/heads/{branch}", "inputs": {}})

    async def switch_pipeline(self, pipeline: str, *, on: bool) -> None:
        """Allow a workflow to be started, also by its schedule, or forbid it. It may be so already.

        https://docs.github.com/en/rest/actions/workflows#enable-a-workflow

        Args:
            pipeline: the workflow's file name.
            on: whether it may be started.
        """
        url = f"{self.path}/actions/workflows/{{workflow}}/{'enable' if on else 'disable'}"
        await self.put(url, {"workflow": pipeline})

    async def has_changed_since(self, since: datetime) -> bool:
        """Return whether an open pull request was opened or changed at that time or later."""
        url = self.address(PULLS, state="open", sort="updated", direction="desc", per_page="1")
        items, _ = await self.first_pages(url, 1)
        return any(pr.updated is None or pr.updated >= since for pr in map(read_pull_request, items))

    async def may_write(self, login: str) -> bool:
        """Return whether an account may write to the repository; false if GitHub does not know it.

        What GitHub said is kept for a while, see `WriteAccess`.
        """
        may = self.write_access.get(self.repository, login)
        if may is None:
            try:
                access = await self.getitem(f"{self.path}/collaborators/{{login}}/permission", {"login": login})
            except ForgeFailed as error:
                if error.status != 404:
                    raise
                access = None
            may = isinstance(access, dict) and access.get("permission") in ("admin", "write")
            self.write_access.put(self.repository, login, may=may)
        return may


def _listed(rows: list[Any], is_last: bool) -> PullRequestPage:
    prs, unreadable = [], []
    for row in rows:
        try:
            prs.append(read_pull_request(row))
        except InvalidValue as error:
            unreadable.append(str(error))
    return PullRequestPage(tuple(prs), tuple(unreadable), is_last)


@asynccontextmanager
async def open_github(
    repository: str,
    environ: Mapping[str, str] = os.environ,
    *,
    clock: Clock,
    retry: RetryPolicy = RETRY,
    limits: Limits = LIMITS,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[GitHub]:
    """Open a repository on GitHub, with the credential of the environment or of `gh`.

    Args:
        repository: `OWNER/REPO`.
        environ: may have tokens, an App's key and `GITHUB_API_URL`.
        clock: returns the time in UTC.
        retry: how long one request may be repeated.
        limits: bounds of one request.
        sleep: waits so many seconds.

    Raises:
        InvalidValue: a name, address, token or key cannot be used.
    """
    base, name = api_address(environ), repository_name(repository)
    credential = find_credential(environ, base)
    async with open_transport(base, retry=retry, limits=limits, clock=clock, sleep=sleep) as transport:
        yield GitHub(transport, name, credential)
