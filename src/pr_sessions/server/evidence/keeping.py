"""What deliveries said for the evidence report, in the database."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, and_, delete, exists
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.server.evidence.observations import Kind, Observation
from pr_sessions.storage.sql.engine import POSTGRESQL, writing
from pr_sessions.storage.sql.schema import evidence
from pr_sessions.storage.sql.tombstones import erased_names

# A head that was not merged for so long is of no use to an auditor; every push has one.
KEPT_UNMERGED = timedelta(days=90)


def keep_observations(connection: Connection, repository_id: int, observations: Iterable[Observation]) -> None:
    """Keep observations, each once, without people who were erased: the latest of it counts, in any order."""
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    name_of = erased_names(connection)
    for observation in observations:
        made = insert(evidence).values(
            repository_id=repository_id,
            kind=observation.kind.value,
            number=observation.number,
            head=observation.head,
            subject=name_of(observation.subject),
            at=observation.at,
            outcome=observation.outcome,
        )
        connection.execute(
            made.on_conflict_do_update(
                index_elements=["repository_id", "kind", "number", "head", "subject"],
                set_={"at": made.excluded.at, "outcome": made.excluded.outcome},
                where=evidence.c.at <= made.excluded.at,
            )
        )


def forget_unmerged(engine: Engine, now: datetime) -> int:
    """Remove the results of checks on commits that nobody merged within `KEPT_UNMERGED`; return how many."""
    merge = evidence.alias()
    is_merged = exists().where(
        merge.c.repository_id == evidence.c.repository_id,
        merge.c.head == evidence.c.head,
        merge.c.kind == Kind.MERGE.value,
    )
    is_old = and_(evidence.c.kind == Kind.CHECK.value, evidence.c.at < now - KEPT_UNMERGED)
    with writing(engine) as connection:
        return connection.execute(delete(evidence).where(is_old, ~is_merged)).rowcount
