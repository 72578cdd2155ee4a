"""Somebody who was erased is named nowhere in the database, whatever is delivered later."""

import zlib
from typing import Any

import pytest
from signed import about
from sqlalchemy import Engine, select
from worked import NOON, Server

from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.erase import erase_person
from pr_sessions.storage.sql.schema import metadata, outbox

# An id of a session is known to clones, and stays: none here is made of the login.
LOGIN = "mallory"


@pytest.fixture
def server(database: Engine) -> Server:
    server = Server(database)
    server.writers.add(LOGIN)
    return server


def pull_request(number: int = 1) -> dict[str, Any]:
    body = f"Thanks, {LOGIN.title()}.\n\nhttps://claude.ai/code/session_01AbCdEfGhIjKlMnOpQrStUv"
    payload = {**about(number, body=body, user={"login": LOGIN, "id": 9, "type": "User"})}
    payload["pull_request"]["head"]["ref"] = f"{LOGIN}/fix"
    return payload


def review(number: int = 1) -> dict[str, Any]:
    about_it = pull_request(number)
    given = {"id": 5, "state": "approved", "commit_id": "a" * 40, "submitted_at": "2025-11-22T12:00:00Z"}
    return {**about_it, "action": "submitted", "review": {**given, "user": {"login": LOGIN, "id": 9, "type": "User"}}}


def naming(engine: Engine) -> dict[str, str]:
    """What names the person, by table and column, in whatever case; what is compressed is unpacked."""
    with reading(engine) as connection:
        return {
            f"{table.name}.{column}": str(unpacked(value))
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for column, value in row._mapping.items()
            if LOGIN in str(unpacked(value)).lower()
        }


def unpacked(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def finish_outbox(engine: Engine) -> None:
    """Take what waits to be done on GitHub as done: it is kept for minutes."""
    with writing(engine) as connection:
        connection.execute(outbox.delete())


def test_nothing_names_the_person_before_or_after_a_later_delivery(server: Server) -> None:
    server.deliver("pull_request", pull_request())
    server.deliver("pull_request_review", review())
    server.work()
    finish_outbox(server.engine)
    assert naming(server.engine)

    erase_person(server.engine, LOGIN, NOON, "admin")
    after_erasing = naming(server.engine)
    server.deliver("pull_request", pull_request())
    server.deliver("pull_request_review", review())
    server.deliver("pull_request", pull_request(2))
    server.work()
    finish_outbox(server.engine)

    assert (after_erasing, naming(server.engine)) == ({}, {})
    assert {number for session in server.sessions() for number in session.prs} == {"1", "2"}
