"""Mailboxes: one worker at a time, in order, and leases that end."""

import threading
from datetime import timedelta
from random import Random

import pytest
from signed import about
from sqlalchemy import Engine
from worked import NOON, Server

from pr_sessions.server.worker.loop import Workers
from pr_sessions.server.worker.mailboxes import LEASE, finish, pause, release, take
from pr_sessions.storage.sql.engine import writing


@pytest.fixture
def server(database: Engine) -> Server:
    return Server(database)


def test_a_mailbox_is_taken_by_one_worker_until_it_is_given_back(server: Server) -> None:
    server.deliver("pull_request", about(1))
    first = take(server.engine, NOON)
    assert first
    assert take(server.engine, NOON) is None
    release(server.engine, first)
    again = take(server.engine, NOON)
    assert again
    assert [letter.id for letter in again.letters] == [1]


def test_a_lease_of_a_worker_that_died_ends(server: Server) -> None:
    server.deliver("pull_request", about(1))
    dead = take(server.engine, NOON)
    assert dead
    assert take(server.engine, NOON + LEASE)
    with writing(server.engine) as connection:
        assert not finish(connection, dead, {1: ""}, NOON + LEASE)
    assert server.states() == [("waiting", "")]


def test_a_lease_of_a_clock_that_was_ahead_holds_nothing_up(server: Server) -> None:
    server.deliver("pull_request", about(1))
    assert take(server.engine, NOON)
    assert take(server.engine, NOON - timedelta(days=1)) is not None


def test_pauses_grow_to_an_hour_and_are_spread() -> None:
    shortest, longest = Random(1), Random(2)  # noqa: S311 - spreads times
    pauses = [pause(attempts, shortest) for attempts in range(40)]
    assert timedelta(seconds=2.5) <= pauses[0] <= timedelta(seconds=5)
    assert all(timedelta(minutes=30) <= each <= timedelta(hours=1) for each in pauses[10:])
    assert pause(20, shortest) != pause(20, longest)


def test_workers_of_several_threads_handle_everything_once(server: Server) -> None:
    for number in range(60):
        repository = {"id": 7 + number % 5, "full_name": f"ada/shop-{number % 5}", "private": False}
        server.deliver("pull_request", {**about(number + 1), "repository": repository})
    done = threading.Event()
    workers = Workers(server.engine, server.handling, lambda: server.now, count=4)
    workers.start()
    waiter = threading.Event()
    for _ in range(300):
        if all(state == "handled" for state, _ in server.states()):
            done.set()
            break
        waiter.wait(0.1)
    workers.close()
    assert done.is_set()
    numbers = [number for forge_id in range(7, 12) for session in server.sessions(forge_id) for number in session.prs]
    assert sorted(map(int, numbers)) == list(range(1, 61))


def test_a_mistake_of_ours_holds_up_only_what_comes_after_it(server: Server) -> None:
    server.deliver("pull_request", about(1))
    server.deliver("pull_request", about(2, user={"login": "mistake", "id": 6, "type": "User"}))
    server.deliver("pull_request", about(3))
    server.work()
    assert server.states() == [("handled", ""), ("waiting", "it cannot be handled: ZeroDivisionError"), ("waiting", "")]
