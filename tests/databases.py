"""Fixtures: a new database for each test, on SQLite and on a real PostgreSQL. A plugin that `conftest.py` names."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from postgres import Cluster, cluster
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import upgrade

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL that all tests of this process share, each with a database of its own."""
    with cluster() as made:
        yield made


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has the tables."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster) -> str:
    """The name of a database of PostgreSQL that has the tables."""
    postgres.run("CREATE DATABASE template_with_tables")
    make_tables(postgres.url("template_with_tables"))
    return "template_with_tables"


@pytest.fixture(params=KINDS)
def database_kind(request: Any) -> str:
    """`sqlite` or `postgresql`: everything that uses it runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_database_url(database_kind: str, request: Any, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    return new_url(database_kind, request, tmp_path, has_tables=False)


@pytest.fixture
def database_url(database_kind: str, request: Any, tmp_path: Path) -> str:
    """The URL of a database with the tables and no rows."""
    return new_url(database_kind, request, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A database with the tables and no rows."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def new_url(kind: str, request: Any, folder: Path, *, has_tables: bool = True) -> str:
    """Return the URL of a new database."""
    if kind == "postgresql":
        made: Cluster = request.getfixturevalue("postgres")
        return made.new(request.getfixturevalue("postgres_template") if has_tables else "template0")
    path = folder / ("team.db" if has_tables else "empty.db")
    if has_tables:
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


def make_tables(url: str) -> None:
    """Make the tables as a server does at its first start."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
