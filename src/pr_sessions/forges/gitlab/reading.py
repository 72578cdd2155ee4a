"""Read what only merge requests themselves know: approvals, pipelines, commits, files, linked issues."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.base import OpenDetails, Show
from pr_sessions.forges.gitlab.payload import (
    read_diffs,
    with_approvals,
    with_commits,
    with_diffs,
    with_issues,
    with_itself,
    with_reviewers,
)

_PER_PAGE = 100
# The files of more than this are not read with everything else.
_MANY_FILES = 100
_AT_ONCE = 8
_NAMED = 3


class Reading:
    """What only merge requests themselves know."""

    def __init__(self, get: Callable[..., Awaitable[Any]], project: str, project_id: int, show: Show) -> None:
        self._get, self._project, self._project_id, self._show = get, project, project_id, show
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._failed: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._done = 0

    async def read(self, listed: Sequence[OpenDetails]) -> list[OpenDetails]:
        """Return these with everything else."""

        async def read(details: OpenDetails) -> OpenDetails:
            async with self._slots:
                details = await self._completed(details)
            self._done += 1
            self._show(self._done, len(listed))
            return details

        return list(await asyncio.gather(*map(read, listed)))

    async def _completed(self, details: OpenDetails) -> OpenDetails:
        details = await self._add(details, "pipeline", "", with_itself)
        details = await self._add(details, "approvals", "/approvals", with_approvals)
        if details.view.requested:
            details = await self._add(details, "reviewers", "/reviewers", with_reviewers)
        details = await self._add(details, "commits", "/commits", with_commits, per_page=str(_PER_PAGE))
        details = await self._add(
            details, "issues", "/closes_issues", lambda known, rows: with_issues(known, rows, self._project_id)
        )
        if details.view.file_count is None or details.view.file_count > _MANY_FILES:
            return details
        return await self._add(
            details, "files", "/diffs", lambda known, rows: with_diffs(known, read_diffs(rows)), per_page=str(_PER_PAGE)
        )

    async def _add(
        self,
        details: OpenDetails,
        what: str,
        rest: str,
        add: Callable[[OpenDetails, Any], OpenDetails],
        **query: str,
    ) -> OpenDetails:
        try:
            return add(details, await self._get(f"/merge_requests/{details.view.number}{rest}", **query))
        except PrSessionsError as error:
            reason = str(error).partition(" (GET /")[0]
            self._failed[what, reason].append(details.view.number)
            return details

    def words(self) -> list[str]:
        """Return what could not be read."""
        return [f"{what} of {_named(numbers)}: {reason}" for (what, reason), numbers in self._failed.items()]


def _named(numbers: Sequence[str]) -> str:
    rest = len(numbers) - _NAMED
    shown = ", ".join(f"!{number}" for number in numbers[:_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown
