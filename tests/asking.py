"""A fake GitHub for each test; whatever is not as GitHub describes it fails the test that did it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import scene
from descriptions import description
from fake_github import TOKEN, FakeGitHub
from pr_sessions.forges.github.client import GitHub, open_github
from pr_sessions.forges.github.inbox import open_inboxes

Ask = Callable[..., Any]


class Time:
    """A clock that moves by sleeping only; remembers every sleep."""

    def __init__(self) -> None:
        self.now = scene.START
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's may be asked with."""
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PR_SESSIONS_APP_ID", "PR_SESSIONS_APP_KEY", "PR_SESSIONS_APP_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GH_CONFIG_DIR", "/nowhere")


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    server = FakeGitHub(description())
    with server.running():
        yield server
    assert server.broken == []


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def ask(fake: FakeGitHub, time: Time) -> Ask:
    """Asks the fake: `ask(lambda github: github.files(1))`."""

    def call(question: Callable[[GitHub], Awaitable[Any]], repository: str = "ada/shop", **how: Any) -> Any:
        environ = {"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN} | how.pop("environ", {})

        answers = []

        # A result would be written out as text: `asyncio.run` looks at the signal's handler, which holds the task.
        async def run() -> None:
            async with open_github(repository, environ, clock=time, sleep=time.sleep, **how) as github:
                answers.append(await question(github))

        asyncio.run(run())
        return answers[0]

    return call


@pytest.fixture
def inboxes(fake: FakeGitHub, time: Time) -> Ask:
    """Reads several repositories of the fake: `inboxes(lambda shop, tools: ..., "ada/shop", "ada/tools")`."""

    def call(question: Callable[..., Awaitable[Any]], *repositories: str, **how: Any) -> Any:
        environ = {"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN} | how.pop("environ", {})
        answers = []

        async def run() -> None:
            opened = open_inboxes(repositories or ("ada/shop",), environ, clock=time, sleep=time.sleep, **how)
            async with opened as forges:
                answers.append(await question(*forges))

        asyncio.run(run())
        return answers[0]

    return call
