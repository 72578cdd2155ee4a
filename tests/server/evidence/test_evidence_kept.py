"""The database keeps the checks of what was merged, and forgets those of old heads that were not."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from pr_sessions.server.evidence.keeping import KEPT_UNMERGED, forget_unmerged, keep_observations
from pr_sessions.server.evidence.observations import Kind, Observation
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import evidence
from server_moments import NOON
from sql_stores import sql_store

OLD = NOON - KEPT_UNMERGED - timedelta(seconds=1)
MERGED, UNMERGED, RECENT = "a" * 40, "b" * 40, "c" * 40


def check(head: str, at: datetime = OLD) -> Observation:
    return Observation(kind=Kind.CHECK, head=head, subject="tests", at=at, outcome="success")


def test_only_old_checks_of_unmerged_heads_are_forgotten(database: Engine) -> None:
    key = sql_store(database).repository_id
    merge = Observation(kind=Kind.MERGE, number="7", head=MERGED, subject="jonas", at=OLD)
    request = Observation(kind=Kind.REQUEST, number="8", subject="maria", at=OLD)
    with writing(database) as connection:
        keep_observations(connection, key, [check(MERGED), check(UNMERGED), check(RECENT, NOON), merge, request])

    assert forget_unmerged(database, NOON) == 1

    with reading(database) as connection:
        kept = connection.execute(select(evidence.c.kind, evidence.c.head)).all()
    assert {tuple(row) for row in kept} == {
        ("check", MERGED),
        ("check", RECENT),
        ("merge", MERGED),
        ("request", ""),
    }
