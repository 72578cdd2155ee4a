"""A clone with two sessions, behind the API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

import scene
from pr_sessions.server.services import Services
from pr_sessions.tracker import Tracker
from server.api_calls import calling


@pytest.fixture
def tracker(clone: Path, clock: scene.Clock) -> Tracker:
    """`ada` opened 41 and 42 at once, and 43 two hours later."""
    scene.git(clone, "remote", "add", "origin", "https://github.com/Shop/Web.git")
    made = scene.tracker_at(clone, clock)
    for number, minutes in ((41, 0), (42, 5), (43, 120)):
        at = clock.set(minutes)
        made.record(scene.auto(number, created=at), use_workspace_session=False)
    return made


@pytest.fixture
def api(tracker: Tracker, local_services: Services) -> Iterator[TestClient[Any]]:
    with calling(local_services) as client:
        yield client
