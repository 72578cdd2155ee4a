"""A workflow's question is answered with `wait` only where that is stored, current, and asked by whom it concerns."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from litestar.testing import TestClient
from sqlalchemy import Engine

from app_keys import private_key, public_key
from pr_sessions.config.organisation import Mode
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.auth.tokens import create_token
from pr_sessions.server.gate.configuration import served_repository, switch
from pr_sessions.server.gate.decisions import VALID, StoredDecision, store
from pr_sessions.server.gate.outbox import put
from pr_sessions.server.gate.routes import JOB_HEADER
from pr_sessions.server.local.backend import LocalBackend
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import audit, gate_decisions
from scene import START, Clock
from server.gate.served import ENFORCE, add_repository, configure

SHA = "1" * 40
URL = "https://sessions.example.com"
QUESTION = {"repository": "Ada/shop", "number": "42", "sha": SHA}
Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def issuer() -> Iterator[str]:
    """An Enterprise Server, which has the keys of its jobs' tokens; returns the address of its interface."""
    numbers = load_pem_public_key(public_key().encode()).public_numbers()  # type: ignore[union-attr]
    key = {"kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256", "n": _base64(numbers.n), "e": _base64(numbers.e)}  # type: ignore[union-attr]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = json.dumps({"keys": [key]}).encode()
            self.send_response(200 if self.path == "/_services/token/.well-known/jwks" else 404)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def services(database: Engine, clock: Clock, issuer: str, clone: Path) -> Services:
    settings = Settings(public_url=URL, api=issuer, secret=Secret("s" * 40))
    backend = LocalBackend(clone, {}, clock)
    return Services(settings=settings, backend=backend, clock=clock, environ={}, engine=database)


@pytest.fixture
def client(services: Services) -> Iterator[TestClient[Any]]:
    with TestClient(build_app(services), base_url=URL) as made:
        yield made


@pytest.fixture
def ask(client: TestClient[Any], issuer: str) -> Ask:
    """Asks as a job of the repository, unless another token is given."""

    def call(token: str = "", **question: str) -> tuple[int, str]:
        is_ours = token.startswith("prs_")
        headers = {"authorization": f"Bearer {token}"} if is_ours else {JOB_HEADER: token or job_token(issuer)}
        response = client.get("/gate/decision", params=QUESTION | question, headers=headers)
        return response.status_code, response.text

    return call


@pytest.fixture
def decided(database: Engine, shop: int) -> int:
    """The checks of the pull request's last commit may wait."""
    configure(database, shop, ENFORCE)
    decide(database, shop)
    return shop


def test_what_may_wait_waits(ask: Ask, decided: int) -> None:
    assert ask() == (200, f"wait {SHA}\n")


def test_another_commit_than_the_one_that_was_decided_about_runs(ask: Ask, decided: int) -> None:
    assert ask(sha="2" * 40) == (200, "run\n")


def test_an_old_decision_counts_no_longer(ask: Ask, decided: int, clock: Clock) -> None:
    clock.now += VALID
    assert ask() == (200, "run\n")


def test_a_decision_of_the_future_does_not_count(ask: Ask, decided: int, clock: Clock) -> None:
    clock.now -= timedelta(seconds=1)
    assert ask() == (200, "run\n")


def test_what_has_to_run_runs(ask: Ask, database: Engine, decided: int) -> None:
    decide(database, decided, waits=False)
    assert ask() == (200, "run\n")


@pytest.mark.parametrize("mode", ["off", "shadow", "advisory"])
def test_in_every_other_mode_everything_runs(ask: Ask, database: Engine, decided: int, mode: str) -> None:
    configure(database, decided, ENFORCE, f"mode: {mode}\n".encode())
    assert ask() == (200, "run\n")


def test_with_a_mistake_in_the_settings_everything_runs(ask: Ask, database: Engine, decided: int) -> None:
    configure(database, decided, ENFORCE, b"mode: enforce\nsettings: 1\n")
    assert ask() == (200, "run\n")


def test_a_decision_that_is_stored_a_moment_later_is_waited_for(ask: Ask, database: Engine, shop: int) -> None:
    configure(database, shop, ENFORCE)
    soon = threading.Timer(0.3, lambda: decide(database, shop))
    soon.start()
    assert ask() == (200, f"wait {SHA}\n")
    soon.join()


def test_a_job_of_another_repository_is_refused(ask: Ask, issuer: str, decided: int) -> None:
    assert ask(job_token(issuer, repository="eve/shop"))[0] == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "https://elsewhere.example.com"},
        {"iss": "https://token.actions.githubusercontent.com"},
        {"exp": START.timestamp() - 61},
        {"iat": START.timestamp() + 61},
        {"repository": 1},
        {"exp": "soon"},
    ],
)
def test_a_token_that_is_not_right_in_one_thing_is_refused(
    ask: Ask, issuer: str, decided: int, wrong: dict[str, Any]
) -> None:
    assert ask(job_token(issuer, **wrong))[0] == 401


