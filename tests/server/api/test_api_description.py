"""The description of the API is true: every operation takes what it describes, refuses the rest, and answers so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from msgspec import json
from msgspec.structs import replace
from schemathesis.specs.openapi.checks import positive_data_acceptance

import scene
from databases import new_url
from pr_sessions.server.api.catalogue import OPERATIONS
from pr_sessions.server.api.openapi import describe
from pr_sessions.server.auth.tokens import create_token
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import open_engine
from server.api_calls import api_of, by_token
from server_moments import DAY

DESCRIPTION = json.decode(json.encode(describe(OPERATIONS)))
SCHEMAS = DESCRIPTION["components"]["schemas"]


class Forwarding:
    """An application that begins to answer, by its description, before the server of a test runs."""

    app: Any = None
    token = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": json.encode(DESCRIPTION)})


forwarding = Forwarding()
schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", forwarding)


@pytest.fixture
def described(
    clone: Path, clock: scene.Clock, local_services: Services, request: Any, tmp_path: Path
) -> Iterator[None]:
    """The API of a clone that has what the examples of its description name, and a database for tokens."""
    scene.git(clone, "remote", "add", "origin", "https://github.com/shop/web.git")
    tracker = scene.tracker_at(clone, clock)
    for minutes in (0, 120):
        clock.set(minutes)
        tracker.start(author="cursor")
    tracker.record(scene.auto(42), session_id="cursor-20251122-1000")
    engine = open_engine(new_url("sqlite", request, tmp_path))
    _, secret = create_token(engine, "schemathesis", frozenset(Right), None, DAY, "maria", clock())
    services = replace(local_services, engine=engine)
    forwarding.app, forwarding.token = by_token(api_of(services), services), secret.reveal()
    yield
    engine.dispose()


@schema.parametrize()
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_is_as_it_is_described(case: schemathesis.Case, described: None) -> None:
    # Nobody can invent a cursor, a state or a session file that is taken: the description gives only their form.
    is_invented = "cursor" in (case.query or {}) or "If-Match" in (case.headers or {}) or case.path.endswith("/sync")
    excluded = [positive_data_acceptance] if is_invented else []
    headers = {"Authorization": f"Bearer {forwarding.token}"}
    case.call_and_validate(headers=headers, excluded_checks=excluded)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_examples_fit_their_schemas(operation) -> None:
    described = DESCRIPTION["paths"][operation.path][operation.method.lower()]
    answer = described["responses"][str(operation.status)]["content"]["application/json"]
    body = described.get("requestBody", {}).get("content", {}).get("application/json")
    for content in filter(None, (answer, body)):
        whole = {**content["schema"], "components": DESCRIPTION["components"]}
        jsonschema_rs.validate(whole, content["example"])


def test_nothing_that_is_not_described_is_taken_or_sent() -> None:
    open_ones = [name for name, part in SCHEMAS.items() if part.get("additionalProperties", True) is not False]
    assert open_ones == ["Problem", "Right"]


def test_operations_have_names_of_their_own() -> None:
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)
