"""What is written of our check runs and what is started: never a success that is not one, and nothing twice."""

from datetime import datetime, timedelta
from random import Random

import pytest
from heads_and_runs import APP, DOUBTFUL, ENFORCE, OTHER, RUNS, SHA, WAITS, head, job, ours, shown, written
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.gate.checks.heads import Head
from pr_sessions.gate.checks.updates import MISSED, PRESUMED_DEAD, CheckUpdate, plan
from scene import START, minute

PASSED = (job("test", of=1), job("lint", of=2))
FAILED = (job("test", of=1), job("lint", "failure", of=2))
SKIPPED = (job("test", "skipped", of=1), job("lint", "skipped", of=2))
PENDING = (job("test", of=1), job("lint", None, of=2))
RESULTS = "Waits for the results of test, lint"

QUEUED = ("queued", None, "waiting", None, "")
STARTED = ("in_progress", None, "started", None, "")
DISPATCHED = ("in_progress", None, "dispatched", None, "work-7")
SUCCESS = ("completed", "success", "ended", None, "")
FAILURE = ("completed", "failure", "ended", None, "")


def planned(one: Head, policy: Policy = ENFORCE, *, at: timedelta = timedelta()) -> CheckUpdate | None:
    updates = plan([one], policy, START + at, APP)
    assert len(updates) <= 1
    return updates[0] if updates else None


def of_100(expected: tuple[object, ...]) -> tuple[object, ...]:
    return (*expected[:3], 100, expected[4])


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        # Nothing of ours yet.
        (head(), QUEUED),
        (head(*SKIPPED), QUEUED),
        (head(*PENDING), STARTED),
        (head(*PASSED), SUCCESS),
        (head(*FAILED), FAILURE),
        (head(decision=RUNS, starts=True), STARTED),
        (head(decision=RUNS), STARTED),
        (head(*SKIPPED, decision=RUNS), DISPATCHED),
        (head(*SKIPPED, decision=RUNS, starts=True), STARTED),
        (head(*SKIPPED, decision=RUNS, branch=""), STARTED),
        (head(*PASSED, decision=RUNS, branch=""), SUCCESS),
        # It waited.
        (head(ours("waiting")), None),
        (head(*SKIPPED, ours("waiting")), None),
        (head(ours("waiting", title="Something else")), of_100(QUEUED)),
        (head(*SKIPPED, ours("waiting"), decision=RUNS), of_100(DISPATCHED)),
        (head(ours("waiting"), decision=RUNS), of_100(DISPATCHED)),
        (head(ours("waiting"), decision=RUNS, starts=True), of_100(STARTED)),
        (head(ours("waiting"), decision=RUNS, branch=""), of_100(STARTED)),
        (head(*PENDING, ours("waiting")), of_100(STARTED)),
        (head(*PASSED, ours("waiting")), of_100(SUCCESS)),
        # A doubt alone starts nothing; what its event starts, it starts.
        (head(ours("waiting"), decision=DOUBTFUL), None),
        (head(*SKIPPED, decision=DOUBTFUL), QUEUED),
        (head(decision=DOUBTFUL, starts=True), STARTED),
        (head(*PASSED, decision=DOUBTFUL), SUCCESS),
        (head(starts=True), QUEUED),
        # It was started.
        (head(ours("dispatched", title=RESULTS), decision=RUNS), None),
        (head(ours("dispatched", title=RESULTS), decision=WAITS), None),
        (head(*SKIPPED, ours("dispatched", title=RESULTS), decision=RUNS), None),
        (head(*PENDING, ours("dispatched", title=RESULTS)), None),
        (head(*PASSED, ours("dispatched", title=RESULTS)), of_100(SUCCESS)),
        (head(*FAILED, ours("dispatched", title=RESULTS)), of_100(FAILURE)),
        (head(ours("started", title=RESULTS), decision=RUNS), None),
        # The team's workflow skipped after we had said that it runs.
        (head(*SKIPPED, ours("started", title=RESULTS), decision=RUNS), of_100(DISPATCHED)),
        (head(*SKIPPED, ours("started", title=RESULTS, started=minute(5)), decision=RUNS), None),
        # It has ended: that stays, and anything else is another check run.
        (head(*PASSED, ours("ended", conclusion="success")), None),
        (head(*PASSED, ours("ended", conclusion="success"), decision=RUNS), None),
        (head(*FAILED, ours("ended", conclusion="failure"), decision=RUNS), None),
        (head(*FAILED, ours("ended", conclusion="success")), FAILURE),
        (head(*PASSED, ours("ended", conclusion="failure")), SUCCESS),
        (head(*PENDING, ours("ended", conclusion="failure")), STARTED),
        (head(ours("ended", conclusion="success")), QUEUED),
        (head(ours("ended", conclusion="success"), decision=RUNS), DISPATCHED),
        # GitHub gives up a check run that waits for fourteen days.
        (head(ours("waiting", status="completed", conclusion="stale")), QUEUED),
        # Others cannot speak for us.
        (head(ours("ended", conclusion="success", app="evil-app")), QUEUED),
        (head(ours("ended", conclusion="success", head_sha=OTHER)), QUEUED),
        (head(ours("a-job", status="completed", conclusion="success")), QUEUED),
        (head(ours("dispatched", app="evil-app"), *SKIPPED, decision=RUNS), DISPATCHED),
        # The latest of ours counts.
        (head(ours("ended", of=90, conclusion="success"), ours("waiting")), None),
        (head(ours("ended", of=101, conclusion="success"), ours("waiting"), *PASSED), None),
    ],
)
def test_our_check_run_says_how_it_stands(one: Head, expected: tuple[object, ...] | None) -> None:
    update = planned(one)

    assert (shown(update) if update else None) == expected


