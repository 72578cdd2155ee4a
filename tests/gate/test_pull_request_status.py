from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from snapshots import DEVIN, POLICY, ended, fork, person, review, said, snapshot, told

from pr_sessions.core.gate import PullRequestStatus, Reason, Why, decide
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import State
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.core.runs import run_key
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, Review
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import approvers, rebuild
from pr_sessions.gate.status import pull_request_status
from rules import all_signatures
from scene import minute

ENFORCE = replace(POLICY, gate=GateMode.ENFORCE, gate_checks=("tests",), gate_workflow="ci.yml")
ONE = told(7)
OPENED = Event(name="pull_request", action="opened", repository="octo/app", number="7", pull_request=ONE)
WAITS = PullRequestStatus(
    number="7",
    state=State.OPEN,
    is_fork=False,
    trusted=True,
    is_auto=True,
    session_id="ada-20251122-1000",
    is_session_active=True,
    files=("src/7.py",),
)


def stands(
    *prs: ForgePullRequest,
    at: float = 10,
    event: Event | None = OPENED,
    reviews: tuple[Review, ...] = (),
    policy: Policy = ENFORCE,
    **more: Any,
) -> PullRequestStatus:
    seen = snapshot(*(prs or (ONE,)), **more)
    rebuilt = rebuild(seen, all_signatures(policy), minute(at))
    return pull_request_status("7", seen, rebuilt, policy, minute(at), event=event, reviews=reviews)


def test_an_open_automatic_pull_request_of_a_live_session_waits() -> None:
    assert stands() == WAITS
    assert decide(stands(), ENFORCE).skip


@pytest.mark.parametrize(
    ("one", "news"),
    [
        (
            fork(7, author="ada"),
            {"is_fork": True, "trusted": False, "is_auto": False, "session_id": None, "is_session_active": False},
        ),
        (
            told(7, author="mallory"),
            {"trusted": False, "is_auto": False, "session_id": None, "is_session_active": False},
        ),
        (told(7, title="By hand"), {"is_auto": False, "session_id": None, "is_session_active": False}),
        (
            told(7, labels=("no-session",)),
            {"excluded": True, "is_auto": False, "session_id": None, "is_session_active": False},
        ),
        (told(7, title="auto-pr: x [ready]"), {"is_session_active": False, "trigger": "explicit_marker: [ready]"}),
        (ended(told(7), 5), {"state": State.MERGED}),
        (ended(told(7), 5, merged=False), {"state": State.CLOSED}),
        (ended(told(7), 11), {}),
        (told(7, auto_merge=True), {"auto_merge": True}),
        (told(7, head_sha=""), {"unknowns": ("its last commit is not known",)}),
    ],
)
def test_what_the_pull_request_itself_shows(one: ForgePullRequest, news: dict[str, Any]) -> None:
    assert stands(one, event=None) == replace(WAITS, **news)


def test_one_that_the_snapshot_lacks_or_that_is_not_there_yet_is_doubtful_in_everything() -> None:
    doubtful = PullRequestStatus(number="7", event="merge_group", unknowns=("GitHub is down", "GitHub tells of no #7"))
    merging = Event(name="merge_group")
    assert stands(told(8), event=merging, unknowns=("GitHub is down",)) == doubtful
    assert stands(told(7, 11), event=merging, unknowns=("GitHub is down",)) == doubtful


# Its session.


@pytest.mark.parametrize(
    ("at", "policy", "is_active", "trigger"),
    [
        (30, ENFORCE, True, None),
        (31, ENFORCE, False, "timeout"),
        (30, replace(ENFORCE, enable_timeout_completion=False), True, None),
        (31, replace(ENFORCE, enable_timeout_completion=False), False, None),
    ],
)
def test_after_the_timeout_nothing_waits_also_where_no_session_runs_out(
    at: float, policy: Policy, is_active: bool, trigger: str | None
) -> None:
    assert stands(at=at, policy=policy) == replace(WAITS, is_session_active=is_active, trigger=trigger)


# What agents' runs and people's work with agents make of it.

RUN = "Claude-Session: https://claude.ai/code/session_01AbCdEfGhIjKlMnOpQrStUv"
OF_A_RUN = told(7, commit_messages=(f"Fix\n\n{RUN}",))
ITS_SESSION = f"claude-code-{run_key('session_01AbCdEfGhIjKlMnOpQrStUv')[:10]}"
ASSISTED = told(7, title="By hand", commit_messages=("Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>",))
WIDE = replace(ENFORCE, gate_assisted=True)


