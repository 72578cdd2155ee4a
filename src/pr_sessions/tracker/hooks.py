"""What agents' hooks left for us, taken into the book before anything else is done."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pr_sessions.errors import InvalidValue, PrSessionsError
from pr_sessions.sessions.ids import check_number
from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.book import Book
from pr_sessions.stores.pending_files import waiting_files
from pr_sessions.stores.repository import Repository
from pr_sessions.tracker.markers import Markers

if TYPE_CHECKING:
    from pr_sessions.sessions.events import AgentEvent
    from pr_sessions.stores.pending import Batch
    from pr_sessions.stores.remotes import Place


class Taken:
    """Events that were taken, until they are saved."""

    def __init__(self, batches: tuple["Batch", ...]) -> None:
        self.batches = batches
        self.begun: tuple[str, ...] = ()
        self.opened: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """Of the pull requests that were seen to be opened."""
        return tuple(dict.fromkeys(waiting.url for batch in self.batches for waiting in batch.events if waiting.url))


class Hooks:
    """Of one clone, seen from one of its working trees."""

    def __init__(self, repository: Repository, markers: Markers, policy: Policy, author: Callable[[], str]) -> None:
        self._repository = repository
        self._markers = markers
        self._policy = policy
        self._author = author

    @property
    def any_wait(self) -> bool:
        """Whether there is anything to take in."""
        return bool(self._repository.pending and waiting_files(self._repository.pending))

    def look(self) -> Taken:
        """What waits, for somebody who only reads."""
        folder = self._repository.pending
        if folder is None or not waiting_files(folder):
            return Taken(())
        from pr_sessions.stores.pending import look

        return Taken(look(folder))

    def take(self) -> Taken:
        """What waits, for somebody who holds the document's lock and will save."""
        folder = self._repository.pending
        if folder is None or not waiting_files(folder):
            return Taken(())
        from pr_sessions.stores.pending import take

        return Taken(take(folder))

    def apply(self, taken: Taken, book: Book, now: datetime) -> Book:
        """The book after the events; the markers show what became current."""
        if not taken.batches:
            return book
        from pr_sessions.sessions.events import Tree, apply_events
        from pr_sessions.stores.marker import Marker

        own = None
        for batch in taken.batches:
            if own is None and any(waiting.url for waiting in batch.events):
                own = _places(self._repository.root)
            events = [event for w in batch.events if (event := _numbered(w.event, w.url, own or ()))]
            trees = {str(r): Tree(m.session_id, m.created, m.last_updated) for r, m in self._markers.all()}
            applied = apply_events(book, events, trees, self._author, self._policy, now)
            book = applied.ledger
            taken.begun += applied.begun
            taken.opened += applied.opened
            for root, tree in applied.trees.items():
                session = book.get(tree.session_id)
                marker = Marker(tree.session_id, session.author if session else "", tree.since, tree.last)
                self._markers.show(Path(root), marker)
        return book

    def finish(self, taken: Taken) -> None:
        """They are saved now."""
        if taken.batches:
            from pr_sessions.stores.pending import finish

            finish(taken.batches, self._repository.quarantine)


def _places(root: Path) -> "tuple[Place, ...]":
    from pr_sessions.stores.remotes import places

    # Without git nobody can tell whose it is: it is kept under its whole name then.
    with suppress(PrSessionsError):
        return places(root)
    return ()


def _numbered(event: "AgentEvent", url: str, own: "tuple[Place, ...]") -> "AgentEvent | None":
    if event.kind != "opened":
        return event
    from pr_sessions.stores.remotes import number_of

    try:
        return replace(event, number=check_number(number_of(url, own)))
    except InvalidValue:
        return None