@pytest.mark.parametrize(
    ("phase", "after", "decision", "expected"),
    [
        ("dispatched", PRESUMED_DEAD - timedelta(seconds=1), RUNS, None),
        ("dispatched", PRESUMED_DEAD, RUNS, of_100(DISPATCHED)),
        ("dispatched", PRESUMED_DEAD, WAITS, of_100(QUEUED)),
        ("started", MISSED - timedelta(seconds=1), RUNS, None),
        ("started", MISSED, RUNS, of_100(DISPATCHED)),
        ("started", MISSED, WAITS, of_100(QUEUED)),
    ],
)
def test_what_was_started_and_tells_nothing_is_started_again_once_it_is_lost(
    phase: str, after: timedelta, decision: object, expected: tuple[object, ...] | None
) -> None:
    update = planned(head(ours(phase, title=RESULTS), decision=decision), at=after)

    assert (shown(update) if update else None) == expected


def test_a_check_that_is_under_way_is_waited_for_however_long() -> None:
    assert planned(head(*PENDING, ours("dispatched", title=RESULTS), decision=RUNS), at=2 * PRESUMED_DEAD) is None


@pytest.mark.parametrize("after", [timedelta(), MISSED, PRESUMED_DEAD, 4 * PRESUMED_DEAD])
def test_nothing_is_started_in_a_fork_or_without_a_workflow(after: timedelta) -> None:
    told = head(ours("started", title=RESULTS), decision=RUNS)

    assert planned(replace(told, branch=""), at=after) is None
    assert planned(told, replace(ENFORCE, gate_workflow=None), at=after) is None


def test_the_time_of_starting_is_told_when_something_starts_and_left_alone_otherwise() -> None:
    told = [planned(one) for one in (head(decision=RUNS), head(ours("waiting"), decision=RUNS), head(), head(*PASSED))]
    going = planned(head(*PENDING, ours("dispatched", title="other words")))

    assert [update.started if update else "no act" for update in (*told, going)] == [START, START, None, None, None]


def test_an_advisory_gate_writes_nothing() -> None:
    assert plan([head(), head(*PASSED, sha=OTHER)], replace(ENFORCE, gate=GateMode.ADVISORY), START, APP) == ()


def test_without_names_of_checks_nothing_passes_and_the_way_out_is_told() -> None:
    update = planned(head(*PASSED, decision=RUNS), replace(ENFORCE, gate_checks=()))

    assert update
    assert shown(update) == QUEUED
    assert update.title == "Not configured: enforce needs gate.checks: the names of the checks that must succeed"


