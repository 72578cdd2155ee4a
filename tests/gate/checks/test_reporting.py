"""The whole life of checks that wait, event by event: nothing is started twice, and nothing passes unchecked."""

import asyncio
import itertools
from contextlib import suppress

import pytest
from msgspec.structs import replace
from shop import CHECKS, CONFIGURATION, Shop

from asking import Ask, Time
from fake_github import FakeGitHub, Fault
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import User
from pr_sessions.gate.checks.publish import ADVISORY, NOTHING, READ_ONLY, report
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import OUTSIDER
from pr_sessions.git.repository import CONFIG
from scene import START

ONE, TWO, THREE, PUSHED = (f"{number:040x}" for number in (1, 2, 3, 99))
WAITING, STARTED = ("queued", None, "waiting"), ("in_progress", None, "started")
DISPATCHED, SUCCESS = ("in_progress", None, "dispatched"), ("completed", "success", "ended")
FAILURE = ("completed", "failure", "ended")
AUTO_MERGE = {"merge_method": "squash", "commit_title": "t", "commit_message": "m"}


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    return Shop(fake, ask, time)


def refs(shop: Shop) -> list[str]:
    return [told["ref"].removeprefix("refs/heads/") for _, told in shop.fake.dispatched]


def dispatched(sha: str) -> Event:
    return Event(name="workflow_dispatch", repository="ada/shop", sha=sha)


def test_from_the_first_push_to_the_result(shop: Shop) -> None:
    opened = shop.opened(1)
    shop.ran(ONE, "skipped")
    shop.checked(opened)
    assert (shop.ours(ONE), shop.mergeable(ONE)) == (WAITING, False)

    shop.at(2)
    pushed = shop.pushed(1, PUSHED)
    shop.ran(PUSHED, "skipped")
    shop.checked(pushed)
    assert shop.ours(PUSHED) == WAITING

    shop.at(4)
    shop.checked(shop.approved(1))
    assert (refs(shop), shop.ours(PUSHED)) == (["work-1"], DISPATCHED)

    shop.at(5)
    shop.ran(PUSHED)
    shop.reported(dispatched(PUSHED))
    assert (shop.ours(PUSHED), shop.mergeable(PUSHED), shop.mergeable(ONE)) == (SUCCESS, True, False)
    assert refs(shop) == ["work-1"]


