"""The pages over the database of a team, on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine

from inboxes import full_inbox
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.worker.inbox import store_inbox
from pr_sessions.storage.sql.engine import writing
from server.pages.reading import addresses, texts
from server.pages.sample import ADA, sample_app
from server.signed import about
from server.worked import Server

SESSION = "/session?repository=ada/shop&id=ada-20251122-1000"


@pytest.fixture
def server(database: Engine) -> Server:
    """A repository with one pull request in a session, and an inbox."""
    made = Server(database)
    made.deliver("pull_request", about(1))
    made.work()
    with writing(database) as connection:
        store_inbox(connection, made.repository().id, full_inbox())
    return made


@pytest.fixture
def backend(server: Server) -> TeamBackend:
    return TeamBackend(server.engine, lambda: server.now)


@pytest.fixture
def client(backend: TeamBackend) -> Iterator[TestClient[Litestar]]:
    with TestClient(sample_app(backend, ADA)) as client:
        yield client


def test_every_page_of_a_team_is_read_from_its_database(client: TestClient[Litestar]) -> None:
    rest = "repository=ada/shop"
    paths = ["/", f"/?{rest}&mine=1", "/sessions", "/sessions?q=ada", f"/pull-requests?{rest}", SESSION]
    paths += [f"/pull-request?{rest}&number=1", "/repositories", "/deliveries", "/storage", f"/storage?{rest}"]
    paths += ["/changes", f"/changes?{rest}", f"/session/merge?{rest}&id=ada-20251122-1000"]

    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_parts_of_the_inbox_hold_all_that_was_kept(client: TestClient[Litestar]) -> None:
    page = client.get("/").text

    assert page.count('<li class="row') == len(full_inbox().rows)


def test_a_correction_is_made_shown_and_undone(client: TestClient[Litestar], backend: TeamBackend) -> None:
    values = {"repository": "ada/shop", "number": "1"}
    moved = client.post("/pull-request/move", data={**values, "to": "new"})
    undo = next(link for link in addresses(moved.text) if link.startswith("/undo?"))
    undone = client.post("/undo", data={"repository": "ada/shop", "entry": undo.rpartition("=")[2]})

    assert texts(moved.text, "p", class_="lead")[0].startswith("It is in ada-20251122-1000-2, because ada put it there")
    assert texts(undone.text, "p", class_="lead")[0].startswith("It is in ada-20251122-1000, because ada put it there")
    log = [(entry.operation, entry.by) for entry in backend.audit("ada/shop").items]
    assert log[:2] == [("undo", "ada"), ("move", "ada")]


def test_who_is_not_logged_in_is_led_to_the_login_and_back(server: Server, backend: TeamBackend) -> None:
    settings = Settings(secret=Secret("a secret of thirty-two characters"))
    services = Services(settings=settings, backend=backend, clock=lambda: server.now, environ={}, engine=server.engine)
    with TestClient(build_app(services), base_url="http://127.0.0.1:8765") as client:
        refused = client.get("/sessions", headers={"accept": "text/html"})

    assert (refused.status_code, texts(refused.text, "h1")) == (401, ["Not logged in"])
    assert "/login?next=/sessions" in addresses(refused.text)
