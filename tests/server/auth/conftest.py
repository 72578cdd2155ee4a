"""What the audit log of the server says."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select

from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import audit


@pytest.fixture
def engine(database: Engine) -> Engine:
    return database


@pytest.fixture
def audited(engine: Engine) -> Callable[[], list[tuple[str, str]]]:
    def read() -> list[tuple[str, str]]:
        with reading(engine) as connection:
            return [(row.by, row.operation) for row in connection.execute(select(audit).order_by(audit.c.id))]

    return read
