"""Migrations give the tables of the schema, once, whoever starts first; a database that does not fit is refused."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from pr_sessions.errors import DatabaseFailed
from pr_sessions.storage.sql.engine import open_engine, reading, writing
from pr_sessions.storage.sql.migrate import check, newest, revision_of, upgrade
from pr_sessions.storage.sql.schema import metadata


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_database_url)
    yield engine
    engine.dispose()


def described(engine: Engine) -> dict[str, Any]:
    """Everything of the tables, their order and that of their constraints left out."""
    tables = inspect(engine)
    by_name = lambda entries: sorted(entries, key=lambda entry: str(entry["name"]))  # noqa: E731
    return {
        name: {
            "columns": [{**column, "type": repr(column["type"])} for column in tables.get_columns(name)],
            "key": tables.get_pk_constraint(name),
            "indexes": by_name(tables.get_indexes(name)),
            "unique": by_name(tables.get_unique_constraints(name)),
            "foreign": by_name(tables.get_foreign_keys(name)),
        }
        for name in tables.get_table_names()
        if name != "alembic_version"
    }


def revision(engine: Engine) -> str:
    with reading(engine) as connection:
        return revision_of(connection)


def test_migrations_give_the_tables_of_the_schema(database: Engine, empty: Engine) -> None:
    metadata.create_all(empty)
    assert described(database) == described(empty)
    assert revision(database) == newest()


def test_a_database_that_is_up_to_date_stays_as_it_is(empty: Engine) -> None:
    assert upgrade(empty)
    assert not upgrade(empty)
    check(empty)


def test_an_upgrade_that_fails_leaves_nothing(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pr_sessions.storage.sql.migrate.command.upgrade", fail_after_a_table)
        with pytest.raises(ZeroDivisionError):
            upgrade(empty)
    assert inspect(empty).get_table_names() == []
    assert upgrade(empty)


def fail_after_a_table(config: Any, _: str) -> None:
    config.attributes["connection"].execute(text("CREATE TABLE half (id INTEGER)"))
    raise ZeroDivisionError


def with_revision(engine: Engine, name: str) -> None:
    upgrade(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})


@pytest.mark.parametrize("use", [check, upgrade])
def test_a_newer_database_is_refused(empty: Engine, use: Callable[[Engine], object]) -> None:
    with_revision(empty, "9999")
    with pytest.raises(DatabaseFailed) as caught:
        use(empty)
    assert (str(caught.value), caught.value.hint) == (
        f"the database is newer than this version: it has migration 9999, this one knows {newest()}",
        "upgrade pr-sessions here, or restore a backup of before the upgrade into another database",
    )


def test_an_older_database_says_how_it_is_brought_up_to_date(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(empty)
    monkeypatch.setattr("pr_sessions.storage.sql.migrate.newest", lambda: "0002")
    with pytest.raises(DatabaseFailed) as caught:
        check(empty)
    assert (str(caught.value), caught.value.hint) == (
        "the database is older than this version: it has migration 0001, this one needs 0002",
        "back it up, then bring it up to date: pr-sessions database upgrade --database URL",
    )


def test_tables_of_another_program_are_left_alone(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE guests (name TEXT)"))
    with pytest.raises(DatabaseFailed, match="tables of another program"):
        check(empty)
    assert inspect(empty).get_table_names() == ["guests"]


START = """
import sys
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import check
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
check(engine)
engine.dispose()
"""


def test_two_processes_that_start_at_once_make_the_tables_once(
    empty_database_url: str, empty: Engine, child: Callable[..., subprocess.Popen[str]]
) -> None:
    children = [child(START, empty_database_url) for _ in range(2)]
    for process in children:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in children:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in children] == ["", ""]
    assert [process.returncode for process in children] == [0, 0]
    assert revision(empty) == newest()
