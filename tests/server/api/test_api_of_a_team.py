"""The API over a team's database: corrections in the state that was read, on both databases."""

from litestar.testing import TestClient
from signed import about
from sqlalchemy import Engine
from worked import Server

from pr_sessions.server.app import build_app
from pr_sessions.server.auth.tokens import create_token
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.viewer import Right
from server_moments import DAY

ROOT = "/api/v1/repositories/ada/shop"


def test_a_correction_is_made_once_in_the_state_that_was_read(database: Engine) -> None:
    server = Server(database)
    server.deliver("pull_request", about(1))
    server.work()
    clock = lambda: server.now  # noqa: E731 - the server's clock is turned by tests
    backend = TeamBackend(database, clock)
    services = Services(
        settings=Settings(public_url="http://testserver.local"),
        backend=backend,
        clock=clock,
        environ={},
        engine=database,
    )
    _, secret = create_token(database, "ci", list(Right), None, DAY, "maria", clock())
    headers = {"authorization": f"Bearer {secret.reveal()}"}
    with TestClient(build_app(services), base_url="http://testserver.local") as client:
        client.headers.update(headers)
        tag = client.get(f"{ROOT}/pull-requests/1").headers["etag"]
        first, second = (client.post(f"{ROOT}/pull-requests/1/unlink", headers={"if-match": tag}) for _ in range(2))
        entry = client.get(f"{ROOT}/audit?limit=1").json()["items"][0]

    assert (first.status_code, first.json()["session_id"], second.status_code) == (200, None, 412)
    assert (entry["operation"], entry["by"]) == ("unlink", "token ci")
