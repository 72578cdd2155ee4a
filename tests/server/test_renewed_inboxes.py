"""The inbox of a repository, read from the fake GitHub by the outbox, and made again as time passes."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, select, update

from asking import Time, fake, no_credentials, time
from fake_github import FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.server.backend import InboxFilter
from pr_sessions.server.gate import outbox
from pr_sessions.server.gate.execute import Executor
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.team.schedule import Schedule, renewing
from pr_sessions.server.worker import inbox
from pr_sessions.server.worker.renewing import EVERY, MOST, OLD, renew
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import outbox as outbox_table
from pr_sessions.storage.sql.schema import repositories
from server.gate.served import add_repository, app_of, environment, executor

__all__ = ["fake", "no_credentials", "time"]


@pytest.fixture
def shop(database: Engine) -> int:
    return add_repository(database)


@pytest.fixture
def team(fake: FakeGitHub, time: Time, database: Engine) -> Executor:
    fake.clock, fake.now = time, write_time(time.now)
    fake.permissions = {"ada": "write", "eve": "read"}
    return replace(executor(database, app_of(environment(fake), time), time), kinds=inbox.KINDS)


def add(fake: FakeGitHub, number: int, author: str = "ada") -> None:
    fake.add_pull(number, "Fix the parser", "2025-11-22T09:00:00Z", author)


def ask(engine: Engine, repository: int, time: Time) -> None:
    with writing(engine) as connection:
        outbox.put(connection, repository, inbox.INBOX, now=time.now)


def due(engine: Engine) -> list[int]:
    """The repositories whose inbox waits to be made."""
    with reading(engine) as connection:
        return list(connection.scalars(select(outbox_table.c.repository_id).order_by(outbox_table.c.next_at)))


def test_what_is_open_on_github_becomes_rows(
    fake: FakeGitHub, team: Executor, database: Engine, shop: int, time: Time
) -> None:
    add(fake, 7)
    add(fake, 8, "eve")
    ask(database, shop, time)
    assert team.do_next()
    backend = TeamBackend(database, time)
    rows = backend.inbox(InboxFilter()).items
    assert sorted((each.repository, *each.row.numbers) for each in rows) == [("ada/shop", "7"), ("ada/shop", "8")]
    assert [each.row.numbers for each in backend.inbox(InboxFilter(login="EVE")).items] == [("8",)]
    assert (backend.repository("ada/shop").inbox_at, due(database)) == (time.now, [])


def test_what_was_closed_leaves_the_inbox(
    fake: FakeGitHub, team: Executor, database: Engine, shop: int, time: Time
) -> None:
    add(fake, 7)
    ask(database, shop, time)
    team.do_next()
    fake.pulls[7] |= {"state": "closed", "closed_at": write_time(time.now)}
    ask(database, shop, time)
    team.do_next()
    assert TeamBackend(database, time).inbox(InboxFilter()).items == ()


def test_an_inbox_that_github_refuses_stays_and_is_tried_again(
    fake: FakeGitHub, team: Executor, database: Engine, shop: int, time: Time
) -> None:
    add(fake, 7)
    ask(database, shop, time)
    team.do_next()
    fake.is_hidden = True
    ask(database, shop, time)
    team.do_next()
    assert len(TeamBackend(database, time).inbox(InboxFilter()).items) == 1
    assert due(database) == [shop]


def test_an_old_inbox_with_something_open_is_made_again_once(
    fake: FakeGitHub, team: Executor, database: Engine, shop: int, time: Time
) -> None:
    add(fake, 7)
    ask(database, shop, time)
    team.do_next()
    assert renew(database, time.now + OLD) == 0
    later = time.now + OLD + timedelta(seconds=1)
    for _ in range(2):
        schedule = Schedule(database, [renewing(database, lambda: later)], lambda: later)
        schedule.run_due()
    assert due(database) == [shop]


def test_an_inbox_without_anything_open_is_left_alone(database: Engine, shop: int, time: Time) -> None:
    assert renew(database, time.now) == 0


def test_few_inboxes_are_made_again_at_a_time_the_oldest_first(database: Engine, time: Time) -> None:
    ids = [add_repository(database, f"ada/r{number}") for number in range(MOST + 2)]
    with writing(database) as connection:
        for place, repository_id in enumerate(ids):
            made = update(repositories).where(repositories.c.id == repository_id)
            connection.execute(made.values(inbox_at=time.now - 3 * OLD + place * timedelta(minutes=1)))
            connection.execute(
                inbox.inbox_rows.insert().values(
                    repository_id=repository_id, place=0, row="#7", section=0, urgent_at=time.now, value=b""
                )
            )
    assert renew(database, time.now) == MOST
    assert due(database) == ids[:MOST]
    assert MOST * 10 * (timedelta(hours=1) / EVERY) <= 5000 / 5
