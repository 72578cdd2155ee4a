"""Bring the tables of a database up to date, and refuse a database that this version does not fit."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from pr_sessions.errors import DatabaseFailed
from pr_sessions.storage.sql.engine import POSTGRESQL, reading, writing

# Any number that no other program takes a lock of this name by.
_LOCK = 0x70725F736573


def upgrade(engine: Engine) -> bool:
    """Make the tables, or bring them up to date; return whether anything changed.

    All of it happens in one transaction, and in one process at a time.

    Raises:
        DatabaseFailed: a newer version wrote it, another program did, or its user may not change it.
    """
    with writing(engine) as connection:
        if connection.dialect.name == POSTGRESQL:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        revision = _known_revision(connection)
        if revision == newest():
            return False
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return True


def check(engine: Engine) -> None:
    """Make the tables of an empty database, and refuse one that this version does not fit.

    Raises:
        DatabaseFailed: it is older or newer than this version, or another program wrote it.
    """
    with reading(engine) as connection:
        revision = _known_revision(connection)
    if not revision:
        upgrade(engine)
    elif revision != newest():
        raise DatabaseFailed(
            f"the database is older than this version: it has migration {revision}, this one needs {newest()}",
            "back it up, then bring it up to date: pr-sessions database upgrade --database URL",
        )


def newest() -> str:
    """Return the migration that this version needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revision_of(connection: Connection) -> str:
    """Return the last migration that was run; empty for none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _known_revision(connection: Connection) -> str:
    """Return the last migration that was run, which this version has; empty for an empty database.

    Raises:
        DatabaseFailed: this version does not have it, or the tables are another program's.
    """
    revision = revision_of(connection)
    if not revision and set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise DatabaseFailed("the database has tables of another program", "give pr-sessions a database for itself")
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision and revision not in known:
        raise DatabaseFailed(
            f"the database is newer than this version: it has migration {revision[:40]}, this one knows {newest()}",
            "upgrade pr-sessions here, or restore a backup of before the upgrade into another database",
        )
    return revision


def _config() -> Config:
    config = Config()
    # `%` begins an interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
