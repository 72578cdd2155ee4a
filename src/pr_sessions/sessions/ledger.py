"""What the rules see of everything that is kept: a read-only book of sessions that answers with a new book."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol, Self

from pr_sessions.sessions.session import Facts, Session


class Ledger(Protocol):
    """All sessions of one repository. A value: `put` leaves it as it is and returns another."""

    def __iter__(self) -> Iterator[Session]:
        """Every session, active ones first, completed ones oldest first."""
        ...

    def active(self) -> tuple[Session, ...]:
        """The sessions that have not completed."""
        ...

    def around(self, at: datetime, reach: timedelta) -> tuple[Session, ...]:
        """At least the sessions that were alive within `reach` of `at`."""
        ...

    def get(self, session_id: str) -> Session | None:
        """The session of that id, or the one that it became part of."""
        ...

    def holding(self, number: str) -> Session | None:
        """The session that holds the pull request."""
        ...

    def of_run(self, agent: str, run: str) -> tuple[Session, ...]:
        """At least the sessions that hold a run of an agent, by the vendor's id."""
        ...

    def listing(self, number: str) -> tuple[Session, ...]:
        """Every session that lists the pull request; an old file may have several."""
        ...

    @property
    def unattributed(self) -> Mapping[str, Facts]:
        """Automatic pull requests that fit no session, or several equally well, by number."""
        ...

    def put(self, *sessions: Session, without: Collection[str] = ()) -> Self:
        """The book with these sessions added or replaced, and those of the ids in `without` absorbed."""
        ...

    def put_unattributed(self, facts: Mapping[str, Facts]) -> Self:
        """The book with exactly these unattributed pull requests."""
        ...
