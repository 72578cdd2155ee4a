"""What `POST /webhooks/github` answers, and what is stored by then."""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import json
from signed import SECRET, about, signed
from sqlalchemy import Engine, select

from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.intake.endpoint import with_deliveries
from pr_sessions.server.intake.writer import DeliveryWriter
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import deliveries

NOW = datetime(2025, 11, 22, 12, tzinfo=UTC)
Send = Callable[..., tuple[int, str]]


@pytest.fixture
def writer(database: Engine) -> Iterator[DeliveryWriter]:
    made = DeliveryWriter(database)
    made.start()
    yield made
    made.close()


@pytest.fixture
def send(database: Engine, writer: DeliveryWriter) -> Iterator[Send]:
    services = Services(
        settings=Settings(webhook_secret=Secret(SECRET)),
        backend=None,  # type: ignore[arg-type] - no page is asked for
        clock=lambda: NOW,
        environ={},
        engine=database,
        deliveries=writer,
    )
    with client_of(services) as client:

        def post(headers: dict[str, str], body: bytes) -> tuple[int, str]:
            answer = client.post("/webhooks/github", content=body, headers=headers)
            return answer.status_code, answer.text

        yield post


def client_of(services: Services) -> TestClient[Litestar]:
    app = Litestar(openapi_config=None)
    app.asgi_handler = with_deliveries(app.asgi_handler, services)
    return TestClient(app, base_url="http://127.0.0.1:8765")


def stored(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(deliveries).order_by(deliveries.c.id))]


def test_a_signed_delivery_is_stored_before_it_is_acknowledged(send: Send, database: Engine) -> None:
    assert send(*signed("pull_request", about())) == (202, "stored\n")
    [row] = stored(database)
    assert json.decode(zlib.decompress(row.pop("payload"))) == about()
    assert row == {
        "id": 1,
        "hook": "42",
        "guid": "d-1",
        "event": "pull_request",
        "action": "opened",
        "mailbox": "repository:7",
        "received_at": NOW,
        "state": "waiting",
        "attempts": 0,
        "next_at": NOW,
        "handled_at": None,
        "problem": "",
    }


def test_a_repeated_delivery_has_no_effect(send: Send, database: Engine) -> None:
    send(*signed("pull_request", about()))
    before = stored(database)
    assert send(*signed("pull_request", about(2))) == (200, "this delivery was stored before\n")
    assert stored(database) == before


@pytest.mark.parametrize("signature", [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "séha256=ü"])
def test_a_wrong_signature_is_refused(send: Send, database: Engine, signature: str | None) -> None:
    headers, body = signed("pull_request", about())
    headers.pop("x-hub-signature-256")
    if signature is not None:
        headers["x-hub-signature-256"] = signature.encode("latin-1")  # type: ignore[assignment] - httpx sends it as it is
    status, text = send(headers, body)
    assert (status, stored(database)) == (401, [])
    assert text == ("the signature of this delivery is not ours\nhint: check the webhook secret on both sides\n")


def test_a_signature_counts_for_every_byte_of_the_body(send: Send, database: Engine) -> None:
    headers, body = signed("pull_request", about())
    assert send(headers, body + b" ")[0] == 401
    assert stored(database) == []


def test_the_signature_is_checked_before_the_event_is_looked_at(send: Send) -> None:
    headers, _ = signed("star", {})
    assert send(headers, b"no JSON")[0] == 401


def test_a_body_that_is_too_large_is_refused_before_its_signature_is_checked(send: Send, database: Engine) -> None:
    headers, _ = signed("pull_request", b"{}")
    assert send(headers, bytes(25 * 1024 * 1024 + 1)) == (413, "a delivery has at most 25 MiB\n")
    assert stored(database) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"repository": ' * 2_000,
        b'{"repository": {"id": "7"}}',
    ],
)
def test_what_is_no_json_that_can_be_used_is_refused(send: Send, database: Engine, body: bytes) -> None:
    status, text = send(*signed("pull_request", body))
    assert (status, stored(database)) == (400, [])
    assert text.startswith("the body is no JSON that can be used: ")


@pytest.mark.parametrize("payload", [{}, {"repository": {"id": 0}}, {"repository": {"id": 2**63}}])
def test_what_belongs_nowhere_is_refused(send: Send, payload: Any) -> None:
    assert send(*signed("pull_request", payload)) == (
        400,
        "the body names neither a repository nor an installation\n",
    )


