"""How far back a repository is read: pull requests by their creation, and the comments from a moment on."""

from collections.abc import Callable
from datetime import UTC, datetime

from pr_sessions.forges.github.client import PULLS
from pr_sessions.live.reading.telling import Telling

MOST_PAGES = 10
# A command may join a session with an earlier one: then what was said earlier counts, too.
_MOST_READINGS = 3


class PullRequestsBack:
    """The list of all pull requests, the one that was opened last first: nothing in it ever moves up."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._next: str | None = telling.github.address(PULLS, state="all", sort="created", direction="desc")
        self._oldest = datetime.max.replace(tzinfo=UTC)
        self._pages = 0
        self.reaches_all = False

    def lacks(self, moment: datetime) -> bool:
        """Whether what was opened at that time may be missing, and can be asked for."""
        return self._next is not None and self._oldest >= moment

    async def ask(self, moment: Callable[[], datetime]) -> None:
        """One page at least, and then page by page until something was opened earlier than that.

        Args:
            moment: asked for anew after every page, which may tell of something earlier.
        """
        while self._next and self._oldest >= moment():
            if self._pages == MOST_PAGES:
                self._telling.doubt(f"the session reaches back over more than {MOST_PAGES} pages of pull requests")
                self._next = None
                return
            await self._ask_page(self._next)

    async def _ask_page(self, address: str) -> None:
        telling = self._telling
        page = await telling.attempt("the list of pull requests", telling.github.page(address))
        self._next, self._pages = (page.next if page else None), self._pages + 1
        self.reaches_all = page is not None and page.next is None
        told = telling.readable(page.items if page else ())
        telling.take_listed(told)
        self._oldest = min([self._oldest, *(one.pull_request.created for one in told if one.pull_request.created)])


class CommentsBack:
    """The comments of the whole repository."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._since = datetime.max.replace(tzinfo=UTC)
        self._readings = 0

    def lacks(self, moment: datetime) -> bool:
        """Whether what was said from that time on may be missing, and can be asked for."""
        return moment < self._since

    async def ask(self, moment: datetime) -> None:
        """All from that time on."""
        telling, self._since = self._telling, moment
        if self._readings == _MOST_READINGS:
            telling.doubt("commands reach back further and further: not all comments were read")
            return
        self._readings += 1
        told = await telling.attempt("the comments", telling.github.comments_since(moment, MOST_PAGES))
        telling.comments |= {comment.id: comment for comment in (told[0] if told else ())}
        if told and not told[1]:
            telling.doubt(f"there are more than {MOST_PAGES} pages of comments since the session began")
