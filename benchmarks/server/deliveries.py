"""Deliveries a second, acknowledged after their group was committed: one process, against two floors of the same run.

The floors are an endpoint of the same framework and server that only verifies the signature of the same bodies, and a
loop that only inserts the same rows in groups, without compressing them. What handles deliveries does not run
meanwhile. `make bench-server` prints the figures.
"""

import asyncio
import hmac
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from litestar import Litestar, Request, Response, post
from msgspec import Struct, json
from sqlalchemy import Engine, insert

from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.frame.logs import set_up_logs
from pr_sessions.server.intake.writer import DeliveryWriter
from pr_sessions.server.run import free_place
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.storage.sql.engine import open_engine, writing
from pr_sessions.storage.sql.schema import deliveries
from pr_sessions.tracker import utc_now

SECRET = "of the benchmark"  # noqa: S105 - of nothing else
SHARE = 0.7
ROUNDS, SECONDS = 3, 2.0
# As many as GitHub may open after an outage.
CONNECTIONS = 256
_GROUP = 64

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_URL, _BARE = "BENCH_DATABASE", "bare"


class Figure(Struct, frozen=True):
    """Deliveries a second."""

    database: str
    verified: float
    inserted: float
    acknowledged: float

    @property
    def share(self) -> float:
        """Return the part of the slower floor that is reached."""
        return self.acknowledged / min(self.verified, self.inserted)

    def __str__(self) -> str:
        return (
            f"{self.database:<12}{self.acknowledged:>9,.0f} a second; floors: {self.verified:,.0f} verified, "
            f"{self.inserted:,.0f} inserted; {self.share:.0%} of the slower"
        )


def measure(kind: str, url: str) -> Figure:
    """Return the figures of an empty database that has the tables: the medians of rounds, one after the other."""
    verified, inserted, acknowledged = [], [], []
    engine = open_engine(url)
    with _serving(_BARE) as bare, _serving(url) as whole:
        for number in range(ROUNDS):
            verified.append(asyncio.run(_load(bare, number)))
            inserted.append(_insert(engine, number))
            acknowledged.append(asyncio.run(_load(whole, number)))
    engine.dispose()
    return Figure(kind, median(verified), median(inserted), median(acknowledged))


def app() -> Litestar:
    """Return what a process of the benchmark serves."""
    url = os.environ[_URL]
    if url == _BARE:
        return Litestar([_verify], openapi_config=None, logging_config=None)
    settings = Settings(webhook_secret=Secret(SECRET), database=url)
    set_up_logs(settings)
    engine = open_engine(url)
    writer = DeliveryWriter(engine)
    writer.start()
    return build_app(
        Services(
            settings=settings,
            backend=TeamBackend(engine, utc_now),
            clock=utc_now,
            environ={},
            engine=engine,
            deliveries=writer,
        )
    )


@post("/webhooks/github")
async def _verify(request: Request[Any, Any, Any]) -> Response[str]:
    """Verify, and do nothing else."""
    expected = "sha256=" + hmac.digest(SECRET.encode(), await request.body(), "sha256").hex()
    matches = hmac.compare_digest(expected, request.headers["x-hub-signature-256"])
    return Response("", status_code=202 if matches else 401)


def _body(number: int) -> bytes:
    """Return a body as large as GitHub's are."""
    filler = [{"sha": f"{number * 1000 + i:040x}", "message": f"Change {i} of {number}"} for i in range(250)]
    return json.encode({"action": "completed", "repository": {"id": 7 + number % 50}, "commits": filler})


def _insert(engine: Engine, round_: int) -> float:
    """Return how many of the same rows a bare loop inserts a second in groups."""
    now, count, ends = datetime.now(UTC), 0, time.perf_counter() + SECONDS
    body = zlib.compress(_body(1), 1)
    while time.perf_counter() < ends:
        rows = [
            {
                "hook": "0",
                "guid": f"floor-{round_}-{count + each}",
                "event": "check_run",
                "mailbox": "repository:7",
                "received_at": now,
                "next_at": now,
                "payload": body,
            }
            for each in range(_GROUP)
        ]
        with writing(engine) as connection:
            connection.execute(insert(deliveries), rows)
        count += _GROUP
    return count / SECONDS


@contextmanager
def _serving(url: str) -> Iterator[int]:
    _, port = free_place("127.0.0.1", 0)
    command = [
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--no-ws",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    process = subprocess.Popen(
        [sys.executable, *command, "benchmarks.server.deliveries:app"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, _URL: url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


async def _load(port: int, round_: int) -> float:
    """Return how many deliveries a second are acknowledged over several connections."""
    streams = [await _connected(port) for _ in range(CONNECTIONS)]
    bodies = [_body(number) for number in range(50)]
    counts = [0]
    ends = time.perf_counter() + SECONDS
    await asyncio.gather(
        *(_send(stream, bodies, counts, ends, f"{round_}-{place}") for place, stream in enumerate(streams))
    )
    return counts[0] / SECONDS


async def _connected(port: int) -> Streams:
    ends = time.perf_counter() + 30
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.perf_counter() > ends:
                raise
            await asyncio.sleep(0.05)


async def _send(
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    bodies: list[bytes],
    counts: list[int],
    ends: float,
    name: str,
) -> None:
    reader, writer = stream
    signatures = [hmac.new(SECRET.encode(), body, sha256).hexdigest() for body in bodies]
    number = 0
    while time.perf_counter() < ends:
        which = number % len(bodies)
        writer.write(
            b"POST /webhooks/github HTTP/1.1\r\nhost: 127.0.0.1:8765\r\ncontent-type: application/json\r\n"
            b"x-github-event: check_run\r\nx-github-hook-id: 42\r\n"
            + f"x-github-delivery: {name}-{number}\r\nx-hub-signature-256: sha256={signatures[which]}\r\n".encode()
            + f"content-length: {len(bodies[which])}\r\n\r\n".encode()
            + bodies[which]
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 202 " in head.partition(b"\r\n")[0], head
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        number += 1
        counts[0] += 1
    writer.close()
