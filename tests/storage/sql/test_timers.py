"""What is due runs once across processes, and sessions that have run out are completed by it."""

import subprocess
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, select

from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Completion, Trigger
from pr_sessions.core.policy import Policy
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import repositories
from pr_sessions.storage.sql.timers import LEASE, complete_expired, finish, take
from scene import minute
from sql_stores import sql_store

EVERY = timedelta(minutes=1)
TIMEOUT = Policy().timeout


def test_what_is_due_is_taken_once_until_it_is_due_again(database: Engine) -> None:
    assert take(database, "sweep", EVERY, minute(0), "a")
    assert not take(database, "sweep", EVERY, minute(0), "b")
    finish(database, "sweep", "a")
    assert not take(database, "sweep", EVERY, minute(0.9), "b")
    assert take(database, "sweep", EVERY, minute(1), "b")


def test_what_still_runs_is_not_taken_again_unless_its_process_is_gone(database: Engine) -> None:
    assert take(database, "sweep", EVERY, minute(0), "a")
    assert not take(database, "sweep", EVERY, minute(5), "b")
    assert take(database, "sweep", EVERY, minute(0) + LEASE, "b")
    finish(database, "sweep", "a")
    assert not take(database, "sweep", EVERY, minute(1) + LEASE, "a")


def test_timers_of_other_names_run_side_by_side(database: Engine) -> None:
    assert take(database, "sweep", EVERY, minute(0), "a")
    assert take(database, "reconcile", EVERY, minute(0), "b")


def test_a_clock_that_went_back_delays_nothing_for_long(database: Engine) -> None:
    assert take(database, "sweep", EVERY, minute(600), "a")
    finish(database, "sweep", "a")
    assert take(database, "sweep", EVERY, minute(0), "a")


def expires(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return list(connection.scalars(select(repositories.c.expires_at).order_by(repositories.c.key)))


def test_sessions_that_have_run_out_are_completed(database: Engine) -> None:
    store, other = sql_store(database), sql_store(database, "ada/other")
    ada, bob, eve = (begin(f"{name}-1", name, minute(at)) for name, at in (("ada", 0), ("bob", 5), ("eve", 9)))
    for each, sessions in ((store, (ada, bob)), (other, (eve,))):
        with each.transaction(minute(9)) as work:
            work.commit(work.sessions.put(*sessions))
    assert expires(database) == [minute(9) + TIMEOUT, minute(0) + TIMEOUT]
    assert complete_expired(database, minute(0) + TIMEOUT, lambda _: Policy()) == 0
    assert complete_expired(database, minute(1) + TIMEOUT, lambda _: Policy()) == 1
    assert [(s.id, s.completion) for s in store.read()] == [
        ("bob-1", None),
        ("ada-1", Completion(minute(0) + TIMEOUT, Trigger.TIMEOUT)),
    ]
    assert [*other.read()] == [eve]
    assert expires(database) == [minute(9) + TIMEOUT, minute(5) + TIMEOUT]
    (entry,) = store.audit_log().entries
    expected = AuditEntry(minute(1) + TIMEOUT, "pr-sessions", "sweep", "timeout", {"ended": ["ada-1"]}, entry.id)
    assert entry == expected


def test_a_policy_that_gives_more_time_moves_the_end(database: Engine) -> None:
    store = sql_store(database)
    with store.transaction(minute(0)) as work:
        work.commit(work.sessions.put(begin("ada-1", "ada", minute(0))))
    patient = Policy(timeout=TIMEOUT * 3)
    assert complete_expired(database, minute(1) + TIMEOUT, lambda _: patient) == 0
    assert expires(database) == [minute(0) + TIMEOUT * 3]


TAKE = """
import sys
from datetime import datetime, timedelta
from pr_sessions.core.policy import Policy
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.timers import complete_expired, take
engine, now = open_engine(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
if take(engine, "sweep", timedelta(minutes=1), now, sys.argv[3]):
    print(complete_expired(engine, now, lambda _: Policy()))
engine.dispose()
"""


def test_of_two_processes_one_completes_what_ran_out(
    database: Engine, database_url: str, child: Callable[..., subprocess.Popen[str]]
) -> None:
    store = sql_store(database)
    with store.transaction(minute(0)) as work:
        work.commit(work.sessions.put(begin("ada-1", "ada", minute(0)), begin("bob-1", "bob", minute(0))))
    now = (minute(1) + TIMEOUT).isoformat()
    processes = [child(TAKE, database_url, now, holder) for holder in ("a", "b")]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(process.communicate()[0] for process in processes) == ["", "2\n"]
    assert [session.id for session in store.read().active()] == []
