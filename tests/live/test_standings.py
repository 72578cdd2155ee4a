from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from snapshots import DEVIN, POLICY, ended, fork, person, review, said, snapshot, told

from pr_sessions.forges.github.payload import ChangedFile, GitHubPullRequest, Review
from pr_sessions.live.rebuild import rebuild
from pr_sessions.live.runner.event import Event
from pr_sessions.live.standings import approvers, standing
from pr_sessions.sessions.gate import Standing, decide
from pr_sessions.sessions.lifecycle import begin
from pr_sessions.sessions.policy import GateMode, Policy
from pr_sessions.sessions.session import State
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, parse
from scene import minute

ENFORCE = replace(POLICY, gate=GateMode.ENFORCE, gate_checks=("tests",), gate_workflow="ci.yml")
ONE = told(7)
OPENED = Event(name="pull_request", action="opened", repository="octo/app", number="7", pull_request=ONE)
WAITS = Standing(
    number="7",
    state=State.OPEN,
    is_fork=False,
    believed=True,
    is_auto=True,
    session_id="ada-20251122-1000",
    live=True,
    files=("src/7.py",),
)


def stands(
    *prs: GitHubPullRequest,
    at: float = 10,
    event: Event | None = OPENED,
    reviews: tuple[Review, ...] = (),
    policy: Policy = ENFORCE,
    **more: Any,
) -> Standing:
    seen = snapshot(*(prs or (ONE,)), **more)
    live = rebuild(seen, policy, minute(at))
    return standing("7", seen, live, policy, minute(at), event=event, reviews=reviews)


def test_an_open_automatic_pull_request_of_a_live_session_waits() -> None:
    assert stands() == WAITS
    assert decide(stands(), ENFORCE).skip


@pytest.mark.parametrize(
    ("one", "news"),
    [
        (
            fork(7, author="ada"),
            {"is_fork": True, "believed": False, "is_auto": False, "session_id": None, "live": False},
        ),
        (told(7, author="mallory"), {"believed": False, "is_auto": False, "session_id": None, "live": False}),
        (told(7, title="By hand"), {"is_auto": False, "session_id": None, "live": False}),
        (told(7, labels=("no-session",)), {"excluded": True, "is_auto": False, "session_id": None, "live": False}),
        (told(7, title="auto-pr: x [ready]"), {"live": False, "trigger": "explicit_marker: [ready]"}),
        (ended(told(7), 5), {"state": State.MERGED}),
        (ended(told(7), 5, merged=False), {"state": State.CLOSED}),
        (ended(told(7), 11), {}),
        (told(7, auto_merge=True), {"auto_merge": True}),
        (told(7, head_sha=""), {"doubts": ("its last commit is not known",)}),
    ],
)
def test_what_the_pull_request_itself_shows(one: GitHubPullRequest, news: dict[str, Any]) -> None:
    assert stands(one, event=None) == replace(WAITS, **news)


def test_one_that_the_snapshot_lacks_or_that_is_not_there_yet_is_doubtful_in_everything() -> None:
    doubtful = Standing(number="7", event="merge_group", doubts=("GitHub is down", "GitHub tells of no #7"))
    merging = Event(name="merge_group")
    assert stands(told(8), event=merging, doubts=("GitHub is down",)) == doubtful
    assert stands(told(7, 11), event=merging, doubts=("GitHub is down",)) == doubtful


# Its session.


@pytest.mark.parametrize(
    ("at", "policy", "live", "trigger"),
    [
        (30, ENFORCE, True, None),
        (31, ENFORCE, False, "timeout"),
        (30, replace(ENFORCE, enable_timeout_completion=False), True, None),
        (31, replace(ENFORCE, enable_timeout_completion=False), False, None),
    ],
)
def test_after_the_timeout_nothing_waits_also_where_no_session_runs_out(
    at: float, policy: Policy, live: bool, trigger: str | None
) -> None:
    assert stands(at=at, policy=policy) == replace(WAITS, live=live, trigger=trigger)


def test_a_command_ends_the_waiting() -> None:
    found = stands(comments=(said(7, 9, "/complete-session"),))
    assert found == replace(WAITS, live=False, trigger="explicit_marker: /complete-session")


def test_a_session_whose_activity_lies_in_the_future_is_doubtful_and_keeps_nothing_waiting() -> None:
    ahead = replace(begin("ada-20251122-1000", "ada", minute(-10)), last_activity=minute(16))
    document = parse(Book(Document()).put(ahead).to_bytes(), "the synced file")
    found = stands(document=document)
    assert found == replace(WAITS, live=False, doubts=("its session's last activity lies in the future",))


# What is not known.


@pytest.mark.parametrize(
    ("prs", "more", "doubts"),
    [
        ([ONE, told(8, 5)], {}, ()),
        ([told(7, author="Carl")], {}, ("nobody asked whether carl may write",)),
        ([ONE], {"comments": (said(7, 9, "/complete-session", "Dora"),)}, ("nobody asked whether dora may write",)),
        ([ONE], {"comments": (said(7, 11, "/complete-session", "dora"),)}, ()),
        ([ONE], {"comments": (said(7, 9, "looks good", "dora"),)}, ()),
        ([ONE], {"doubts": ("the list of comments is not complete",)}, ("the list of comments is not complete",)),
    ],
)
def test_what_could_not_be_found_out(
    prs: list[GitHubPullRequest], more: dict[str, Any], doubts: tuple[str, ...]
) -> None:
    found = stands(*prs, event=None, **more)
    assert (found.doubts, decide(found, ENFORCE).skip) == (doubts, not doubts)


