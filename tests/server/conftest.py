"""Servers for tests: the real command as a process, and the application in this process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

import scene
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.local.backend import LocalBackend
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from server.running import Running, serving

# Of the address that is printed.
TOKEN = "the-printed-token"
Serve = Callable[..., Running]
Open = Callable[..., TestClient[Litestar]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts the command in a folder on a free port: `serve(clone, "--host", "127.0.0.1", GH_TOKEN="x")`."""
    with ExitStack() as stack:
        yield lambda folder, *arguments, **environ: stack.enter_context(serving(folder, *arguments, **environ))


@pytest.fixture
def local_services(clone: Path, clock: scene.Clock) -> Services:
    """What a server of one clone uses, by a clock that stands still."""
    return Services(
        settings=Settings(),
        backend=LocalBackend(clone, {}, clock),
        clock=clock,
        environ={},
        local_token=Secret(TOKEN),
        local_author="Ada",
    )


@pytest.fixture
def client_of() -> Iterator[Open]:
    """Runs an application in this process, for who opened the printed address: `client_of(services)`."""
    with ExitStack() as stack:

        def call(services: Services, *, token: str = TOKEN) -> TestClient[Litestar]:
            client = stack.enter_context(TestClient(build_app(services), base_url="http://127.0.0.1:8765"))
            if token:
                client.get(f"/healthz?token={token}")
            return client

        yield call
