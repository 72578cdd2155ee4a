"""The pages of a sample, asked without a browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from pr_sessions.server.viewer import Viewer
from server.pages.sample import ADA, SampleBackend, sample_app

Visit = Callable[..., TestClient[Litestar]]


@pytest.fixture
def backend() -> SampleBackend:
    return SampleBackend()


@pytest.fixture
def visit(backend: SampleBackend) -> Iterator[Visit]:
    """Opens the pages for somebody: `visit()`, `visit(READER)`, `visit(backend=other)`."""
    with ExitStack() as stack:

        def call(viewer: Viewer = ADA, backend: SampleBackend = backend) -> TestClient[Litestar]:
            client = TestClient(sample_app(backend, viewer))
            client.follow_redirects = False
            return stack.enter_context(client)

        yield call
