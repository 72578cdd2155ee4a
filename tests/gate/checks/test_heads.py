"""What the team's checks came to on a commit: only what ran there, and only the latest run of each."""

import pytest
from heads_and_runs import OTHER, RUNS, WAITS, head, job

from pr_sessions.forges.base import CheckRun
from pr_sessions.gate.checks.heads import ChecksResult, checks_result, unique_commits

NAMES = ("test", "lint")
PASSED = (job("test", of=1), job("lint", of=2))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((), ChecksResult.NOT_RUN),
        (PASSED, ChecksResult.SUCCEEDED),
        ((job("test"),), ChecksResult.NOT_RUN),
        ((job("test"), job("lint", None, of=2)), ChecksResult.RUNNING),
        ((job("test"), job("lint", "failure", of=2)), ChecksResult.FAILED),
        ((job("test", None), job("lint", "failure", of=2)), ChecksResult.FAILED),
        ((job("test"), job("lint", "cancelled", of=2)), ChecksResult.FAILED),
        ((job("test"), job("lint", "timed_out", of=2)), ChecksResult.FAILED),
        ((job("test"), job("lint", "action_required", of=2)), ChecksResult.FAILED),
        ((job("test"), job("lint", "stale", of=2)), ChecksResult.FAILED),
        ((job("test"), job("lint", "a word of tomorrow", of=2)), ChecksResult.FAILED),
        # An agent's own App may say of its work what it likes, good or bad.
        ((job("test"), job("lint", of=2, app="cursor")), ChecksResult.NOT_RUN),
        ((*PASSED, job("lint", "failure", of=3, app="cursor")), ChecksResult.SUCCEEDED),
        # GitHub shows these as passed.
        ((job("test"), job("lint", "skipped", of=2)), ChecksResult.NOT_RUN),
        ((job("test"), job("lint", "neutral", of=2)), ChecksResult.NOT_RUN),
        # A workflow that skips later takes nothing back, and one that skipped earlier hides nothing.
        ((*PASSED, job("lint", "skipped", of=3)), ChecksResult.SUCCEEDED),
        ((job("test", "skipped", of=0), *PASSED), ChecksResult.SUCCEEDED),
        ((job("test", "failure", of=0), *PASSED), ChecksResult.SUCCEEDED),
        ((*PASSED, job("test", "failure", of=3), job("test", "skipped", of=4)), ChecksResult.FAILED),
        ((*PASSED, job("test", None, of=3)), ChecksResult.RUNNING),
        ((job("lint", "failure", of=3), *PASSED), ChecksResult.FAILED),
        # Of another commit, of another name, half told.
        ((job("test"), job("lint", of=2, head_sha=OTHER)), ChecksResult.NOT_RUN),
        ((job("test"), job("Lint", of=2), job("lint ", of=3)), ChecksResult.NOT_RUN),
        ((job("test"), job("lint", "success", of=2, status="queued")), ChecksResult.RUNNING),
        ((job("test"), job("lint", None, of=2, status="completed")), ChecksResult.RUNNING),
    ],
)
def test_the_latest_run_of_each_check_counts_and_what_was_skipped_did_not_run(
    runs: tuple[CheckRun, ...], expected: ChecksResult
) -> None:
    assert checks_result(head(*runs), NAMES) is expected


def test_without_names_nothing_has_succeeded() -> None:
    assert checks_result(head(*PASSED), ()) is ChecksResult.NOT_RUN


def test_a_commit_of_two_pull_requests_waits_only_if_both_may_wait() -> None:
    waits, runs = head(number="7"), head(number="8", decision=RUNS)
    alone = head(number="9", sha=OTHER, decision=WAITS)

    assert unique_commits([waits, runs, alone]) == unique_commits([runs, waits, alone]) == (runs, alone)


def test_of_those_that_run_one_that_can_be_started_counts() -> None:
    fork, own = head(decision=RUNS, number="8", branch=""), head(decision=RUNS)

    assert unique_commits([fork, own]) == unique_commits([own, fork]) == (own,)
