"""Deliveries that were handled are removed after a month; what waits or was given up is kept."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select

from pr_sessions.server.worker.forgetting import KEPT_FOR, forget_handled
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import deliveries

NOW = datetime(2025, 11, 22, 12, tzinfo=UTC)
OLD, YOUNG = NOW - KEPT_FOR - timedelta(seconds=1), NOW - KEPT_FOR


def keep(engine: Engine, *rows: tuple[str, str, datetime | None]) -> None:
    values = [
        {
            "hook": "42",
            "guid": guid,
            "event": "push",
            "mailbox": "repository:7",
            "received_at": OLD,
            "next_at": OLD,
            "payload": b"",
            "state": state,
            "handled_at": handled,
        }
        for guid, state, handled in rows
    ]
    with writing(engine) as connection:
        connection.execute(insert(deliveries), values)


def kept(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(deliveries.c.guid).order_by(deliveries.c.id)))


def test_what_was_handled_a_month_ago_is_removed_and_nothing_else(database: Engine) -> None:
    keep(
        database,
        ("old", "handled", OLD),
        ("old-ignored", "ignored", OLD),
        ("young", "handled", YOUNG),
        ("waiting", "waiting", None),
        ("dead", "dead", OLD),
    )
    assert (forget_handled(database, NOW), kept(database)) == (2, ["young", "waiting", "dead"])


def test_many_are_removed_in_parts(database: Engine) -> None:
    keep(database, *((f"d-{number}", "handled", OLD) for number in range(2_001)))
    assert (forget_handled(database, NOW), kept(database)) == (2_001, [])
