"""A stack of pull requests, event by event: merging one merges all below it, so no pass leaves one untested."""

from random import Random
from typing import Any

import pytest
from shop import Shop

from asking import Ask, Time
from examples import IS_LONG
from fake_github import FakeGitHub
from pr_sessions.core.models import NO_STACK, PullRequest, Stack, State
from pr_sessions.forges.base import ForgeStack, StackMember
from pr_sessions.gate.stacks import is_lowest, merged_along, open_above, stack_of

ONE, TWO, THREE = (f"{number:040x}" for number in (1, 2, 3))


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    return Shop(fake, ask, time)


@pytest.fixture
def stacked(shop: Shop) -> Shop:
    """Three pull requests of an agent, each built on the one before; the checks of all wait."""
    for number in (1, 2, 3):
        shop.at(number)
        event = shop.opened(number)
        shop.fake.pulls[number]["base"]["ref"] = f"work-{number - 1}" if number > 1 else "main"
        skipped(shop, f"{number:040x}")
        shop.checked(event)
    shop.fake.stacks = {50: [1, 2, 3]}
    for number in (1, 2, 3):
        shop.checked(shop.event(number, "stacked"))
    return shop


def skipped(shop: Shop, sha: str) -> None:
    shop.ran(sha, "skipped")


def states(shop: Shop, *commits: str) -> list[Any]:
    return [ours[:2] if (ours := shop.ours(sha)) else None for sha in commits]


def title(shop: Shop, sha: str) -> str:
    checks = [
        check for check in shop.fake.checks.values() if (check["head_sha"], check["name"]) == (sha, "pr-sessions")
    ]
    return str(checks[-1]["output"]["title"])


def started(shop: Shop) -> list[str]:
    return [told["ref"].removeprefix("refs/heads/") for _, told in shop.fake.dispatched]


WAITS, RUNS, PASSED, FAILED = (
    ("queued", None),
    ("in_progress", None),
    ("completed", "success"),
    ("completed", "failure"),
)


def test_that_one_was_stacked_starts_nothing_and_lets_nothing_pass(stacked: Shop) -> None:
    assert (states(stacked, ONE, TWO, THREE), started(stacked)) == ([WAITS] * 3, [])


def test_an_approval_starts_the_checks_of_all_that_merge(stacked: Shop) -> None:
    stacked.checked(stacked.approved(2))

    assert (states(stacked, ONE, TWO, THREE), sorted(started(stacked))) == ([RUNS, RUNS, WAITS], ["work-1", "work-2"])


def test_one_passes_only_after_all_below_it(stacked: Shop) -> None:
    stacked.checked(stacked.approved(2))
    stacked.ran(TWO)
    stacked.reported(stacked.event(2, "synchronize"))
    assert (states(stacked, ONE, TWO), title(stacked, TWO)) == ([RUNS, WAITS], "Waits for #1 below it in its stack")

    stacked.ran(ONE)
    stacked.reported(stacked.event(1, "synchronize"))
    assert states(stacked, ONE, TWO, THREE) == [PASSED, PASSED, WAITS]


def test_a_failure_below_fails_it_and_a_new_run_takes_that_back(stacked: Shop) -> None:
    stacked.checked(stacked.approved(2))
    stacked.ran(TWO)
    stacked.ran(ONE, "failure")
    stacked.reported(stacked.event(2, "synchronize"))
    assert (states(stacked, TWO), title(stacked, TWO)) == ([FAILED], "Cannot pass before #1 below it in its stack")

    stacked.ran(ONE)
    stacked.reported(stacked.event(1, "synchronize"))
    assert states(stacked, ONE, TWO) == [PASSED, PASSED]


def test_a_push_below_takes_a_pass_back(stacked: Shop) -> None:
    for sha in (ONE, TWO):
        stacked.ran(sha)
    stacked.checked(stacked.event(2, "edited"))
    assert states(stacked, TWO) == [PASSED]

    pushed = stacked.pushed(1, "a" * 40)
    skipped(stacked, "a" * 40)
    stacked.checked(pushed)
    assert (states(stacked, "a" * 40, TWO), stacked.mergeable(TWO)) == ([WAITS, WAITS], False)


