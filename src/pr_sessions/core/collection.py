"""Everything that is kept of sessions, as the rules see it, and what a store has to find in it.

A collection is a reader, which finds sessions where they are kept, and one overlay of what was put since.
Memory and files implement the reader only.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, Self

from msgspec import Struct

from pr_sessions.core.models import PullRequestRecord, Session


class Changes(Struct, frozen=True):
    """What was put into a collection since it was read.

    Attributes:
        sessions: added or replaced, by id.
        absorbed: ids of sessions that became part of another one.
        unattributed: by number; `None` for one that is no longer unattributed.
    """

    sessions: Mapping[str, Session] = {}
    absorbed: frozenset[str] = frozenset()
    unattributed: Mapping[str, PullRequestRecord | None] = {}


class SessionCollection(Protocol):
    """All sessions of one repository. A value: `put` does not change it and returns another one."""

    def __iter__(self) -> Iterator[Session]:
        """Every session: active ones by id, then completed ones, oldest end first."""
        ...

    def __len__(self) -> int:
        """How many sessions there are."""
        ...

    def __contains__(self, session_id: object) -> bool:
        """Whether there is a session of that id; an alias is none."""
        ...

    def __getitem__(self, session_id: str) -> Session:
        """Return the session of that id, not that of an alias."""
        ...

    def active_ids(self) -> Sequence[str]:
        """Return the ids of the sessions that have not completed, in order."""
        ...

    def completed_ids(self) -> Sequence[str]:
        """Return the ids of the completed sessions, oldest end first."""
        ...

    def names(self) -> Mapping[str, str]:
        """Return the id of the session behind every id and every alias."""
        ...

    def count_pull_requests(self) -> int:
        """Return how many pull requests are in a session."""
        ...

    def active(self) -> Sequence[Session]:
        """Return the sessions that have not completed, by id."""
        ...

    def active_until(self, at: datetime) -> Sequence[Session]:
        """Return at least the sessions that have not completed and in which nothing happened after a time."""
        ...

    def active_near(self, at: datetime, within: timedelta) -> Sequence[Session]:
        """Return at least the sessions that were alive within this time of `at`."""
        ...

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id, or the one that absorbed it."""
        ...

    def for_pull_request(self, number: str) -> Session | None:
        """Return the session that holds the pull request; one with its record before one that only lists it."""
        ...

    def all_for_pull_request(self, number: str) -> Sequence[Session]:
        """Return every session that lists the pull request; an old file may have several."""
        ...

    def mentioning(self, numbers: Collection[str]) -> Sequence[str]:
        """Return the ids of the sessions that list one of these pull requests, or did, or have its record."""
        ...

    def for_run(self, run: str) -> Sequence[Session]:
        """Return the sessions that hold a run, of any agent, by its key."""
        ...

    def for_stack(self, number: int) -> Sequence[Session]:
        """Return the sessions with a pull request in a stack of that number, of any repository."""
        ...

    def unattributed(self, number: str) -> PullRequestRecord | None:
        """Return what is kept of a pull request that is in no session."""
        ...

    def all_unattributed(self) -> Mapping[str, PullRequestRecord]:
        """Return the pull requests that fit no session, or several equally well, by number."""
        ...

    def put(self, *sessions: Session, absorbed: Collection[str] = ()) -> Self:
        """Return the collection with these sessions added or replaced, and without those of the absorbed ids.

        The collection itself where nothing changes.
        """
        ...

    def put_unattributed(self, number: str, record: PullRequestRecord | None) -> Self:
        """Return the collection with the unattributed pull request, or without it; itself where nothing changes."""
        ...

    @property
    def changes(self) -> Changes:
        """What was put since the collection was read."""
        ...


class SessionReader(Protocol):
    """Sessions as they are kept, by id. An index may name a session that once matched: the overlay checks each."""

    unattributed: Mapping[str, PullRequestRecord]

    @property
    def aliases(self) -> Mapping[str, str]:
        """Session id by the ids that became part of it."""
        ...

    @property
    def listed(self) -> Collection[str]:
        """The numbers of all pull requests that sessions list."""
        ...

    def __iter__(self) -> Iterator[str]: ...

    def __contains__(self, session_id: object) -> bool: ...

    def __len__(self) -> int: ...

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id, not that of an alias."""
        ...

    def active_ids(self) -> Iterable[str]:
        """Return the ids of the sessions that have not completed."""
        ...

    def active_until(self, at: datetime) -> Iterable[str]:
        """Return the ids of at least those of them in which nothing happened after a time."""
        ...

    def ends(self) -> Iterable[tuple[str, str]]:
        """Return a text that sorts like its end or last work, and the id, for each completed session."""
        ...

    def holder(self, number: str) -> str | None:
        """Return the id of the session that lists a pull request; rather one with its record."""
        ...

    def mentioning(self, numbers: Collection[str]) -> Iterable[str]:
        """Return the ids of the sessions that list one of these pull requests, or did, or have its record."""
        ...

    def with_run(self, run: str) -> frozenset[str]:
        """Return the ids of the sessions with a run of this key, of any agent."""
        ...

    def with_stack(self, number: int) -> frozenset[str]:
        """Return the ids of the sessions with a pull request in a stack of that number."""
        ...

    def near(self, at: datetime, within: timedelta) -> Iterable[str]:
        """Return the ids of at least the sessions that were alive within this time of `at`."""
        ...
