"""Rows of the database that tests of the gate need."""

from sqlalchemy import Engine

from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import installations, repositories
from scene import START

INSTALLATION = 77


def add_repository(engine: Engine, name: str = "ada/shop", **values: object) -> int:
    """A repository of the installation; returns its id in the database."""
    with writing(engine) as connection:
        if connection.execute(installations.select()).first() is None:
            connection.execute(installations.insert().values(id=INSTALLATION, account="ada", changed_at=START))
        row = {"name": name, "key": name.lower(), "installation_id": INSTALLATION, "changed_at": START}
        inserted = connection.execute(repositories.insert().values(row | values))
        key = inserted.inserted_primary_key
        assert key is not None
        return int(key[0])
