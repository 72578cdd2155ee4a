"""Stores of a database for tests."""

from sqlalchemy import Engine

from pr_sessions.core.policy import Policy
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.repositories import ensure_repository
from pr_sessions.storage.sql.store import SqlStore
from scene import minute


def sql_store(engine: Engine, name: str = "ada/tool", policy: Policy | None = None) -> SqlStore:
    """Return the store of a repository, which is made if it is new."""
    with writing(engine) as connection:
        repository = ensure_repository(connection, name, minute(0))
    return SqlStore(engine, repository.id, policy=policy)
