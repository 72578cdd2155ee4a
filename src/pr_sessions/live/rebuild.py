"""The sessions of a repository, put together again from what its forge tells: the same as an import would have made."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from pr_sessions.live.commands import Command
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import Recorded
from pr_sessions.sessions.session import Session
from pr_sessions.stores.book import Book


class Live(Struct, frozen=True):
    """Sessions at a moment.

    Attributes:
        book: all of them, those of the synced document included.
        recorded: by number, what recording a pull request came to.
        believed: by number, whether its author may write; missing where that was not asked for yet.
        commands: those that count, oldest first.
        excluded: numbers that a label takes out of sessions.
    """

    book: Book
    recorded: Mapping[str, Recorded]
    believed: Mapping[str, bool]
    commands: tuple[Command, ...]
    excluded: frozenset[str] = frozenset()

    def home(self, number: str) -> Session | None:
        """The session that holds a pull request."""
        return self.book.holding(number)


def rebuild(snapshot: Snapshot, policy: Policy, now: datetime) -> Live:
    """The sessions as they stand at `now`: what was opened, said or ended later does not count. Pure.

    A person of whom nobody has asked yet whether they may write is believed meanwhile; `unasked` names them.
    """
    raise NotImplementedError


def unasked(snapshot: Snapshot, live: Live, number: str) -> tuple[str, ...]:
    """Logins whose right to write decides about the session of a pull request, and that were not asked for yet."""
    raise NotImplementedError
