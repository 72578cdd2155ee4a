"""One night on both databases: installations, names, pull requests, and the intake."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select

from app_keys import private_key, public_key
from asking import Time, fake, time
from fake_github import FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.forges.github.app import find_app
from pr_sessions.server.reconcile.nightly import reconcile
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import deliveries, installations, repositories

__all__ = ["fake", "time"]


def all_of(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_two_nights(database: Engine, fake: FakeGitHub, time: Time) -> None:
    fake.clock, fake.app_key = time, public_key()
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}
    app = find_app(environ, time)
    assert app
    fake.add_repository("ada/tools")
    reconcile(database, app)
    time.now += timedelta(days=1)
    fake.add_pull(1, "missed", write_time(time.now - timedelta(hours=2)))
    fake.repositories["ada/kit"] = fake.repositories.pop("ada/tools")
    fake.repositories["ada/kit"].repository = "ada/kit"
    result = reconcile(database, app)

    assert (dict(result.drift), result.problem) == ({"missing": 1}, "")
    assert all_of(database, repositories.c.name, repositories.c.drift) == [
        ("ada/kit", {"renamed": 1}),
        ("ada/shop", {"missing": 1}),
    ]
    assert all_of(database, installations.c.id, installations.c.account, installations.c.state) == [
        (77, "octocat", "active")
    ]
    assert all_of(database, deliveries.c.hook, deliveries.c.event, deliveries.c.action, deliveries.c.mailbox) == [
        ("reconcile", "pull_request", "opened", "repository:1")
    ]
