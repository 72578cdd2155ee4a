"""The client calls a real server: lists are iterators, problems are errors with hints, and waits are bounded."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import scene
from pr_sessions.core.policy import Policy
from pr_sessions.errors import ForgeFailed, InvalidValue, NotFound
from pr_sessions.server.api.catalogue import OPERATIONS
from pr_sessions.server.client import Client, ServerRefused
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.repositories import ensure_repository
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.tracker import Tracker, utc_now
from pr_sessions.tracker.workspace import NullWorkspace
from server.teams import Team, team_server


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A server that knows 5 pull requests, each a day after the one before."""
    with team_server(tmp_path_factory.mktemp("team")) as made:
        with writing(made.engine) as connection:
            repository_id = ensure_repository(connection, "Shop/Web", utc_now()).id
        store = SqlStore(made.engine, repository_id)
        tracker = Tracker(None, Policy(), store, NullWorkspace("ada"), clock=utc_now)
        for number in range(1, 6):
            tracker.record(scene.auto(number, created=scene.minute(1440 * number)))
        yield made


@pytest.fixture
def client(team: Team) -> Iterator[Client]:
    with Client(team.url, team.token(*Right)) as made:
        yield made


def test_every_operation_has_a_method():
    assert [operation.id for operation in OPERATIONS if not hasattr(Client, operation.id)] == []


def test_a_list_is_read_to_its_end(client):
    items = [*client.list_pull_requests(repository="shop/web", limit=2)]
    assert [item.number for item in items] == ["5", "4", "3", "2", "1"]


def test_a_correction_is_made_by_the_token(client):
    first, second = ("ada-20251123-1000", "ada-20251124-1000")
    moved = client.link_pull_request("shop/web", 1, second)
    assert (moved.before, moved.session_id, moved.by, moved.changed) == (first, second, "token clone", True)
    assert client.undo_correction("shop/web").by == "token clone"
    assert client.get_pull_request("shop/web", 1).session_id == first
    assert [entry.by for entry in client.list_audit("shop/web")][:2] == ["token clone", "token clone"]


def test_what_is_not_there_is_an_error_with_the_servers_words(client):
    with pytest.raises(NotFound, match="no session none in shop/web"):
        client.get_session("shop/web", "none")


def test_a_problem_is_an_error_with_its_hint(team):
    with Client(team.url, team.token(Right.READ)) as reader, pytest.raises(ServerRefused) as refused:
        reader.unlink_pull_request("shop/web", 1)
    assert (refused.value.status, str(refused.value), refused.value.hint) == (
        403,
        "token clone has no right to write",
        "an administrator can give it",
    )


@pytest.mark.parametrize("change", ["expired", "foreign"])
def test_a_token_that_does_not_count_is_refused(team, change):
    token = team.token(Right.READ) if change == "expired" else f"prs_{'0' * 16}_{'a' * 43}"
    if change == "expired":
        from pr_sessions.server.auth.tokens import revoke_token

        revoke_token(team.engine, token[4:20], "maria", utc_now())
    with Client(team.url, token) as client, pytest.raises(ServerRefused) as refused:
        client.get_viewer()
    assert refused.value.status == 401
    assert token not in str(refused.value)


def test_a_token_sees_its_repositories_only(team):
    with Client(team.url, team.token(Right.READ, repositories=["shop/api"])) as client:
        assert [*client.list_sessions()] == []
        assert list(client.list_repositories()) == []
        with pytest.raises(NotFound):
            client.get_repository("shop/web")


@pytest.mark.parametrize("url", ["http://example.com", "https://user:pw@example.com", "example.com", ""])
def test_a_token_goes_to_no_address_where_others_could_read_it(url):
    with pytest.raises(InvalidValue):
        Client(url, "prs_x")


@pytest.mark.parametrize("name", ["", ".", "..", "shop/.."])
def test_a_name_leads_to_no_other_address(client, name):
    with pytest.raises(InvalidValue):
        client.get_repository(name)


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """A server that answers with these statuses, then with 200."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.command)
            body = b'{"detail": "busy", "active": 0, "completed": 0, "pull_requests": 0, "unattributed": 0}'
            status = statuses[len(asked) - 1] if len(asked) <= len(statuses) else 200
            body = body if status != 200 else body.replace(b'"detail": "busy", ', b"")
            self.send_response(status)
            self.send_header("retry-after", "3600")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_read_is_sent_again_after_a_bounded_pause():
    pauses: list[float] = []
    with answering(503, 429) as (url, asked), Client(url, "prs_x", pause=pauses.append) as client:
        assert client.count_sessions().active == 0
    assert (len(asked), pauses) == (3, [10.0, 10.0])


def test_a_read_is_given_up_after_three_times():
    with (
        answering(503, 503, 503) as (url, asked),
        Client(url, "prs_x", pause=lambda _: None) as client,
        pytest.raises(ServerRefused, match="busy"),
    ):
        client.count_sessions()
    assert len(asked) == 3


def test_a_correction_is_sent_once():
    with (
        answering(503) as (url, asked),
        Client(url, "prs_x", pause=lambda _: None) as client,
        pytest.raises(ServerRefused, match="busy"),
    ):
        client.undo_correction("shop/web")
    assert len(asked) == 1


def test_a_server_that_is_gone_is_an_error(tmp_path: Path):
    with answering() as (url, _):
        pass
    with Client(url, "prs_x", pause=lambda _: None) as client, pytest.raises(ForgeFailed, match="cannot be reached"):
        client.count_sessions()
