"""What GitHub has told so far of one repository, and how it is asked for more. What it refuses is a doubt."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from pr_sessions.errors import InvalidValue, PrSessionsError
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.payload import ChangedFile, Comment, GitHubPullRequest, Review, read_pull_request
from pr_sessions.live.snapshot import Snapshot

if TYPE_CHECKING:
    from pr_sessions.stores.document import Document

T = TypeVar("T")
# GitHub shows no more files of a pull request.
MOST_FILES = 3000
_MOST_NAMED = 5
_AT_ONCE = 8


class Telling:
    """Grows with every answer.

    Attributes:
        github: who tells.
        pull_requests: by number.
        comments: by id.
        reviews: by number.
        document: the synced session file.
    """

    def __init__(self, github: GitHub, most_people: int) -> None:
        self.github = github
        self.pull_requests: dict[str, GitHubPullRequest] = {}
        self.comments: dict[int, Comment] = {}
        self.reviews: dict[str, tuple[Review, ...]] = {}
        self.document: Document | None = None
        self._writers: dict[str, bool] = {}
        self._files: dict[str, tuple[ChangedFile, ...]] = {}
        self._doubts: dict[str, None] = {}
        self._people: set[str] = set()
        self._named: set[str] = set()
        self._most_people = most_people
        self._gate = asyncio.Semaphore(_AT_ONCE)

    def snapshot(self) -> Snapshot:
        """All of it."""
        return Snapshot(
            repository=self.github.repository,
            pull_requests=self.pull_requests,
            comments=tuple(self.comments[number] for number in sorted(self.comments)),
            writers=self._writers,
            files=self._files,
            reviews=self.reviews,
            document=self.document,
            doubts=tuple(self._doubts),
        )

    def doubt(self, words: str) -> None:
        """Something that could not be found out; the same is said once."""
        self._doubts[words] = None

    async def attempt(self, what: str, asked: Awaitable[T]) -> T | None:
        """What is asked for; `None` and a doubt where that fails."""
        async with self._gate:
            try:
                return await asked
            except PrSessionsError as error:
                self.doubt(f"{what}: {error}")
                return None

    def take(self, told: Iterable[GitHubPullRequest]) -> None:
        """Pull requests, each instead of what was known of it. One without a time is none that can be placed."""
        for one in told:
            if one.pull_request.created is None:
                self.doubt(f"#{one.pull_request.number} does not say when it was opened")
            else:
                self.pull_requests[one.pull_request.number] = one

    def readable(self, rows: Iterable[Any]) -> list[GitHubPullRequest]:
        """Those of a list that can be read."""
        found = []
        for row in rows:
            try:
                found.append(read_pull_request(row))
            except InvalidValue as error:
                self.doubt(str(error))
        return found

    def take_listed(self, told: Iterable[GitHubPullRequest]) -> None:
        """Pull requests of a list, which tells less than each does itself."""
        self.take(one for one in told if one.pull_request.number not in self.pull_requests)

    async def ask_pull_request(self, number: str) -> None:
        """That one, with everything that only it itself tells."""
        one = await self.attempt(f"#{number}", self.github.pull_request(int(number)))
        self.take([one] if one else ())

    def to_ask_for(self, numbers: Iterable[str]) -> list[str]:
        """Those of which nobody has told or asked yet; of too many, the first ones and a doubt."""
        new = [n for n in dict.fromkeys(numbers) if n not in self.pull_requests and n not in self._named]
        room = max(0, _MOST_NAMED - len(self._named))
        if len(new) > room:
            self.doubt(f"commands name more than {_MOST_NAMED} other pull requests, and the rest was not asked for")
        self._named.update(new)
        return new[:room]

    async def ask_named(self, number: str) -> None:
        """One that somebody names, and that need not exist."""
        try:
            self.take([await self.github.pull_request(int(number))])
        except PrSessionsError as error:
            if getattr(error, "status", None) != 404:
                self.doubt(f"#{number}: {error}")

    async def ask_open(self, most: int) -> bool:
        """Those that are open, the last ones first, up to so many pages; whether that is all."""
        told = await self.attempt("the open pull requests", self.github.newest("open", most))
        self.take_listed(self.readable(told[0] if told else ()))
        return told is None or told[1]

    async def ask_files(self, number: str) -> None:
        """What a pull request changes, if GitHub shows all of it."""
        files = await self.attempt(f"the files of #{number}", self.github.files(int(number)))
        if files is not None and len(files) < MOST_FILES:
            self._files[number] = tuple(files)

    async def ask_reviews(self, number: str) -> None:
        """The reviews of a pull request."""
        found = await self.attempt(f"the reviews of #{number}", self.github.reviews(int(number)))
        self.reviews[number] = tuple(found or ())

    def to_ask_about(self, logins: Iterable[str], *, all_matter: bool = True) -> list[str]:
        """Those of whom nobody has asked yet whether they may write; of too many, the first ones.

        Args:
            logins: of people.
            all_matter: whether it is a doubt that somebody is left out.
        """
        new = [name for name in dict.fromkeys(login.lower() for login in logins) if name not in self._people]
        room = max(0, self._most_people - len(self._people))
        if all_matter and len(new) > room:
            self.doubt(f"more than {self._most_people} people have a say in it, and the others were not asked for")
        self._people.update(new if all_matter else new[:room])
        return new[:room]

    async def ask_person(self, login: str) -> None:
        """Whether somebody may write to the repository; nobody is told who does not say who asks."""
        if not self.github.has_credential:
            self.doubt("who may write: GitHub tells that only with a token")
            return
        may_write = await self.attempt(f"whether {login} may write", self.github.may_write(login))
        if may_write is not None:
            self._writers[login] = may_write
