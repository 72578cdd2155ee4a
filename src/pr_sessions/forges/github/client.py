"""What is asked of GitHub and told to it, for one repository."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.address import api_address, repository_name
from pr_sessions.forges.github.credential import find_credential
from pr_sessions.forges.github.patience import Patience
from pr_sessions.forges.github.payload import (
    ChangedFile,
    CheckRun,
    Comment,
    Commit,
    GitHubPullRequest,
    Review,
    read_check_run,
    read_comment,
    read_commit,
    read_file,
    read_pull_request,
    read_review,
)
from pr_sessions.forges.github.requests import Requests
from pr_sessions.forges.github.wire import LIMITS, PATIENCE, Clock, Limits, Sleep, open_wire
from pr_sessions.sessions.times import write_time
from pr_sessions.tracker import utc_now

REPOSITORY = "/repos/{owner}/{repo}"
_PULL = f"{REPOSITORY}/pulls/{{number}}"
PULLS = f"{REPOSITORY}/pulls{{?state,sort,direction,per_page,page}}"


class GitHub(Requests):
    """One repository on GitHub. Every method raises `ForgeFailed` where GitHub refuses or cannot be reached."""

    async def pull_request(self, number: int) -> GitHubPullRequest:
        """One pull request, with everything that GitHub tells of it."""
        return read_pull_request(await self.item("GET", _PULL, number=number))

    async def pull_requests(self, state: str = "open", most: int = 100) -> list[GitHubPullRequest]:
        """Pull requests, the one that changed last first.

        Args:
            state: open, closed or all.
            most: pages of a hundred; more are an error.
        """
        url = self.address(PULLS, state=state, sort="updated", direction="desc")
        return [read_pull_request(item) for item in await self.every(url, most=most)]

    async def commits(self, number: int) -> list[Commit]:
        """A pull request's commits; GitHub shows 250 at most."""
        return [read_commit(item) for item in await self._listed(f"{_PULL}/commits{{?per_page}}", number)]

    async def files(self, number: int) -> list[ChangedFile]:
        """The files that a pull request changes; GitHub shows 3,000 at most."""
        return [read_file(item) for item in await self._listed(f"{_PULL}/files{{?per_page}}", number)]

    async def reviews(self, number: int) -> list[Review]:
        """A pull request's reviews, oldest first.

        Raises:
            ForgeFailed: there are more than ten pages of a hundred.
        """
        url = self.address(f"{_PULL}/reviews{{?per_page}}", number=number)
        return [read_review(item) for item in await self.every(url, most=10)]

    async def comments(self, number: int) -> list[Comment]:
        """The comments below a pull request, oldest first; 10,000 at most."""
        url = f"{REPOSITORY}/issues/{{number}}/comments{{?per_page}}"
        return [read_comment(item) for item in await self._listed(url, number)]

    async def newest(self, state: str, most: int) -> tuple[list[Any], bool]:
        """Pull requests as GitHub tells them, the one that was opened last first, and whether these are all.

        Args:
            state: open, closed or all.
            most: pages of a hundred.
        """
        return await self.first_pages(self.address(PULLS, state=state, sort="created", direction="desc"), most)

    async def comments_since(self, since: datetime, most: int = 10) -> tuple[list[Comment], bool]:
        """The comments below all pull requests and issues that were made or changed since then, oldest first.

        Args:
            since: a moment.
            most: pages of a hundred; whether these are all is told, too.
        """
        url = f"{REPOSITORY}/issues/comments{{?sort,direction,since,per_page}}"
        address = self.address(url, sort="created", direction="asc", since=write_time(since))
        items, complete = await self.first_pages(address, most)
        return [read_comment(item) for item in items], complete

    async def text_file(self, path: str, ref: str = "") -> bytes | None:
        """A file as a branch has it, of up to 48 MiB; `None` where there is none.

        Args:
            path: from the repository's root.
            ref: a branch or commit; the default branch if empty.
        """
        url = f"{REPOSITORY}/contents/{{+path}}{{?ref}}"
        try:
            return await self.data(url, path=path, **({"ref": ref} if ref else {}))
        except ForgeFailed as error:
            if error.status == 404:
                return None
            raise

    async def checks(self, sha: str) -> list[CheckRun]:
        """The latest check runs on a commit."""
        url = self.address(f"{REPOSITORY}/commits/{{sha}}/check-runs{{?per_page}}", sha=sha)
        return [read_check_run(item) for item in await self.every(url, "check_runs")]

    async def create_comment(self, number: int, body: str) -> Comment:
        """A new comment below a pull request. Where the answer is lost it is not sent again: it may be there."""
        url = f"{REPOSITORY}/issues/{{number}}/comments"
        return read_comment(await self.item("POST", url, {"body": body}, number=number))

    async def update_comment(self, comment: int, body: str) -> Comment:
        """Other words in a comment."""
        url = f"{REPOSITORY}/issues/comments/{{comment}}"
        return read_comment(await self.item("PATCH", url, {"body": body}, comment=comment))

    async def create_check(self, name: str, sha: str, **told: Any) -> CheckRun:
        """A new check run on a commit.

        Args:
            name: what people see and branch protection asks for.
            sha: the commit.
            told: status, conclusion, output, ... as GitHub names them.
        """
        body = {"name": name, "head_sha": sha, **told}
        return read_check_run(await self.item("POST", f"{REPOSITORY}/check-runs", body))

    async def update_check(self, check: int, **told: Any) -> CheckRun:
        """Other values in a check run."""
        return read_check_run(await self.item("PATCH", f"{REPOSITORY}/check-runs/{{check}}", told, check=check))

    async def dispatch(self, workflow: str, branch: str, inputs: Mapping[str, str]) -> None:
        """Starts a workflow on a branch, and never on a tag that has the same name.

        Args:
            workflow: its file's name.
            branch: its name, without `refs/heads/`.
            inputs: those that the workflow declares.
        """
        url = f"{REPOSITORY}/actions/workflows/{{workflow}}/dispatches"
        await self.item("POST", url, {"ref": f"refs/heads/{branch}", "inputs": dict(inputs)}, workflow=workflow)

    async def may_write(self, login: str) -> bool:
        """Whether somebody may write to the repository; not where GitHub does not know the person."""
        url = f"{REPOSITORY}/collaborators/{{login}}/permission"
        try:
            told = await self.item("GET", url, login=login)
        except ForgeFailed as error:
            if error.status == 404:
                return False
            raise
        return isinstance(told, dict) and told.get("permission") in ("admin", "write")

    async def _listed(self, url: str, number: int) -> list[Any]:
        return await self.every(self.address(url, number=number))


@asynccontextmanager
async def open_github(
    repository: str,
    environ: Mapping[str, str] = os.environ,
    *,
    patience: Patience = PATIENCE,
    limits: Limits = LIMITS,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[GitHub]:
    """A repository on GitHub, asked with the credential that is found.

    Args:
        repository: `OWNER/REPO`.
        environ: tokens, App keys and `GITHUB_API_URL` are looked at.
        patience: how long one request may be repeated.
        limits: bounds of one request.
        clock: gives the time in UTC.
        sleep: waits so many seconds.

    Raises:
        InvalidValue: a name, address, token or key cannot be used.
    """
    base, name = api_address(environ), repository_name(repository)
    credential = find_credential(environ, base)
    async with open_wire(base, patience=patience, limits=limits, clock=clock, sleep=sleep) as wire:
        yield GitHub(wire, name, credential)
