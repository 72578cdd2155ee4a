"""What is to be done outside the database is done at least once, and by one worker at a time."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from pr_sessions.errors import NotFound
from pr_sessions.server.gate.outbox import (
    GIVEN_UP_AFTER,
    LEASE,
    MOST_OF_INSTALLATION,
    Entry,
    counts,
    done,
    free_abandoned,
    put,
    retry,
    take,
)
from pr_sessions.server.team.gate import given_up, try_again
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import outbox, repositories
from scene import START, minute
from server.gate.served import add_repository

KINDS = ("comment", "checks")


@pytest.fixture
def shop(database: Engine) -> int:
    return add_repository(database)


def test_an_entry_is_taken_once_and_gone_when_it_is_done(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42", b"why")

    entry = taken(database)
    assert (entry.kind, entry.subject, entry.payload, entry.attempts) == ("comment", "42", b"why", 1)
    assert take(database, KINDS, START) is None

    done(database, entry)
    assert counted(database) == {"waiting": 0, "taken": 0, "dead": 0}


def test_an_entry_that_waits_is_renewed_and_not_doubled(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42", b"first")
    add(database, shop, "comment", "42", b"second", now=minute(1))
    add(database, shop, "comment", "43")

    assert counted(database)["waiting"] == 2
    entry = taken(database, minute(1))
    assert (entry.payload, entry.created) == (b"second", minute(1))


def test_what_is_due_soon_does_not_wait_longer_because_it_comes_again(database: Engine, shop: int) -> None:
    add(database, shop, "dashboard", after=timedelta(minutes=2))
    add(database, shop, "dashboard", now=minute(1), after=timedelta(minutes=2))

    assert take(database, ("dashboard",), minute(1)) is None
    assert taken(database, minute(2), "dashboard").kind == "dashboard"


def test_what_comes_while_an_entry_is_under_way_is_done_after_it(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42", b"first")
    first = taken(database)
    add(database, shop, "comment", "42", b"second")

    assert take(database, KINDS, START) is None
    done(database, first)
    assert taken(database).payload == b"second"


def test_nothing_is_added_if_what_it_follows_from_is_not_stored(database: Engine, shop: int) -> None:
    def store_nothing() -> None:
        with writing(database) as connection:
            put(connection, shop, "comment", "42", now=START)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        store_nothing()

    assert counted(database)["waiting"] == 0


def test_an_entry_of_a_process_that_died_is_taken_again_after_the_lease(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42")
    first = taken(database)

    assert take(database, KINDS, START + LEASE - timedelta(seconds=1)) is None
    second = taken(database, START + LEASE)
    assert (second.id, second.attempts) == (first.id, 2)


def test_an_entry_of_a_process_that_died_here_is_taken_again_once_the_next_one_starts(
    database: Engine, shop: int, child: Callable[..., subprocess.Popen[str]]
) -> None:
    add(database, shop, "comment", "42")
    first = taken(database)
    ended = child("")
    ended.communicate()
    of_ended = first.taken_by.replace(f" {os.getpid()} ", f" {ended.pid} ")
    of_another = f"another-machine {ended.pid} 1"
    results = []
    for taken_by in (of_another, of_ended):
        with writing(database) as connection:
            connection.execute(update(outbox).values(taken_by=taken_by))
        free_abandoned(database, START)
        results.append(take(database, KINDS, START) is not None)

    assert results == [False, True]


def test_a_worker_that_was_too_slow_ends_nothing(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42")
    slow = taken(database)
    quick = taken(database, START + LEASE)

    done(database, slow)
    retry(database, slow, START + LEASE, "too late")
    assert counted(database)["taken"] == 1
    done(database, quick)
    assert counted(database)["taken"] == 0


def test_each_attempt_waits_twice_as_long_as_the_one_before(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42")
    now, pauses = START, []
    for _ in range(11):
        retry(database, taken(database, now), now, "GitHub is down")
        due = next_time(database)
        pauses.append((due - now).total_seconds())
        now = due

    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]


def test_a_retry_gives_way_to_the_same_that_was_added_meanwhile(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42", b"first")
    first = taken(database)
    add(database, shop, "comment", "42", b"second", now=minute(1))
    retry(database, first, minute(1), "GitHub is down")

    assert counted(database) == {"waiting": 1, "taken": 0, "dead": 0}
    assert taken(database, minute(1)).payload == b"second"


def test_after_three_days_an_entry_is_given_up_visibly_and_can_be_tried_again(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42")
    retry(database, taken(database), START, "GitHub is down", after=timedelta(minutes=1))

    late = START + GIVEN_UP_AFTER
    assert take(database, KINDS, late) is None
    with reading(database) as connection:
        (entry,) = given_up(connection, shop, "", 50).items
    assert (entry.repository, entry.kind, entry.subject, entry.problem) == (
        "ada/shop", "comment", "42", "GitHub is down",
    )  # fmt: skip

    with writing(database) as connection:
        assert try_again(connection, entry.id, "mary", frozenset({"ada/shop"}), late) == entry
    assert taken(database, late).attempts == 1


def test_what_waits_anew_is_done_instead_of_what_was_given_up(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42", b"first")
    late = START + GIVEN_UP_AFTER
    assert take(database, KINDS, late) is None
    add(database, shop, "comment", "42", b"second", now=late)
    with writing(database) as connection:
        (entry,) = given_up(connection, None, "", 50).items
        try_again(connection, entry.id, "mary", None, late)

    assert counted(database) == {"waiting": 1, "taken": 0, "dead": 0}
    assert taken(database, late).payload == b"second"


@pytest.mark.parametrize(("entry", "visible"), [("99", None), ("x", None), ("1", frozenset({"ada/tools"}))])
def test_what_was_not_given_up_or_may_not_be_seen_is_not_tried_again(
    database: Engine, shop: int, entry: str, visible: frozenset[str] | None
) -> None:
    add(database, shop, "comment", "42")
    assert take(database, KINDS, START + GIVEN_UP_AFTER) is None
    with pytest.raises(NotFound, match="nothing that was given up"), writing(database) as connection:
        try_again(connection, entry, "mary", visible, START)


def test_what_was_given_up_leaves_the_list_once_the_same_is_done(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42")
    assert take(database, KINDS, START + GIVEN_UP_AFTER) is None
    add(database, shop, "comment", "42", now=START + GIVEN_UP_AFTER)
    done(database, taken(database, START + GIVEN_UP_AFTER))

    assert counted(database) == {"waiting": 0, "taken": 0, "dead": 0}


def test_of_a_repository_one_entry_is_under_way_at_a_time(database: Engine, shop: int) -> None:
    other = add_repository(database, "ada/tools")
    for repository in (shop, other):
        add(database, repository, "comment", "1")
        add(database, repository, "checks", "2")

    entries = [taken(database), taken(database)]
    assert [entry.repository_id for entry in entries] == [shop, other]
    assert take(database, KINDS, START) is None


def test_of_an_installation_only_so_many_are_under_way(database: Engine) -> None:
    for number in range(MOST_OF_INSTALLATION + 1):
        add(database, add_repository(database, f"ada/shop-{number}"), "checks")

    entries = [taken(database) for _ in range(MOST_OF_INSTALLATION)]
    assert take(database, KINDS, START) is None
    done(database, entries[0])
    assert taken(database).kind == "checks"


def test_workers_side_by_side_take_every_entry_once(database: Engine) -> None:
    for number in range(6):
        repository = add_repository(database, f"ada/shop-{number}", installation_id=None)
        for subject in range(4):
            add(database, repository, "comment", str(subject))

    def work(_worker: int) -> list[int]:
        ids = []
        # Who is locked out by another worker finds nothing for a moment.
        while (entry := take(database, KINDS, START)) or counted(database)["waiting"]:
            if entry:
                ids.append(entry.id)
                done(database, entry)
        return ids

    with ThreadPoolExecutor(4) as pool:
        ids = [taken_id for ids in pool.map(work, range(4)) for taken_id in ids]
    assert len(ids) == len(set(ids)) == 24


def test_entries_go_with_their_repository(database: Engine, shop: int) -> None:
    add(database, shop, "comment", "42")
    with writing(database) as connection:
        connection.execute(repositories.delete())

    assert counted(database)["waiting"] == 0


def add(
    engine: Engine,
    repository: int,
    kind: str,
    subject: str = "",
    payload: bytes = b"",
    *,
    now: datetime = START,
    after: timedelta = timedelta(),
) -> None:
    with writing(engine) as connection:
        put(connection, repository, kind, subject, payload, now=now, after=after)


def taken(engine: Engine, now: datetime = START, *kinds: str) -> Entry:
    entry = take(engine, kinds or KINDS, now)
    assert entry is not None
    return entry


def next_time(engine: Engine) -> datetime:
    with reading(engine) as connection:
        due: datetime = connection.execute(select(func.min(outbox.c.next_at))).scalar_one()
        return due


def counted(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return counts(connection)
