"""Collect what GitHub reports of one repository. What GitHub refuses becomes an unknown."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from pr_sessions.core.models import NO_STACK, Stack, State, in_stack
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.base import (
    ChangedFile,
    Comment,
    ForgePullRequest,
    ForgeReader,
    ForgeStack,
    InboxReader,
    OpenDetails,
    PullRequestPage,
    Review,
)
from pr_sessions.gate.commands import CommentReader, LeftOut, on_behalf
from pr_sessions.gate.file_lists import FileLists
from pr_sessions.gate.rebuild import Snapshot
from pr_sessions.gate.stacks import is_lowest

if TYPE_CHECKING:
    from pr_sessions.core.collection import SessionCollection

T = TypeVar("T")
# GitHub shows no more files of a pull request.
MOST_FILES = 3000
MOST_PAGES = 10
_MOST_NAMED = 5
_MOST_STACKS = 20
_AT_ONCE = 8
# A command may join a session with an earlier one: then earlier comments count, too.
_MOST_READINGS = 3


class SnapshotBuilder:
    """Collects responses until they are a snapshot.

    Attributes:
        forge: the repository that is fetched from.
        pull_requests: by number.
        comments: by id.
        reviews: by number.
        stacks: by their own numbers.
        sessions: the synced ones.
    """

    def __init__(
        self,
        forge: ForgeReader,
        most_people: int,
        reader: CommentReader | None = None,
        directory: InboxReader | None = None,
    ) -> None:
        self.forge = forge
        self._directory = directory
        self.pull_requests: dict[str, ForgePullRequest] = {}
        self.comments: dict[int, Comment] = {}
        self.reviews: dict[str, tuple[Review, ...]] = {}
        self.stacks: dict[int, ForgeStack] = {}
        self._unread_stacks: frozenset[str] = frozenset()
        self.sessions: SessionCollection | None = None
        self._reader = reader or CommentReader()
        self._left_out: set[LeftOut] = set()
        self._command_comments: Counter[str] = Counter()
        self._writers: dict[str, bool] = {}
        self._files: dict[str, tuple[ChangedFile, ...]] = {}
        self._unknowns: dict[str, None] = {}
        self._people: set[str] = set()
        self._named: set[str] = set()
        self._most_people = most_people
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def snapshot(self) -> Snapshot:
        """Return everything that was collected."""
        return Snapshot(
            repository=self.forge.repository,
            pull_requests=self.pull_requests,
            comments=tuple(self.comments[number] for number in sorted(self.comments)),
            writers=self._writers,
            files=self._files,
            reviews=self.reviews,
            stacks=tuple(self.stacks.values()),
            unread_stacks=self._unread_stacks,
            sessions=self.sessions,
            unknowns=tuple(self._unknowns),
        )

    def add_unknown(self, words: str) -> None:
        """Add something that could not be found out; the same words are kept once."""
        self._unknowns[words] = None

    async def attempt(self, what: str, request: Awaitable[T]) -> T | None:
        """Return the response to a request; where it fails, add an unknown and return `None`."""
        async with self._slots:
            try:
                return await request
            except PrSessionsError as error:
                self.add_unknown(f"{what}: {error}")
                return None

    # Pull requests

    def add(self, prs: Iterable[ForgePullRequest]) -> None:
        """Add pull requests, each in place of what was known of it. One without a time belongs to no session."""
        for pr in prs:
            if pr.pull_request.created is None:
                self.add_unknown(f"#{pr.pull_request.number} does not say when it was opened")
            else:
                self.pull_requests[pr.pull_request.number] = pr

    def add_listed(self, prs: Iterable[ForgePullRequest]) -> None:
        """Add pull requests of a list, which says less of each than the pull request itself."""
        self.add(pr for pr in prs if pr.pull_request.number not in self.pull_requests)

    def add_page(self, page: PullRequestPage) -> None:
        """Add a part of a list; each pull request that cannot be read is an unknown."""
        for reason in page.unreadable:
            self.add_unknown(reason)
        self.add_listed(page.pull_requests)

    def add_details(self, details: Iterable[OpenDetails]) -> None:
        """Add open pull requests with their files; their place in a stack, which only lists have, is kept."""
        for each in details:
            number, reported = each.pull_request.pull_request.number, each.pull_request
            known = self.pull_requests.get(number)
            self.add([reported])
            if known and reported.pull_request.stack is None and known.pull_request.stack:
                self._place(number, known.pull_request.stack)
            if each.files is not None:
                self._files[number] = each.files

    async def fetch_pull_request(self, number: str) -> None:
        """Fetch one pull request with everything that no list holds."""
        pr = await self.attempt(f"#{number}", self.forge.pull_request(int(number)))
        self.add([pr] if pr else ())

    def unfetched(self, numbers: Iterable[str]) -> list[str]:
        """Return those that were not fetched yet, and count them; of too many, the first ones, and add an unknown."""
        new = [n for n in dict.fromkeys(numbers) if n not in self.pull_requests and n not in self._named]
        room = max(0, _MOST_NAMED - len(self._named))
        if len(new) > room:
            self.add_unknown(
                f"commands name more than {_MOST_NAMED} other pull requests, and the rest was not asked for"
            )
        self._named.update(new)
        return new[:room]

    async def fetch_named(self, number: str) -> None:
        """Fetch a pull request that a command names, and that need not exist."""
        try:
            self.add([await self.forge.pull_request(int(number))])
        except PrSessionsError as error:
            if getattr(error, "status", None) != 404:
                self.add_unknown(f"#{number}: {error}")

    async def fetch_open_list(self, most: int) -> bool:
        """Fetch the list of open pull requests, the newest first, up to so many pages; return whether that is all."""
        page = await self.attempt("the open pull requests", self.forge.pull_requests("open", most))
        if page:
            self.add_page(page)
        return page is None or page.is_last

    async def fetch_files(self, number: str) -> None:
        """Fetch the files that a pull request changes; keep them if GitHub shows all."""
        files = await self.attempt(f"the files of #{number}", self.forge.files(int(number)))
        if files is not None and len(files) < MOST_FILES:
            self._files[number] = tuple(files)

    async def fetch_neighbour_files(self, numbers: Iterable[str], lists: FileLists) -> None:
        """Fetch the files of pull requests of other sessions, as far as the job's bound goes, and keep all for the job.

        Only overlaps need them, so a failure is no unknown.
        """
        prs = [self.pull_requests[number] for number in numbers]
        self._files |= {pr.pull_request.number: files for pr in prs if (files := lists.get(pr)) is not None}
        unread = (pr for pr in prs if pr.pull_request.number not in self._files)
        await asyncio.gather(*(self._fetch_neighbour(pr.pull_request.number) for pr in lists.take_room(unread)))
        for number, files in self._files.items():
            if pr := self.pull_requests.get(number):
                lists.add(pr, files)

    async def _fetch_neighbour(self, number: str) -> None:
        async with self._slots:
            with suppress(PrSessionsError):
                files = await self.forge.files(int(number))
                if len(files) < MOST_FILES:
                    self._files[number] = tuple(files)

    async def fetch_reviews(self, number: str) -> None:
        """Fetch the reviews of a pull request."""
        reviews = await self.attempt(f"the reviews of #{number}", self.forge.reviews(int(number)))
        self.reviews[number] = tuple(reviews or ())

    # Stacks

    async def fetch_stack(self, number: str) -> None:
        """Fetch the stack that a pull request says it is in. It may have left it since."""
        stacks = await self.attempt(f"the stack of #{number}", self.forge.stacks(int(number)))
        if stacks is None:
            return
        if not any(number == member.number for stack in stacks for member in stack.members):
            self._place(number, NO_STACK)
        self._add_stacks(stacks)

    async def fetch_open_stacks(self) -> None:
        """Fetch the stacks of open pull requests: one request for each stack, of too many for the newest ones.

        A list that says nothing of stacks comes of a forge that has none, or that shows them elsewhere. Members of a
        stack are built on each other, so nothing is asked where no open pull request is built on another one.
        """
        open_prs = [pr.pull_request for pr in self.pull_requests.values() if pr.pull_request.state is State.OPEN]
        branches = {pr.branch for pr in open_prs if pr.branch}
        if built := [pr.number for pr in open_prs if pr.stack is None and pr.base in branches]:
            stacks = await self.attempt("the stacks", self.forge.stacks())
            self._unread_stacks = frozenset(built if stacks is None else ())
            self._add_stacks(stacks or ())
        asked: dict[int, str] = {}
        for pr in sorted(open_prs, key=lambda pr: int(pr.number), reverse=True):
            place = in_stack(pr.stack)
            if place and place.number not in self.stacks and not is_lowest(pr):
                asked.setdefault(place.number, pr.number)
        await asyncio.gather(*map(self.fetch_stack, [*asked.values()][:_MOST_STACKS]))

    def _add_stacks(self, stacks: Iterable[ForgeStack]) -> None:
        for stack in stacks:
            self.stacks[stack.number] = stack
            for position, member in enumerate(stack.members, start=1):
                self._place(member.number, Stack(stack.number, position, len(stack.members), stack.base))

    def _place(self, number: str, stack: Stack) -> None:
        if pr := self.pull_requests.get(number):
            self.pull_requests[number] = replace(pr, pull_request=replace(pr.pull_request, stack=stack))

    # Comments

    def add_comments(self, comments: Iterable[Comment]) -> None:
        """Add comments as far as they are read, newer ones before older ones. The first version of each counts."""
        new = [on_behalf(comment, self.forge.app) for comment in comments if comment.id not in self.comments]
        read, left_out = self._reader.read(new, self._command_comments)
        self.comments |= read
        self._left_out.update(left_out)

    def unread_authors(self, numbers: Container[str]) -> Iterator[str]:
        """Yield the logins whose write access decides whether what was left out of their comments matters."""
        logins = {left_out.login for left_out in self._left_out if left_out.number in numbers}
        yield from sorted(logins - self._writers.keys())

    def report_unread(self, numbers: Container[str]) -> None:
        """Add what was left out of comments on these pull requests as unknowns, unless their author may not write."""
        left_out = (each for each in self._left_out if each.number in numbers)
        for reason in sorted({each.reason for each in left_out if self._writers.get(each.login) is not False}):
            self.add_unknown(reason)

    # People

    def unchecked_people(self, logins: Iterable[str], *, all_matter: bool = True) -> list[str]:
        """Return the logins whose write access was not fetched yet, and count them; of too many, the first ones.

        Args:
            logins: of people.
            all_matter: whether it is an unknown that somebody is left out.
        """
        new = [name for name in dict.fromkeys(login.lower() for login in logins) if name not in self._people]
        room = max(0, self._most_people - len(self._people))
        if all_matter and len(new) > room:
            self.add_unknown(
                f"more than {self._most_people} people have a say in it, and the others were not asked for"
            )
        self._people.update(new if all_matter else new[:room])
        return new[:room]

    async def fetch_all_write_access(self, logins: Sequence[str]) -> None:
        """Fetch whether people may write: of many at once where the forge says that, else of each."""
        if self._directory is None or not self.forge.has_credential:
            await asyncio.gather(*map(self.fetch_write_access, logins))
        elif writers := await self.attempt("who may write", self._directory.writers(logins)):
            self._writers |= writers
        if self._directory and self.forge.has_credential and (rest := [n for n in logins if n not in self._writers]):
            self.add_unknown(f"whether {len(rest)} of {len(logins)} people may write: the token has no right to know")

    async def fetch_write_access(self, login: str) -> None:
        """Fetch whether somebody may write to the repository, which GitHub says only with a token."""
        if not self.forge.has_credential:
            self.add_unknown("who may write: GitHub tells that only with a token")
            return
        may_write = await self.attempt(f"whether {login} may write", self.forge.may_write(login))
        if may_write is not None:
            self._writers[login] = may_write


class PullRequestPages:
    """The list of all pull requests, newest first by their creation: nothing in it ever moves up.

    Attributes:
        has_all: whether the last page was fetched.
    """

    def __init__(self, builder: SnapshotBuilder) -> None:
        self._builder = builder
        self._rest = builder.forge.pull_request_pages()
        self._may_go_on = True
        self._oldest = datetime.max.replace(tzinfo=UTC)
        self._pages = 0
        self.has_all = False

    def may_miss(self, time: datetime) -> bool:
        """Return whether what was opened at that time may be missing, and can be fetched."""
        return self._may_go_on and self._oldest >= time

    async def fetch(self, time: Callable[[], datetime]) -> None:
        """Fetch at least one page, and then page by page until something was opened before that time.

        Args:
            time: called again after every page, which may show that something began earlier.
        """
        while self._may_go_on and self._oldest >= time():
            if self._pages == MOST_PAGES:
                self._builder.add_unknown(
                    f"the session reaches back over more than {MOST_PAGES} pages of pull requests"
                )
                self._may_go_on = False
                return
            page = await self._builder.attempt("the list of pull requests", anext(self._rest))
            self._pages += 1
            self.has_all = page is not None and page.is_last
            self._may_go_on = page is not None and not page.is_last
            if page:
                self._builder.add_page(page)
                created = (pr.pull_request.created for pr in page.pull_requests)
                self._oldest = min([self._oldest, *(time for time in created if time)])


class CommentPages:
    """The comments of the whole repository, newest first."""

    def __init__(self, builder: SnapshotBuilder) -> None:
        self._builder = builder
        self._since = datetime.max.replace(tzinfo=UTC)
        self._readings = 0

    def may_miss(self, since: datetime) -> bool:
        """Return whether comments from that time on may be missing, and can be fetched."""
        return since < self._since

    async def fetch(self, since: datetime) -> None:
        """Fetch all comments from that time on."""
        builder, self._since = self._builder, since
        if self._readings == _MOST_READINGS:
            builder.add_unknown("commands reach back further and further: not all comments were read")
            return
        self._readings += 1
        page = await builder.attempt("the comments", builder.forge.comments_since(since, MOST_PAGES))
        builder.add_comments(page[0] if page else ())
        if page and not page[1]:
            builder.add_unknown(f"there are more than {MOST_PAGES} pages of comments since the session began")
