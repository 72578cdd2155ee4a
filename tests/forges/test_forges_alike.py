"""The forge in memory answers as GitHub's client does: the same calls over both, with the same contents."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from asking import Ask
from fake_github import SHA, FakeGitHub
from pr_sessions.core.policy import Policy
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import (
    ChecksCapability,
    CheckWrite,
    ForgeReader,
    ForgeWriter,
    Issue,
    IssuesCapability,
    User,
)
from pr_sessions.forges.fake import FakeForge
from pr_sessions.forges.github.payload import read_comment, read_file, read_pull_request, read_review
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import fetch_for_event
from rules import all_signatures

Call = Callable[[Any], Awaitable[Any]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT_TEN = datetime(2025, 11, 22, 10, tzinfo=UTC)
QUEUED = CheckWrite(name="pr-sessions", sha=SHA, status="queued", title="Waits", summary="It waits.", external_id="a")
DONE = CheckWrite(
    name="pr-sessions",
    sha=SHA,
    status="completed",
    conclusion="success",
    title="Ran",
    summary="",
    started=AT_TEN,
    check=1,
)  # fmt: skip


class Both(Struct):
    """One repository twice."""

    ask: Ask
    fake: FakeForge

    def outcomes(self, *calls: Call) -> tuple[list[Any], list[Any]]:
        """What each of the two makes of the calls, one after the other."""
        return self.ask(lambda github: _outcomes(github, calls)), asyncio.run(_outcomes(self.fake, calls))


async def _outcomes(forge: Any, calls: tuple[Call, ...]) -> list[Any]:
    return [await _outcome(forge, call) for call in calls]


async def _outcome(forge: Any, call: Call) -> Any:
    try:
        return await call(forge)
    except ForgeFailed as error:
        return error.status


@pytest.fixture
def both(fake: FakeGitHub, ask: Ask) -> Both:
    for number in (1, 2, 3, 4):
        fake.add_pull(number, "auto-pr: work", f"2025-11-22T10:0{number}:00Z", author="ada")
    fake.pulls[2] |= {"state": "closed", "closed_at": "2025-11-22T11:00:00Z", "updated_at": "2025-11-22T11:00:00Z"}
    fake.pulls[3]["updated_at"] = "2025-11-22T12:00:00Z"
    fake.files[1] = [fake.file("src/a.py"), fake.file("tests/test_a.py", "added")]
    fake.reviews[1] = fake.description.example("pull-request-review-items")
    fake.add_comment(1, "too early", "ann", "2025-11-22T09:00:00Z")
    fake.add_comment(1, "/complete-session", "ada", "2025-11-22T10:30:00Z")
    fake.add_comment(3, "thanks", "bob", "2025-11-22T10:40:00Z")
    fake.permissions = {"Ada": "admin", "bob": "read"}
    fake.contents["main", ".github/x.yml"] = b"x: 1\n"
    memory = FakeForge(now=NOW)
    memory.pull_requests_by_number = {number: read_pull_request(row) for number, row in fake.pulls.items()}
    memory.changed_files = {number: [read_file(row) for row in rows] for number, rows in fake.files.items()}
    memory.submitted_reviews = {number: [read_review(row) for row in rows] for number, rows in fake.reviews.items()}
    memory.all_comments = [read_comment(row) for row in fake.comments.values()]
    memory.logins_of_writers, memory.contents["", ".github/x.yml"] = {"ada"}, b"x: 1\n"
    memory.pipelines = dict(fake.workflows)
    return Both(ask, memory)


async def _pages(forge: ForgeReader) -> list[Any]:
    return [page async for page in forge.pull_request_pages()]


@pytest.mark.parametrize(
    "call",
    [
        lambda forge: forge.pull_request(1),
        lambda forge: forge.pull_request(9),
        lambda forge: forge.pull_requests(),
        lambda forge: forge.pull_requests("closed"),
        lambda forge: forge.pull_requests("all", limit=1),
        _pages,
        lambda forge: forge.has_changed_since(datetime(2025, 11, 22, 12, tzinfo=UTC)),
        lambda forge: forge.has_changed_since(datetime(2025, 11, 22, 12, 1, tzinfo=UTC)),
        lambda forge: forge.comments_since(AT_TEN),
        lambda forge: forge.comments(1),
        lambda forge: forge.files(1),
        lambda forge: forge.reviews(1),
        lambda forge: forge.reviews(2),
        lambda forge: forge.stacks(),
        lambda forge: forge.stacks(1),
        lambda forge: forge.may_write("ADA"),
        lambda forge: forge.may_write("bob"),
        lambda forge: forge.may_write("nobody"),
        lambda forge: forge.file(".github/x.yml"),
        lambda forge: forge.file(".github/y.yml"),
        lambda forge: forge.check_runs(SHA),
    ],
)
def test_both_read_alike(both: Both, call: Call) -> None:
    github, memory = both.outcomes(call)
    assert memory == github


def test_both_write_comments_alike(both: Both) -> None:
    async def bodies(forge: ForgeWriter) -> list[tuple[int, str, bool]]:
        return [(comment.id, comment.body, comment.author.is_bot) for comment in await forge.comments(1)]

    async def create(forge: ForgeWriter) -> tuple[int, str, str, str]:
        comment = await forge.create_comment(1, "first")
        return comment.id, comment.body, comment.author.login, comment.address

    async def update(forge: ForgeWriter) -> str:
        return (await forge.update_comment(4, "second")).body

    github, memory = both.outcomes(
        create, bodies, update, bodies, lambda forge: forge.delete_comment(4), bodies,
        lambda forge: forge.delete_comment(4), lambda forge: forge.create_comment(9, "nowhere"),
    )  # fmt: skip
    assert memory == github


def test_both_write_issues_alike(both: Both) -> None:
    def without_id(issue: Issue) -> Issue:
        return replace(issue, author=replace(issue.author, id=None))

    async def create(forge: IssuesCapability) -> Issue:
        return without_id(await forge.create_issue("Title", "first", ("a",)))

    async def update(forge: IssuesCapability) -> Issue:
        return without_id(await forge.update_issue(5, "second", ("a", "b")))

    async def listed(forge: IssuesCapability) -> list[Issue]:
        issues = [await forge.issues("github-actions[bot]", label) for label in ("", "b", "c")]
        issues.append(await forge.issues("ada"))
        return [without_id(issue) for each in issues for issue in each]

    calls = (create, listed, update, listed, lambda forge: forge.update_issue(9, "nowhere", ()))
    github, memory = both.outcomes(*calls)
    assert memory == github
    assert github[2] == Issue(
        5, "Title", User("github-actions[bot]", type="Bot"), "second", labels=("a", "b"),
        address="https://github.com/ada/shop/issues/5",
    )  # fmt: skip


def test_both_write_checks_alike(both: Both) -> None:
    async def switch(forge: ChecksCapability) -> None:
        await forge.switch_pipeline("pr-sessions-sweep.yml", on=False)

    github, memory = both.outcomes(
        lambda forge: forge.write_check(QUEUED),
        lambda forge: forge.check_runs(SHA),
        lambda forge: forge.write_check(DONE),
        lambda forge: forge.check_runs(SHA),
        lambda forge: forge.start_pipeline("checks.yml", "work-1"),
        switch,
        lambda forge: forge.switch_pipeline("missing.yml", on=True),
    )
    assert memory == github
    assert (both.fake.started, both.fake.pipelines) == ([("checks.yml", "work-1")], {"pr-sessions-sweep.yml": False})


def test_the_gate_fetches_the_same_from_both(both: Both) -> None:
    event = Event(name="pull_request", action="opened", repository="ada/shop", number="3")

    async def fetched(forge: Any) -> Any:
        return (await fetch_for_event(forge, event, all_signatures(Policy()), NOW))[0]

    github, memory = both.outcomes(fetched)
    assert memory == github