def test_an_unknown_event_is_acknowledged_counted_and_not_stored(
    send: Send, database: Engine, writer: DeliveryWriter
) -> None:
    assert send(*signed("star", b"no JSON")) == (202, "the event star changes nothing here\n")
    assert (writer.counts["unknown"], stored(database)) == (1, [])


def test_a_ping_is_answered(send: Send) -> None:
    assert send(*signed("ping", {"zen": "Keep it logically awesome."})) == (200, "this server listens\n")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-github-event", "<script>"),
        ("x-github-delivery", "'; DROP TABLE deliveries; --"),
        ("x-github-delivery", "a" * 101),
        ("x-github-hook-id", "1 OR 1=1"),
    ],
)
def test_hostile_headers_are_refused(send: Send, database: Engine, header: str, value: str) -> None:
    headers, body = signed("pull_request", about())
    status, text = send({**headers, header: value}, body)
    assert (status, stored(database), value in text) == (400, [], False)


def test_text_of_a_payload_is_kept_as_data(send: Send, database: Engine) -> None:
    hostile = about(title="'; DROP TABLE deliveries; --<script>", action="\x00'; DELETE")
    assert send(*signed("pull_request", hostile))[0] == 202
    [row] = stored(database)
    assert (row["action"], json.decode(zlib.decompress(row["payload"]))) == ("", hostile)


@pytest.mark.parametrize(
    ("event", "payload", "mailbox"),
    [
        ("installation", {"installation": {"id": 3}}, "installation:3"),
        ("installation_repositories", {"installation": {"id": 3}, "repository": {"id": 7}}, "installation:3"),
        ("push", {"installation": {"id": 3}, "repository": {"id": 7}}, "repository:7"),
        ("meta", {"hook_id": 42}, "installation:0"),
    ],
)
def test_every_delivery_has_a_mailbox(send: Send, database: Engine, event: str, payload: Any, mailbox: str) -> None:
    send(*signed(event, payload))
    assert [row["mailbox"] for row in stored(database)] == [mailbox]


def test_without_a_secret_nothing_is_taken(database: Engine, writer: DeliveryWriter) -> None:
    services = Services(
        settings=Settings(),
        backend=None,  # type: ignore[arg-type] - no page is asked for
        clock=lambda: NOW,
        environ={},
        engine=database,
        deliveries=writer,
    )
    headers, body = signed("pull_request", about())
    with client_of(services) as client:
        answer = client.post("/webhooks/github", content=body, headers=headers)
    assert (answer.status_code, answer.text.splitlines()[0]) == (503, "this server has no webhook secret")


def test_a_database_that_is_gone_is_said_to_the_sender(send: Send, database: Engine) -> None:
    deliveries.drop(database)
    status, text = send(*signed("pull_request", about()))
    assert (status, "hint: " in text) == (503, True)
    deliveries.create(database)
    assert send(*signed("pull_request", about()))[0] == 202


def test_the_whole_application_answers_a_delivery_as_it_answers_all(database: Engine, writer: DeliveryWriter) -> None:
    services = Services(
        settings=Settings(webhook_secret=Secret(SECRET)),
        backend=TeamBackend(database, lambda: NOW),
        clock=lambda: NOW,
        environ={},
        engine=database,
        deliveries=writer,
    )
    headers, body = signed("pull_request", about())
    with TestClient(build_app(services), base_url="http://127.0.0.1:8765") as client:
        answer = client.post("/webhooks/github", content=body, headers=headers)
        page = client.get("/healthz")
        foreign = client.post("/webhooks/github", content=body, headers={**headers, "host": "evil.example"})
        read = client.get("/webhooks/github")
        metrics = services.metrics.text().decode()
    assert [each.status_code for each in (answer, page, foreign, read)] == [202, 200, 421, 404]
    different = {"content-type", "content-length", "x-request-id"}
    assert {k: v for k, v in answer.headers.items() if k not in different} == {
        k: v for k, v in page.headers.items() if k not in different
    }
    assert len({each.headers["x-request-id"] for each in (answer, page, foreign, read)}) == 4
    assert 'pr_sessions_requests_total{part="webhooks",status="202"} 1.0' in metrics
