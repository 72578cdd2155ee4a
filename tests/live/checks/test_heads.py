"""What the team's checks came to on a commit: only what ran there, and only the latest run of each."""

import pytest
from heads_and_runs import OTHER, RUNS, WAITS, head, job

from pr_sessions.forges.github.payload import CheckRun
from pr_sessions.live.checks.heads import Outcome, one_each, outcome

NAMES = ("test", "lint")
PASSED = (job("test", of=1), job("lint", of=2))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((), Outcome.NOT_RUN),
        (PASSED, Outcome.SUCCEEDED),
        ((job("test"),), Outcome.NOT_RUN),
        ((job("test"), job("lint", None, of=2)), Outcome.RUNNING),
        ((job("test"), job("lint", "failure", of=2)), Outcome.FAILED),
        ((job("test", None), job("lint", "failure", of=2)), Outcome.FAILED),
        ((job("test"), job("lint", "cancelled", of=2)), Outcome.FAILED),
        ((job("test"), job("lint", "timed_out", of=2)), Outcome.FAILED),
        ((job("test"), job("lint", "action_required", of=2)), Outcome.FAILED),
        ((job("test"), job("lint", "stale", of=2)), Outcome.FAILED),
        ((job("test"), job("lint", "a word of tomorrow", of=2)), Outcome.FAILED),
        # An agent's own App may say of its work what it likes, good or bad.
        ((job("test"), job("lint", of=2, app="cursor")), Outcome.NOT_RUN),
        ((*PASSED, job("lint", "failure", of=3, app="cursor")), Outcome.SUCCEEDED),
        # GitHub shows these as passed.
        ((job("test"), job("lint", "skipped", of=2)), Outcome.NOT_RUN),
        ((job("test"), job("lint", "neutral", of=2)), Outcome.NOT_RUN),
        # A workflow that skips later takes nothing back, and one that skipped earlier hides nothing.
        ((*PASSED, job("lint", "skipped", of=3)), Outcome.SUCCEEDED),
        ((job("test", "skipped", of=0), *PASSED), Outcome.SUCCEEDED),
        ((job("test", "failure", of=0), *PASSED), Outcome.SUCCEEDED),
        ((*PASSED, job("test", "failure", of=3), job("test", "skipped", of=4)), Outcome.FAILED),
        ((*PASSED, job("test", None, of=3)), Outcome.RUNNING),
        ((job("lint", "failure", of=3), *PASSED), Outcome.FAILED),
        # Of another commit, of another name, half told.
        ((job("test"), job("lint", of=2, head_sha=OTHER)), Outcome.NOT_RUN),
        ((job("test"), job("Lint", of=2), job("lint ", of=3)), Outcome.NOT_RUN),
        ((job("test"), job("lint", "success", of=2, status="queued")), Outcome.RUNNING),
        ((job("test"), job("lint", None, of=2, status="completed")), Outcome.RUNNING),
    ],
)
def test_the_latest_run_of_each_check_counts_and_what_was_skipped_did_not_run(
    runs: tuple[CheckRun, ...], expected: Outcome
) -> None:
    assert outcome(head(*runs), NAMES) is expected


def test_without_names_nothing_has_succeeded() -> None:
    assert outcome(head(*PASSED), ()) is Outcome.NOT_RUN


def test_a_commit_of_two_pull_requests_waits_only_if_both_may_wait() -> None:
    waits, runs = head(number="7"), head(number="8", decision=RUNS)
    alone = head(number="9", sha=OTHER, decision=WAITS)

    assert one_each([waits, runs, alone]) == one_each([runs, waits, alone]) == (runs, alone)


def test_of_those_that_run_one_that_can_be_started_counts() -> None:
    fork, own = head(decision=RUNS, number="8", branch=""), head(decision=RUNS)

    assert one_each([fork, own]) == one_each([own, fork]) == (own,)
