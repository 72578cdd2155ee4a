"""Repositories are swept as often as something can be due there, once across processes."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from pr_sessions.config.organisation import Mode
from pr_sessions.server.gate.decisions import VALID, StoredDecision, store
from pr_sessions.server.gate.outbox import counts
from pr_sessions.server.gate.sweeping import add_sweeps
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import outbox
from scene import START, minute
from server.gate.served import ENFORCE, add_repository, configure


@pytest.fixture
def waiting(database: Engine) -> int:
    """A repository in which checks wait."""
    repository = add_repository(database)
    configure(database, repository, ENFORCE)
    decision = StoredDecision(
        repository="ada/shop",
        number="1",
        sha="1" * 40,
        mode=Mode.ENFORCE,
        waits=True,
        decided=START,
        valid_until=START + VALID,
    )
    store(database, repository, decision)
    return repository


def test_where_checks_wait_a_sweep_is_added_every_ten_minutes(database: Engine, waiting: int) -> None:
    added = []
    for at in range(0, 60, 5):
        added.append(add_sweeps(database, minute(at), "a") > 0)
        forget(database)

    assert added == [True, False] * 6


def test_two_processes_add_it_once(database: Engine, waiting: int) -> None:
    add_sweeps(database, START, "a")
    assert add_sweeps(database, START + timedelta(seconds=1), "b") == 0
    assert waits(database) == 1


def test_where_nothing_goes_on_nothing_is_swept(database: Engine) -> None:
    configure(database, add_repository(database), ENFORCE)
    assert add_sweeps(database, START, "a") == 0


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_where_nothing_is_written_nothing_is_swept(database: Engine, waiting: int, mode: str) -> None:
    configure(database, waiting, ENFORCE, f"mode: {mode}\n".encode())
    assert add_sweeps(database, START, "a") == 0


def waits(engine: Engine) -> int:
    with reading(engine) as connection:
        return counts(connection)["waiting"]


def forget(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(outbox.delete())
