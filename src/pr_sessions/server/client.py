"""A client of the API for programs in Python: one method for each operation, lists as iterators, errors with hints.

with Client("https://sessions.example.com", "prs_...") as client:
for session in client.list_sessions(repository="shop/web"):
print(session.session_id)
"""

import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from pr_sessions.core.json_text import decode
from pr_sessions.errors import ForgeFailed, InvalidValue, NotFound, PrSessionsError
from pr_sessions.forges.github.access import Secret, checked_address, refuse_without_extra
from pr_sessions.io.files import MIB
from pr_sessions.server.api import schemas

T = TypeVar("T")

SECONDS = 30.0
TRIES = 3
LONGEST_PAUSE = 10.0
MOST = 64 * MIB
_BUSY = (429, 503)


class ServerRefused(PrSessionsError):
    """The server did not do it.

    Attributes:
        status: of its answer.
    """

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class Client:
    """Calls one server, as who a token stands for. Use it as a context, or close it.

    Args:
        url: of the server, without `/api/v1`.
        token: `prs_...`.
        tries: how often a read, or what may be sent twice, is sent at most.
        pause: waits for so many seconds.

    Raises:
        InvalidValue: it is no address that a token may be sent to.
    """

    def __init__(
        self, url: str, token: str, *, tries: int = TRIES, pause: Callable[[float], None] = time.sleep
    ) -> None:
        refuse_without_extra("the server")
        self.url = checked_address(url, "the server's address", "https://sessions.example.com")
        secret = Secret(token)
        self._tries, self._pause = tries, pause
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            timeout=SECONDS,
            follow_redirects=False,
            headers={"authorization": f"Bearer {secret.reveal()}", "accept": "application/json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def list_sessions(self, **filters: str | bool) -> Iterator[schemas.SessionItem]:
        """Yield sessions, the latest activity first; filters are repository, is_active, author and agent."""
        return self._items("/sessions", schemas.SessionItem, filters)

    def search_sessions(self, text: str, **filters: str | int) -> Iterator[schemas.SessionItem]:
        """Yield the sessions that fit a text; filters are repository and limit."""
        return self._items("/sessions/search", schemas.SessionItem, {"text": text, **filters})

    def count_sessions(self, repository: str = "") -> schemas.CountsAnswer:
        """Return how many sessions and pull requests there are."""
        return self._get("/counts", schemas.CountsAnswer, _named(repository=repository))

    def get_session(self, repository: str, session_id: str) -> schemas.SessionAnswer:
        """Return a session with its pull requests."""
        return self._get(f"{_of(repository)}/sessions/{_part(session_id)}", schemas.SessionAnswer)

    def get_session_of_pull_request(self, repository: str, number: str | int) -> schemas.SessionAnswer:
        """Return the session that holds a pull request."""
        return self._get(f"{_pr(repository, number)}/session", schemas.SessionAnswer)

    def list_pull_requests(self, **filters: str | bool) -> Iterator[schemas.PullRequestItem]:
        """Yield pull requests, the last opened first; filters are repository, state, agent and is_attributed."""
        return self._items("/pull-requests", schemas.PullRequestItem, filters)

    def get_pull_request(self, repository: str, number: str | int) -> schemas.PullRequestAnswer:
        """Return what is kept of a pull request."""
        return self._get(_pr(repository, number), schemas.PullRequestAnswer)

    def explain_pull_request(self, repository: str, number: str | int) -> schemas.WhyAnswer:
        """Return why a pull request is in its session."""
        return self._get(f"{_pr(repository, number)}/why", schemas.WhyAnswer)

    def list_inbox(self, **filters: str) -> Iterator[schemas.InboxRow]:
        """Yield the rows of the inbox; filters are repository and login."""
        return self._items("/inbox", schemas.InboxRow, filters)

    def summarise_inbox(self, **filters: str) -> schemas.InboxSummary:
        """Return the inbox without its rows; filters are repository and login."""
        return self._get("/inbox/summary", schemas.InboxSummary, filters)

    def link_pull_request(
        self, repository: str, number: str | int, session_id: str, if_match: str = ""
    ) -> schemas.Moved:
        """Put a pull request into a session; with `if_match`, only in the state that was read."""
        return self._post(
            f"{_pr(repository, number)}/link", schemas.Moved, {"session_id": session_id}, if_match=if_match
        )

    def unlink_pull_request(self, repository: str, number: str | int, if_match: str = "") -> schemas.Moved:
        """Take a pull request out of its session."""
        return self._post(f"{_pr(repository, number)}/unlink", schemas.Moved, {}, if_match=if_match)

    def move_pull_request(
        self, repository: str, number: str | int, session_id: str | None = None, if_match: str = ""
    ) -> schemas.Moved:
        """Move a pull request into another session, or into a new one."""
        return self._post(
            f"{_pr(repository, number)}/move", schemas.Moved, {"session_id": session_id}, if_match=if_match
        )

    def merge_sessions(self, repository: str, session_id: str, into: str, if_match: str = "") -> schemas.MergedSessions:
        """Make two sessions one."""
        path = f"{_of(repository)}/sessions/{_part(session_id)}/merge"
        return self._post(path, schemas.MergedSessions, {"session_id": into}, if_match=if_match)

    def complete_session(self, repository: str, session_id: str, if_match: str = "") -> schemas.CompletedSession:
        """End a session."""
        path = f"{_of(repository)}/sessions/{_part(session_id)}/complete"
        return self._post(path, schemas.CompletedSession, {}, if_match=if_match)

    def undo_correction(self, repository: str, entry: str | None = None, if_match: str = "") -> schemas.UndoneAnswer:
        """Undo a correction, the last one if none is named."""
        return self._post(f"{_of(repository)}/undo", schemas.UndoneAnswer, {"entry": entry}, if_match=if_match)

    def list_repositories(self, text: str = "") -> Iterator[schemas.RepositoryAnswer]:
        """Yield the repositories with their health, by name; `text` is a part of it."""
        return self._items("/repositories", schemas.RepositoryAnswer, _named(text=text))

    def get_repository(self, repository: str) -> schemas.RepositoryAnswer:
        """Return a repository with its health."""
        return self._get(_of(repository), schemas.RepositoryAnswer)

    def list_audit(self, repository: str) -> Iterator[schemas.AuditItem]:
        """Yield what was changed in a repository, the newest first."""
        return self._items(f"{_of(repository)}/audit", schemas.AuditItem)

    def list_storage(self, repository: str = "") -> tuple[schemas.StorageItem, ...]:
        """Return where everything is stored."""
        return self._get("/storage", schemas.StorageList, _named(repository=repository)).items

    def list_deliveries(self, state: str = "dead", repository: str = "") -> Iterator[schemas.DeliveryItem]:
        """Yield deliveries of the forge, the newest first."""
        return self._items("/deliveries", schemas.DeliveryItem, _named(state=state, repository=repository))

    def redeliver(self, delivery_id: str) -> schemas.DeliveryItem:
        """Put a delivery that was given up back to those that wait."""
        return self._post(f"/deliveries/{_part(delivery_id)}/redeliver", schemas.DeliveryItem, {})

    def list_decisions(self, repository: str) -> Iterator[schemas.DecisionItem]:
        """Yield what the gate decided last about each pull request, the newest first."""
        return self._items(f"{_of(repository)}/decisions", schemas.DecisionItem)

    def count_decisions(self, repository: str) -> tuple[schemas.DecisionDayItem, ...]:
        """Return how the gate decided on each day of the last week."""
        return self._get(f"{_of(repository)}/decision-days", schemas.DecisionDays).items

    def list_given_up(self, repository: str = "") -> Iterator[schemas.GivenUpItem]:
        """Yield what was to be done on the forge and was given up, the newest first."""
        return self._items("/given-up", schemas.GivenUpItem, _named(repository=repository))

    def try_again(self, entry_id: str) -> schemas.GivenUpItem:
        """Have something that was given up done after all."""
        return self._post(f"/given-up/{_part(entry_id)}/try-again", schemas.GivenUpItem, {})

    def list_tokens(self) -> tuple[schemas.TokenItem, ...]:
        """Return all tokens, without their secrets."""
        return self._get("/tokens", schemas.TokenList).items

    def create_token(
        self, name: str, scopes: list[str], repositories: list[str] | None = None, days: int = 90
    ) -> schemas.NewToken:
        """Create a token; its secret is shown this once."""
        body = {"name": name, "scopes": scopes, "repositories": repositories, "days": days}
        return self._post("/tokens", schemas.NewToken, body)

    def revoke_token(self, token_id: str) -> schemas.TokenItem:
        """Revoke a token at once."""
        return self._post(f"/tokens/{_part(token_id)}/revoke", schemas.TokenItem, {})

    def list_evidence(self, organisation: str, since: date) -> Iterator[schemas.EvidenceItem]:
        """Yield merged pull requests of agents: who asked, approved and merged, and what was checked."""
        query = {"organisation": organisation, "since": since.isoformat(), "limit": 200}
        return self._items("/evidence", schemas.EvidenceItem, query)

    def get_viewer(self) -> schemas.ViewerAnswer:
        """Return who calls."""
        return self._get("/viewer", schemas.ViewerAnswer)

    def sync_sessions(self, repository: str, data: bytes) -> schemas.SyncAnswer:
        """Merge a session file, and return what both know. It may be sent twice."""
        body = {"sessions": msgspec.Raw(data)}
        return self._post(f"{_of(repository)}/sync", schemas.SyncAnswer, body, repeats=True)

    def _items(self, path: str, kind: type[T], query: Any = None) -> Iterator[T]:
        values = dict(query or {})
        while True:
            page: schemas.PageOf[T] = self._get(path, schemas.PageOf[kind], values)  # type: ignore[valid-type] # a type at run time
            yield from page.items
            if page.next is None:
                return
            values["cursor"] = page.next

    def _get(self, path: str, kind: type[T], query: Any = None) -> T:
        values = {name: _text(value) for name, value in (query or {}).items()}
        return self._read(self._send(self._http.build_request("GET", path, params=values), self._tries), kind)

    def _post(self, path: str, kind: type[T], body: Any, *, if_match: str = "", repeats: bool = False) -> T:
        headers = {"content-type": "application/json"} | ({"if-match": if_match} if if_match else {})
        request = self._http.build_request("POST", path, content=msgspec.json.encode(body), headers=headers)
        return self._read(self._send(request, self._tries if repeats else 1), kind)

    def _send(self, request: httpx.Request, tries: int) -> tuple[int, bytes]:
        """Send a request, again where that does no harm and may help."""
        for attempt in range(1, tries + 1):
            try:
                status, data, wait = self._once(request)
            except httpx.HTTPError as error:
                if attempt == tries:
                    reason = type(error).__name__
                    raise ForgeFailed(f"{self.url} cannot be reached: {reason}", "check the address") from None
                self._pause(min(2.0 ** (attempt - 1), LONGEST_PAUSE))
                continue
            if status not in _BUSY or attempt == tries:
                break
            self._pause(min(wait, LONGEST_PAUSE))
        return status, data

    def _once(self, request: httpx.Request) -> tuple[int, bytes, float]:
        response = self._http.send(request, stream=True)
        try:
            data = bytearray()
            for part in response.iter_bytes():
                data += part
                if len(data) > MOST:
                    raise ForgeFailed(f"{self.url} answered with more than {MOST // MIB} MiB")
        finally:
            response.close()
        wait = response.headers.get("retry-after", "1")
        return response.status_code, bytes(data), float(wait) if wait.isascii() and wait.isdigit() else 1.0

    def _read(self, answer: tuple[int, bytes], kind: type[T]) -> T:
        status, data = answer
        try:
            if status in (200, 201):
                return decode(data, kind)
            problem = decode(data, dict[str, Any])
        except msgspec.DecodeError:
            raise ForgeFailed(
                f"{self.url} answered something else ({status})", "check that pr-sessions serves there", status
            ) from None
        detail, hint = str(problem.get("detail") or status), str(problem.get("hint") or "")
        if status == 404:
            raise NotFound(detail, hint)
        raise ServerRefused(detail, hint, status)


def _of(repository: str) -> str:
    owner, _, name = repository.rpartition("/")
    return f"/repositories/{_part(owner or '-')}/{_part(name)}"


def _pr(repository: str, number: str | int) -> str:
    return f"{_of(repository)}/pull-requests/{_part(str(number).replace('/', '~').replace('#', '~'))}"


def _part(text: str) -> str:
    if text in ("", ".", ".."):
        raise InvalidValue(f"not a name: {text!r}", "give the whole name")
    return quote(text, safe="")


def _named(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
