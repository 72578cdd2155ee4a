"""Pull requests of the past from GitHub: what is new and what has changed since the last time, page by page.

New ones are read in the order of their creation: nothing ever moves in that list, so an import that was cut off goes on
where it stopped. Changed ones are read from the latest change back to what is known: what changes meanwhile only moves
to the front, where the next import finds it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.client import PULLS, GitHub
from pr_sessions.forges.github.cursor import Cursor, Cursors
from pr_sessions.forges.github.pages import page_number
from pr_sessions.forges.github.payload import GitHubPullRequest, read_pull_request, with_files
from pr_sessions.forges.github.requests import Page
from pr_sessions.sessions.session import PullRequest

Wanted = Callable[[PullRequest], bool]
# GitHub's lists may lag behind a little.
_OVERLAP = timedelta(minutes=2)
_AT_ONCE = 4
# A pull request whose files GitHub cannot show is still one.
_NO_FILES = (404, 410, 422, 500)
_MOST_PAGES = 100_000


class Batch(Struct, frozen=True):
    """Some pull requests.

    Attributes:
        skipped: why others on the page cannot be read.
        page: which page of the list by creation they stand on, and of how many; `None` where that is not known.
    """

    pull_requests: list[PullRequest]
    skipped: list[str]
    page: tuple[int, int] | None = None


async def read_past(
    github: GitHub, cursors: Cursors, rules: str, wanted: Wanted, since: datetime | None = None
) -> AsyncIterator[Batch]:
    """What is new or has changed since the last time, in batches.

    A batch counts as recorded as soon as the next one is asked for; until then a later import reads it again.

    Args:
        github: the repository.
        cursors: how far earlier imports came.
        rules: what decides which are wanted; when it changes, everything is read again.
        wanted: whether a pull request is worth a request for its files.
        since: leave out what was opened earlier.

    Raises:
        ForgeFailed: GitHub refuses, or cannot be reached.
        CannotWrite: the cursor cannot be kept.
    """
    known = _usable(cursors.get(_name(github)), rules, since)
    since = known.since if known else since  # What the cursor covers must stay covered.
    by_change = github.address(PULLS, state="all", sort="updated", direction="desc")
    newest = await github.page(by_change, etag=known.etag if known else None)
    if newest is None:
        return
    reading = _Reading(github, wanted, since)
    top = max((pr.updated for pr in _readable(newest) if pr.updated), default=None)
    if known is None:
        known = Cursor(rules=rules, since=since, page=await _first_page(github, since), known_to=top)
    again = known.page
    async for page, address in _from(github, again):
        # Only the page that was read last may hold what is recorded; numbers need not follow creation everywhere.
        yield await reading.created(page, address, known.reached if address == again else 0)
        known = replace(known, page=address, reached=max(known.reached, reading.highest))
        cursors.put(_name(github), known)
    oldest = known.known_to - _OVERLAP if known.known_to else None
    async for page in _back_to(github, newest, oldest):
        yield await reading.changed(page, oldest)
    cursors.put(_name(github), replace(known, known_to=top, etag=newest.etag))


class _Reading:
    """What this import has read so far."""

    def __init__(self, github: GitHub, wanted: Wanted, since: datetime | None) -> None:
        self.highest = 0
        self._github, self._wanted, self._since = github, wanted, since
        self._told: set[tuple[str, datetime | None]] = set()

    async def created(self, page: Page, address: str, after: int) -> Batch:
        """The pull requests of a page by creation with a higher number than that."""
        skipped: list[str] = []
        found = [pr for pr in _readable(page, skipped) if int(pr.pull_request.number) > after]
        return await self._batch(found, skipped, _place(page, address))

    async def changed(self, page: Page, oldest: datetime | None) -> Batch:
        """The pull requests of a page by change that changed no earlier than that."""
        skipped: list[str] = []
        found = [pr for pr in _readable(page, skipped) if not (oldest and pr.updated and pr.updated < oldest)]
        return await self._batch(found, skipped, None)

    async def _batch(self, told: list[GitHubPullRequest], skipped: list[str], place: tuple[int, int] | None) -> Batch:
        """Those that were not read before, with their files."""
        found = list(filter(self._is_new, told))
        self._told |= {(pr.pull_request.number, pr.updated) for pr in found}
        self.highest = max([self.highest, *(int(pr.pull_request.number) for pr in found)])
        return Batch(await self._with_files([pr.pull_request for pr in found]), skipped, place)

    def _is_new(self, pr: GitHubPullRequest) -> bool:
        opened = pr.pull_request.created
        too_old = self._since is not None and opened is not None and opened < self._since
        return not too_old and (pr.pull_request.number, pr.updated) not in self._told

    async def _with_files(self, pull_requests: list[PullRequest]) -> list[PullRequest]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def completed(pull_request: PullRequest) -> PullRequest:
            if not self._wanted(pull_request):
                return pull_request
            async with gate:
                return await _completed(self._github, pull_request)

        return await asyncio.gather(*map(completed, pull_requests))


def _readable(page: Page, skipped: list[str] | None = None) -> Iterator[GitHubPullRequest]:
    """Those that can be read and recorded; why not, for the others."""
    for item in page.items:
        try:
            yield _dated(read_pull_request(item))
        except InvalidValue as error:
            if skipped is not None:
                skipped.append(str(error))


def _dated(pr: GitHubPullRequest) -> GitHubPullRequest:
    """A pull request finds its session by time."""
    if pr.pull_request.created is None:
        raise InvalidValue(f"pull request {pr.pull_request.number} does not say when it was opened")
    return pr


async def _completed(github: GitHub, pull_request: PullRequest) -> PullRequest:
    try:
        return with_files(pull_request, await github.files(int(pull_request.number)))
    except ForgeFailed as error:
        if error.status in _NO_FILES:
            return pull_request
        raise


async def _from(github: GitHub, address: str) -> AsyncIterator[tuple[Page, str]]:
    """The pages of the list by creation from that one on, each with its address."""
    async for page in github.pages(address, most=_MOST_PAGES):
        yield page, address
        address = page.next or address


async def _back_to(github: GitHub, newest: Page, oldest: datetime | None) -> AsyncIterator[Page]:
    """The pages of the list by change, the newest first, down to that time."""
    yield newest
    if newest.next is None or _reaches(newest, oldest):
        return
    async for page in github.pages(newest.next, most=_MOST_PAGES):
        yield page
        if _reaches(page, oldest):
            return


def _reaches(page: Page, oldest: datetime | None) -> bool:
    return any(oldest and pr.updated and pr.updated < oldest for pr in _readable(page))


async def _first_page(github: GitHub, since: datetime | None) -> str:
    """The address of the last page by creation that begins before that time, found by halving."""
    first = github.address(PULLS, state="all", sort="created", direction="asc")
    page = await github.page(first) if since else None
    if since is None or page is None or not page.last:
        return first
    low, high = 1, page.last + 1
    while high - low > 1:
        middle = (low + high) // 2
        page = await github.page(_numbered(github, middle))
        low, high = (middle, high) if _begins_before(page, since) else (low, middle)
    return _numbered(github, low)


def _numbered(github: GitHub, page: int) -> str:
    return github.address(PULLS, state="all", sort="created", direction="asc", page=page)


def _begins_before(page: Page | None, since: datetime) -> bool:
    opened = [read_pull_request(item).pull_request.created for item in (page.items[:1] if page else ())]
    return any(moment < since for moment in opened if moment)


def _place(page: Page, address: str) -> tuple[int, int]:
    """Which page it is, and of how many; the last one does not say so."""
    number = page_number(address) or 1
    return number, max(number, page.last or number)


def _usable(cursor: Cursor | None, rules: str, since: datetime | None) -> Cursor | None:
    return cursor if cursor and cursor.rules == rules and cursor.covers(since) else None


def _name(github: GitHub) -> str:
    """One repository of one forge."""
    return f"{github.wire.base}/{github.repository}"
