"""A team's database beside the fake GitHub: repositories, their modes, and who does what the outbox holds."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from app_keys import private_key, public_key
from fake_github import FakeGitHub
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.forges.github.app import App, find_app, open_installation
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.forges.github.transport import RetryPolicy
from pr_sessions.server.gate.configuration import ServedRepository, store_configuration, store_organisation
from pr_sessions.server.gate.execute import Executor
from pr_sessions.server.gate.kinds import KINDS
from pr_sessions.server.gate.occasions import add_entries
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import installations, repositories
from scene import START

INSTALLATION = 77
SLUG = "our-sessions"
ACCOUNT = f"{SLUG}[bot]"
AT_ONCE = RetryPolicy(timedelta(seconds=10), 1)
ENFORCE = b"gate: enforce\ngate.checks: [test, lint]\ngate.workflow: checks.yml\n"


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


def configure(engine: Engine, repository: int, own: bytes | None, organisation: bytes | None = None) -> None:
    """What the repository's own file says, and the one of ada's organisation."""
    store_configuration(engine, repository, own, START)
    store_organisation(engine, "ada", organisation, START)


def environment(fake: FakeGitHub) -> dict[str, str]:
    """What the App needs to know; the fake answers as it from then on."""
    fake.app_key = public_key()
    fake.me, fake.app = ACCOUNT, SLUG
    return {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}


def app_of(environ: dict[str, str], clock: Callable[[], datetime]) -> App:
    app = find_app(environ, clock)
    assert app
    return app


def executor(engine: Engine, app: App, clock: Callable[[], datetime]) -> Executor:
    """Does everything of the gate, once for each entry."""

    @asynccontextmanager
    async def open_repository(served: ServedRepository) -> AsyncIterator[GitHubInbox]:
        assert served.installation_id
        async with open_installation(app, served.installation_id, retry=AT_ONCE) as installation:
            yield installation.repository(served.name)

    return Executor(
        engine=engine, kinds=KINDS, open=open_repository, sessions=lambda _: InMemorySessions(), clock=clock
    )


def deliver(engine: Engine, repository: int, name: str, payload: dict[str, Any], now: datetime) -> int:
    """What GitHub delivers leaves entries, as recording it does; returns how many."""
    with writing(engine) as connection:
        body = json.dumps(payload).encode()
        return add_entries(connection, repository, name, payload, body, now)


def about(fake: FakeGitHub, number: int, action: str, **more: Any) -> dict[str, Any]:
    """A delivery about a pull request as it is."""
    sender = fake.pulls[number]["user"]
    repository = {"full_name": fake.repository, "default_branch": "main"}
    return {"action": action, "repository": repository, "sender": sender, "pull_request": fake.pulls[number]} | more