def test_a_token_without_a_right_signature_is_refused(ask: Ask, issuer: str, decided: int) -> None:
    head, body, signature = job_token(issuer).split(".")
    plain = jwt.encode({"repository": "ada/shop"}, key="", algorithm="none")

    assert ask(f"{head}.{body}.{signature[::-1]}")[0] == 401
    assert ask(plain)[0] == 401
    assert ask("x" * 9000)[0] == 401


def test_a_token_of_the_server_that_may_read_the_repository_will_do(
    ask: Ask, database: Engine, decided: int, clock: Clock
) -> None:
    assert ask(token_of(database, Right.READ, repositories=["ada/shop"])) == (200, f"wait {SHA}\n")
    assert ask(token_of(database, Right.READ, repositories=["ada/tools"]))[0] == 401


@pytest.mark.parametrize(
    "question",
    [{"number": "0"}, {"number": "42 or 1=1"}, {"sha": "abc"}, {"repository": "shop"}, {"about": "else"}],
)
def test_a_question_that_cannot_be_read_is_refused(ask: Ask, decided: int, question: dict[str, str]) -> None:
    assert ask(**question)[0] == 400


def test_the_app_starts_checks_where_it_was_asked_to_and_nothing_is_late(
    ask: Ask, database: Engine, decided: int, clock: Clock
) -> None:
    assert ask(about="start") == (200, "run\n")
    configure(database, decided, ENFORCE, b"dispatch: true\n")
    assert ask(about="start") == (200, f"app {SHA}\n")

    with writing(database) as connection:
        put(connection, decided, "checks", "42", now=clock.now)
    clock.now += timedelta(minutes=2)
    assert ask(about="start") == (200, "run\n")


def test_switching_off_lets_everything_of_the_organisation_run(
    ask: Ask, client: TestClient[Any], database: Engine, decided: int
) -> None:
    headers = {"authorization": f"Bearer {token_of(database, Right.ADMIN)}"}
    response = client.post("/gate/organisations/ada", json={"off": True}, headers=headers)

    assert (response.status_code, response.json()) == (200, {"organisation": "ada", "off": True, "repositories": 1})
    assert ask() == (200, "run\n")
    with reading(database) as connection:
        operations = connection.execute(audit.select().order_by(audit.c.id)).all()
    assert [(row.by, row.operation, row.details) for row in operations][-1] == (
        "token a token", "gate off", {"organisation": "ada"},
    )  # fmt: skip

    client.post("/gate/organisations/ada", json={"off": False}, headers=headers)
    assert ask() == (200, f"wait {SHA}\n")


@pytest.mark.parametrize(
    ("right", "body", "status"),
    [(Right.READ, {"off": True}, 403), (None, {"off": True}, 401), (Right.ADMIN, {"on": 1}, 400)],
)
def test_switching_off_takes_a_token_that_may(
    client: TestClient[Any], database: Engine, decided: int, right: Right | None, body: object, status: int
) -> None:
    headers = {"authorization": f"Bearer {token_of(database, right)}"} if right else {}
    assert client.post("/gate/organisations/ada", json=body, headers=headers).status_code == status


def test_what_is_switched_off_stays_off_for_a_repository_that_comes_later(database: Engine, shop: int) -> None:
    switch(database, "ada", START, "ada", off=True)
    other = add_repository(database, "ada/tools")
    configure(database, other, ENFORCE)

    with reading(database) as connection:
        served = served_repository(connection, other)
    assert served
    assert served.mode is Mode.OFF


def decide(engine: Engine, repository: int, *, waits: bool = True) -> None:
    with writing(engine) as connection:
        connection.execute(gate_decisions.delete())
    decision = StoredDecision(
        repository="ada/shop",
        number="42",
        sha=SHA,
        mode=Mode.ENFORCE,
        waits=waits,
        decided=START,
        valid_until=START + VALID,
    )
    store(engine, repository, decision)


def job_token(issuer: str, **changed: Any) -> str:
    """What GitHub gives a job of `ada/shop`."""
    content = {
        "iss": f"{issuer}/_services/token",
        "aud": URL,
        "iat": START.timestamp() - 5,
        "exp": START.timestamp() + 3600,
        "repository": "ada/shop",
        "repository_id": "1",
    }
    return jwt.encode(content | changed, private_key(), algorithm="RS256", headers={"kid": "k"})


def token_of(engine: Engine, right: Right, repositories: list[str] | None = None) -> str:
    _, secret = create_token(engine, "a token", [right], repositories, timedelta(days=1), "ada", START)
    return secret.reveal()


def _base64(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
