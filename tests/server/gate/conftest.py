"""A shop whose App is installed."""

import pytest
from sqlalchemy import Engine

from asking import Time, fake, no_credentials, time
from fake_github import FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.server.gate.execute import Executor
from server.gate.served import add_repository, app_of, environment, executor

__all__ = ["fake", "no_credentials", "time"]


@pytest.fixture
def shop(database: Engine) -> int:
    """The repository `ada/shop` in the database."""
    return add_repository(database)


@pytest.fixture
def team(fake: FakeGitHub, time: Time, database: Engine) -> Executor:
    """Does what the outbox holds, on the fake GitHub."""
    fake.clock, fake.now = time, write_time(time.now)
    fake.permissions = {"ada": "write", "eve": "read"}
    return executor(database, app_of(environment(fake), time), time)
