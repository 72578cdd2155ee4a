"""What pages and API read of a team's gate: its decisions, and what it gave up."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from asking import Time, time
from pr_sessions.config.organisation import Mode
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.server.backend import DecisionDay
from pr_sessions.server.gate.decisions import VALID, StoredDecision, store
from pr_sessions.server.gate.outbox import GIVEN_UP_AFTER, counts, put, take
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import audit
from scene import START
from server.gate.served import add_repository

__all__ = ["time"]


@pytest.fixture
def shop(database: Engine) -> int:
    return add_repository(database)


@pytest.fixture
def backend(database: Engine, time: Time) -> TeamBackend:
    return TeamBackend(database, time)


def decide(database: Engine, shop: int, number: int, decided: datetime, *, waits: bool) -> None:
    decision = StoredDecision(
        repository="ada/shop", number=str(number), sha=f"{number:040x}", mode=Mode.SHADOW, waits=waits,
        decided=decided, valid_until=decided + VALID,
        reasons=() if waits else ("ada approved it",), planned=("comment on #1: would be written",),
    )  # fmt: skip
    store(database, shop, decision)


def test_decisions_are_listed_in_parts_with_the_latest_first(
    database: Engine, shop: int, backend: TeamBackend, time: Time
) -> None:
    for number in range(1, 6):
        # Two at a time.
        decide(database, shop, number, time.now - timedelta(hours=number // 2), waits=number != 4)

    first = backend.decisions("Ada/Shop", limit=3)
    rest = backend.decisions("ada/shop", first.next, limit=3)

    assert [line.number for part in (first, rest) for line in part.items] == ["1", "3", "2", "5", "4"]
    assert rest.next == ""
    assert [(line.waits, line.reasons, line.planned) for line in rest.items] == [
        (True, (), ("comment on #1: would be written",)),
        (False, ("ada approved it",), ("comment on #1: would be written",)),
    ]


def test_decisions_of_the_last_week_are_counted_by_day(
    database: Engine, shop: int, backend: TeamBackend, time: Time
) -> None:
    for number, days in enumerate((0, 0, 2, 6, 7), 1):
        decide(database, shop, number, time.now - timedelta(days=days), waits=number == 2)

    today = time.now.date()
    assert backend.decision_days("ada/shop") == (
        DecisionDay(today, 1, 1),
        DecisionDay(today - timedelta(days=2), 0, 1),
        DecisionDay(today - timedelta(days=6), 0, 1),
    )


@pytest.mark.parametrize("cursor", ["x", "9" * 18 + "_1", "1_"])
def test_a_cursor_that_is_none_is_refused(shop: int, backend: TeamBackend, cursor: str) -> None:
    with pytest.raises(InvalidValue, match="not a cursor"):
        backend.decisions("ada/shop", cursor)


def test_what_was_given_up_is_listed_in_parts_and_tried_again(
    database: Engine, shop: int, backend: TeamBackend, time: Time
) -> None:
    with writing(database) as connection:
        for number in (1, 2, 3):
            put(connection, shop, "comment", str(number), now=START)
    time.now = START + GIVEN_UP_AFTER
    assert take(database, ["comment"], time.now) is None

    first = backend.given_up("ada/shop", limit=2)
    rest = backend.given_up(cursor=first.next, limit=2)
    assert [line.subject for part in (first, rest) for line in part.items] == ["3", "2", "1"]

    line = backend.try_again(first.items[0].id, "mary")
    with reading(database) as connection:
        assert counts(connection) == {"waiting": 1, "taken": 0, "dead": 2}
        logged = connection.execute(select(audit.c.by, audit.c.operation, audit.c.repository_id, audit.c.details)).all()
    assert [tuple(row) for row in logged] == [("mary", "try again", shop, {"kind": "comment", "subject": "3"})]
    with pytest.raises(NotFound):
        backend.try_again(line.id, "mary")
