"""Fetch what is open in several repositories at once; for the inbox."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import InboxReader, Show
from pr_sessions.gate.fetch import fetch_ruleset
from pr_sessions.gate.open_pull_requests import FetchedInbox, fetch_open_pull_requests

_AT_ONCE = 4


class FetchedRepositories(Struct, frozen=True):
    """What is open in several repositories.

    Attributes:
        inboxes: of those that could be read, in the order in which they were named.
        unknowns: of those that could not be read, why.
    """

    inboxes: tuple[FetchedInbox, ...]
    unknowns: tuple[str, ...] = ()


async def fetch_repositories(
    forges: Sequence[InboxReader], now: datetime, show: Show, *, elsewhere: bool = False
) -> FetchedRepositories:
    """Return what is open in several repositories, by the configuration of each.

    Args:
        forges: the repositories.
        now: the time of reading.
        show: called with how many pull requests were read, and of how many that are known so far.
        elsewhere: whether to ask for what people without write access opened in other repositories.

    Raises:
        ForgeFailed: none of them can be read.
    """
    slots, progress = asyncio.Semaphore(_AT_ONCE), _Progress(show)

    async def fetch(index: int, forge: InboxReader) -> FetchedInbox | ForgeFailed:
        async with slots:
            try:
                rules, unknowns = await fetch_ruleset(forge)
                shown = progress.of(index)
                fetched = await fetch_open_pull_requests(forge, rules, now, shown, elsewhere=elsewhere)
            except ForgeFailed as error:
                return error
            return replace(fetched, unknowns=(*unknowns, *fetched.unknowns))

    results = await asyncio.gather(*(fetch(index, forge) for index, forge in enumerate(forges)))
    inboxes = tuple(result for result in results if isinstance(result, FetchedInbox))
    failures = [
        (forge, result) for forge, result in zip(forges, results, strict=True) if isinstance(result, ForgeFailed)
    ]
    if failures and not inboxes:
        raise failures[0][1]
    return FetchedRepositories(inboxes, tuple(f"{forge.repository}: {error}" for forge, error in failures))


class _Progress:
    """Adds up how far the repositories were read."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._counts: dict[int, tuple[int, int]] = {}

    def of(self, index: int) -> Show:
        """Return what shows the progress of one repository."""

        def show(done: int, of: int) -> None:
            self._counts[index] = done, of
            self._show(sum(done for done, _ in self._counts.values()), sum(of for _, of in self._counts.values()))

        return show
