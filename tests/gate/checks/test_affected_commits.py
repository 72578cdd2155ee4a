"""Which commits an event may start or complete, and what it starts by itself."""

from typing import Any

import pytest
from heads_and_runs import ENFORCE, OTHER, SHA
from msgspec.structs import replace

from assessments import NOW, SESSION, assessed, pull, rebuilt, session, snapshot
from pr_sessions.core.gate import Decision, Reason, Why
from pr_sessions.core.models import Completion, State
from pr_sessions.forges.base import ForgePullRequest, User
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.checks.heads import (
    Head,
    affected_commits,
    commits_at,
    merge_group_commit,
    running_commit,
    token_only_reads,
)
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import RebuiltSessions


def one(number: int, sha: str = SHA, **told: Any) -> ForgePullRequest:
    return replace(pull(number, **told), head_sha=sha)


TOLD = snapshot(
    one(2), one(3, OTHER), one(4, "d" * 40, state=State.MERGED), _2="src/shop.py", _3="src/shop.py", _4="src/shop.py"
)
GOES_ON = rebuilt(session("2", "3", "4"))
ENDED = rebuilt(session("2", "3", "4", completion=Completion(NOW, "manual_command")))


def at(name: str = "pull_request", action: str = "opened", sha: str = SHA) -> Event:
    return Event(name=name, action=action, number="2", sha=sha, pull_request=one(2, sha))


def assessment(event: Event, sessions: RebuiltSessions = GOES_ON, **told: Any) -> Assessment:
    made = assessed(ENFORCE, **{"snapshot": TOLD} | told)
    return replace(made, event=event, rebuilt=sessions)


def shown(heads: tuple[Head, ...]) -> list[tuple[Any, ...]]:
    return [(head.number, head.sha, head.branch, head.session, head.decision.skip, head.starts) for head in heads]


@pytest.mark.parametrize(
    ("event", "starts"),
    [
        (at(), True),
        (at(action="synchronize"), True),
        (at(action="reopened"), True),
        (at(action="ready_for_review"), False),
        (at(action="edited"), False),
        (at("pull_request_review", "submitted"), False),
        (at("issue_comment", "created", ""), False),
        # The branch has moved on: another event starts the checks of its last commit.
        (at(action="synchronize", sha=OTHER), False),
    ],
)
def test_an_event_is_about_its_pull_request_and_some_start_the_workflow_themselves(event: Event, starts: bool) -> None:
    found = affected_commits(assessment(event))

    assert [(head.number, head.sha, head.branch, head.session, head.starts) for head in found] == [
        ("2", SHA, "work-2", SESSION, starts)
    ]


def test_a_session_that_ended_concerns_all_its_open_pull_requests() -> None:
    ended = assessment(at(action="edited"), ENDED, trigger="manual_command")

    assert shown(affected_commits(ended)) == [
        ("2", SHA, "work-2", SESSION, False, False),
        ("3", OTHER, "work-3", SESSION, False, False),
    ]


def test_a_pull_request_that_is_not_open_is_left_alone() -> None:
    closed = replace(TOLD, pull_requests={"2": one(2, state=State.CLOSED)})

    assert affected_commits(assessment(at(action="closed"), snapshot=closed)) == ()


def test_a_pull_request_that_github_did_not_tell_of_is_taken_from_the_event() -> None:
    made = assessment(at(), snapshot=snapshot())

    assert [head.sha for head in affected_commits(made)] == [SHA]
    assert affected_commits(assessment(Event(name="issue_comment", number="2"), snapshot=snapshot())) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"head_repository": "eve/shop"},
        {"head_repository": None},
        {"author": User("dependabot[bot]", 1, "Bot")},
        # Anybody may open another pull request from Dependabot's branch.
        {"pull_request": replace(one(2).pull_request, branch="dependabot/npm/left-pad")},
    ],
)
def test_nothing_is_started_on_a_branch_of_a_fork_or_of_dependabot(changes: dict[str, Any]) -> None:
    told = replace(TOLD, pull_requests={"2": replace(one(2), **changes)})

    assert [head.branch for head in affected_commits(assessment(at(), snapshot=told))] == [""]


@pytest.mark.parametrize("trusted", [{"2": False}, {}])
def test_nothing_is_started_for_somebody_who_may_not_write_or_of_whom_that_is_not_known(
    trusted: dict[str, bool],
) -> None:
    made = assessment(at(), replace(GOES_ON, trusted=trusted))

    assert [head.branch for head in affected_commits(made)] == [""]


def test_a_merge_group_runs_its_checks_itself() -> None:
    runs = Decision(postpone=False, skip=False, reasons=(Reason(Why.EVENT, "merge_group"),))

    assert merge_group_commit(SHA) == Head(sha=SHA, decision=runs, starts=True)


def test_a_dispatched_run_reports_on_the_open_pull_requests_of_its_commit() -> None:
    told = [one(2), one(3, OTHER), one(4, state=State.CLOSED)]

    assert shown(commits_at(SHA, told)) == [("2", SHA, "", None, False, True)]


def test_a_run_of_an_event_reports_on_its_own_commit_and_starts_nothing() -> None:
    runs = Decision(postpone=False, skip=False, reasons=(Reason(Why.EVENT, "pull_request"),))

    assert running_commit(replace(at(), sha=SHA)) == Head(sha=SHA, number="2", decision=runs, starts=True)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (at(), False),
        (replace(at(), pull_request=replace(one(2), head_repository="eve/shop")), True),
        (replace(at("pull_request_review"), pull_request=replace(one(2), head_repository=None)), True),
        (replace(at(), sender=User("dependabot[bot]")), True),
        # A comment's job belongs to the default branch.
        (replace(at("issue_comment"), pull_request=replace(one(2), head_repository=None)), False),
        (Event(name="merge_group", sha=SHA), False),
    ],
)
def test_jobs_of_forks_and_of_dependabot_may_not_write(event: Event, expected: bool) -> None:
    assert token_only_reads(event) is expected
