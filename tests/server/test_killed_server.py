"""A server that is killed under load: no acknowledged delivery is lost, and none has its effect twice.

The test keeps a ledger of what was acknowledged. It does not ask the server what it knows of it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from signed import SECRET, about, signed
from sqlalchemy import Engine, select

from examples import IS_LONG
from postgres import cluster
from pr_sessions.storage.sql.engine import open_engine, reading
from pr_sessions.storage.sql.repositories import all_repositories
from pr_sessions.storage.sql.schema import audit, deliveries
from pr_sessions.storage.sql.store import SqlStore

KILLS = 50 if IS_LONG else 3
SENDERS = 4
ENOUGH = 40
BOT = {"login": "builder[bot]", "id": 9, "type": "Bot"}
DEADLINE = 60.0


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[str, int, subprocess.Popen[str]]]:
    """A real server; give its address and its process, whose group is killed at the end."""
    environ = {**os.environ, "PR_SESSIONS_WEBHOOK_SECRET": SECRET, "HOME": str(folder)}
    command = [sys.executable, "-m", "pr_sessions", "serve", "--database", url, "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        address = urlsplit(process.stdout.readline().strip())
        assert address.hostname
        assert address.port
        yield address.hostname, address.port, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def send(host: str, port: int, number: int) -> int:
    """Send the delivery of a pull request; return the status, 0 where there was no answer."""
    repository = {"id": 7 + number % 5, "full_name": f"ada/shop-{number % 5}", "private": False}
    payload = {**about(number, user=BOT), "repository": repository}
    headers, body = signed("pull_request", payload, f"d-{number}")
    connection = HTTPConnection(host, port, timeout=20)
    try:
        connection.request("POST", "/webhooks/github", body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


class Load:
    """Senders that go on until they are stopped, with a ledger of what was acknowledged."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.ledger: list[int] = []
        self._numbers = numbers
        self._ends = threading.Event()

    @contextmanager
    def on(self, host: str, port: int) -> Iterator[None]:
        with ThreadPoolExecutor(SENDERS) as senders:
            for _ in range(SENDERS):
                senders.submit(self._send, host, port)
            yield
            self._ends.set()

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.ledger) >= count)

    def _send(self, host: str, port: int) -> None:
        while not self._ends.is_set():
            number = next(self._numbers)
            if send(host, port, number) == 202:
                self.ledger.append(number)
            else:
                self._ends.wait(0.01)


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; fail at the deadline."""
    ends, pause = time.monotonic() + DEADLINE, threading.Event()
    while not condition():
        assert time.monotonic() < ends
        pause.wait(0.05)


def states(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        rows = connection.execute(select(deliveries.c.guid, deliveries.c.state))
        return {row.guid: row.state for row in rows}


def check(engine: Engine, ledger: Iterable[int]) -> None:
    """Every acknowledged delivery was handled, each pull request is in one session, and came there once."""
    until(lambda: set(states(engine).values()) == {"handled"})
    known = states(engine)
    assert [number for number in ledger if f"d-{number}" not in known] == []
    with reading(engine) as connection:
        repositories = all_repositories(connection)
        recorded = connection.execute(select(audit.c.details).where(audit.c.operation == "record")).scalars().all()
    listed = [int(n) for r in repositories for s in SqlStore(engine, r.id).read() for n in s.prs]
    assert sorted(listed) == sorted(int(guid.removeprefix("d-")) for guid in known)
    effects = Counter(int(number) for details in recorded for number in details["prs"])
    assert {number: times for number, times in effects.items() if times > 1} == {}


def test_no_acknowledged_delivery_is_lost_when_the_server_is_killed(database_url: str, tmp_path: Path) -> None:
    numbers, acknowledged = count(1), set[int]()
    for _ in range(KILLS):
        load = Load(numbers)
        with serving(database_url, tmp_path) as (host, port, process), load.on(host, port):
            load.wait_for(ENOUGH)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        acknowledged.update(load.ledger)
    engine = open_engine(database_url)
    with serving(database_url, tmp_path):
        check(engine, acknowledged)
    engine.dispose()


def test_no_acknowledged_delivery_is_lost_when_postgresql_is_restarted(tmp_path: Path) -> None:
    with cluster(durable=True) as made:
        url, load = made.new(), Load(count(1))
        with serving(url, tmp_path) as (host, port, _):
            with load.on(host, port):
                load.wait_for(ENOUGH)
                made.stop()
                made.start()
                load.wait_for(2 * ENOUGH)
            engine = open_engine(url)
            check(engine, load.ledger)
            engine.dispose()
