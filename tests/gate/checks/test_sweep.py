"""A sweep does what is due of all open pull requests, and makes good what events missed."""

import pytest
from msgspec.structs import replace
from shop import CONFIGURATION, Shop

from asking import Ask, Time
from fake_github import FakeGitHub, Fault
from pr_sessions.core.gate import SWEEP
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.gate.checks.publish import Report
from pr_sessions.git.repository import CONFIG
from pr_sessions.storage.files.collection import FileSessions
from scene import START, minute

ONE, TWO, THREE = (f"{number:040x}" for number in (1, 2, 3))
WAITING, STARTED = ("queued", None, "waiting"), ("in_progress", None, "started")
SWITCH = f"/repos/ada/shop/actions/workflows/{SWEEP}"
DISPATCHED, SUCCESS = ("in_progress", None, "dispatched"), ("completed", "success", "ended")


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    return Shop(fake, ask, time)


def refs(shop: Shop) -> list[str]:
    return [told["ref"].removeprefix("refs/heads/") for _, told in shop.fake.dispatched]


def test_what_waits_waits_and_a_second_sweep_writes_nothing(shop: Shop) -> None:
    shop.opened(1)
    shop.opened(2)

    assert [done.problem for done in shop.swept().done] == ["", ""]
    assert [shop.ours(ONE), shop.ours(TWO)] == [WAITING, WAITING]
    assert shop.swept() == Report(gate=shop.swept().gate, looked_at=2)
    assert refs(shop) == []


def test_a_session_that_ran_out_starts_all_its_checks_once(shop: Shop) -> None:
    shop.opened(1)
    shop.opened(2)
    shop.swept()
    shop.at(31)
    shop.swept()
    shop.swept()

    assert sorted(refs(shop)) == ["work-1", "work-2"]
    assert [shop.ours(ONE), shop.ours(TWO)] == [DISPATCHED, DISPATCHED]


def test_checks_that_have_ended_complete_ours(shop: Shop) -> None:
    shop.opened(1)
    shop.opened(2)
    shop.swept()
    shop.at(31)
    shop.swept()
    shop.ran(ONE)
    shop.ran(TWO, "failure")
    shop.swept()

    assert [shop.ours(ONE), shop.ours(TWO)] == [SUCCESS, ("completed", "failure", "ended")]
    assert len(refs(shop)) == 2


def test_a_start_that_was_lost_is_made_again_after_six_hours(shop: Shop) -> None:
    shop.opened(1)
    shop.swept()
    for minutes in (31, 60, 31 + 359):
        shop.at(minutes)
        shop.swept()
    assert refs(shop) == ["work-1"]
    shop.at(31 + 360)
    # It has rested, and its turn comes within six hours.
    for hour in range(6):
        shop.at(31 + 360 + 60 * hour)
        shop.swept()

    assert refs(shop) == ["work-1", "work-1"]


def test_an_approval_of_which_the_event_was_lost_starts_the_checks(shop: Shop) -> None:
    shop.opened(1)
    shop.opened(2)
    shop.swept()
    shop.at(1)
    shop.approved(1)
    shop.approved(2, by="eve")
    shop.swept()

    assert refs(shop) == ["work-1"]
    assert shop.ours(TWO) == WAITING


def test_an_event_that_was_never_seen_is_made_good(shop: Shop) -> None:
    shop.opened(1)
    shop.fake.files[1] = [shop.fake.file(".github/workflows/ci.yml")]
    shop.swept()
    assert shop.ours(ONE) == STARTED
    shop.at(59)
    shop.swept()
    assert refs(shop) == []
    shop.at(60)
    shop.swept()

    assert (refs(shop), shop.ours(ONE)) == (["work-1"], DISPATCHED)


def test_forks_are_told_of_and_never_started(shop: Shop) -> None:
    shop.opened(3, fork=True)
    shop.swept()
    assert shop.ours(THREE) == STARTED
    shop.at(600)
    for hour in range(6):
        shop.at(600 + 60 * hour)
        shop.swept()
    assert refs(shop) == []
    shop.ran(THREE)
    for hour in range(6):
        shop.at(1200 + 60 * hour)
        shop.swept()

    assert shop.ours(THREE) == SUCCESS


