"""Pull requests of the past from GitHub: what is new and what has changed since the last time, page by page.

New ones are read in the order of their creation: nothing ever moves in that list, so an import that was cut off goes on
where it stopped. Changed ones are read from the latest change back to what is known: what changes meanwhile only moves
to the front, where the next import finds it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.json_text import decode
from pr_sessions.core.models import PullRequest
from pr_sessions.errors import ForgeFailed, InvalidValue, UnreadableFile
from pr_sessions.forges.base import ForgePullRequest
from pr_sessions.forges.github.client import PULLS, GitHub
from pr_sessions.forges.github.payload import read_pull_request, with_files
from pr_sessions.forges.github.rest import Page, page_number
from pr_sessions.io.files import MIB, read_bytes, replace_changed_file
from pr_sessions.io.places import Place

MOST_REPOSITORIES = 100


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far one import has come.

    Attributes:
        rules: what the rules were by which pull requests were taken or left; by other rules it begins anew.
        page: the page of the list by creation that is to be read next; it may have been read already.
        reached: the highest number that is recorded from that list.
        since: nothing that was opened earlier is looked at.
        known_to: every change up to then is recorded.
        etag: GitHub's tag of the list by change, as it was then.
    """

    rules: str
    page: str
    reached: int = 0
    since: datetime | None = None
    known_to: datetime | None = None
    etag: str | None = None

    def covers(self, since: datetime | None) -> bool:
        """Return whether an import from that time on can go on from here."""
        return self.since is None or (since is not None and since >= self.since)


