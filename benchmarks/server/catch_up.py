"""After an outage: 7,000 deliveries were missed, of which 270 matter. They are caught up within a minute.

The fake GitHub answers each request after 250 ms, longer than GitHub takes. Also: what a night costs an App that has
3,000 repositories, in requests beside its hourly limit.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Engine, func, select

from app_keys import private_key, public_key
from benchmarks.past_forge import description
from fake_github import FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.forges.github.app import App, find_app
from pr_sessions.server.reconcile.missed import catch_up
from pr_sessions.server.reconcile.night import LASTS, moment_of, night_of
from pr_sessions.server.reconcile.nightly import MOST_AT_A_TIME, reconcile
from pr_sessions.storage.sql.engine import open_engine, reading
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.storage.sql.schema import deliveries

MISSED, MATTER, LATENCY, SECONDS = 7_000, 270, 0.25, 60.0
REPOSITORIES, BUSY, SHARE = 3_000, 300, 0.30
# An installation has 5,000 requests an hour, and 50 more for each repository beyond twenty, up to 12,500.
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
LOWEST_LIMIT = 5_000
NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)


class Figure(Struct, frozen=True):
    """One promise: at most so much."""

    name: str
    ours: float
    most: float
    unit: str

    @property
    def is_reached(self) -> bool:
        return self.ours <= self.most

    def __str__(self) -> str:
        verdict = "ok" if self.is_reached else "MISSED"
        return f"{self.name:<70}{self.ours:>10.1f}{self.most:>10.1f} {self.unit:<10}{verdict}"


class Moving:
    """A clock that only we move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def open_app_of(fake: FakeGitHub, clock: Moving) -> App:
    """Return the App that the fake knows."""
    fake.app_key, fake.clock = public_key(), clock
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}
    app = find_app(environ, clock)
    assert app
    return app


def database(folder: Path) -> Engine:
    """Return a new SQLite database with the tables."""
    engine = open_engine(f"sqlite:///{folder / 'team.db'}")
    upgrade(engine)
    return engine


def missed() -> Iterator[Figure]:
    """Catch up after an outage of two hours."""
    fake = FakeGitHub(description())
    every = MISSED // MATTER
    for number in range(MISSED):
        at = write_time(NOW - timedelta(hours=2) + timedelta(seconds=number))
        is_wanted = number % every == 0 and number < MATTER * every
        event, action = ("pull_request", "opened") if is_wanted else ("check_run", "created")
        payload = {"action": action, "repository": {"id": 1 + number % 50}, "text": "x" * 20_000 * is_wanted}
        fake.deliver(f"d-{number}", event, at, payload)
    fake.before = lambda _: time.sleep(LATENCY)
    with tempfile.TemporaryDirectory() as folder, fake.running():
        engine = database(Path(folder))
        app = open_app_of(fake, Moving())
        began = time.perf_counter()
        done = catch_up(engine, app)
        seconds = time.perf_counter() - began
        with reading(engine) as connection:
            stored = connection.scalar(select(func.count()).select_from(deliveries)) or 0
        engine.dispose()
    bodies = sum(asked.startswith("GET /app/hook/deliveries/") for asked in fake.asked)
    assert (done.stored, stored, fake.broken) == (MATTER, MATTER, [])
    yield Figure(f"{MISSED} missed deliveries, {MATTER} of them matter", seconds, SECONDS, "seconds")
    yield Figure("bodies that were fetched", bodies, MATTER, "bodies")
    yield Figure("requests of it, with the list", len(fake.asked), MISSED // 100 + MATTER, "requests")


def night() -> Iterator[Figure]:
    """Look at 3,000 repositories in one night, a tenth of which have pull requests that changed."""
    fake = FakeGitHub(description())
    for number in range(1, REPOSITORIES):
        fake.add_repository(f"ada/part-{number}")
    clock = Moving()
    hours: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder, fake.running():
        engine = database(Path(folder))
        app = open_app_of(fake, clock)
        while reconcile(engine, app, most=REPOSITORIES).repositories:
            pass
        clock.now = night_of(NOW) + timedelta(days=1)
        for name in [*fake.repositories][:BUSY]:
            fake.repositories[name].add_pull(1, "missed", write_time(clock.now - timedelta(hours=5)))
        began = len(fake.asked)
        while clock.now < night_of(NOW) + timedelta(days=1) + LASTS + timedelta(minutes=30):
            before = len(fake.asked)
            result = reconcile(engine, app)
            assert not result.problem, result.problem
            hour = int((clock.now - night_of(NOW)) / timedelta(hours=1))
            hours[hour] = hours.get(hour, 0) + len(fake.asked) - before
            clock.now += timedelta(minutes=5)
        with reading(engine) as connection:
            given = connection.scalar(select(func.count()).select_from(deliveries)) or 0
        engine.dispose()
    assert (given, fake.broken) == (BUSY, [])
    assert MOST_AT_A_TIME * 12 * (LASTS / timedelta(hours=1)) > REPOSITORIES
    assert all(moment_of(number, night_of(NOW)) < night_of(NOW) + LASTS for number in range(REPOSITORIES))
    total = len(fake.asked) - began
    yield Figure(f"requests in a night for {REPOSITORIES} repositories", total, 1.2 * REPOSITORIES, "requests")
    share = 100 * max(hours.values()) / LOWEST_LIMIT
    yield Figure("requests in its busiest hour, of an hourly limit of 5,000", share, 100 * SHARE, "%")


def figures() -> Iterator[Figure]:
    """Measure both."""
    yield from missed()
    yield from night()
