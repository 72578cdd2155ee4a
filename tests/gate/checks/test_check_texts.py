"""What our check run says to people: in plain words, and harmless whatever somebody wrote."""

import pytest
from heads_and_runs import ENFORCE, RUNS, head, job
from msgspec.structs import replace

from pr_sessions.core.gate import Reason, Why
from pr_sessions.gate.checks.heads import Head
from pr_sessions.gate.checks.updates import NextState, not_started, summary_of, title_of

RAN = (job("test"), job("lint", "failure", of=2))


@pytest.mark.parametrize(
    ("due", "one", "expected"),
    [
        (NextState.WAIT, head(), "Waits for the end of session s-1"),
        (NextState.WAIT, head(session=None), "Waits for the end of its session"),
        (NextState.WAIT, head(session="s" * 200), f"Waits for the end of session {'s' * 70}…"),
        (NextState.START, head(), "Waits for the results of test, lint"),
        (NextState.RUN, head(), "Waits for the results of test, lint"),
        (NextState.SUCCEED, head(), "Succeeded: test, lint"),
        (NextState.FAIL, head(*RAN), "Did not succeed: lint"),
    ],
)
def test_a_title_is_one_line_and_says_how_it_stands(due: NextState, one: Head, expected: str) -> None:
    assert title_of(due, one, ENFORCE) == expected


def test_who_waits_reads_how_to_run_the_checks_at_once() -> None:
    assert (
        summary_of(NextState.WAIT, head(job("test", "skipped")), ENFORCE)
        == """\
The checks of this commit wait for the end of session `s-1`. They run when the session ends, or its agent's run is \
quiet for longer than `gate.max_wait`. To run them at once: approve the pull request, \
mark it as ready for review, switch on auto-merge, or comment `/complete-session`.

| Check | On this commit |
| --- | --- |
| `test` | not run |
| `lint` | not run |

A check that was skipped, or is neutral, does not count as run."""
    )


def test_what_was_started_says_why() -> None:
    assert summary_of(NextState.START, head(decision=RUNS), ENFORCE).startswith(
        "`checks.yml` was started on `work-7`, because its session does not go on: timeout."
    )


def test_what_has_run_needs_no_word_on_checks_that_did_not() -> None:
    done = head(job("test"), job("lint", of=2))

    assert (
        summary_of(NextState.SUCCEED, done, ENFORCE)
        == """\
Every check has succeeded on this very commit.

| Check | On this commit |
| --- | --- |
| `test` | succeeded |
| `lint` | succeeded |"""
    )


def test_without_names_of_checks_it_says_where_to_write_them() -> None:
    assert summary_of(NextState.WAIT, head(), replace(ENFORCE, gate_checks=())) == (
        "`gate: enforce` needs `gate.checks`, the names of the checks that must succeed, in "
        "`.cursor/config/session_config.yaml` on the default branch. Until it has them no checks wait, and this one "
        "does not pass."
    )


def test_failures_name_the_checks() -> None:
    assert "| `test` | succeeded |\n| `lint` | failed |" in summary_of(NextState.FAIL, head(*RAN), ENFORCE)


@pytest.mark.parametrize("due", NextState)
def test_words_from_outside_mean_nothing_in_the_summary(due: NextState) -> None:
    evil = "<img src=x>\n# @ada [a](http://e) `| x |` #1 \u202e"
    one = head(branch=evil, session=evil, decision=replace(RUNS, reasons=(Reason(Why.ALWAYS, evil),)))
    policy = replace(ENFORCE, gate_checks=(evil,))
    said = summary_of(due, one, policy) + not_started("checks.yml", evil, evil)[1]

    assert not [mark for mark in ("<img", "\n#", "@ada", "[a](", "http://", "#1", "\u202e") if mark in said]
    assert "\n" not in title_of(due, one, policy)


def test_a_workflow_that_cannot_be_started_is_told_with_the_way_out() -> None:
    assert not_started("checks.yml", "work-7", "GitHub cannot do this (422)") == (
        "checks.yml cannot be started",
        """\
`checks.yml` cannot be started on `work-7`: GitHub cannot do this (422). It is tried again.

Does the workflow on this branch have `workflow_dispatch`? If not, merge the base branch into it.""",
    )