def test_a_merge_group_is_told_of_without_a_pull_request() -> None:
    update = planned(head(*PASSED, number="", branch="", session=None, decision=RUNS, starts=True))

    assert update
    assert (update.number, update.sha, update.conclusion) == ("", SHA, "success")


CONCLUSIONS = st.sampled_from(["success", "success", "failure", "cancelled", "skipped", "neutral", "stale", None])
TEAM = st.builds(
    lambda name, conclusion, of, sha, minutes: job(
        name, conclusion, of=of, head_sha=sha, started=minute(minutes) if minutes else None
    ),
    st.sampled_from(["test", "lint", "pr-sessions", "docs"]),
    CONCLUSIONS,
    st.integers(1, 50),
    st.sampled_from([SHA, SHA, SHA, OTHER]),
    st.integers(0, 500),
)
OURS = st.builds(
    lambda phase, of, status, conclusion, app, minutes: ours(
        phase,
        of=of,
        status=status,
        conclusion=conclusion if status == "completed" else None,
        app=app,
        started=minute(minutes) if minutes else None,
    ),
    st.sampled_from(["waiting", "started", "dispatched", "ended", "a-job"]),
    st.integers(51, 99),
    st.sampled_from(["queued", "in_progress", "completed"]),
    CONCLUSIONS,
    st.sampled_from([APP, APP, "evil-app"]),
    st.integers(0, 500),
)
HEADS = st.builds(
    lambda team, mine, decision, starts, branch: head(
        *{run.id: run for run in (*team, *mine)}.values(), decision=decision, starts=starts, branch=branch
    ),
    st.lists(TEAM, max_size=6),
    st.lists(OURS, max_size=3),
    st.sampled_from([WAITS, RUNS, DOUBTFUL]),
    st.booleans(),
    st.sampled_from(["work-7", ""]),
)
POLICIES = st.builds(
    lambda checks, workflow: replace(ENFORCE, gate_checks=checks, gate_workflow=workflow),
    st.sampled_from([("test", "lint"), ("test",), ()]),
    st.sampled_from(["checks.yml", None]),
)
MOMENTS = st.integers(0, 900).map(minute)


def _succeeded(one: Head, name: str) -> bool:
    """Said once more, in the plainest way: the last run here that was not skipped ended well."""
    ran = [
        r for r in one.runs if r.name == name and r.head_sha == one.sha and r.conclusion not in ("skipped", "neutral")
    ]
    last = max(ran, key=lambda run: run.id, default=None)
    return last is not None and (last.status, last.conclusion) == ("completed", "success")


@given(HEADS, POLICIES, MOMENTS)
def test_success_is_planned_only_where_every_check_succeeded_on_that_very_commit(
    one: Head, policy: Policy, now: datetime
) -> None:
    for update in plan([one], policy, now, APP):
        assert update.conclusion in (None, "success", "failure")
        assert (update.status == "completed") == (update.conclusion is not None)
        if update.conclusion == "success":
            assert policy.gate_checks
            assert all(_succeeded(one, name) for name in policy.gate_checks)


@given(HEADS, POLICIES, MOMENTS)
def test_a_plan_that_was_carried_out_is_empty(one: Head, policy: Policy, now: datetime) -> None:
    updates = plan([one], policy, now, APP)
    after = written(one, updates[0]) if updates else one

    assert plan([after], policy, now, APP) == ()


@given(HEADS, POLICIES, MOMENTS)
def test_what_is_started_has_a_branch_and_may_run(one: Head, policy: Policy, now: datetime) -> None:
    for update in plan([one], policy, now, APP):
        assert not update.branch or (policy.gate_workflow and one.decision is RUNS and not one.starts)


@given(st.lists(HEADS, max_size=4), POLICIES, st.randoms())
def test_order_and_repetition_of_check_runs_do_not_matter(heads: list[Head], policy: Policy, random: Random) -> None:
    shuffled = [replace(one, runs=tuple(random.sample(one.runs * 2, len(one.runs) * 2))) for one in heads]

    assert plan(shuffled, policy, START, APP) == plan(heads, policy, START, APP)


def test_runs_of_other_apps_by_our_name_are_never_changed() -> None:
    updates = plan([head(ours("waiting", app="evil-app"))], ENFORCE, START, APP)

    assert [update.check for update in updates] == [None]