@pytest.mark.parametrize(
    ("at", "max_wait", "news"),
    [
        (30, 30, {}),
        (31, 30, {"is_session_quiet": True}),
        (24 * 60, 30, {"is_session_quiet": True}),
        (24 * 60 + 1, 30, {"is_session_active": False, "trigger": "timeout"}),
        (11, 10, {"is_session_quiet": True}),
        (60, 60, {}),
        (61, 60, {"is_session_quiet": True}),
    ],
)
def test_a_run_goes_on_and_checks_wait_for_it_only_so_long(at: float, max_wait: int, news: dict[str, Any]) -> None:
    policy = replace(ENFORCE, gate_max_wait=timedelta(minutes=max_wait))
    found = stands(OF_A_RUN, at=at, policy=policy, event=None)
    assert found == replace(WAITS, session_id=ITS_SESSION, is_assisted=True, **news)
    assert decide(found, policy).skip is not bool(news)


def test_work_with_an_agent_waits_only_where_the_team_says_so() -> None:
    apart = {"is_auto": False, "is_assisted": True, "session_id": None, "is_session_active": False}
    assert stands(ASSISTED, event=None) == replace(WAITS, **apart)
    wide = stands(ASSISTED, event=None, policy=WIDE)
    assert wide == replace(WAITS, is_auto=False, is_assisted=True, session_id=wide.session_id)
    assert (decide(wide, WIDE).skip, decide(wide, ENFORCE).skip) == (True, False)


def test_a_branch_prefix_alone_postpones_nothing() -> None:
    found = stands(told(7, title="By hand", branch="codex/fix"), event=None, policy=WIDE)
    assert found == replace(WAITS, is_auto=False, session_id=None, is_session_active=False)
    assert decide(found, WIDE).reasons == (Reason(Why.NOT_AUTOMATIC),)


def test_a_command_ends_the_waiting() -> None:
    found = stands(comments=(said(7, 9, "/complete-session"),))
    assert found == replace(WAITS, is_session_active=False, trigger="explicit_marker: /complete-session")


def test_a_session_whose_activity_lies_in_the_future_is_doubtful_and_keeps_nothing_waiting() -> None:
    ahead = replace(begin("ada-20251122-1000", "ada", minute(-10)), last_activity=minute(16))
    found = stands(sessions=InMemorySessions(ahead))
    assert found == replace(
        WAITS, is_session_active=False, unknowns=("its session's last activity lies in the future",)
    )


# What is not known.


@pytest.mark.parametrize(
    ("prs", "more", "unknowns"),
    [
        ([ONE, told(8, 5)], {}, ()),
        ([told(7, author="Carl")], {}, ("whether carl may write was not asked",)),
        ([ONE], {"comments": (said(7, 9, "/complete-session", "Dora"),)}, ("whether dora may write was not asked",)),
        ([ONE], {"comments": (said(7, 11, "/complete-session", "dora"),)}, ()),
        ([ONE], {"comments": (said(7, 9, "looks good", "dora"),)}, ()),
        ([ONE], {"unknowns": ("the list of comments is not complete",)}, ("the list of comments is not complete",)),
    ],
)
def test_what_could_not_be_found_out(
    prs: list[ForgePullRequest], more: dict[str, Any], unknowns: tuple[str, ...]
) -> None:
    found = stands(*prs, event=None, **more)
    assert (found.unknowns, decide(found, ENFORCE).skip) == (unknowns, not unknowns)


def test_of_whom_nobody_asked_is_not_believed() -> None:
    assert not stands(told(7, author="carl")).trusted


def test_an_app_needs_nobody_to_ask() -> None:
    found = stands(told(7, author=DEVIN), event=None)
    assert (found.trusted, found.is_auto, found.unknowns) == (True, True, ())


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
        (replace(OPENED, name=""), {"event": "an unknown event"}),
        (Event(), {"event": "an unknown event"}),
        (replace(OPENED, number="8"), {"unknowns": ("the event is about #8",)}),
        (replace(OPENED, pull_request=replace(ONE, head_sha="")), {}),
        (
            replace(OPENED, pull_request=replace(ONE, head_sha="f" * 40)),
            {"unknowns": ("its branch has moved on since the event",)},
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
    assert found == replace(WAITS, unknowns=("whether carl may write was not asked",))
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
    unknowns=st.sampled_from([(), ("GitHub is down",)]),
    name=st.sampled_from(["pull_request", "merge_group", ""]),
    labels=st.sampled_from([(), ("no-session",)]),
    path=st.sampled_from(["a.py", ".github/x.yml", None]),
)
def test_only_where_all_is_well_do_checks_wait(
    at: float,
    author: str,
    has_fork: bool,
    unknowns: tuple[str, ...],
    name: str,
    labels: tuple[str, ...],
    path: str | None,
) -> None:
    make = fork if has_fork else told
    one = make(7, 0, person(author), labels=labels)
    files = {"7": (ChangedFile(path),)} if path else {}
    found = stands(one, at=at, event=replace(OPENED, name=name), unknowns=unknowns, files=files)
    well = (at, author, has_fork, unknowns, name, labels, path) == (at, "ada", False, (), "pull_request", (), "a.py")
    assert decide(found, ENFORCE).skip is (well and at <= 30)
