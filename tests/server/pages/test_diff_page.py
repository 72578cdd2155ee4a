"""What the open pull requests of a session change together, as a page of a clone shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

import scene
from pr_sessions.core.models import State
from pr_sessions.server.local.backend import LocalBackend
from server.pages.reading import texts
from server.pages.sample import READER, SampleBackend, sample_app

HOSTILE = "<b>x</b> \u202e\x1b[31m"


@pytest.fixture
def client(clone: Path, clock: scene.Clock) -> Iterator[TestClient[Litestar]]:
    """A clone with a session of two pull requests, each with a branch here."""
    for number, text in ((1, "one\n"), (2, f"{HOSTILE}\n" + "line\n" * 9000)):
        scene.git(clone, "checkout", "-q", "-b", f"change-{number}", "main")
        (clone / f"file_{number}.txt").write_text(text, "utf-8")
        scene.git(clone, "add", ".")
        scene.git(clone, "commit", "-q", "-m", f"change {number}")
    scene.git(clone, "checkout", "-q", "main")
    for number in (1, 2):
        opened = scene.auto(number, state=State.OPEN, branch=f"change-{number}", base="main")
        scene.tracker_at(clone, clock).record(opened)
    with TestClient(sample_app(LocalBackend(clone, {}, clock), READER)) as client:
        yield client


def test_files_name_their_pull_requests_and_what_has_no_room_is_counted(client: TestClient[Litestar]) -> None:
    page = client.get("/session/diff?id=ada-20251122-1000").text

    assert texts(page, "h2") == ["file_1.txt #1", "file_2.txt #2"]
    assert texts(page, "ins") == ["+one"]
    assert "9001 lines more, for which this page has no room: pr-sessions diff ada-20251122-1000" in texts(page, "p")


def test_a_team_has_no_commits_and_no_such_page() -> None:
    with TestClient(sample_app(SampleBackend())) as client:
        assert client.get("/session/diff?id=billing-3f9c").status_code == 404


def test_commits_that_the_clone_lacks_are_said_to_be_missing(client: TestClient[Litestar], clone: Path) -> None:
    for number in (1, 2):
        scene.git(clone, "branch", "-D", f"change-{number}")
    page = client.get("/session/diff?id=ada-20251122-1000").text

    [said] = texts(page, "div", class_="empty")
    assert said.startswith("This clone lacks the commits of #1, #2")
