"""`python -m benchmarks.server.replay FOLDER`: real days as signed deliveries, against the import of the same days.

FOLDER holds `original/pull_requests.jsonl` and `aidev/*/prs.csv`. Every pull request is opened and ends; its deliveries
come in random order, some twice, and some that are soon out of date never. For two hours the server is away: what
happened then is fetched afterwards. Shown is how often a session differs from the import's. Exit code 1 where one does.
"""

import argparse
import logging
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct, field, json
from msgspec.structs import replace

from benchmarks.past_forge import TESTS, PastForge, Stream, busiest_day, original
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.forges.github.access import Secret
from pr_sessions.forges.github.payload import read_pull_request
from pr_sessions.server.intake.delivery import delivery_of
from pr_sessions.server.intake.endpoint import with_deliveries
from pr_sessions.server.intake.writer import DeliveryWriter, store_deliveries
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.worker.handling import Handling
from pr_sessions.server.worker.loop import Worker
from pr_sessions.storage.memory import MemoryStore
from pr_sessions.storage.sql.engine import open_engine, reading
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.storage.sql.repositories import find_by_forge_id
from pr_sessions.storage.sql.store import SqlStore
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.workspace import NullWorkspace

sys.path[:0] = [str(TESTS / "server")]

from signed import SECRET, signed  # noqa: E402 - found only by now

SEED = 14
OUTAGE = timedelta(hours=2)


class Sent(Struct, frozen=True):
    """A delivery of GitHub."""

    at: datetime
    guid: str
    payload: Mapping[str, Any]
    is_last: bool


class Outcome(Struct):
    """What a replay came to."""

    name: str
    repositories: int = 0
    pull_requests: int = 0
    sent: int = 0
    repeated: int = 0
    never: int = 0
    missed: int = 0
    sessions: int = 0
    differences: Counter[str] = field(default_factory=Counter)


def main(folder: Path) -> int:
    """Replay both; 1 if a session differs from the import's."""
    day = list(busiest_day(folder / "aidev"))
    title = f"{day[0].name.partition(' ')[0]}, {len(day)} repositories"
    wrong = 0
    for name, streams in ((title, day), ("the original's stream", [original(folder / "original")])):
        outcome = replay(name, streams)
        print(
            f"{outcome.name}: {outcome.pull_requests} pull requests, {outcome.sent} deliveries sent, of which "
            f"{outcome.repeated} twice; {outcome.never} never sent, {outcome.missed} fetched after the outage; "
            f"{outcome.sessions} sessions, {outcome.differences.total()} differences {dict(outcome.differences)}",
            flush=True,
        )
        wrong += outcome.differences.total()
    return 1 if wrong else 0


def replay(name: str, streams: Sequence[Stream], seed: int = SEED) -> Outcome:
    """Send the deliveries of some repositories to one server, then compare each with its import."""
    outcome, chance = Outcome(name, len(streams)), random.Random(seed)  # noqa: S311 - the same each time
    forges = {number: PastForge(stream) for number, stream in enumerate(streams, 1)}
    everything = [sent for number, forge in forges.items() for sent in _deliveries(number, forge)]
    end = max(sent.at for sent in everything) + timedelta(days=2)
    start = chance.choice(everything).at
    with tempfile.TemporaryDirectory() as temporary:
        server = _Server(f"sqlite:///{temporary}/team.db", end)
        kept = [sent for sent in everything if sent.is_last or chance.random() < 0.8]
        missed = [sent for sent in kept if start <= sent.at < start + OUTAGE]
        arriving = [sent for sent in kept if not start <= sent.at < start + OUTAGE]
        twice = [sent for sent in arriving if chance.random() < 0.1]
        order = [*arriving, *twice]
        chance.shuffle(order)
        server.send(order)
        server.fetch(missed)
        outcome.pull_requests = sum(len(forge.pulls) for forge in forges.values())
        outcome.sent, outcome.repeated, outcome.missed = len(arriving), len(twice), len(missed)
        outcome.never = len(everything) - len(kept)
        for number, forge in forges.items():
            expected = _import(forge, end)
            outcome.sessions += len(expected)
            for kind in _differences(server.sessions(number), expected):
                outcome.differences[kind] += 1
        server.close()
    return outcome


