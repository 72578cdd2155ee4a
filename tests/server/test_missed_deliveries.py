"""Deliveries that were missed are read back from GitHub's list; bodies only of those that matter and are not stored."""

import zlib
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from app_keys import private_key, public_key
from asking import Time, fake, time
from fake_github import FakeGitHub, Fault
from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.app import App, find_app
from pr_sessions.forges.github.transport import RateLimited
from pr_sessions.server.intake.delivery import delivery_of
from pr_sessions.server.intake.writer import store_deliveries
from pr_sessions.server.reconcile.missed import CaughtUp, catch_up, matters
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import deliveries
from scene import minute
from server.signed import about

__all__ = ["fake", "time"]

LIST = "GET /app/hook/deliveries?per_page=100"


@pytest.fixture
def app(fake: FakeGitHub, time: Time) -> App:
    fake.clock, fake.app_key = time, public_key()
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}
    made = find_app(environ, time)
    assert made
    return made


def stored(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(deliveries.c.guid).order_by(deliveries.c.id)))


def bodies(fake: FakeGitHub) -> list[str]:
    """The ids of those whose body was asked for."""
    return sorted(asked.rpartition("/")[2] for asked in fake.asked if asked.startswith("GET /app/hook/deliveries/"))


def deliver(fake: FakeGitHub, number: int, event: str = "pull_request", action: str = "opened") -> None:
    fake.deliver(f"d-{number}", event, write_time(minute(number)), {**about(number), "action": action})


def test_only_what_matters_and_is_not_stored_is_fetched(database: Engine, fake: FakeGitHub, app: App) -> None:
    deliver(fake, 1)
    deliver(fake, 2, "star", "created")
    deliver(fake, 3, "check_run", "created")
    deliver(fake, 4, "check_run", "completed")
    deliver(fake, 5)
    store_deliveries(database, [delivery_of("42", "d-5", "pull_request", b'{"repository": {"id": 7}}', minute(5))])

    done = catch_up(database, app)

    assert (done.listed, done.stored, done.known_to) == (5, 2, minute(5))
    assert stored(database) == ["d-5", "d-1", "d-4"]
    assert bodies(fake) == ["1000", "1003"]


def test_a_missed_delivery_is_stored_as_it_was_sent(database: Engine, fake: FakeGitHub, app: App) -> None:
    deliver(fake, 1)
    catch_up(database, app)

    with reading(database) as connection:
        row = connection.execute(select(deliveries)).one()
    assert (row.hook, row.guid, row.event, row.action, row.mailbox, row.state) == (
        *("42", "d-1", "pull_request", "opened"),
        *("repository:7", "waiting"),
    )
    assert zlib.decompress(row.payload).startswith(b'{"action":"opened"')


def test_a_second_run_fetches_nothing(database: Engine, fake: FakeGitHub, app: App) -> None:
    deliver(fake, 1)
    catch_up(database, app)
    fake.asked.clear()

    assert catch_up(database, app) == CaughtUp(known_to=minute(1), at=minute(0), listed=1)
    assert fake.asked == [LIST]


def test_the_list_is_read_back_to_what_is_known_and_no_further(database: Engine, fake: FakeGitHub, app: App) -> None:
    for number in range(250):
        fake.deliver(f"old-{number}", "star", write_time(minute(number)), {"action": "created"})
    catch_up(database, app)
    for number in range(250, 310):
        deliver(fake, number)
    fake.asked.clear()

    assert catch_up(database, app).stored == 60
    assert [asked for asked in fake.asked if "?" in asked] == [LIST]


def test_the_oldest_comes_first_and_each_id_once(database: Engine, fake: FakeGitHub, app: App) -> None:
    for number in (1, 2, 1, 3):
        deliver(fake, number)
    catch_up(database, app)

    assert (stored(database), bodies(fake)) == (["d-1", "d-2", "d-3"], ["1000", "1001", "1003"])


def test_a_run_that_was_cut_off_goes_on(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    for number in range(120):
        deliver(fake, number)
    # Two pages, fifty bodies, then none until the limit begins anew.
    fake.rest_left, fake.limit_resets = 2 + 50, int((time.now + timedelta(minutes=30)).timestamp())
    with pytest.raises(RateLimited):
        catch_up(database, app)
    first = len(stored(database))
    fake.rest_left = None
    time.now += timedelta(minutes=31)
    before = len(bodies(fake))
    done = catch_up(database, app)

    assert first >= 48
    assert (done.stored, len(bodies(fake)) - before) == (120 - first, 120 - first)
    assert sorted(stored(database)) == sorted(f"d-{number}" for number in range(120))


def test_a_delivery_that_github_no_longer_has_is_passed_over(database: Engine, fake: FakeGitHub, app: App) -> None:
    deliver(fake, 1)
    deliver(fake, 2)
    fake.faults.extend([None, Fault(status=404)])
    done = catch_up(database, app)

    assert (done.stored, done.unusable, len(stored(database))) == (1, 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"request": {"headers": [], "payload": {}}}',
        b'{"request": {"headers": {}, "payload": []}}',
        b'{"request": {"headers": {}, "payload": {}}}',
    ],
)
def test_a_body_that_cannot_be_used_is_passed_over(database: Engine, fake: FakeGitHub, app: App, body: bytes) -> None:
    deliver(fake, 1)
    fake.faults.extend([None, Fault(status=200, body=body)])

    assert (catch_up(database, app).unusable, stored(database)) == (1, [])


def test_entries_that_cannot_be_used_are_passed_over(database: Engine, fake: FakeGitHub, app: App) -> None:
    good = '{"id": 1, "guid": "d-1", "delivered_at": "2025-11-22T10:00:00Z", "event": "star"}'
    bad = good.replace("d-1", "../x"), good.replace("00Z", "00"), good.replace(": 1,", ": -1,"), "3"
    fake.faults.append(Fault(status=200, body=f"[{','.join([good, *bad])}]".encode()))

    assert catch_up(database, app).listed == 1


def test_a_list_that_leads_elsewhere_gets_no_token(database: Engine, fake: FakeGitHub, app: App) -> None:
    link = '<https://elsewhere.example/app/hook/deliveries>; rel="next"'
    fake.faults.append(Fault(status=200, body=b"[]", headers={"link": link}))

    with pytest.raises(ForgeFailed, match="leads to another host"):
        catch_up(database, app)


def test_a_server_that_fails_leaves_what_was_fetched(database: Engine, fake: FakeGitHub, app: App) -> None:
    deliver(fake, 1)
    deliver(fake, 2)
    fake.faults.extend([None, Fault(status=403), None])
    with pytest.raises(ForgeFailed):
        catch_up(database, app)

    assert len(stored(database)) == 1
    assert catch_up(database, app).stored == 1


@pytest.mark.parametrize(
    ("event", "action", "expected"),
    [
        ("pull_request", "opened", True),
        ("pull_request", "locked", False),
        ("push", None, True),
        ("workflow_job", "queued", False),
        ("check_run", "created", False),
    ],
)
def test_what_matters(event: str, action: str | None, expected: bool) -> None:
    assert matters(event, action) is expected
