"""Lists of the sessions of one repository, made of its collection: for a clone's files and for memory."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.models import Session
from pr_sessions.storage.cursors import PullRequestKey, SessionKey, page_size, read_cursor, write_cursor
from pr_sessions.storage.lines import (
    check_state,
    number_in,
    number_position,
    position,
    pull_request_line,
    pull_request_lines,
    session_line,
)
from pr_sessions.storage.queries import (
    MOST_AGENTS,
    Page,
    PullRequestFilter,
    PullRequestLine,
    SessionCounts,
    SessionFilter,
    SessionLine,
)

T = TypeVar("T")
K = TypeVar("K", SessionKey, PullRequestKey)


class CollectionQueries:
    """`SessionQueries` over any collection.

    Lists decode every session once for each collection that `read` returns, so it should return the same collection
    for as long as nothing changed. Everything else decodes only what it returns.
    """

    def __init__(self, read: Callable[[], SessionCollection], repository: str = "") -> None:
        """Make lists of one repository.

        Args:
            read: returns what is stored.
            repository: `owner/name`; empty where it is not known, and then every name is that of another one.
        """
        self._read = read
        self._repository = repository
        self._lines: _Lines | None = None

    def sessions(self, wanted: SessionFilter, cursor: str = "", limit: int = 50) -> Page[SessionLine]:
        """Return a page of sessions: those with the latest activity first, then by id."""
        lines = self._current().sessions if self._is_seen(wanted.repository, wanted.repositories) else []
        after = read_cursor(wanted, cursor, SessionKey) if cursor else None
        matches = (line for line in _after(after, lines, _session_key) if _has_session(wanted, line))
        return _page(matches, limit, lambda line: write_cursor(wanted, _session_key(line)))

    def pull_requests(self, wanted: PullRequestFilter, cursor: str = "", limit: int = 50) -> Page[PullRequestLine]:
        """Return a page of pull requests: those that were opened last first, then by number."""
        check_state(wanted.state)
        lines = self._current().pull_requests if self._is_seen(wanted.repository, wanted.repositories) else []
        after = read_cursor(wanted, cursor, PullRequestKey) if cursor else None
        matches = (line for line in _after(after, lines, _pull_request_key) if _has_pull_request(wanted, line))
        return _page(matches, limit, lambda line: write_cursor(wanted, _pull_request_key(line)))

    def counts(self, repository: str = "", repositories: frozenset[str] | None = None) -> SessionCounts:
        """Return how many there are."""
        if not self._is_seen(repository, repositories):
            return SessionCounts()
        lines = self._current()
        active = sum(line.is_active for line in lines.sessions)
        attributed = sum(line.session_id != "" for line in lines.pull_requests)
        return SessionCounts(
            active=active,
            completed=len(lines.sessions) - active,
            pull_requests=attributed,
            unattributed=len(lines.pull_requests) - attributed,
        )

    def search(
        self, text: str, repository: str = "", limit: int = 20, repositories: frozenset[str] | None = None
    ) -> tuple[SessionLine, ...]:
        """Return the sessions that list the pull request, or whose id or alias begins with the text."""
        text = text.strip()
        if not text or not self._is_seen(repository, repositories):
            return ()
        sessions = self._read()
        names = sorted((name, i) for name, i in sessions.names().items() if name.startswith(text))
        ids = dict.fromkeys([*self._listing(sessions, text), *(i for _, i in names)])
        return tuple(session_line(sessions[i], self._repository) for i in list(ids)[: page_size(limit)])

    def session(self, repository: str, session_id: str) -> Session | None:
        """Return a session by its id or alias."""
        return self._read().get(session_id) if self._is_seen(repository) else None

    def holder(self, repository: str, number: str) -> Session | None:
        """Return the session that holds a pull request."""
        return self._read().for_pull_request(number) if self._is_seen(repository) else None

    def linked(
        self,
        repository: str,  # noqa: ARG002 - the protocol's
        session_id: str,  # noqa: ARG002 - the protocol's
        repositories: frozenset[str] | None = None,  # noqa: ARG002 - the protocol's
    ) -> tuple[SessionLine, ...]:
        """Return nothing: there is no other repository."""
        return ()

    def agents(self, repository: str = "", repositories: frozenset[str] | None = None) -> Mapping[str, int]:
        """Return how many sessions each agent has, the most first."""
        lines = self._current().sessions if self._is_seen(repository, repositories) else ()
        counts = Counter(line.agent for line in lines if line.agent)
        return dict(sorted(counts.items(), key=lambda count: (-count[1], count[0]))[:MOST_AGENTS])

    def _is_seen(self, repository: str, repositories: frozenset[str] | None = None) -> bool:
        key = self._repository.lower()
        return (not repository or repository.lower() == key) and (repositories is None or key in repositories)

    def _listing(self, sessions: SessionCollection, text: str) -> Iterable[str]:
        """Return the ids of the sessions that list a pull request, as pull requests are sorted."""
        number = number_in(text, self._repository)
        if not number:
            return ()
        holders = sessions.all_for_pull_request(number)
        lines = [pull_request_line(number, s.pull_requests.get(number), s.id) for s in holders]
        return [line.session_id for line in sorted(lines, key=_pull_request_key)]

    def _current(self) -> "_Lines":
        sessions = self._read()
        lines = self._lines
        if lines is None or lines.of is not sessions:
            self._lines = lines = _Lines(sessions, self._repository)
        return lines


class _Lines:
    """All lines of a collection, sorted."""

    def __init__(self, sessions: SessionCollection, repository: str) -> None:
        self.of = sessions
        stored = list(sessions)
        self.sessions = sorted([session_line(s, repository) for s in stored], key=_session_key)
        attributed = [line for session in stored for line in pull_request_lines(session, repository)]
        unattributed = [pull_request_line(n, r, "", repository) for n, r in sessions.all_unattributed().items()]
        self.pull_requests = sorted([*attributed, *unattributed], key=_pull_request_key)


def _after(key: K | None, lines: Sequence[T], key_of: Callable[[T], K]) -> Iterator[T]:
    """Return the lines behind a key; all of them where there is none."""
    return islice(lines, 0 if key is None else bisect_right(lines, key, key=key_of), None)


def _page(lines: Iterator[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    items = tuple(islice(lines, page_size(limit)))
    return Page(items, "" if next(lines, None) is None else cursor_of(items[-1]))


def _session_key(line: SessionLine) -> SessionKey:
    return SessionKey(position(line.latest), 0, line.id)


def _pull_request_key(line: PullRequestLine) -> PullRequestKey:
    return PullRequestKey(position(line.opened), 0, number_position(line.number), line.number, line.session_id)


def _has_session(wanted: SessionFilter, line: SessionLine) -> bool:
    return (
        wanted.is_active in (None, line.is_active)
        and wanted.author in ("", line.author)
        and wanted.agent in ("", line.agent)
    )


def _has_pull_request(wanted: PullRequestFilter, line: PullRequestLine) -> bool:
    return (
        wanted.state in ("", line.state)
        and wanted.agent in ("", line.agent)
        and wanted.is_attributed in (None, line.session_id != "")
    )