def test_a_closed_one_in_the_middle_keeps_those_above_from_passing(stacked: Shop) -> None:
    for sha in (ONE, TWO, THREE):
        stacked.ran(sha)
    stacked.checked(stacked.event(3, "edited"))
    assert states(stacked, THREE) == [PASSED]

    stacked.fake.pulls[2] |= {"state": "closed", "closed_at": stacked.fake.now}
    stacked.checked(stacked.event(2, "closed"))
    assert (states(stacked, THREE), title(stacked, THREE)) == ([FAILED], "Cannot pass before #2 below it in its stack")

    stacked.fake.pulls[2] |= {"state": "open", "closed_at": None}
    stacked.checked(stacked.event(2, "reopened"))
    assert states(stacked, THREE) == [PASSED]


def test_after_the_lowest_was_merged_the_others_are_tested_as_they_were_rebased(stacked: Shop) -> None:
    for sha in (ONE, TWO):
        stacked.ran(sha)
    stacked.checked(stacked.event(2, "edited"))
    stacked.fake.pulls[1] |= {"state": "closed", "closed_at": stacked.fake.now, "merged_at": stacked.fake.now}
    stacked.checked(stacked.event(1, "closed"))
    stacked.fake.pulls[2]["base"]["ref"] = "main"
    stacked.checked(stacked.event(2, "edited"))
    rebased = stacked.pushed(2, "b" * 40)
    skipped(stacked, "b" * 40)
    stacked.checked(rebased)
    assert (states(stacked, TWO, "b" * 40), stacked.mergeable("b" * 40)) == ([PASSED, WAITS], False)

    stacked.checked(stacked.approved(2))
    stacked.ran("b" * 40)
    stacked.reported(stacked.event(2, "synchronize"))
    assert states(stacked, "b" * 40) == [PASSED]


def test_where_a_stack_cannot_be_read_only_its_lowest_may_pass(stacked: Shop) -> None:
    for sha in (ONE, TWO):
        stacked.ran(sha)
    stacked.fake.forbidden.add("pull-request-stacks/list")
    stacked.checked(stacked.event(1, "edited"))
    stacked.checked(stacked.event(2, "edited"))

    assert (states(stacked, ONE, TWO), title(stacked, TWO)) == (
        [PASSED, WAITS],
        "Waits for what cannot be read below it in its stack",
    )


@pytest.mark.parametrize("says", [True, False], ids=["said in lists", "not in lists"])
def test_a_sweep_starts_what_merges_with_an_approved_one(stacked: Shop, says: bool) -> None:
    stacked.fake.lists_say_stacks = says
    stacked.ran(THREE)
    stacked.approved(3)
    stacked.at(5)
    stacked.swept()

    assert (states(stacked, ONE, TWO, THREE), sorted(started(stacked))) == ([RUNS, RUNS, WAITS], ["work-1", "work-2"])


@pytest.mark.parametrize("says", [True, False], ids=["said in lists", "not in lists"])
def test_a_sweep_that_cannot_read_the_stacks_lets_only_the_lowest_pass(stacked: Shop, says: bool) -> None:
    stacked.fake.lists_say_stacks = says
    stacked.fake.forbidden.add("pull-request-stacks/list")
    for sha in (ONE, TWO):
        stacked.ran(sha)
    stacked.swept()

    assert states(stacked, ONE, TWO) == [PASSED, WAITS]


def test_a_sweep_lets_one_pass_when_all_below_it_have(stacked: Shop) -> None:
    for sha in (THREE, ONE):
        stacked.ran(sha)
    stacked.swept()
    assert states(stacked, ONE, TWO, THREE) == [PASSED, WAITS, WAITS]

    stacked.ran(TWO)
    stacked.swept()
    assert states(stacked, ONE, TWO, THREE) == [PASSED, PASSED, PASSED]


def test_one_that_left_its_stack_passes_alone(stacked: Shop) -> None:
    stacked.fake.stacks = {}
    stacked.ran(TWO)
    stacked.checked(stacked.event(2, "edited"))

    assert states(stacked, TWO) == [PASSED]


