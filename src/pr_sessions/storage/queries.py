"""What lists show, asked of a store without reading its sessions one by one.

A collection is for rules: it finds what one change needs. A list of a million sessions goes through this seam.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from pr_sessions.core.models import Session

T = TypeVar("T")

MOST_ON_PAGE = 200
MOST_AGENTS = 100


class SessionFilter(Struct, frozen=True, kw_only=True):
    """Which sessions a list shows; what is empty or `None` leaves none out.

    Attributes:
        repository: `owner/name`, in any case.
        is_active: whether they have not completed.
        author: of the session, as it is spelled.
        agent: as it is named in lists, such as `claude-code`.
        repositories: keys, `owner/name` in lower case, of those that may be seen.
    """

    repository: str = ""
    is_active: bool | None = None
    author: str = ""
    agent: str = ""
    repositories: frozenset[str] | None = None


class SessionLine(Struct, frozen=True, kw_only=True):
    """One session in a list.

    Attributes:
        repository: `owner/name`; empty for a clone whose name is not known.
        agent: the one that opened most of its pull requests, else the one of its runs; empty for none.
        latest: the last activity, or the start; `None` if neither is known.
        ended: `None` while it is active, or where no time is known.
        trigger: why it ended; empty while it is active.
        pull_requests: how many it lists.
    """

    repository: str
    id: str
    author: str
    agent: str
    title: str
    is_active: bool
    started: datetime | None
    latest: datetime | None
    ended: datetime | None
    trigger: str
    pull_requests: int


class PullRequestFilter(Struct, frozen=True, kw_only=True):
    """Which pull requests a list shows; what is empty or `None` leaves none out.

    Attributes:
        repository: `owner/name`, in any case.
        state: `open`, `closed` or `merged`.
        agent: as it is named in lists.
        is_attributed: whether it is in a session.
        repositories: keys, `owner/name` in lower case, of those that may be seen.
    """

    repository: str = ""
    state: str = ""
    agent: str = ""
    is_attributed: bool | None = None
    repositories: frozenset[str] | None = None


class PullRequestLine(Struct, frozen=True, kw_only=True):
    """One pull request in a list. One that an old file lists in several sessions is there once for each.

    Attributes:
        number: digits, or `owner/name#digits` of another repository than the session's.
        session_id: empty for one that fits no session.
        agent: the one that opened it, or several with ` + ` between them; empty for none.
        state: `open`, `closed`, `merged` or the word of a newer version; empty where it is not known.
        basis: the label of why it is there; empty where no reason is known.
    """

    repository: str
    number: str
    session_id: str
    author: str
    agent: str
    state: str
    opened: datetime | None
    merged: datetime | None
    basis: str


class Page(Struct, Generic[T], frozen=True):
    """A part of a list.

    Attributes:
        next: the cursor of the next part; empty at the end.
    """

    items: tuple[T, ...]
    next: str = ""


class SessionCounts(Struct, frozen=True, kw_only=True):
    """How many lines the lists have.

    Attributes:
        active: sessions that have not completed.
        completed: sessions that have.
        pull_requests: those in a session.
        unattributed: pull requests that fit no session.
    """

    active: int = 0
    completed: int = 0
    pull_requests: int = 0
    unattributed: int = 0


class SessionQueries(Protocol):
    """Lists of the sessions of one or many repositories, newest activity first. Nothing here writes.

    A repository that is not there has empty lists. `repositories` are the keys of those that may be seen, or `None`.

    Raises:
        InvalidValue: a cursor came from another list or is none, or a filter names no state of pull requests.
    """

    def sessions(self, wanted: SessionFilter, cursor: str = "", limit: int = 50) -> Page[SessionLine]:
        """Return a page of sessions: those with the latest activity first, then by repository and id.

        A page has at most `MOST_ON_PAGE`. Of two repositories the one that was added first is first.
        """
        ...

    def pull_requests(self, wanted: PullRequestFilter, cursor: str = "", limit: int = 50) -> Page[PullRequestLine]:
        """Return a page of pull requests: those that were opened last first, then by repository and number."""
        ...

    def counts(self, repository: str = "", repositories: frozenset[str] | None = None) -> SessionCounts:
        """Return how many there are in a repository, or in all of them."""
        ...

    def search(
        self, text: str, repository: str = "", limit: int = 20, repositories: frozenset[str] | None = None
    ) -> tuple[SessionLine, ...]:
        """Return the sessions that list the pull request `42` or `#42`, or whose id or alias begins with the text.

        First those that list it, as pull requests are sorted, then the others by that id or alias.
        """
        ...

    def session(self, repository: str, session_id: str) -> Session | None:
        """Return a session by its id or alias."""
        ...

    def holder(self, repository: str, number: str) -> Session | None:
        """Return the session that holds a pull request."""
        ...

    def linked(
        self, repository: str, session_id: str, repositories: frozenset[str] | None = None
    ) -> tuple[SessionLine, ...]:
        """Return the sessions of other repositories that hold a run of this one, as sessions are sorted."""
        ...

    def agents(self, repository: str = "", repositories: frozenset[str] | None = None) -> Mapping[str, int]:
        """Return how many sessions each agent has, by its name in lists, the most first; at most `MOST_AGENTS`."""
        ...
