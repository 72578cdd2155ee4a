"""One event judged against a GitHub that answers, refuses, fails or is not there: in doubt the checks run."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from asking import Ask
from fake_github import FakeGitHub, Fault
from pr_sessions.core.gate import Decision, Reason, Why
from pr_sessions.core.models import PullRequest
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.times import write_time
from pr_sessions.forges.base import ForgePullRequest, User
from pr_sessions.forges.github.transport import Limits, RetryPolicy
from pr_sessions.gate.assess import NO_TOKEN, Assessment, assess
from pr_sessions.gate.event import Event
from pr_sessions.gate.status import Breach
from pr_sessions.git.repository import CONFIG
from scene import minute

ENFORCED = b"gate: enforce\ngate.checks: [tests]\ngate.workflow: tests.yml\n"
POSTPONED = Decision(postpone=True, skip=True)
DEVIN = {"login": "devin-ai-integration[bot]", "id": 158243242, "type": "Bot"}
# As the command has it; a GitHub that hangs is not waited for as long.
RETRY = RetryPolicy(timedelta(seconds=30), 4)
SHORT = Limits(1, 0.1, 0.5)


def opened(fake: FakeGitHub, number: int, minutes: float, author: str = "ada", **told: Any) -> None:
    fake.permissions.setdefault(author, "write")
    fake.add_pull(number, told.pop("title", "auto-pr: work"), write_time(minute(minutes)), author, **told)
    fake.pulls[number]["auto_merge"] = told.get("auto_merge")


def event(number: int, name: str = "pull_request", action: str = "synchronize", **told: Any) -> Event:
    return Event(name=name, action=action, repository="ada/shop", number=str(number), **told)


@pytest.fixture
def enforced(fake: FakeGitHub) -> FakeGitHub:
    """A repository that postpones, with one session of two open pull requests."""
    fake.contents["main", CONFIG] = ENFORCED
    opened(fake, 7, 0)
    opened(fake, 8, 20)
    return fake


@pytest.fixture
def assessed(ask: Ask) -> Any:
    def call(about: int | Event, minutes: float = 30, **how: Any) -> Assessment:
        happened = event(about) if isinstance(about, int) else about
        found: Assessment = ask(lambda github: assess(github, happened, minute(minutes)), retry=RETRY, **how)
        return found

    return call


def whys(assessment: Assessment) -> list[Why]:
    return [reason.why for reason in assessment.decision.reasons]


def unknowns(assessment: Assessment) -> list[str]:
    return [reason.detail for reason in assessment.decision.reasons if reason.why is Why.UNKNOWN]


def test_what_nothing_speaks_against_waits(enforced: FakeGitHub, assessed: Any) -> None:
    found = assessed(8)

    assert found.decision == POSTPONED
    assert (found.status.session_id, found.view.session.prs, found.view.open) == (
        "ada-20251122-1000",
        ("7", "8"),
        ("7", "8"),
    )
    assert (found.requests, len(enforced.asked)) == (9, 9)


def test_nothing_waits_by_default(fake: FakeGitHub, assessed: Any) -> None:
    opened(fake, 7, 0)

    assert assessed(7).decision == Decision(postpone=True, skip=False)


def test_a_session_that_ran_out_waits_no_longer(enforced: FakeGitHub, assessed: Any) -> None:
    assert whys(assessed(8, 51)) == [Why.COMPLETED]


def test_a_command_of_somebody_who_may_write_completes(enforced: FakeGitHub, assessed: Any) -> None:
    enforced.permissions["bob"] = "write"
    enforced.add_comment(7, "/complete-session", "bob", write_time(minute(25)))

    assert assessed(8).decision.reasons == (Reason(Why.COMPLETED, "explicit_marker: /complete-session"),)


def test_a_command_of_somebody_else_does_nothing(enforced: FakeGitHub, assessed: Any) -> None:
    enforced.add_comment(7, "/complete-session", "mallory", write_time(minute(25)))

    assert assessed(8).decision == POSTPONED


@pytest.mark.parametrize(("permission", "reasons"), [("write", [Why.APPROVED]), ("read", [])])
def test_an_approval_counts_of_those_who_may_write(
    permission: str, reasons: list[Why], enforced: FakeGitHub, assessed: Any
) -> None:
    enforced.permissions["bob"] = permission
    review = enforced.description.example("pull-request-review-items")[0]
    review |= {"state": "APPROVED", "submitted_at": write_time(minute(25))}
    review["user"]["login"] = "bob"
    review["commit_id"] = enforced.pulls[8]["head"]["sha"]
    enforced.reviews[8] = [review]
    found = assessed(event(8, "pull_request_review", "submitted"))

    assert (whys(found), [one.state for one in found.reviews]) == (reasons, ["approved"])


def test_reviews_of_what_is_closed_are_not_asked_for(enforced: FakeGitHub, assessed: Any) -> None:
    enforced.pulls[8] |= {"state": "closed", "closed_at": write_time(minute(22))}
    told = ForgePullRequest(pull_request=assessed(8).snapshot.pull_requests["8"].pull_request)
    enforced.asked.clear()

    assert whys(assessed(event(8, action="closed", pull_request=told))) == [Why.NOT_OPEN]
    assert not any("reviews" in line for line in enforced.asked)


def test_a_fork_does_not_wait(enforced: FakeGitHub, assessed: Any) -> None:
    enforced.pulls[8]["head"]["repo"]["full_name"] = "eve/shop"

    assert Why.FORK in whys(assessed(8))


def test_somebody_without_write_access_is_not_believed(enforced: FakeGitHub, assessed: Any) -> None:
    opened(enforced, 9, 25, "eve")
    enforced.permissions["eve"] = "read"

    assert Why.UNTRUSTED in whys(assessed(9))


def test_a_path_that_always_runs_runs(enforced: FakeGitHub, assessed: Any) -> None:
    enforced.files[8].append(enforced.file(".github/workflows/x.yml"))

    assert assessed(8).decision.reasons == (Reason(Why.ALWAYS, ".github/workflows/x.yml"),)


def test_a_budget_counts_what_people_opened_who_may_write(fake: FakeGitHub, assessed: Any) -> None:
    fake.contents["main", CONFIG] = b"gate.open_budget: 1\n"
    for number, author in ((7, "ada"), (8, "bob"), (9, "eve")):
        opened(fake, number, number - 7, author, title="Fix")
        fake.pulls[number]["body"] = "\U0001f916 Generated with [Claude Code](https://claude.com/claude-code)"
    fake.permissions |= {"bob": "write", "eve": "read"}

    assert assessed(7, 10).breaches == (Breach("claude-code", 2, 1),)


def test_a_budget_counts_all_that_is_open(fake: FakeGitHub, assessed: Any) -> None:
    fake.contents["main", CONFIG] = b"gate.open_budget: 3\n"
    fake.page_size = 2
    for number in range(1, 6):
        opened(fake, number, -1000 + 200 * number, user=None, title="Fix")
        fake.pulls[number]["user"] = fake.description.example("pull-request")["user"] | DEVIN
        fake.pulls[number]["body"] = "Link to Devin run: https://app.devin.ai/sessions/0a1b"
    found = assessed(5, 10)

    assert found.breaches == (Breach("devin", 5, 3),)


# What is about no pull request.


@pytest.mark.parametrize("name", ["merge_group", "push", "schedule", "workflow_dispatch"])
def test_an_event_of_the_repository_postpones_nothing(name: str, enforced: FakeGitHub, assessed: Any) -> None:
    found = assessed(Event(name=name, repository="ada/shop", sha="abc"))

    assert found.decision == Decision(postpone=False, skip=False, reasons=(Reason(Why.EVENT, name),))
    assert enforced.asked == [f"GET /repos/ada/shop/contents/{CONFIG}"]


def test_an_event_with_a_problem_postpones_nothing_and_says_why(enforced: FakeGitHub, assessed: Any) -> None:
    found = assessed(Event(repository="ada/shop", problem="the event file is empty, half-written or no JSON"))

    assert found.decision.reasons == (Reason(Why.EVENT, "the event file is empty, half-written or no JSON"),)


# Without GitHub.


def test_without_a_token_the_event_alone_is_judged() -> None:
    one = ForgePullRequest(
        pull_request=PullRequest(number="7", title="auto-pr: work", created=minute(0), author="ada"),
        author=User("ada", 1, "User"),
        repository="ada/shop",
        head_repository="ada/shop",
        head_sha="abc",
    )
    found = asyncio.run(assess(None, event(7, pull_request=one), minute(5)))

    assert (found.decision.postpone, found.requests, found.status.is_auto) == (False, 0, True)
    assert found.status.session_id == "ada-20251122-1000"
    assert NO_TOKEN in unknowns(found)


def test_without_a_token_and_a_time_there_is_still_a_judgement() -> None:
    one = ForgePullRequest(pull_request=PullRequest(number="7"))
    found = asyncio.run(assess(None, event(7, pull_request=one), minute(0)))

    assert (found.decision.postpone, NO_TOKEN in unknowns(found)) == (False, True)


def test_synced_sessions_that_are_wrong_far_inside_are_a_doubt(enforced: FakeGitHub, assessed: Any) -> None:
    enforced.contents["main", SESSION_FILE] = b"""{"version": "1.0", "active_sessions":
        {"ada-20251122-1000": {"session_id": "ada-20251122-1000", "started": 5, "prs": ["7"]}}}"""
    found = assessed(8)

    assert (found.decision.postpone, found.snapshot.sessions) == (False, None)
    assert [doubt.startswith("the synced sessions: cannot read") for doubt in unknowns(found)] == [True]


# Faults: of every single request, and of all.

FAULTS = {
    "429": (Fault(status=429, headers={"retry-after": "3600"}), "GitHub's rate limit is used up until"),
    "403 secondary": (
        Fault(status=403, body=b'{"message": "You have exceeded a secondary rate limit"}'),
        "GitHub's rate limit is used up until",
    ),
    "502": (Fault(status=502), "GitHub has a problem of its own (502)"),
    "401": (Fault(status=401), "GitHub does not accept the token from GH_TOKEN"),
    "cut": (Fault(cut=True), "GitHub cannot be reached: the connection was cut"),
    "drips": (Fault(drips=True), "GitHub cannot be reached: it takes too long to answer"),
    "hangs": (Fault(hangs=True), "GitHub cannot be reached: it takes too long to answer"),
    "no JSON": (Fault(status=200, headers={"content-type": "text/html"}, body=b"<html>"), "cannot be read"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_github_down_for_the_whole_job_runs_the_checks(fault: str, enforced: FakeGitHub, assessed: Any) -> None:
    enforced.faults.extend([FAULTS[fault][0]] * 1000)
    found = assessed(8, limits=SHORT)

    assert (found.decision.postpone, found.decision.skip) == (False, False)
    assert any(FAULTS[fault][1] in doubt for doubt in unknowns(found))
    assert not any("ghp_" in doubt for doubt in unknowns(found))


@pytest.mark.parametrize("place", range(9))
@pytest.mark.parametrize("fault", ["429", "401", "no JSON"])
def test_one_request_that_fails_for_good_runs_the_checks(
    place: int, fault: str, enforced: FakeGitHub, assessed: Any
) -> None:
    enforced.faults.extend([None] * place + [FAULTS[fault][0]])
    found = assessed(8)

    assert (found.decision.postpone, found.decision.skip) == (False, False)
    assert any(found.decision.reasons)


@pytest.mark.parametrize("place", range(9))
@pytest.mark.parametrize("fault", [Fault(status=502), Fault(cut=True), Fault(status=429, headers={"retry-after": "1"})])
def test_one_request_that_fails_once_is_sent_again(
    place: int, fault: Fault, enforced: FakeGitHub, assessed: Any
) -> None:
    enforced.faults.extend([None] * place + [fault])
    found = assessed(8)

    assert (found.decision, found.requests) == (POSTPONED, 10)


def test_a_github_that_nobody_listens_for_runs_the_checks(enforced: FakeGitHub, assessed: Any) -> None:
    environ = {"GITHUB_API_URL": "http://127.0.0.1:9", "GH_TOKEN": "x"}
    found = assessed(8, environ=environ)

    assert not found.decision.postpone
    assert any("GitHub cannot be reached" in doubt for doubt in unknowns(found))


# How much.


@pytest.mark.parametrize(("minutes", "pages"), [(100, 1), (0.02, 10)])
def test_a_thousand_open_ones_cost_no_more_than_the_session_reaches_back(
    minutes: float, pages: int, enforced: FakeGitHub, assessed: Any
) -> None:
    """One every so many minutes."""
    for number in range(1, 1001):
        opened(enforced, number, minutes * (number - 1000))
    found = assessed(1000, 0)

    assert (found.decision, found.snapshot.unknowns) == (POSTPONED, ())
    assert len([line for line in enforced.asked if "/pulls?" in line]) == pages
    # The lists of files: of its session first, then of others that it may collide with.
    assert len(enforced.asked) == 6 + pages + 30
