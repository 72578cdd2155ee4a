"""Every night what is recorded is held against REST: what was missed is recorded, and what differed is counted."""

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, insert, select

from app_keys import private_key, public_key
from asking import Time, fake, time
from fake_github import FakeGitHub, Fault
from pr_sessions.core.times import write_time
from pr_sessions.forges.github.app import App, find_app
from pr_sessions.server.reconcile.night import LASTS, is_due, moment_of, night_of
from pr_sessions.server.reconcile.nightly import reconcile
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import deliveries, installations, outbox, reports, repositories
from scene import minute

__all__ = ["fake", "time"]

DAY = timedelta(days=1)


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def app(fake: FakeGitHub, time: Time) -> App:
    fake.clock, fake.app_key = time, public_key()
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}
    made = find_app(environ, time)
    assert made
    return made


def rows(engine: Engine) -> dict[str, Any]:
    """What is known of repositories, by name."""
    with reading(engine) as connection:
        return {row.name: row for row in connection.execute(select(repositories).order_by(repositories.c.id))}


def waiting(engine: Engine) -> list[tuple[str, int, str]]:
    """Action, number and title of what was given to the intake."""
    with reading(engine) as connection:
        payloads = connection.scalars(select(deliveries.c.payload).order_by(deliveries.c.id)).all()
    bodies = [msgspec.json.decode(zlib.decompress(payload)) for payload in payloads]
    return [(body["action"], body["number"], body["pull_request"]["title"]) for body in bodies]


def to_do(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(outbox.c.kind).order_by(outbox.c.kind)))


def report(engine: Engine, number: int, updated: datetime, state: str = "open") -> None:
    """A pull request was reported before, in the first repository."""
    value = {"pull_request": {"number": str(number), "state": state}}
    with writing(engine) as connection:
        connection.execute(
            insert(reports).values(
                repository_id=connection.scalar(select(repositories.c.id).order_by(repositories.c.id).limit(1)),
                kind="pull_request",
                subject=str(number),
                number=str(number),
                at=updated,
                updated_at=updated,
                value=zlib.compress(msgspec.msgpack.encode(value)),
            )
        )


def after_first_night(engine: Engine, app: App, fake: FakeGitHub, time: Time) -> None:
    """The repository is known, and a day has passed."""
    reconcile(engine, app)
    time.now += DAY
    fake.now = write_time(time.now)
    fake.asked.clear()


def test_a_new_repository_is_recorded_with_its_pull_requests(database: Engine, fake: FakeGitHub, app: App) -> None:
    fake.add_pull(1, "first", "2025-11-20T10:00:00Z")
    fake.add_pull(2, "second", "2025-11-21T10:00:00Z", state="closed", closed_at="2025-11-21T11:00:00Z")
    fake.add_pull(3, "long ago", "2025-10-01T10:00:00Z")
    result = reconcile(database, app)

    row = rows(database)["ada/shop"]
    assert (row.forge_id, row.installation_id, row.drift, row.reconciled_at) == (1, 77, {"added": 1}, minute(0))
    assert waiting(database) == [("opened", 1, "first"), ("closed", 2, "second")]
    assert to_do(database) == ["configuration", "inbox"]
    assert (result.repositories, dict(result.drift), result.problem) == (1, {}, "")


def test_what_was_missed_is_given_to_the_intake_and_counted(
    database: Engine, fake: FakeGitHub, app: App, time: Time
) -> None:
    after_first_night(database, app, fake, time)
    at = write_time(time.now - timedelta(hours=2))
    fake.add_pull(1, "never heard of", at)
    fake.add_pull(2, "was merged", at, state="closed", closed_at=at, merged_at=at)
    fake.add_pull(3, "was retitled", at)
    fake.add_pull(4, "is known", at)
    for number, updated in ((2, minute(0)), (3, minute(0)), (4, time.now)):
        report(database, number, updated)
    result = reconcile(database, app)

    assert dict(result.drift) == {"missing": 1, "state": 1}
    assert rows(database)["ada/shop"].drift == {"missing": 1, "state": 1}
    assert sorted(waiting(database)) == [
        ("closed", 2, "was merged"),
        ("edited", 3, "was retitled"),
        ("opened", 1, "never heard of"),
    ]