def test_a_server_without_stacks_is_asked_and_answers_nothing(shop: Shop) -> None:
    shop.checked(shop.opened(1))
    shop.ran(ONE)
    shop.reported(shop.event(1, "synchronize"))

    assert states(shop, ONE) == [PASSED]


@pytest.mark.parametrize(
    ("base", "stack", "expected"),
    [
        ("main", Stack(50, 2, 3, "main"), True),
        ("work-1", Stack(50, 2, 3, "main"), False),
        # Nothing is not equal to nothing.
        (None, Stack(50, 2, 3), False),
        ("", Stack(50, 2, 3), False),
        ("main", NO_STACK, False),
        ("main", None, False),
        (None, None, False),
    ],
)
def test_the_lowest_is_the_one_that_is_meant_for_the_stacks_base(
    base: str | None, stack: Stack | None, expected: bool
) -> None:
    assert is_lowest(PullRequest(number="2", base=base, stack=stack)) is expected


def test_what_merges_along_is_below_and_unmerged() -> None:
    states = (State.MERGED, State.OPEN, State.CLOSED, State.OPEN, None, State.OPEN)
    stack = ForgeStack(50, "main", tuple(StackMember(str(n), state) for n, state in enumerate(states, start=1)))

    assert [member.number for member in merged_along("6", stack)] == ["2", "3", "4", "5"]
    assert [member.number for member in open_above("2", stack)] == ["4", "6"]
    assert (stack_of("6", [stack]), stack_of("7", [stack])) == (stack, None)


@pytest.mark.parametrize("seed", range(20 if IS_LONG else 2))
def test_whatever_happens_nothing_merges_unchecked(stacked: Shop, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a play, and no secret
    for minute in range(10, 40):
        stacked.at(minute)
        if unmerged := [n for n in (1, 2, 3) if stacked.fake.pulls[n]["merged_at"] is None]:
            chance.choice(ACTS)(stacked, chance.choice(unmerged), f"{seed:020x}{minute:020x}")

    assert stacked.fake.broken == []


def push(shop: Shop, number: int, sha: str) -> None:
    event = shop.pushed(number, sha)
    skipped(shop, sha)
    shop.checked(event)


def approve(shop: Shop, number: int, _sha: str) -> None:
    shop.checked(shop.approved(number))


def succeed(shop: Shop, number: int, _sha: str) -> None:
    shop.ran(shop.fake.pulls[number]["head"]["sha"])
    shop.reported(shop.event(number, "synchronize"))


def fail(shop: Shop, number: int, _sha: str) -> None:
    shop.ran(shop.fake.pulls[number]["head"]["sha"], "failure")
    shop.reported(shop.event(number, "synchronize"))


def close_or_reopen(shop: Shop, number: int, _sha: str) -> None:
    row = shop.fake.pulls[number]
    is_open = row["state"] == "open"
    row |= {"state": "closed" if is_open else "open", "closed_at": shop.fake.now if is_open else None}
    row["updated_at"] = shop.fake.now
    shop.checked(shop.event(number, "closed" if is_open else "reopened"))


def merge(shop: Shop, number: int, sha: str) -> None:
    """Merge it with all below it, as GitHub does; then what is left is rebased."""
    along = [shop.fake.pulls[n] for n in range(1, number + 1) if shop.fake.pulls[n]["merged_at"] is None]
    if any(row["state"] != "open" for row in along) or not shop.mergeable(along[-1]["head"]["sha"]):
        return
    for row in along:
        row.update(dict.fromkeys(("closed_at", "merged_at", "updated_at"), shop.fake.now), state="closed")
    shop.checked(shop.event(number, "closed"))
    for left in range(number + 1, 4):
        shop.fake.pulls[left]["base"]["ref"] = "main" if left == number + 1 else f"work-{left - 1}"
        push(shop, left, f"{sha[:-1]}{left}")


def sweep(shop: Shop, _number: int, _sha: str) -> None:
    shop.swept()


ACTS = (push, approve, succeed, succeed, succeed, fail, close_or_reopen, merge, merge, sweep)
