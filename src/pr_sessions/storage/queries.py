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


class SessionFilter(Struct, frozen=True, kw_only=True):
    """Which sessions a list shows; what is empty or `None` leaves none out.

    Attributes:
        repository: `owner/name`, in any case.
        is_active: whether they have not completed.
        author: of the session, as it is spelled.
        agent: as it is named in lists, such as `claude-code`.
    """

    repository: str = ""
    is_active: bool | None = None
    author: str = ""
    agent: str = ""


class SessionLine(Struct, frozen=True, kw_only=True):
    """One session in a list.

    Attributes:
        repository: `owner/name`; empty for a clone whose name is not known.
        agent: the one that opened most of its pull requests; empty for none.
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
    """

    repository: str = ""
    state: str = ""
    agent: str = ""
    is_attributed: bool | None = None


class PullRequestLine(Struct, frozen=True, kw_only=True):
    """One pull request in a list.

    Attributes:
        number: digits, or `owner/name#digits` of another repository than the session's.
        session_id: empty for one that fits no session.
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
    """How many there are."""

    active: int
    completed: int
    pull_requests: int
    unattributed: int


class SessionQueries(Protocol):
    """Lists of the sessions of one or many repositories, newest activity first. Nothing here writes.

    Raises:
        InvalidValue: a cursor came from another list or is none.
    """

    def sessions(self, wanted: SessionFilter, cursor: str = "", limit: int = 50) -> Page[SessionLine]:
        """Return a page of sessions: those with the latest activity first, then by repository and id."""
        ...

    def pull_requests(self, wanted: PullRequestFilter, cursor: str = "", limit: int = 50) -> Page[PullRequestLine]:
        """Return a page of pull requests: those that were opened last first, then by repository and number."""
        ...

    def counts(self, repository: str = "") -> SessionCounts:
        """Return how many there are in a repository, or in all of them."""
        ...

    def search(self, text: str, repository: str = "", limit: int = 20) -> tuple[SessionLine, ...]:
        """Return the sessions whose id or alias begins with the text, or which list the pull request `42` or `#42`."""
        ...

    def session(self, repository: str, session_id: str) -> Session | None:
        """Return a session by its id or alias."""
        ...

    def holder(self, repository: str, number: str) -> Session | None:
        """Return the session that holds a pull request."""
        ...

    def linked(self, repository: str, session_id: str) -> tuple[SessionLine, ...]:
        """Return the sessions of other repositories that hold a run of this one."""
        ...

    def agents(self, repository: str = "") -> Mapping[str, int]:
        """Return how many sessions each agent has, by its name in lists, the most first; at most 100."""
        ...
