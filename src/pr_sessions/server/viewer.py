"""Who looks at a page or calls the API, and what that person or program may do."""

from enum import StrEnum

from msgspec import Struct

from pr_sessions.errors import PrSessionsError


class Right(StrEnum):
    """What somebody may do. Each one stands for itself: an administrator has all of them."""

    READ = "read"
    # Corrections: move, merge, complete, undo.
    WRITE = "write"
    # The evidence report and the audit log.
    AUDIT = "audit"
    # Tokens, modes, dead deliveries, erased people.
    ADMIN = "admin"


class Refused(PrSessionsError):
    """The viewer may not do this."""


class Viewer(Struct, frozen=True):
    """Somebody who looks.

    Attributes:
        name: login, or the name of a token; it stands in the audit log of what this viewer changes.
        rights: what it may do.
        source: `local`, `login` or `token`.
        repositories: keys, `owner/name` in lower case, of those that it may see; `None` for all.
        login: on GitHub; empty where it has none.
        writable: keys of those whose sessions it may change; `None` for all that it sees.
    """

    name: str
    rights: frozenset[Right] = frozenset()
    source: str = "local"
    repositories: frozenset[str] | None = None
    login: str = ""
    writable: frozenset[str] | None = None

    def may(self, right: Right) -> bool:
        """Return whether it has a right."""
        return right in self.rights

    def sees(self, repository: str) -> bool:
        """Return whether it may see a repository, by its `owner/name` in any case."""
        return self.repositories is None or repository.lower() in self.repositories

    def may_change(self, repository: str) -> bool:
        """Return whether it may change the sessions of a repository, by its `owner/name` in any case."""
        is_writable = self.writable is None or repository.lower() in self.writable
        return self.may(Right.WRITE) and self.sees(repository) and is_writable
