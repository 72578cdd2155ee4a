"""What an operation of the API is: the one place from which routes, description, client and docs are made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import Struct

from pr_sessions.core.collection import SessionCollection
from pr_sessions.errors import NotFound
from pr_sessions.server.api.problems import RequestRefused
from pr_sessions.server.api.requests import Nothing, OneRepository, RepositoryPage, repository_of
from pr_sessions.server.backend import Backend
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Refused, Right, Viewer
from pr_sessions.storage.audit import AuditLog
from pr_sessions.storage.base import Scope, SessionStore, Transaction
from pr_sessions.tracker import Tracker


def state_of(revision: str) -> str:
    """Return the state of a repository as it stands in an ETag."""
    return sha256(revision.encode()).hexdigest()[:16]


class Call(Struct, frozen=True, kw_only=True):
    """One request, decoded.

    Attributes:
        revisions: the state of a repository that the caller knows, from `If-Match`; empty where it may be any.
    """

    services: Services
    viewer: Viewer
    revisions: frozenset[str] = frozenset()

    @property
    def backend(self) -> Backend:
        """What is read and changed."""
        return self.services.backend

    @property
    def now(self) -> datetime:
        """The time in UTC."""
        return self.services.clock()

    def require(self, right: Right) -> None:
        """Refuse a viewer without a right.

        Raises:
            Refused: it has not got it.
        """
        if not self.viewer.may(right):
            raise Refused(f"{self.viewer.name} has no right to {right}", "an administrator can give it")

    def repository(self, where: OneRepository | RepositoryPage) -> str:
        """Return the repository that the address names; `-` names the only one of a clone.

        Raises:
            NotFound: there is none of that name that the viewer may see.
        """
        name = repository_of(where)
        if where.owner == "-" and not self.backend.is_team:
            name = self.backend.repository("").name
        if not self.viewer.sees(name):
            raise NotFound(f"no repository {name}", "`GET /api/v1/repositories` lists those that you may see")
        return name

    def tracker(self, repository: str) -> Tracker:
        """Return the tracker of a repository whose sessions the viewer may change.

        Where the caller says which state it knows, nothing is written in another one.

        Raises:
            Refused: the viewer may only read it.
        """
        if not self.viewer.may_change(repository):
            raise Refused(
                f"{self.viewer.name} may not change the sessions of {repository}",
                "who may write to the repository may, and a token with the scope `write`",
            )
        tracker = self.backend.tracker(repository)
        if self.revisions:
            tracker.store = _Unchanged(tracker.store, self, repository)
        return tracker


class _Unchanged:
    """A store that begins a change only in the state that the caller knows, once nobody else can change it."""

    def __init__(self, store: SessionStore, call: Call, repository: str) -> None:
        self._store, self._call, self._repository = store, call, repository

    def read(self) -> SessionCollection:
        """Return what is stored."""
        return self._store.read()

    @contextmanager
    def transaction(self, now: datetime, scope: Callable[[], Scope] | None = None) -> Iterator[Transaction]:
        """Begin a change.

        Raises:
            RequestRefused: somebody else made one since.
        """
        with self._store.transaction(now, scope) as transaction:
            if "*" not in self._call.revisions:
                state = state_of(self._call.backend.revision(self._repository))
                if state not in self._call.revisions:
                    raise RequestRefused(
                        412, f"the sessions of {self._repository} have changed since", "read them again, then decide"
                    )
            yield transaction

    def audit_log(self) -> AuditLog:
        """Return who changed what, and why."""
        return self._store.audit_log()


class Operation(Struct, frozen=True, kw_only=True):
    """One operation.

    Attributes:
        id: its name, also of the method of the client.
        path: with parameters in braces, below `/api/v1`.
        right: what the viewer must be allowed to do.
        params: the parameters of path and query.
        body: what it takes; `None` for nothing.
        answer: what it answers with.
        run: takes the call, the parameters and the body, and returns the answer.
        revision: whether it is about one repository: its ETag begins with the repository's state, and a write takes
            `If-Match`.
        example: of its answer.
        sample: of its body.
        most: bytes of its body.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    right: Right
    answer: Any
    run: Callable[[Call, Any, Any], Any]
    params: type[Struct] = Nothing
    body: type[Struct] | None = None
    revision: bool = False
    status: int = 200
    example: Any = None
    sample: Any = None
    most: int = 64 << 10

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters in its path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))
