"""What deliveries said for the evidence report, in the database."""

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.server.evidence.observations import Observation
from pr_sessions.storage.sql.engine import POSTGRESQL
from pr_sessions.storage.sql.schema import evidence


def keep_observations(connection: Connection, repository_id: int, observations: Iterable[Observation]) -> None:
    """Keep observations, each once: the latest report of it counts, in whatever order they come."""
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    for observation in observations:
        made = insert(evidence).values(
            repository_id=repository_id,
            kind=observation.kind.value,
            number=observation.number,
            head=observation.head,
            subject=observation.subject,
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
