"""How long pages and API take in a real process of the server, by its own clock, and how its memory grows.

The floors are of the same run: a handler of the same frame that reads one row, and one that draws one page of nothing.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import httpx
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select

from benchmarks.server.fill import LAST
from benchmarks.server.lists import KEYS
from pr_sessions.server.auth.tokens import create_token
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import open_engine, reading
from pr_sessions.storage.sql.schema import pull_requests, sessions
from pr_sessions.tracker import utc_now

TARGET = 0.1
GROWTH = 1.2
CLIENTS = 8
_ROUNDS = 4
_HEADER = "x-seconds"
_ADDRESS = re.compile(r"https?://\S+")


class Served(Struct, frozen=True):
    """Seconds of the server for all requests of a kind.

    Attributes:
        slowest: which of them took longest.
    """

    name: str
    clients: int
    times: Sequence[float]
    slowest: str

    @property
    def p99(self) -> float:
        """Return what 99 of 100 requests took at most."""
        return quantiles(self.times, n=100, method="inclusive")[98]

    @property
    def is_reached(self) -> bool:
        """Return whether the promise is kept."""
        return self.p99 < TARGET

    def __str__(self) -> str:
        middle = sorted(self.times)[len(self.times) // 2]
        figures = "".join(f"{seconds * 1000:>9.2f}" for seconds in (middle, self.p99, max(self.times)))
        verdict = "ok" if self.is_reached else "MISSED"
        return f"{self.name:<33}{self.clients:>3} x{len(self.times):>8}{figures}  {verdict}  {self.slowest}"


class Grown(Struct, frozen=True):
    """Bytes of the process after a tenth of the run, and after all of it."""

    early: int
    late: int

    @property
    def is_reached(self) -> bool:
        """Return whether the promise is kept."""
        return self.late <= GROWTH * self.early

    def __str__(self) -> str:
        verdict = "ok" if self.is_reached else "MISSED"
        sizes = f"{self.early / 1e6:.0f} MB after a tenth, {self.late / 1e6:.0f} MB at the end"
        return f"memory of the process: {sizes}, {self.late / self.early:.2f} x  {verdict}"


def figures(url: str) -> Iterator[Served | Grown]:
    """Measure every page on a database that is filled; one client, then several at once."""
    paths = _paths(url)
    with _server(url) as (address, token, pids):
        headers = {"authorization": f"Bearer {token}", "accept": "text/html,application/json"}
        with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as client:
            yield from _run(client, paths, 1, 1)
            # All of its threads have worked once; then nine times as much as so far.
            list(_run(client, paths, CLIENTS, 1))
            early = _memory(pids)
            list(_run(client, paths, CLIENTS, 9 - _ROUNDS))
            yield from _run(client, paths, CLIENTS, _ROUNDS)
            yield Grown(early, _memory(pids))


def _run(client: httpx.Client, paths: Mapping[str, Sequence[str]], clients: int, rounds: int) -> Iterator[Served]:
    """Ask for everything in turns: a slow moment of the machine hits all kinds."""
    asked = [(name, path) for name, of_kind in paths.items() for path in of_kind] * rounds
    Random(3).shuffle(asked)  # noqa: S311 - no secret
    times: dict[str, list[tuple[float, str]]] = {name: [] for name in paths}

    def ask(wanted: tuple[str, str]) -> None:
        name, path = wanted
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        times[name].append((float(answer.headers[_HEADER]), path))

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, asked))
    for name, measured in times.items():
        yield Served(name, clients, [seconds for seconds, _ in measured], max(measured)[1])


def _paths(url: str) -> Mapping[str, Sequence[str]]:
    """Return what is asked for, by kind."""
    random = Random(4)  # noqa: S311 - no secret
    engine = open_engine(url)
    with reading(engine) as connection:
        columns = (sessions.c.repository_id, sessions.c.id)
        ids = [1, *random.sample(range(2, len(KEYS)), 30)]
        of_each = [select(*columns).where(sessions.c.repository_id == i).limit(2) for i in ids]
        some = [(KEYS[row.repository_id - 1], row.id) for each in of_each for row in connection.execute(each)]
        numbers = select(pull_requests.c.repository_id, pull_requests.c.number)
        pulls = [
            (KEYS[row.repository_id - 1], row.number)
            for i in ids
            for row in connection.execute(numbers.where(pull_requests.c.repository_id == i).limit(2))
        ]
    engine.dispose()
    big, small = KEYS[0], KEYS[-1]
    of_all = ["", f"&repository={big}", f"&repository={small}"]
    lists = ["", "&state=active", "&agent=claude-code", "&agent=gone", "&author=person-1", "&q=claude", "&q=%2377"]
    filters = ["", "&is_active=true", "&agent=claude-code", "&agent=gone", "&author=person-1", "&limit=200"]
    return {
        "floor: one row": ["/floor/row"] * 20,
        "floor: an empty page": ["/floor/page"] * 20,
        "inbox": [f"/?{each}{mine}" for each in of_all for mine in ("", "&mine=1")] * 4,
        "sessions": [f"/sessions?{each}{more}" for each in of_all for more in lists],
        "session": [f"/session?repository={repository}&id={i}" for repository, i in some],
        "pull request": [f"/pull-request?repository={repository}&number={n}" for repository, n in pulls],
        "pull requests in no session": [f"/pull-requests?{each}" for each in of_all] * 4,
        "repositories": ["/repositories", "/repositories?q=7", "/repositories?troubled=1"] * 4,
        "changes, deliveries": ["/changes", f"/changes?repository={big}", "/deliveries"] * 4,
        "api: inbox": [f"/api/v1/inbox{more}" for more in ("", "/summary", "?limit=200", "?login=person-7")] * 4,
        "api: sessions": [f"/api/v1/sessions?{each}{more}" for each in of_all for more in filters],
        "api: pull requests": [f"/api/v1/pull-requests?{each}{more}" for each in of_all for more in ("", "&state=open")]
        * 3,
        "api: session": [f"/api/v1/repositories/{repository}/sessions/{i}" for repository, i in some],
        "api: why": [f"/api/v1/repositories/{repository}/pull-requests/{n}/why" for repository, n in pulls],
        "api: repositories": ["/api/v1/repositories", "/api/v1/repositories?limit=200", f"/api/v1/repositories/{big}"]
        * 4,
    }


@contextmanager
def _server(url: str) -> Iterator[tuple[str, str, Sequence[int]]]:
    """Run a server of its own process; give its address, a token and the ids of its processes."""
    engine = open_engine(url)
    _, secret = create_token(engine, "bench", list(Right), None, timedelta(days=1), "bench", utc_now())
    engine.dispose()
    with TemporaryDirectory() as folder:
        environ = {**os.environ, "PR_SESSIONS_DATABASE": url, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-m", "benchmarks.server.http"]
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            match = _ADDRESS.search(process.stdout.readline())
            assert match
            address = match[0].partition("/?")[0].rstrip("/")
            with httpx.Client(transport=httpx.HTTPTransport(retries=10), trust_env=False) as client:
                client.get(f"{address}/healthz").raise_for_status()
            yield address, secret.reveal(), _children(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _children(pid: int) -> Sequence[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in listed.split()]


def _memory(pids: Sequence[int]) -> int:
    """Return the bytes that processes have in memory."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def _timed(app: ASGIApp) -> ASGIApp:
    """Return the application with the seconds until an answer begins in its headers."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        start = perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = f"{perf_counter() - start:.6f}".encode()
                message["headers"] = [*message.get("headers", ()), (_HEADER.encode(), seconds)]
            await send(message)

        await app(scope, receive, send_timed)

    return call


def main() -> None:
    """Serve with two more addresses, the floors, and with times in the headers."""
    from litestar import Litestar, get

    from pr_sessions.server import app, run
    from pr_sessions.server.pages.pages import AnyRequest, Html, Pages
    from pr_sessions.server.services import Services, open_services
    from pr_sessions.server.settings import Settings
    from pr_sessions.server.team.backend import TeamBackend
    from pr_sessions.storage.sql.schema import repositories

    def floors(services: Services) -> list[Any]:
        pages = Pages(services)
        engine = services.engine
        assert engine

        @get("/floor/row", sync_to_thread=True)
        def row() -> str:
            with reading(engine) as connection:
                return str(connection.execute(select(repositories.c.name).where(repositories.c.id == 1)).scalar_one())

        @get("/floor/page", sync_to_thread=True)
        def page(request: AnyRequest) -> Html:
            return pages.show(request, "frame.html", "Floor", section="")

        return [row, page]

    build: Callable[[Services], Litestar] = app.build_app

    def build_timed(services: Services) -> Litestar:
        made = build(services)
        made.asgi_handler = _timed(made.asgi_handler)
        return made

    app.PARTS = (*app.PARTS, floors)
    run.build_app = build_timed

    def open_at_the_end(settings: Settings, environ: Mapping[str, str]) -> Services:
        """Return what a process uses, at the time at which the database was filled."""
        services = open_services(settings, environ)
        assert services.engine
        clock = lambda: LAST  # noqa: E731 - a constant
        return replace(services, clock=clock, backend=TeamBackend(services.engine, clock), running=None)

    run.serve(Settings(port=0), os.environ, say=lambda line: print(line, flush=True), services_of=open_at_the_end)


if __name__ == "__main__":
    main()
