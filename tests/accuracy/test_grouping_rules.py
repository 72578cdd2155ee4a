from typing import Any

import pytest
from benchmarks.accuracy.grouping_rules import (
    BY_TIME,
    ONE_EACH,
    RULES,
    SCORED,
    SHARED_COMMITS,
    by_name,
)
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.agents import Agent
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.models import PullRequest
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import record
from rules import no_signatures
from strategies import at

A, B = "a" * 40, "b" * 40


def pr(number: int, minutes: float = 0, **said: Any) -> PullRequest:
    return PullRequest(number=f"o/r#{number}", created=at(minutes), **{"author": "devin", "title": f"t{number}"} | said)


def groups(rule: str, *told: PullRequest) -> list[tuple[int, ...]]:
    """The groups of numbers, whatever their labels."""
    labels = RULES[rule](told)
    assert set(labels) == {one.number for one in told}
    found: dict[str, list[int]] = {}
    for number, label in labels.items():
        found.setdefault(label, []).append(int(number.rpartition("#")[2]))
    return sorted(tuple(sorted(group)) for group in found.values())


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ONE_EACH, [(1,), (2,), (3,), (4,)]),
        (BY_TIME, [(1, 2), (3,), (4,)]),
        ("basis time", [(1, 2), (3,), (4,)]),
        ("basis manual", [(1,), (2,), (3,), (4,)]),
        ("basis hook", [(1,), (2,), (3,), (4,)]),
        ("basis agent_run", [(1,), (2,), (3,), (4,)]),
        ("basis marker", [(1, 4), (2,), (3,)]),
        ("basis workspace", [(1,), (2, 3), (4,)]),
        (SHARED_COMMITS, [(1, 3), (2,), (4,)]),
        (SCORED, [(1, 3), (2, 4)]),
    ],
)
def test_each_rule_groups_by_its_own_evidence(rule: str, expected: list[tuple[int, ...]]) -> None:
    told = (
        pr(1, 0, commits=(A,), body="Session-ID: s"),
        pr(2, 30, branch="x", body="Fixes #9"),
        pr(3, 61, branch="x", commits=(A, B)),
        pr(4, 31, author="other", title="[cursor-session: s]", body="Fixes #9"),
    )
    assert set(RULES) == {
        *(ONE_EACH, BY_TIME, SHARED_COMMITS, SCORED),
        *(f"basis {name}" for name in ("manual", "hook", "agent_run", "marker", "workspace", "time")),
    }
    assert groups(rule, *told) == groups(rule, *reversed(told)) == expected


def test_a_name_groups_only_those_that_have_it() -> None:
    rule = by_name(lambda one: one.branch)
    assert rule([pr(1), pr(2, branch="o/r#1")]) == {"o/r#1": "o/r#1", "o/r#2": "name o/r#1"}


TOLD = st.lists(
    st.tuples(st.integers(0, 12000), st.frozensets(st.sampled_from([A, B]), max_size=2), st.sampled_from(["x", "y"])),
    max_size=6,
)


@given(TOLD)
def test_shared_commits_are_what_the_tracker_does_with_them(said: list[tuple[int, frozenset[str], str]]) -> None:
    told = [
        pr(n, minutes, commits=tuple(commits), author=author, agents=(Agent("devin"),))
        for n, (minutes, commits, author) in enumerate(said)
    ]
    assert groups(SHARED_COMMITS, *told) == tracked(told)


@given(TOLD)
def test_the_rung_of_time_is_what_the_tracker_does_with_a_team_s_own(
    said: list[tuple[int, frozenset[str], str]],
) -> None:
    told = [pr(n, minutes, author=author, title="auto-pr: x") for n, (minutes, _, author) in enumerate(said)]
    assert groups("basis time", *told) == tracked(told)


def tracked(told: list[PullRequest]) -> list[tuple[int, ...]]:
    collection = InMemorySessions()
    for one in told:
        collection, _ = record(
            collection, one, AttributionContext(at=one.created or at(0)), no_signatures(Policy()), at(30000)
        )
    return sorted(tuple(sorted(int(number.rpartition("#")[2]) for number in session.prs)) for session in collection)
