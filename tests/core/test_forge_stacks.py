"""Pull requests that stand in one stack of the forge's."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.agents import Agent, Confidence, Evidence, Role
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.models import NO_STACK, Basis, PullRequest, Stack
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import People, Policy, Track
from pr_sessions.core.recording import Recorded, record
from rules import all_signatures
from strategies import at

RULES = all_signatures(Policy())
RUN, OTHER_RUN = "0123456789abcdef0123", "fedcba98765432100000"
DAY = 24 * 60


def pr(number: int, position: int = 0, minutes: float = 0, stack: int = 50, **fields: Any) -> PullRequest:
    """An automatic pull request by ada; in a stack where it has a position."""
    place = Stack(stack, position, 3, "main") if position else None
    known = {"title": "auto-pr: work", "author": "ada", "created": at(minutes), "stack": place}
    return PullRequest(**{"number": str(number), **known, **fields})


def run(name: str) -> tuple[Agent, ...]:
    evidence = (Evidence("trailer", "Claude-Session"),)
    return (Agent("claude-code", Role.OPENED, Confidence.CERTAIN, evidence, (name,)),)


def recorded(
    *prs: PullRequest, into: InMemorySessions | None = None, days: int = 9
) -> tuple[InMemorySessions, list[Recorded]]:
    collection, results = into or InMemorySessions(), []
    for each in prs:
        assert each.created
        context = AttributionContext(at=each.created)
        collection, result = record(collection, each, context, RULES, at(days * DAY))
        results.append(result)
    return collection, results


def groups(collection: InMemorySessions) -> list[str]:
    return sorted(" ".join(session.prs) for session in collection if session.prs)


@pytest.mark.parametrize(
    ("prs", "expected"),
    [
        ([pr(1, 1), pr(2, 2, 3 * DAY)], ["1 2"]),
        ([pr(1, 1), pr(2, 2, 3 * DAY, stack=51)], ["1", "2"]),
        ([pr(1, 1), pr(2, 2, 3 * DAY, author="bob")], ["1", "2"]),
        ([pr(1, 1, agents=run(RUN)), pr(2, 2, 10, agents=run(OTHER_RUN))], ["1", "2"]),
        ([pr(1, 1, agents=run(RUN)), pr(2, 2, 3 * DAY)], ["1 2"]),
        # The ids of runs differ, and the third says nothing of either.
        (
            [pr(1, 1, agents=run(RUN)), pr(2, 2, 10, agents=run(OTHER_RUN)), pr(3, 3, 3 * DAY)],
            ["1", "2", "3"],
        ),
        ([pr(1, 1), replace(pr(2, 2, 3 * DAY), number="ada/tool#2")], ["1", "ada/tool#2"]),
        ([pr(1, 1), pr(2, 0, 3 * DAY, stack=50)], ["1", "2"]),
        ([pr(1, 1), pr(2, 2, 3 * DAY, author="")], ["1"]),
    ],
    ids=[
        "one",
        "other stack",
        "other author",
        "runs differ",
        "one run",
        "several",
        "other repository",
        "none",
        "nobody",
    ],
)
def test_what_one_author_has_in_one_stack_is_one_session_unless_runs_differ(
    prs: list[PullRequest], expected: list[str]
) -> None:
    assert groups(recorded(*prs)[0]) == expected


def test_a_stack_is_weaker_than_the_branch_and_stronger_than_time() -> None:
    assert Basis.TIME < Basis.COMMITS < Basis.STACK < Basis.WORKSPACE < Basis.MARKER < Basis.AGENT_RUN < Basis.HOOK
    second = recorded(pr(1, 1), pr(2, 2, 3 * DAY))[1][1].result.attribution

    assert second
    assert (second.basis, second.detail) == (Basis.STACK, "stack 50")


def test_a_pull_request_that_joins_a_stack_later_moves_to_the_session_of_the_lowest() -> None:
    before, _ = recorded(pr(1), pr(2, minutes=DAY), pr(3, minutes=3 * DAY))
    after, _ = recorded(pr(1, 1), pr(2, 2, DAY), pr(3, 3, 3 * DAY), into=before)
    lowest = before.for_pull_request("1")

    assert (groups(before), groups(after)) == (["1", "2", "3"], ["1 2 3"])
    assert lowest
    assert [session.id for session in after if session.prs] == [lowest.id]


def test_recording_again_changes_nothing() -> None:
    prs = [pr(1, 1), pr(2, 2, DAY), pr(3, 3, 3 * DAY)]
    once, _ = recorded(*prs)
    twice, _ = recorded(*prs, into=once)

    assert [recorded(*prs, into=twice)[0] is twice, groups(twice)] == [True, ["1 2 3"]]


def test_a_stack_that_a_pull_request_left_is_forgotten_and_none_is_no_news() -> None:
    once, _ = recorded(pr(1, 1), pr(2, stack=50))
    left, _ = recorded(replace(pr(1), stack=NO_STACK), replace(pr(2), stack=NO_STACK), into=once, days=10)
    session = left.for_pull_request("1")

    assert session
    assert [session.pull_requests[n].stack for n in ("1", "2")] == [NO_STACK, None]
    assert list(left.for_stack(50)) == []


def test_a_place_that_moved_is_kept_as_it_was_last_reported() -> None:
    once, _ = recorded(pr(1, 1))
    again, _ = recorded(replace(pr(1), stack=Stack(50, 1, 9, "next")), into=once, days=10)
    session = again.for_pull_request("1")

    assert session
    assert session.pull_requests["1"].stack == Stack(50, 1, 9, "next")
    assert session.pull_requests["1"].reported_at["stack"] == at(10 * DAY)


@few
@given(st.permutations([1, 2, 3, 4]), st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_the_order_of_recording_does_not_show_in_the_groups(order: list[int], days: list[int]) -> None:
    prs = {n: pr(n, n, days[n - 1] * DAY) for n in order}

    assert groups(recorded(*(prs[n] for n in order))[0]) == ["1 2 3 4"]


def test_time_is_no_limit() -> None:
    apart = timedelta(days=8) // timedelta(minutes=1)

    assert groups(recorded(pr(1, 1), pr(2, 2, apart))[0]) == ["1 2"]


def test_where_people_are_hidden_a_stack_says_nothing_of_who_worked_on_it() -> None:
    text = "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    rules = all_signatures(Policy(people=People.HIDDEN, track=Track.AGENTS))
    collection = InMemorySessions()
    for told in (pr(1, 1), replace(pr(2, 2, DAY, author="bob"), stack=Stack(50, 2, 3, "bob/next"))):
        assisted = replace(told, title="Fix", commit_messages=(text,))
        collection, _ = record(collection, assisted, AttributionContext(at=at(0)), rules, at(2 * DAY))
    kept = {number: one for session in collection for number, one in session.pull_requests.items()}

    assert groups(collection) == ["1", "2"]
    assert [(kept[n].author, kept[n].stack) for n in "12"] == [
        ("claude-code", Stack(50, 1, 3, "main")),
        ("claude-code", Stack(50, 2, 3)),
    ]
