"""The ten-minute schedule of sweeps: on while something waits, off otherwise, and never off while something waits."""

import pytest
from shop import CONFIGURATION, Shop

from asking import Ask, Time
from fake_github import FakeGitHub, Fault
from pr_sessions.core.gate import SWEEP
from pr_sessions.git.repository import CONFIG

ONE = f"{1:040x}"
DISABLE = f"PUT /repos/ada/shop/actions/workflows/{SWEEP}/disable"


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    """A repository that rests: nothing waits, and no sweep runs."""
    fake.workflows[SWEEP] = False
    return Shop(fake, ask, time)


def is_on(shop: Shop) -> bool:
    return shop.fake.workflows[SWEEP]


def test_an_event_that_leaves_something_waiting_switches_it_on(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    assert (shop.ours(ONE), is_on(shop)) == (("queued", None, "waiting"), True)


def test_an_event_that_leaves_nothing_waiting_does_not(shop: Shop) -> None:
    shop.checked(shop.opened(1, title="auto-pr: the last one [session-complete]"))
    assert (shop.ours(ONE), is_on(shop)) == (("in_progress", None, "started"), False)


def test_a_sweep_leaves_it_on_while_something_waits(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    shop.at(20)
    shop.swept()
    assert is_on(shop) is True


def test_a_sweep_that_started_what_waited_switches_it_off(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    shop.at(31)
    shop.swept()
    assert (shop.ours(ONE), is_on(shop)) == (("in_progress", None, "dispatched"), False)


def test_it_stays_on_for_a_fork_until_its_checks_have_ended(shop: Shop) -> None:
    shop.opened(1, fork=True)
    shop.at(5)
    shop.swept()
    was_on = is_on(shop)
    shop.at(10)
    shop.ran(ONE)
    shop.swept()
    assert (was_on, shop.ours(ONE), is_on(shop)) == (True, ("completed", "success", "ended"), False)


def test_a_start_that_was_refused_keeps_it_on(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    shop.at(31)
    shop.fake.forbidden.add("actions/create-workflow-dispatch")
    shop.swept()
    assert is_on(shop) is True


def test_what_changes_between_the_look_and_the_switch_keeps_it_on(shop: Shop) -> None:
    """The other job leaves its pull request waiting and switches on; then this one, which saw nothing, switches off."""
    shop.at(60)

    def opened_meanwhile(_count: int) -> None:
        if DISABLE in shop.fake.asked and 2 not in shop.fake.pulls:
            shop.opened(2)

    shop.fake.before = opened_meanwhile
    shop.swept()
    assert (2 in shop.fake.pulls, is_on(shop)) == (True, True)


@pytest.mark.parametrize("failing", range(1, 12))
def test_wherever_github_fails_it_is_not_off_while_something_waits(shop: Shop, failing: int) -> None:
    shop.checked(shop.opened(1))
    shop.at(20)
    shop.fake.faults.extend([None] * failing + [Fault(status=422)])
    shop.swept()
    assert is_on(shop) is True


def test_where_there_is_no_such_workflow_that_is_a_note_and_no_failure(shop: Shop) -> None:
    shop.fake.workflows.clear()
    told = shop.checked(shop.opened(1))
    assert (told.failed, [note for note in told.notes if SWEEP in note]) == (
        (),
        [f"there is no workflow {SWEEP}, so timeouts are noticed at events, or by a schedule of your own"],
    )


def test_a_missing_right_is_a_problem_that_names_the_permission(shop: Shop) -> None:
    shop.fake.forbidden.add("actions/enable-workflow")
    told = shop.checked(shop.opened(1))
    assert [problem.endswith("(the job needs `permissions: actions: write`)") for problem in told.failed] == [True]


def test_in_advisory_mode_a_sweep_switches_it_off_whatever_has_changed(shop: Shop) -> None:
    shop.fake.workflows[SWEEP] = True
    shop.fake.contents["main", CONFIG] = CONFIGURATION.replace("enforce", "advisory").encode()
    shop.opened(1)
    shop.swept()
    assert is_on(shop) is False