def test_an_advisory_gate_says_what_would_be_and_writes_nothing(shop: Shop) -> None:
    shop.fake.contents["main", CONFIG] = CONFIGURATION.replace("enforce", "advisory").encode()
    shop.opened(1)
    told = shop.swept()

    assert [(done.update.status, done.update.number) for done in told.done] == [("queued", "1")]
    assert [line for line in shop.fake.asked if not line.startswith("GET ")] == [f"PUT {SWITCH}/disable"]
    assert shop.fake.workflows == {SWEEP: False}


def test_a_configuration_that_cannot_be_read_writes_nothing_and_says_so(shop: Shop) -> None:
    shop.fake.contents["main", CONFIG] = b"gate: perhaps\n"
    shop.opened(1)
    told = shop.swept()

    assert "gate" in told.problems[0]
    assert shop.fake.checks == {}


def test_checks_that_fail_to_be_told_wait_and_stop_no_other(shop: Shop) -> None:
    for number in (1, 2):
        shop.opened(number)
    shop.swept()
    shop.at(31)
    # Everything is refused for a while: whatever was in the middle of being done is done by the next one.
    shop.fake.forbidden = {"checks/update"}
    assert len(shop.swept().failed) == 2
    shop.fake.forbidden = set()
    shop.ran(ONE)
    shop.swept()

    assert shop.ours(ONE) == SUCCESS
    assert not shop.mergeable(TWO)


@pytest.mark.parametrize("failing", range(1, 14))
def test_wherever_github_fails_nothing_passes_and_the_next_sweep_is_right(shop: Shop, failing: int) -> None:
    for number in (1, 2):
        shop.opened(number)
    shop.swept()
    shop.at(31)
    shop.ran(ONE)
    shop.fake.faults.extend([None] * failing + [Fault(status=404)])
    shop.swept()
    shop.fake.faults.clear()
    shop.swept()

    assert [shop.ours(ONE), shop.ours(TWO)] == [SUCCESS, DISPATCHED]


def test_a_hundred_open_pull_requests_cost_one_request_each_and_little_beside(shop: Shop) -> None:
    numbers = range(1, 101)
    shop.fake.before = lambda _count: None  # It looks at all check runs at each request.
    for number in numbers:
        shop.opened(number)
    costs = {}
    costs["never seen: check runs, reviews, files, and one written"] = cost(shop, 1)
    costs["all of them wait"] = cost(shop, 10)
    costs["all are started and written"] = cost(shop, 31)
    costs["all are under way"] = cost(shop, 40)
    for number in numbers:
        shop.ran(f"{number:040x}")
    costs["all are written"] = cost(shop, 50)
    costs["all have ended"] = cost(shop, 60)
    costs["all have rested for a day"] = cost(shop, 60 * 24)

    assert list(costs.values()) == [406, 106, 306, 106, 206, 106, 23]


def cost(shop: Shop, minutes: float) -> int:
    """How many requests a sweep takes at a moment."""
    shop.at(minutes)
    shop.fake.asked.clear()
    shop.swept()
    return len(shop.fake.asked)


def test_whoever_may_only_read_starts_nothing_on_a_branch_that_is_there(shop: Shop) -> None:
    opened = shop.opened(1)
    shop.fake.pulls[1]["user"] |= {"login": "eve", "type": "User"}
    shop.checked(opened)
    assert shop.ours(ONE) == STARTED
    for minutes in (61, 130, 400):
        shop.at(minutes)
        shop.swept()

    assert (refs(shop), shop.mergeable(ONE)) == ([], False)


def test_a_clock_that_was_wrong_keeps_nothing_waiting_until_the_end_of_days(shop: Shop) -> None:
    shop.opened(1)
    shop.swept()
    assert shop.ours(ONE) == WAITING
    ahead = replace(begin("bot-2025", "cursor[bot]", minute(-1)), last_activity=minute(10**6))
    document = FileSessions().put(
        replace(ahead, pull_requests={"1": PullRequestRecord(attribution=Attribution(Basis.MANUAL, START))})
    )
    shop.fake.contents["main", SESSION_FILE] = document.to_bytes()
    shop.at(10)
    shop.swept()

    assert (refs(shop), shop.ours(ONE)) == (["work-1"], DISPATCHED)


def test_a_fork_with_the_same_commit_keeps_nothing_waiting_for_ever(shop: Shop) -> None:
    shop.opened(1)
    shop.opened(2, ONE, fork=True)
    for minutes in (0, 31, 61):
        shop.at(minutes)
        shop.swept()

    assert (refs(shop), shop.ours(ONE)) == (["work-1"], DISPATCHED)
