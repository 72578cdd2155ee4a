"""Wherever the process dies between a request and our commit, nothing on GitHub is lost or doubled."""

import json
import os
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from asking import Time
from fake_github import FakeGitHub, Reply
from forked import Server
from pr_sessions.core.times import write_time
from pr_sessions.server.gate.outbox import LEASE, counts
from pr_sessions.storage.sql.engine import POSTGRESQL, reading
from server.gate.served import ENFORCE, about, app_of, configure, deliver, environment, executor

CONFIGURATION = ENFORCE + b"gate.dashboard: true\n"
DISPATCH = b"dispatch: true\n"


class Killer:
    """Kills the process that sends requests, as the request of that number is served: before it, or after it."""

    def __init__(self, fake: FakeGitHub, file: Path) -> None:
        self.file, self.count, self.at, self.is_after = file, 0, 0, False
        self.requests: list[str] = []
        self._served = fake.answer
        fake.answer = self._answer  # type: ignore[method-assign]

    def begin(self, at: int = 0) -> None:
        self.count, self.at, self.requests = 0, at, []

    def steps(self, *kinds: str) -> list[int]:
        """The requests of these kinds among those since the beginning, counted from 1."""
        return [n for n, name in enumerate(self.requests, 1) if any(kind in name for kind in kinds)]

    def _answer(self, *arguments: Any) -> Reply:
        self.count += 1
        self.requests.append(arguments[0].id)
        is_now = self.count == self.at
        if is_now and not self.is_after:
            self._kill()
            raise ConnectionResetError  # Nobody waits for a response any more.
        reply = self._served(*arguments)
        if is_now and self.is_after:
            self._kill()
        return reply

    def _kill(self) -> None:
        os.kill(int(self.file.read_text()), signal.SIGKILL)


class Team:
    """Does what the outbox holds: in a process of its own where it is killed, in this one before and after that."""

    def __init__(self, fake: FakeGitHub, time: Time, engine: Engine, url: str, server: Server, folder: Path) -> None:
        self.fake, self.time, self.engine, self._url, self._server, self._folder = (
            fake,
            time,
            engine,
            url,
            server,
            folder,
        )
        self.killer = Killer(fake, folder / "process")
        self._app = environment(fake)
        self._environ = {**os.environ, "APP": json.dumps(self._app)}
        fake.permissions, fake.viewer, fake.clock = {"ada": "write"}, fake.me, time

    def finish(self) -> None:
        """A process is killed if one is to be; after its lease, the next one runs until nothing is left to do."""
        self.time.now += timedelta(minutes=1)
        if self.killer.at:
            self._run_killed()
            self.killer.at = 0
            self.time.now += LEASE
        # As a process that has just begun, it knows no token: its requests are those of one that is killed.
        ours = executor(self.engine, app_of(self._app, self.time), self.time)
        for _ in range(12):
            while ours.do_next():
                pass
            if is_done(self.engine):
                return
            self.time.now += LEASE
        pytest.fail("it does not come to an end")

    def _run_killed(self) -> None:
        arguments = [self._url, self.time.now.isoformat(), str(self.killer.file)]
        code, _, problems = self._server.run("server.gate.dying:main", arguments, self._folder, self._environ)
        assert code == -signal.SIGKILL, problems

    def opened(self, number: int) -> None:
        """An agent opens a pull request."""
        self.fake.now = write_time(self.time.now)
        self.fake.add_pull(number, "auto-pr: fix", self.fake.now, "cursor[bot]")
        row = self.fake.pulls[number]
        row["user"]["type"], row["head"]["sha"] = "Bot", f"{number:040x}"


@pytest.fixture
def team_process(
    fake: FakeGitHub, time: Time, database: Engine, database_url: str, server: Server, tmp_path: Path
) -> Team:
    return Team(fake, time, database, database_url, server, tmp_path)


def test_dying_at_any_write_loses_and_doubles_nothing(team_process: Team, database: Engine, shop: int) -> None:
    fake, time, killer = team_process.fake, team_process.time, team_process.killer
    configure(database, shop, CONFIGURATION, DISPATCH)

    def play(number: int) -> Counter[str]:
        """A session of two pull requests; at the second one the process is killed where the killer says."""
        time.now += timedelta(hours=2)
        for contents in (fake.pulls, fake.comments, fake.checks):
            contents.clear()
        for each, at in ((number, 0), (number + 1, killer.at)):
            team_process.opened(each)
            deliver(database, shop, "pull_request", about(fake, each, "opened"), time.now)
            killer.begin(at)
            team_process.finish()
        return made(fake)

    expected = play(1)
    assert expected == Counter(comments=1, checks=2, issues=1)
    writing = killer.steps("create-comment", "checks/create", "issues/update")
    assert len(writing) == 3
    # What a database keeps of a process that was killed is tested at every moment once, on SQLite.
    moments = [(step, True) for step in writing]
    if database.dialect.name != POSTGRESQL:
        moments += [(1, False), *((step, False) for step in writing)]
    for number, (step, is_after) in enumerate(moments, 1):
        killer.at, killer.is_after = step, is_after
        assert play(1 + 2 * number) == expected, (step, is_after)


@pytest.mark.parametrize("is_after", [False, True])
def test_checks_are_started_at_most_once_more_for_each_death(
    team_process: Team, database: Engine, shop: int, is_after: bool
) -> None:
    fake, time, killer = team_process.fake, team_process.time, team_process.killer
    configure(database, shop, ENFORCE, DISPATCH)

    def start(number: int) -> int:
        team_process.opened(number)
        deliver(database, shop, "pull_request", about(fake, number, "opened"), time.now)
        at, killer.at = killer.at, 0
        team_process.finish()
        deliver(database, shop, "pull_request", about(fake, number, "ready_for_review"), time.now)
        fake.dispatched.clear()
        killer.begin(at)
        team_process.finish()
        return len(fake.dispatched)

    assert start(1) == 1
    (step,) = killer.steps("dispatch")
    time.now += timedelta(hours=2)
    fake.pulls.clear()
    killer.at, killer.is_after = step, is_after
    assert start(2) == (2 if is_after else 1)


def made(fake: FakeGitHub) -> Counter[str]:
    return Counter(comments=len(fake.comments), checks=len(fake.checks), issues=len(fake.issues))


def is_done(engine: Engine) -> bool:
    with reading(engine) as connection:
        return not any(counts(connection).values())