@pytest.mark.parametrize(
    ("state", "expected"), [("open", {"state": 1}), ("closed", {})], ids=["was open", "was closed"]
)
def test_a_change_within_the_second_of_the_last_report_counts(
    database: Engine, fake: FakeGitHub, app: App, time: Time, state: str, expected: dict[str, int]
) -> None:
    after_first_night(database, app, fake, time)
    at = time.now - timedelta(hours=2)
    fake.add_pull(1, "t", write_time(at), state="closed", closed_at=write_time(at))
    report(database, 1, at, state)

    assert dict(reconcile(database, app).drift) == expected


def test_the_next_night_finds_nothing(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    after_first_night(database, app, fake, time)
    fake.add_pull(1, "never heard of", write_time(time.now - timedelta(hours=2)))
    reconcile(database, app)
    report(database, 1, time.now)
    time.now += DAY
    fake.asked.clear()

    assert dict(reconcile(database, app).drift) == {}
    assert rows(database)["ada/shop"].drift == {}
    assert len(waiting(database)) == 1
    assert [asked for asked in fake.asked if "/pulls" in asked] == [
        "GET /repos/ada/shop/pulls?state=all&sort=updated&direction=desc&per_page=100"
    ]


def test_the_list_is_read_back_to_the_last_night_and_no_further(
    database: Engine, fake: FakeGitHub, app: App, time: Time
) -> None:
    after_first_night(database, app, fake, time)
    fake.page_size = 2
    for number in range(20):
        fake.add_pull(number + 1, "t", write_time(time.now - timedelta(hours=12 * number)))
    reconcile(database, app)

    assert sum("/pulls?" in asked for asked in fake.asked) == 2


def test_one_run_repeats_nothing(database: Engine, fake: FakeGitHub, app: App) -> None:
    fake.add_pull(1, "first", "2025-11-20T10:00:00Z")
    reconcile(database, app)
    fake.asked.clear()

    assert (reconcile(database, app).repositories, fake.asked) == (0, [])


def test_a_run_takes_so_many_and_the_next_goes_on(database: Engine, fake: FakeGitHub, app: App) -> None:
    for number in range(4):
        fake.add_repository(f"ada/part-{number}")

    assert [reconcile(database, app, most=2).repositories for _ in range(4)] == [2, 2, 1, 0]


def test_names_owners_and_removals_are_recorded(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    for name in ("ada/a", "ada/b", "ada/c"):
        fake.add_repository(name)
    after_first_night(database, app, fake, time)
    renamed, transferred = fake.repositories.pop("ada/a"), fake.repositories.pop("ada/b")
    renamed.repository, transferred.repository = "ada/tools", "bob/b"
    fake.repositories |= {"ada/tools": renamed, "bob/b": transferred}
    del fake.repositories["ada/c"]
    result = reconcile(database, app)

    assert result.names
    assert result.names.drift == {"renamed": 1, "transferred": 1, "removed": 1}
    assert {name: (row.state, row.drift) for name, row in rows(database).items()} == {
        "ada/shop": ("active", {}),
        "ada/tools": ("active", {"renamed": 1}),
        "bob/b": ("active", {"transferred": 1}),
        "ada/c": ("removed", {"removed": 1}),
    }


def test_a_repository_that_comes_back_is_active_again(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    after_first_night(database, app, fake, time)
    fake.is_hidden = True
    reconcile(database, app)
    assert rows(database)["ada/shop"].state == "removed"
    time.now += DAY
    fake.is_hidden = False
    reconcile(database, app)

    assert (rows(database)["ada/shop"].state, rows(database)["ada/shop"].drift) == ("active", {"returned": 1})


def state_of(engine: Engine) -> Any:
    with reading(engine) as connection:
        return connection.scalar(select(installations.c.state).where(installations.c.id == 77))


def test_an_app_that_was_uninstalled_has_no_repositories(
    database: Engine, fake: FakeGitHub, app: App, time: Time
) -> None:
    after_first_night(database, app, fake, time)
    del fake.installations[77]
    result = reconcile(database, app)

    assert result.names
    assert (result.names.ended, state_of(database)) == (1, "removed")
    assert rows(database)["ada/shop"].state == "removed"


def test_an_app_that_was_suspended_is_left_alone(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    after_first_night(database, app, fake, time)
    fake.suspended.add(77)
    result = reconcile(database, app)

    assert result.names
    assert (result.names.suspended, state_of(database), result.repositories) == (1, "suspended", 0)
    assert rows(database)["ada/shop"].state == "active"


def test_an_app_that_is_suspended_meanwhile_is_noted(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    fake.add_repository("ada/tools")
    reconcile(database, app, most=1)
    fake.suspended.add(77)
    app.forget(77)

    assert (reconcile(database, app).problem, state_of(database)) == ("", "suspended")


def test_a_list_that_changes_while_it_is_read_removes_nothing(
    database: Engine, fake: FakeGitHub, app: App, time: Time
) -> None:
    after_first_night(database, app, fake, time)
    fake.faults.extend([None, Fault(status=200, body=b'{"total_count": 1, "repositories": []}')])
    # The App's token was granted before.
    result = reconcile(database, app)

    assert result.names
    assert (result.names.unread, rows(database)["ada/shop"].state) == (
        ["the list of repositories of octocat changed while it was read"],
        "active",
    )


@pytest.mark.parametrize("status", [403, 404, 451])
def test_a_repository_that_github_refuses_is_counted_as_unread(
    database: Engine, fake: FakeGitHub, app: App, status: int
) -> None:
    reconcile(database, app, most=0)
    fake.faults.append(Fault(status=status))
    reconcile(database, app)

    assert rows(database)["ada/shop"].drift == {"added": 1, "unread": 1}


def test_a_limit_ends_a_run_and_the_next_goes_on(database: Engine, fake: FakeGitHub, app: App, time: Time) -> None:
    fake.add_repository("ada/tools")
    reconcile(database, app, most=1)
    fake.rest_left, fake.limit_resets = 0, int((time.now + timedelta(minutes=30)).timestamp())
    limited = reconcile(database, app)
    fake.rest_left = None
    time.now += timedelta(minutes=31)

    assert (limited.repositories, limited.problem.partition(" until")[0]) == (0, "GitHub's rate limit is used up")
    assert reconcile(database, app).repositories == 1


def test_entries_that_cannot_be_read_are_passed_over(database: Engine, fake: FakeGitHub, app: App) -> None:
    reconcile(database, app, most=0)
    fake.faults.append(Fault(status=200, body=b'[{"number": "x"}, 3, {}]'))

    assert reconcile(database, app).repositories == 1
    assert waiting(database) == []


def test_each_repository_has_its_moment_of_the_night() -> None:
    night = datetime(2025, 11, 22, tzinfo=UTC)
    moments = [moment_of(number, night) for number in range(3000)]
    hours = [sum(night + timedelta(hours=h) <= m < night + timedelta(hours=h + 1) for m in moments) for h in range(6)]

    assert (min(moments) >= night, max(moments) < night + LASTS) == (True, True)
    assert (min(hours) > 400, max(hours) < 600) == (True, True)


def test_a_repository_is_due_once_a_night() -> None:
    night = datetime(2025, 11, 22, tzinfo=UTC)
    moment = moment_of(7, night)
    second = timedelta(seconds=1)

    assert is_due(7, None, moment)
    assert not is_due(7, moment - DAY + second, moment - second)
    assert is_due(7, moment - DAY + second, moment)
    assert not is_due(7, moment, moment + DAY - second)
    assert is_due(7, moment + 3 * DAY, moment), "a clock that was wrong"
    assert night_of(moment) == night
