"""Check runs as GitHub keeps them: what is planned is what is there, and what fails says why and stops no other."""

from typing import Any

import pytest
from heads_and_runs import APP, ENFORCE, OTHER, RUNS, SHA, head

from asking import Ask
from fake_github import FakeGitHub, Fault
from pr_sessions.gate.checks.heads import Head
from pr_sessions.gate.checks.publish import PublishedCheck, fetch_check_runs, publish_updates
from pr_sessions.gate.checks.updates import plan
from scene import START

WAITING_RUN = ("pr-sessions", "queued", None, "waiting", "Waits for the end of session s-1")


@pytest.fixture
def done(ask: Ask) -> Any:
    """Reads, plans, writes; what became of it."""

    def run(*heads: Head) -> tuple[tuple[PublishedCheck, ...], tuple[str, ...]]:
        async def work(github: Any) -> Any:
            found, problems = await fetch_check_runs(github, heads)
            return await publish_updates(github, plan(found, ENFORCE, START, github.app), "checks.yml"), problems

        return ask(work)

    return run


def there(fake: FakeGitHub) -> list[tuple[Any, ...]]:
    return [
        (c["name"], c["status"], c["conclusion"], c["external_id"], c["output"]["title"]) for c in fake.checks.values()
    ]


def test_a_commit_that_waits_gets_a_check_run_once(fake: FakeGitHub, done: Any) -> None:
    done(head())
    assert done(head()) == ((), ())

    assert there(fake) == [WAITING_RUN]
    assert [line.split()[0] for line in fake.asked] == ["GET", "POST", "GET"]


def test_what_may_run_is_started_once_and_completed_when_it_succeeded(fake: FakeGitHub, done: Any) -> None:
    done(head())
    done(head(decision=RUNS))
    done(head(decision=RUNS))
    fake.add_run(SHA, "test", "success", suite=9)
    fake.add_run(SHA, "lint", "success", suite=9)
    done(head(decision=RUNS))

    assert fake.dispatched == [("checks.yml", {"ref": "refs/heads/work-7", "inputs": {}})]
    assert there(fake)[0] == ("pr-sessions", "completed", "success", "ended", "Succeeded: test, lint")


def test_a_forged_check_run_and_a_job_of_our_name_are_left_alone(fake: FakeGitHub, done: Any) -> None:
    fake.add_run(SHA, "pr-sessions", "success", suite=9, app="evil-app")
    fake.add_run(SHA, "pr-sessions", "success", suite=9)

    assert [one.problem for one in done(head())[0]] == [""]
    assert there(fake)[2] == WAITING_RUN


@pytest.mark.parametrize(
    ("forbidden", "what", "asked"),
    [
        ("checks/create", "the check run cannot be written", "POST /repos/ada/shop/check-runs"),
        ("checks/list-for-ref", "its check runs cannot be read", f"GET /repos/ada/shop/commits/{SHA}/check-runs"),
    ],
)
def test_a_missing_permission_is_named(fake: FakeGitHub, done: Any, forbidden: str, what: str, asked: str) -> None:
    fake.forbidden.add(forbidden)
    updates, problems = done(head())

    said = f"{what}: GitHub does not allow this: Resource not accessible by integration ({asked})"
    assert [*(one.problem for one in updates), *problems] == [
        f"#7 (aaaaaaa): {said} (the job needs `permissions: checks: write`)"
    ]
    assert there(fake) == []


def test_without_the_right_to_start_a_workflow_nothing_is_said_of_the_commit(fake: FakeGitHub, done: Any) -> None:
    done(head())
    fake.forbidden.add("actions/create-workflow-dispatch")
    [failed], _ = done(head(decision=RUNS))

    assert failed.problem == (
        "#7 (aaaaaaa): checks.yml cannot be started on work-7: GitHub does not allow this: Resource not accessible by "
        "integration (POST /repos/ada/shop/actions/workflows/checks.yml/dispatches) "
        "(the job needs `permissions: actions: write`)"
    )
    assert there(fake) == [WAITING_RUN]


def test_a_workflow_that_cannot_be_started_is_told_on_the_commit_and_tried_again(fake: FakeGitHub, done: Any) -> None:
    done(head())
    fake.faults.extend([None, Fault(status=422, body=b'{"message": "Workflow does not have it"}')])
    [failed], _ = done(head(decision=RUNS))
    assert "cannot be started on work-7: GitHub cannot do this (422): Workflow does not have it" in failed.problem
    assert there(fake) == [("pr-sessions", "queued", None, "waiting", "checks.yml cannot be started")]

    done(head(decision=RUNS))
    assert there(fake) == [("pr-sessions", "in_progress", None, "dispatched", "Waits for the results of test, lint")]


def test_a_used_up_limit_is_no_missing_permission(fake: FakeGitHub, done: Any) -> None:
    limited = Fault(status=403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800"})
    fake.faults.extend([None, limited])
    [failed], _ = done(head())

    assert "rate limit is used up" in failed.problem
    assert "permissions" not in failed.problem


def test_one_that_fails_stops_no_other(fake: FakeGitHub, done: Any) -> None:
    fake.faults.extend([None, None, Fault(status=422)])
    updates, problems = done(head(), head(number="8", sha=OTHER))

    assert (sorted(bool(one.problem) for one in updates), problems, len(there(fake))) == ([False, True], (), 1)


def test_an_answer_that_was_lost_is_made_good_by_the_next_time(fake: FakeGitHub, done: Any) -> None:
    fake.faults.extend([None, Fault(cut=True)])
    [failed], _ = done(head())

    assert "cannot be reached" in failed.problem
    assert done(head()) == ((), ())
    assert there(fake) == [WAITING_RUN]


def test_a_token_of_another_app_is_told_of(fake: FakeGitHub, done: Any) -> None:
    fake.app = "our-own-app"
    [failed], _ = done(head())

    assert failed.problem == (
        "#7 (aaaaaaa): the check run cannot be written: it was written as the App 'our-own-app', and "
        f"'{APP}' is looked for (use the runner's GITHUB_TOKEN, or an App's own key in PR_SESSIONS_APP_ID and "
        "PR_SESSIONS_APP_KEY)"
    )
