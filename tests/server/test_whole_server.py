"""The whole of a team's server: two processes, PostgreSQL, and a GitHub that keeps state.

A process is killed in between. Everything is read where people see it: on GitHub, on pages, in the API.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from asking import fake, no_credentials
from fake_github import FakeGitHub
from postgres import Cluster
from pr_sessions.config.organisation import ORGANISATION_FILE
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.storage.sql.engine import open_engine, reading
from pr_sessions.storage.sql.schema import audit, deliveries
from pr_sessions.tracker import utc_now
from server.gate.served import ENFORCE, INSTALLATION, SLUG, about, environment
from server.running import Running, serving
from server.signed import SECRET, signed

__all__ = ["fake", "no_credentials"]
ORGANISATION = "ada/.github"


class Whole:
    """Processes of one server, and what GitHub sends them."""

    def __init__(self, fake: FakeGitHub, url: str, folder: Path, stack: ExitStack) -> None:
        self.fake, self.url = fake, url
        self._folder, self._stack, self._count = folder, stack, 0
        self._environ = {**environment(fake), "PR_SESSIONS_WEBHOOK_SECRET": SECRET}

    def start(self) -> Running:
        """One more process."""
        return self._stack.enter_context(serving(self._folder, "--database", self.url, **self._environ))

    def send(self, to: Running, event: str, payload: dict[str, Any]) -> None:
        """GitHub delivers something, and it is acknowledged."""
        self._count += 1
        headers, body = signed(event, {"installation": {"id": INSTALLATION}} | payload, f"guid-{self._count}")
        response = httpx.post(f"{to.url}/webhooks/github", content=body, headers=headers, trust_env=False, timeout=20)
        assert response.status_code == 202

    def install(self, to: Running) -> None:
        """Somebody installs the App for two repositories, whose files say what it is to do."""
        self.fake.contents["main", CONFIG] = ENFORCE
        self.fake.add_repository(ORGANISATION).contents["main", ORGANISATION_FILE] = b"dispatch: true\n"
        account = {"login": "ada", "id": 1, "type": "User"}
        listed = [{"id": each.id, "full_name": name} for name, each in self.fake.repositories.items()]
        installation = {"id": INSTALLATION, "account": account}
        self.send(to, "installation", {"action": "created", "installation": installation, "repositories": listed})

    def open(self, to: Running, number: int) -> None:
        """An agent opens a pull request."""
        self.fake.now = write_time(utc_now())
        self.fake.add_pull(number, "auto-pr: fix", self.fake.now, "cursor[bot]")
        row = self.fake.pulls[number]
        row["user"]["type"], row["head"]["sha"] = "Bot", f"{number:040x}"
        self.send(to, "pull_request", about(self.fake, number, "opened", repository=self._repository))

    def comment(self, to: Running, number: int, body: str, author: str) -> None:
        """A person comments on a pull request."""
        comment = self.fake.add_comment(number, body, author, write_time(utc_now()))
        issue = {**self.fake.pulls[number], "pull_request": {"html_url": "https://github.com/ada/shop/pull/1"}}
        payload = {"action": "created", "repository": self._repository, "issue": issue, "comment": comment}
        self.send(to, "issue_comment", payload | {"sender": comment["user"]})

    @property
    def _repository(self) -> dict[str, Any]:
        return {"id": self.fake.id, "full_name": self.fake.repository, "default_branch": "main"}


@pytest.fixture
def whole(fake: FakeGitHub, postgres: Cluster, postgres_template: str, tmp_path: Path) -> Iterator[Whole]:
    fake.permissions = {"ada": "write", "eve": "read"}
    with ExitStack() as stack:
        yield Whole(fake, postgres.new(postgres_template), tmp_path, stack)


def test_two_processes_serve_a_team_and_its_gate_and_one_of_them_may_die(whole: Whole) -> None:
    first, second = whole.start(), whole.start()
    page = second.client()
    whole.install(first)
    until(lambda: modes(page) == {"ada/shop": "enforce", ORGANISATION: "advisory"})

    # A page of the second process hears of what the first one handles, and shows it.
    with page.stream("GET", "/events?repository=ada/shop") as stream:
        whole.open(first, 1)
        heard = (line for line in stream.iter_lines() if line == 'data: {"repository":"ada/shop"}')
        assert any(sessions(page) == [["1"]] for _ in heard)
    whole.open(second, 2)
    until(lambda: sessions(page) == [["1", "2"]])
    until(lambda: on_github(whole.fake) == once("1", "2"))

    # Of a command only those of people who may write count.
    whole.comment(second, 1, "/session move new", "eve")
    whole.comment(first, 2, "/session move new", "ada")
    until(lambda: sessions(page) == [["1"], ["2"]])

    # It dies with what it had only acknowledged, and is started again.
    whole.open(first, 3)
    kill(first)
    whole.open(second, 4)
    third = whole.start()
    until(lambda: sessions(page) == [["1"], ["2", "3", "4"]])
    until(lambda: inbox(third.client()) == ["1", "2", "3", "4"])
    # The command was answered, too.
    until(lambda: on_github(whole.fake) == once("1", "2", "3", "4") + Counter({"comment on #2": 1}))
    until(lambda: said_in_comments(whole.fake) == session_ids(page))
    # The second pull request was opened, then moved.
    assert handled(whole.url) == (Counter(handled=7), Counter({"1": 1, "2": 2, "3": 1, "4": 1}))

    for each in (second, third):
        each.process.terminate()
        assert each.process.wait(20) == 0, each.log


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


def kill(running: Running) -> None:
    """End all that belongs to it, at once."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    for number in (running.process.pid, *map(int, children)):
        os.kill(number, signal.SIGKILL)
    running.process.wait()