def test_a_check_that_fails_is_told_and_one_that_is_run_again_is_told_again(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    shop.checked(shop.approved(1))
    shop.ran(ONE, "failure")
    shop.reported(dispatched(ONE))
    assert shop.ours(ONE) == FAILURE
    shop.ran(ONE, None)
    shop.reported(dispatched(ONE))
    assert shop.ours(ONE) == STARTED
    shop.ran(ONE)
    shop.reported(dispatched(ONE))

    assert shop.ours(ONE) == SUCCESS


@pytest.mark.parametrize("how", ["ready", "auto-merge", "title", "label"])
def test_what_speaks_for_running_starts_the_checks_of_that_pull_request_alone(shop: Shop, how: str) -> None:
    for number in (1, 2):
        shop.checked(shop.opened(number))
    row = shop.fake.pulls[1]
    match how:
        case "ready":
            event = shop.event(1, "ready_for_review")
        case "auto-merge":
            row["auto_merge"] = AUTO_MERGE | {"enabled_by": row["user"]}
            event = shop.event(1, "auto_merge_enabled")
        case "title":
            row["title"], row["user"]["login"], row["user"]["type"] = "By hand", "ada", "User"
            event = shop.event(1, "edited")
        case _:
            label = shop.fake.description.example("pull-request")["labels"][0]
            row["labels"] = [label | {"name": "no-session"}]
            event = shop.event(1, "labeled")
    shop.checked(event)

    assert (refs(shop), shop.ours(ONE), shop.ours(TWO)) == (["work-1"], DISPATCHED, WAITING)


def test_a_completed_session_starts_the_checks_of_all_its_open_pull_requests(shop: Shop) -> None:
    for number in (1, 2, 3):
        shop.checked(shop.opened(number))
    shop.fake.pulls[3] |= {"state": "closed", "closed_at": shop.fake.now}
    shop.at(1)
    shop.checked(shop.said(1, "/complete-session", by="eve"))
    assert refs(shop) == []
    shop.checked(shop.said(1, "/complete-session"))
    shop.checked(shop.said(2, "/complete-session"))

    assert sorted(refs(shop)) == ["work-1", "work-2"]
    assert [shop.ours(ONE), shop.ours(TWO), shop.ours(THREE)] == [DISPATCHED, DISPATCHED, WAITING]


def test_a_pull_request_that_does_not_wait_is_run_by_its_own_event(shop: Shop) -> None:
    shop.fake.files[1] = [shop.fake.file("package-lock.json"), shop.fake.file(".github/workflows/ci.yml")]
    opened = shop.opened(1)
    shop.checked(opened)
    assert (shop.ours(ONE), refs(shop)) == (STARTED, [])
    shop.ran(ONE)
    shop.checked(opened)

    assert (shop.ours(ONE), refs(shop)) == (SUCCESS, [])


def test_the_events_in_any_order_and_twice_end_the_same(shop: Shop) -> None:
    for number, order in enumerate(itertools.permutations(range(3)), 1):
        sha = f"{number:040x}"
        shop.at(100 * number)
        opened = shop.opened(number)
        shop.ran(sha, "skipped")
        events = (opened, shop.approved(number), shop.said(number, "/complete-session"))
        for which in (*order, *order):
            shop.checked(events[which])
        assert shop.mergeable(sha) is False
        shop.at(100 * number + 70)
        shop.swept()
        assert (sha, refs(shop).count(f"work-{number}")) == (sha, 1)
        shop.ran(sha)
        shop.reported(dispatched(sha))

        assert shop.ours(sha) == SUCCESS


def test_an_event_of_an_older_commit_starts_nothing(shop: Shop) -> None:
    opened = shop.opened(1)
    pushed = shop.pushed(1, PUSHED)
    shop.checked(pushed)
    shop.checked(opened)

    assert (shop.ours(PUSHED), shop.ours(ONE), refs(shop)) == (WAITING, None, [])


def test_a_lost_event_is_made_good_by_a_sweep(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    shop.at(1)
    shop.approved(1)
    shop.swept()
    assert refs(shop) == ["work-1"]
    shop.ran(ONE)
    shop.swept()

    assert shop.ours(ONE) == SUCCESS


@pytest.mark.parametrize("failing", range(14))
def test_wherever_github_fails_nothing_passes_and_the_sweeps_end_it(shop: Shop, failing: int) -> None:
    shop.checked(shop.opened(1))
    approved = shop.approved(1)
    shop.fake.faults.extend([None] * failing + [Fault(status=404)])
    shop.checked(approved)
    shop.fake.faults.clear()
    assert not shop.mergeable(ONE)
    shop.at(1)
    shop.swept()
    # What was started, and could not be remembered, is started again: rather twice than never.
    assert refs(shop) in (["work-1"], ["work-1", "work-1"])
    started = refs(shop)
    shop.ran(ONE)
    shop.fake.faults.extend([None] * (failing % 4) + [Fault(status=404)])
    with suppress(ForgeFailed):
        shop.reported(dispatched(ONE))
    shop.fake.faults.clear()
    shop.swept()

    assert (shop.ours(ONE), refs(shop)) == (SUCCESS, started)


def test_a_merge_group_is_told_of_on_its_own_commit(shop: Shop) -> None:
    group = Event(name="merge_group", action="checks_requested", repository="ada/shop", sha=PUSHED)
    shop.checked(group)
    assert shop.ours(PUSHED) == STARTED
    shop.ran(PUSHED)
    shop.checked(group)

    assert (shop.ours(PUSHED), refs(shop)) == (SUCCESS, [])


def test_a_dispatched_run_on_a_branch_without_a_pull_request_is_of_no_interest(shop: Shop) -> None:
    shop.opened(1)

    assert shop.reported(dispatched(PUSHED)).notes == (NOTHING,)
    assert shop.checked(Event(name="push", repository="ada/shop", sha=ONE)).notes == (NOTHING,)


def test_jobs_that_may_only_read_ask_for_nothing(shop: Shop) -> None:
    opened = shop.opened(1, fork=True)
    by_dependabot = replace(shop.opened(2), sender=User("dependabot[bot]", 1, "Bot"))

    assert [shop.checked(event).notes for event in (opened, by_dependabot)] == [(READ_ONLY,), (READ_ONLY,)]
    assert shop.fake.asked == []


def test_a_comment_below_a_fork_s_pull_request_reports_on_it(shop: Shop) -> None:
    shop.opened(1, fork=True)
    shop.checked(shop.said(1, "please"))

    assert (shop.ours(ONE), refs(shop)) == (STARTED, [])


def test_an_advisory_gate_writes_nothing(shop: Shop) -> None:
    shop.fake.contents["main", CONFIG] = CONFIGURATION.replace("enforce", "advisory").encode()

    assert shop.checked(shop.opened(1)).notes == (ADVISORY,)
    assert shop.fake.checks == {}


def test_without_a_token_it_says_what_is_missing() -> None:
    with pytest.raises(InvalidValue) as refused:
        asyncio.run(report(None, dispatched(ONE), START))
    assert refused.value.hint == "give the step GITHUB_TOKEN, and the job `permissions: checks: write`"


@pytest.mark.parametrize("by", ["eve", "nobody-knows"])
def test_a_comment_of_a_stranger_costs_one_request_and_does_nothing(shop: Shop, by: str) -> None:
    shop.opened(1)
    shop.fake.asked.clear()

    assert shop.checked(shop.said(1, "/complete-session", by=by)).notes == (OUTSIDER,)
    assert (len(shop.fake.asked), shop.ours(ONE), refs(shop)) == (1, None, [])


def test_an_agent_s_own_app_does_not_vouch_for_it(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    for name in CHECKS:
        shop.fake.add_run(ONE, name, "success", suite=9, app="cursor")
    shop.checked(shop.event(1, "edited"))

    assert (shop.ours(ONE), shop.mergeable(ONE)) == (WAITING, False)
