"""What is done from time to time: once across processes, and again after a failure."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from app_keys import private_key, public_key
from asking import Time, fake, time
from fake_github import FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.app import find_app
from pr_sessions.server.team.schedule import Schedule, Task, completing, tasks_of_app
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import deliveries
from scene import Clock
from server.signed import about

__all__ = ["fake", "time"]

EVERY = timedelta(minutes=5)


def test_each_task_is_done_by_one_process_when_it_is_due(database: Engine, clock: Clock) -> None:
    done: list[str] = []
    first, second = (
        Schedule(database, [Task("count", EVERY, lambda name=name: done.append(name))], clock) for name in ("a", "b")
    )
    for minutes in (0, 1, 5, 6):
        clock.set(minutes)
        first.run_due()
        second.run_due()

    assert done == ["a", "a"]


@pytest.mark.parametrize("error", [ForgeFailed("GitHub fails"), RuntimeError("our mistake")])
def test_a_failure_is_tried_again_and_holds_up_nothing(database: Engine, clock: Clock, error: Exception) -> None:
    done: list[str] = []

    def fail() -> None:
        done.append("failed")
        raise error

    schedule = Schedule(
        database, [Task("fails", EVERY, fail), Task("count", EVERY, lambda: done.append("count"))], clock
    )
    schedule.run_due()
    clock.set(5)
    schedule.run_due()

    assert done == ["failed", "count"] * 2


def test_a_thread_does_what_is_due_at_its_start(database: Engine, clock: Clock) -> None:
    is_done = threading.Event()
    schedule = Schedule(database, [Task("once", EVERY, is_done.set)], clock)
    schedule.start()

    assert is_done.wait(10)
    schedule.close()


def test_what_was_missed_is_repaired_by_the_app(database: Engine, fake: FakeGitHub, time: Time) -> None:
    fake.clock, fake.app_key = time, public_key()
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}
    app = find_app(environ, time)
    assert app
    fake.deliver("d-1", "pull_request", write_time(time.now), dict(about(1)))
    fake.add_pull(2, "missed", write_time(time.now))
    Schedule(database, [*tasks_of_app(database, app), completing(database, time)], time).run_due()
    with reading(database) as connection:
        hooks = connection.scalars(select(deliveries.c.hook).order_by(deliveries.c.id)).all()

    assert hooks == ["42", "reconcile"]