def modes(client: httpx.Client) -> dict[str, str]:
    rows = client.get("/api/v1/repositories").json()["items"]
    return {row["name"]: row["mode"] for row in rows}


def session_ids(client: httpx.Client) -> dict[str, str]:
    """The session of each pull request."""
    return {row["number"]: row["session_id"] for row in client.get("/api/v1/pull-requests").json()["items"]}


def sessions(client: httpx.Client) -> list[list[str]]:
    """Numbers of the pull requests of each session."""
    ids = session_ids(client)
    return sorted(sorted(number for number in ids if ids[number] == each) for each in {*ids.values()})


def inbox(client: httpx.Client) -> list[str]:
    rows = client.get("/api/v1/inbox").json()["items"]
    return sorted(pr["number"] for row in rows for pr in row["pull_requests"])


def on_github(fake: FakeGitHub) -> Counter[str]:
    """What the App wrote there."""
    written = [c["issue_url"].rpartition("/")[2] for c in fake.comments.values() if c["user"]["login"] == fake.me]
    checked = [int(c["head_sha"], 16) for c in fake.checks.values() if c["app"]["slug"] == SLUG]
    return Counter([*(f"comment on #{n}" for n in written), *(f"check on #{n}" for n in checked)])


def said_in_comments(fake: FakeGitHub) -> dict[str, str]:
    """The session of each pull request, as the first line of our comment on it says."""
    first_lines = [(c["issue_url"], c["body"].partition("\n")[0].split()) for c in fake.comments.values()]
    return {url.rpartition("/")[2]: line[3] for url, line in first_lines if line[2:3] in (["digest"], ["link"])}


def once(*numbers: str) -> Counter[str]:
    """One comment and one check on each of these pull requests."""
    return Counter(f"{kind} on #{number}" for kind in ("comment", "check") for number in numbers)


def handled(url: str) -> tuple[Counter[str], Counter[str]]:
    """States of deliveries, and how often each pull request was recorded."""
    engine = open_engine(url)
    with reading(engine) as connection:
        states = Counter(connection.execute(select(deliveries.c.state)).scalars().all())
        recorded = connection.execute(select(audit.c.details).where(audit.c.operation == "record")).scalars().all()
    engine.dispose()
    return states, Counter(number for details in recorded for number in details["prs"])