class Cursors:
    """The cursors of all repositories that this clone imports from."""

    def __init__(self, path: Place | None) -> None:
        self._path = path

    def get(self, repository: str) -> Cursor | None:
        """Return the cursor of a repository; without one that can be read, all is read once more."""
        return self._all().get(repository.casefold())

    def put(self, repository: str, cursor: Cursor) -> None:
        """Keep a cursor; of too many repositories the one that was imported longest ago is forgotten.

        Raises:
            CannotWrite: the disk, the folder or its permissions refuse.
        """
        if self._path is None:
            return
        name = repository.casefold()
        others = [(key, kept) for key, kept in self._all().items() if key != name]
        kept = dict([*others[-(MOST_REPOSITORIES - 1) :], (name, cursor)])
        replace_changed_file(self._path, msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")

    def _all(self) -> dict[str, Cursor]:
        try:
            data = read_bytes(self._path, MIB) if self._path else None
            return decode(data, dict[str, Cursor]) if data else {}
        except (UnreadableFile, msgspec.DecodeError):
            return {}


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
    """Yield what is new or has changed since the last time, in batches.

    A batch counts as recorded as soon as the next one is wanted; until then a later import reads it again.

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
    name = f"{github.transport.base}/{github.repository}"
    known = cursors.get(name)
    if known and not (known.rules == rules and known.covers(since)):
        known = None
    since = known.since if known else since  # What the cursor covers must stay covered.
    by_change = github.address(PULLS, state="all", sort="updated", direction="desc")
    newest = await github.page(by_change, etag=known.etag if known else None)
    if newest is None:
        return
    reading = _Reading(github, wanted, since)
    top = max((pr.updated for pr in _readable(newest) if pr.updated), default=None)
    if known is None:
        known = Cursor(rules=rules, since=since, page=await _first_page(github, since), known_to=top)
    first = address = known.page
    async for page in github.pages(first, limit=_MOST_PAGES):
        # Only the page that was read last may hold what is recorded; numbers need not follow creation everywhere.
        yield await reading.created(page, address, known.reached if address == first else 0)
        known = replace(known, page=address, reached=max(known.reached, reading.highest))
        cursors.put(name, known)
        address = page.next or address
    oldest = known.known_to - _OVERLAP if known.known_to else None
    async for page in _back_to(github, newest, oldest):
        yield await reading.changed(page, oldest)
    cursors.put(name, replace(known, known_to=top, etag=newest.etag))


class _Reading:
    """What this import has read so far."""

    def __init__(self, github: GitHub, wanted: Wanted, since: datetime | None) -> None:
        self.highest = 0
        self._github, self._wanted, self._since = github, wanted, since
        self._read: set[tuple[str, datetime | None]] = set()

    async def created(self, page: Page, address: str, after: int) -> Batch:
        """Return the pull requests of a page by creation with a higher number than that."""
        skipped: list[str] = []
        prs = [pr for pr in _readable(page, skipped) if int(pr.pull_request.number) > after]
        number = page_number(address) or 1
        # The last page does not say that it is the last.
        return await self._batch(prs, skipped, (number, max(number, page.last or number)))

    async def changed(self, page: Page, oldest: datetime | None) -> Batch:
        """Return the pull requests of a page by change that changed no earlier than that."""
        skipped: list[str] = []
        prs = [pr for pr in _readable(page, skipped) if not (oldest and pr.updated and pr.updated < oldest)]
        return await self._batch(prs, skipped, None)

    async def _batch(self, prs: list[ForgePullRequest], skipped: list[str], place: tuple[int, int] | None) -> Batch:
        """Return those that were not read before, with their files."""
        new = []
        for pr in prs:
            opened = pr.pull_request.created
            too_old = self._since is not None and opened is not None and opened < self._since
            if not too_old and (pr.pull_request.number, pr.updated) not in self._read:
                new.append(pr)
        self._read |= {(pr.pull_request.number, pr.updated) for pr in new}
        self.highest = max([self.highest, *(int(pr.pull_request.number) for pr in new)])
        slots = asyncio.Semaphore(_AT_ONCE)

        async def completed(pull_request: PullRequest) -> PullRequest:
            if not self._wanted(pull_request):
                return pull_request
            async with slots:
                return await _completed(self._github, pull_request)

        return Batch(await asyncio.gather(*(completed(pr.pull_request) for pr in new)), skipped, place)


def _readable(page: Page, skipped: list[str] | None = None) -> Iterator[ForgePullRequest]:
    """Yield those that can be read and recorded; add to `skipped` why the others cannot."""
    skipped = [] if skipped is None else skipped
    for item in page.items:
        try:
            pr = read_pull_request(item)
        except InvalidValue as error:
            skipped.append(str(error))
            continue
        if pr.pull_request.created is None:  # A pull request finds its session by time.
            skipped.append(f"pull request {pr.pull_request.number} does not say when it was opened")
        else:
            yield pr


async def _completed(github: GitHub, pull_request: PullRequest) -> PullRequest:
    try:
        return with_files(pull_request, await github.files(int(pull_request.number)))
    except ForgeFailed as error:
        if error.status in _NO_FILES:
            return pull_request
        raise


async def _back_to(github: GitHub, newest: Page, oldest: datetime | None) -> AsyncIterator[Page]:
    """Yield the pages of the list by change, the newest first, down to that time."""
    yield newest
    if newest.next is None or _reaches(newest, oldest):
        return
    async for page in github.pages(newest.next, limit=_MOST_PAGES):
        yield page
        if _reaches(page, oldest):
            return


def _reaches(page: Page, oldest: datetime | None) -> bool:
    return any(oldest and pr.updated and pr.updated < oldest for pr in _readable(page))


async def _first_page(github: GitHub, since: datetime | None) -> str:
    """Return the address of the last page by creation that begins before that time, found by halving."""
    first = github.address(PULLS, state="all", sort="created", direction="asc")
    page = await github.page(first) if since else None
    if since is None or page is None or not page.last:
        return first
    low, high = 1, page.last + 1
    while high - low > 1:
        middle = (low + high) // 2
        page = await github.page(_numbered(github, middle))
        opened = read_pull_request(page.items[0]).pull_request.created if page and page.items else None
        low, high = (middle, high) if opened and opened < since else (low, middle)
    return _numbered(github, low)


def _numbered(github: GitHub, page: int) -> str:
    return github.address(PULLS, state="all", sort="created", direction="asc", page=str(page))
