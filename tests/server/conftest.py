"""Servers for tests: the real command as a process, and the application in this process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

import scene
from pr_sessions.server.app import build_app
from pr_sessions.server.local.backend import LocalBackend
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from server.running import Running, serving

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
    environ: Mapping[str, str] = {}
    return Services(settings=Settings(), backend=LocalBackend(clone, environ, clock), clock=clock, environ=environ)


@pytest.fixture
def client_of() -> Iterator[Open]:
    """Runs an application in this process: `client_of(services)`."""
    with ExitStack() as stack:

        def call(services: Services, **options: Any) -> TestClient[Litestar]:
            return stack.enter_context(TestClient(build_app(services), **options))

        yield call