class _Server:
    """A server whose clock stands at the end of the day."""

    def __init__(self, url: str, now: datetime) -> None:
        self._engine = open_engine(url)
        upgrade(self._engine)
        self._now = now
        self._writer = DeliveryWriter(self._engine)
        self._writer.start()
        handling = Handling(engine=self._engine, clock=lambda: now, may_write=lambda _repository, _login: True)
        self._worker = Worker(self._engine, handling, lambda: now)
        self._services = Services(
            settings=Settings(webhook_secret=Secret(SECRET)),
            backend=TeamBackend(self._engine, lambda: now),
            clock=lambda: now,
            environ={},
            engine=self._engine,
            deliveries=self._writer,
        )

    def send(self, deliveries: Sequence[Sent]) -> None:
        """Send deliveries one after the other; now and then a worker handles what came."""
        app = Litestar(openapi_config=None)
        app.asgi_handler = with_deliveries(app.asgi_handler, self._services)
        with TestClient(app, base_url="http://127.0.0.1:8765") as client:
            for count, sent in enumerate(deliveries, 1):
                headers, body = signed("pull_request", sent.payload, sent.guid)
                answer = client.post("/webhooks/github", content=body, headers=headers)
                assert answer.status_code in (200, 202), answer.text
                if count % 7 == 0:
                    self._work()
        self._work()

    def fetch(self, deliveries: Sequence[Sent]) -> None:
        """Store what was missed, as `server.reconcile.missed` does."""
        new = (
            delivery_of("42", each.guid, "pull_request", json.encode(each.payload), self._now) for each in deliveries
        )
        store_deliveries(self._engine, list(new))
        self._work()

    def sessions(self, number: int) -> SessionCollection:
        """Return the sessions of a repository."""
        with reading(self._engine) as connection:
            known = find_by_forge_id(connection, number)
        return SqlStore(self._engine, known.id).read() if known else InMemorySessions()

    def close(self) -> None:
        self._writer.close()
        self._engine.dispose()

    def _work(self) -> None:
        while self._worker.work():
            pass


def _deliveries(number: int, forge: PastForge) -> Iterator[Sent]:
    """Yield that each pull request of a repository was opened, and that it ended."""
    about = {"id": number, "full_name": f"ada/shop-{number}", "private": False}
    for key, row in sorted(forge.pulls.items()):
        ended = row["closed_at"]
        for action, at in (("opened", row["created_at"]), ("closed", ended)):
            if at is None:
                continue
            forge.moment = datetime.fromisoformat(at).astimezone(UTC)
            payload = {
                "action": action,
                "repository": about,
                "installation": {"id": 3},
                "sender": row["user"],
                "pull_request": {**forge.as_it_was(key), "updated_at": at},
            }
            yield Sent(forge.moment, f"{number}-{key}-{action}", payload, is_last=action == "closed" or ended is None)
    forge.moment = datetime.max.replace(tzinfo=UTC)


def _import(forge: PastForge, now: datetime) -> SessionCollection:
    store = MemoryStore(InMemorySessions())
    tracker = Tracker(None, Policy(), store, NullWorkspace("import"), environ={}, clock=lambda: now)
    tracker.record_all(read_pull_request(row).pull_request for row in forge.pulls.values())
    return store.sessions


def _differences(sessions: SessionCollection, expected: SessionCollection) -> Iterator[str]:
    """Yield in what sessions differ from those of the import; ids count through aliases."""
    if len([session for session in sessions if session.prs]) != len(expected):
        yield "number of sessions"
    if sessions.all_unattributed().keys() != expected.all_unattributed().keys():
        yield "unattributed"
    for session in expected:
        known = sessions.for_pull_request(session.prs[0])
        if known is None:
            yield "partition"
            continue
        if session.id not in (known.id, *known.aliases):
            yield "id"
        if known.prs != session.prs:
            yield "partition"
            continue
        if (known.started, known.last_activity) != (session.started, session.last_activity):
            yield "times"
        if known.completion != session.completion:
            yield "trigger"
        if known.runs != session.runs:
            yield "runs"
        for number, record in session.pull_requests.items():
            if replace(known.pull_requests[number], reported_at={}) != replace(record, reported_at={}):
                yield "record"


if __name__ == "__main__":
    logging.disable(logging.INFO)  # The client has a line for every delivery.
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    sys.exit(main(parser.parse_args().folder))