def test_of_whom_nobody_asked_is_not_believed() -> None:
    assert not stands(told(7, author="carl")).believed


def test_an_app_needs_nobody_to_ask() -> None:
    found = stands(told(7, author=DEVIN), event=None)
    assert (found.believed, found.is_auto, found.doubts) == (True, True, ())


@pytest.mark.parametrize(
    ("files", "count", "paths"),
    [
        ((ChangedFile("a.py"), ChangedFile("b.py")), None, ("a.py", "b.py")),
        ((ChangedFile("a.py"), ChangedFile("b.py")), 2, ("a.py", "b.py")),
        ((ChangedFile("a.py"), ChangedFile("b.py")), 3, None),
        ((ChangedFile("old.yml", "renamed", ".github/ci.yml"),), 1, ("old.yml", ".github/ci.yml")),
        ((), None, ()),
        (None, None, None),
    ],
)
def test_the_paths_are_known_where_the_list_is_complete(
    files: tuple[ChangedFile, ...] | None, count: int | None, paths: tuple[str, ...] | None
) -> None:
    found = stands(told(7, files_changed=count), event=None, files={} if files is None else {"7": files})
    assert found.files == paths


# The event.


@pytest.mark.parametrize(
    ("event", "news"),
    [
        (None, {}),
        (OPENED, {}),
        (replace(OPENED, action="ready_for_review"), {"ready": True}),
        (replace(OPENED, name="pull_request_review", action="ready_for_review"), {}),
        (replace(OPENED, name="issue_comment", pull_request=None), {}),
        (replace(OPENED, name="merge_group"), {"event": "merge_group"}),
        (replace(OPENED, name="pull_request_target"), {"event": "pull_request_target"}),
        (replace(OPENED, name="workflow_dispatch", problem="half a file"), {"event": "half a file"}),
        (replace(OPENED, problem="half a file"), {"event": "half a file"}),
        (replace(OPENED, name=""), {"event": "an event that cannot be told"}),
        (Event(), {"event": "an event that cannot be told"}),
        (replace(OPENED, number="8"), {"doubts": ("the event is about #8",)}),
        (replace(OPENED, pull_request=replace(ONE, head_sha="")), {}),
        (
            replace(OPENED, pull_request=replace(ONE, head_sha="f" * 40)),
            {"doubts": ("its branch has moved on since the event",)},
        ),
    ],
)
def test_what_the_event_says(event: Event | None, news: dict[str, Any]) -> None:
    assert stands(event=event) == replace(WAITS, **news)


# Approval.

APPROVED = review(ONE, 5)


@pytest.mark.parametrize(
    ("reviews", "approved"),
    [
        ([], False),
        ([APPROVED], True),
        ([review(ONE, 5, "BOB")], True),
        ([review(ONE, 5, "mallory")], False),
        ([review(ONE, 5, DEVIN)], False),
        ([review(ONE, 5, "")], False),
        ([review(ONE, 5, commit="f" * 40)], False),
        ([review(ONE, 5, commit="")], False),
        ([review(ONE, 11)], False),
        ([review(ONE, 5, submitted=None)], True),
        ([APPROVED, review(ONE, 6, state="commented")], True),
        ([APPROVED, review(ONE, 6, state="changes_requested")], False),
        ([review(ONE, 4, state="changes_requested"), APPROVED], True),
        ([review(ONE, 5, state="dismissed")], False),
        ([APPROVED, review(ONE, 6, "ada", "changes_requested")], True),
        ([APPROVED, review(ONE, 6, commit="f" * 40)], False),
        ([APPROVED, review(ONE, 11, state="changes_requested")], True),
    ],
)
def test_an_approval_of_the_last_commit_by_somebody_who_may_write(reviews: list[Review], approved: bool) -> None:
    for order in (reviews, reviews[::-1]):
        assert stands(reviews=tuple(order)) == replace(WAITS, approved=approved)


def test_an_approval_of_whom_nobody_asked_is_a_doubt() -> None:
    found = stands(reviews=(review(ONE, 5, "Carl"),))
    assert found == replace(WAITS, doubts=("nobody asked whether carl may write",))
    assert approvers(ONE, [review(ONE, 5, "Carl"), review(ONE, 5, "mallory"), review(ONE, 5, DEVIN)], minute(9)) == (
        "carl",
        "mallory",
    )


def test_nothing_approves_a_commit_that_is_not_known() -> None:
    assert approvers(replace(ONE, head_sha=""), [review(ONE, 5, commit="")], minute(9)) == ()


# All together.


@given(
    at=st.sampled_from([10, 30, 31]),
    author=st.sampled_from(["ada", "mallory", "carl"]),
    has_fork=st.booleans(),
    doubts=st.sampled_from([(), ("GitHub is down",)]),
    name=st.sampled_from(["pull_request", "merge_group", ""]),
    labels=st.sampled_from([(), ("no-session",)]),
    path=st.sampled_from(["a.py", ".github/x.yml", None]),
)
def test_only_where_all_is_well_do_checks_wait(
    at: float,
    author: str,
    has_fork: bool,
    doubts: tuple[str, ...],
    name: str,
    labels: tuple[str, ...],
    path: str | None,
) -> None:
    make = fork if has_fork else told
    one = make(7, 0, person(author), labels=labels)
    files = {"7": (ChangedFile(path),)} if path else {}
    found = stands(one, at=at, event=replace(OPENED, name=name), doubts=doubts, files=files)
    well = (at, author, has_fork, doubts, name, labels, path) == (at, "ada", False, (), "pull_request", (), "a.py")
    assert decide(found, ENFORCE).skip is (well and at <= 30)
