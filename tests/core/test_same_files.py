"""Pairs of open pull requests that change the same files, where an agent may undo the work of somebody else."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.conflicts import Conflict, MergeAttempt, MergeResult, shared_files, with_attempts
from pr_sessions.core.open_pull_requests import OpenPullRequest

NINE = datetime(2026, 11, 30, 9, tzinfo=UTC)
CODEX = (Agent("codex", Role.OPENED, Confidence.CERTAIN),)


def pr(number: int, *files: str, **known: object) -> OpenPullRequest:
    values = {"repository": "ada/shop", "opened": NINE + timedelta(minutes=number), "agents": CODEX} | known
    return OpenPullRequest(number=str(number), files=files, **values)  # type: ignore[arg-type] # of each case


@pytest.mark.parametrize(
    ("prs", "pairs"),
    [
        ([pr(1, "a"), pr(2, "a")], [("1", "2")]),
        ([pr(1, "a"), pr(2, "b")], []),
        ([pr(1, "a", session_id="s"), pr(2, "a", session_id="t")], [("1", "2")]),
        ([pr(1, "a", session_id="s"), pr(2, "a", session_id="s")], []),
        ([pr(1, "a", session_id="s", agents=()), pr(2, "a", agents=())], [("1", "2")]),
        ([pr(1, "a", agents=()), pr(2, "a", agents=())], []),
        ([pr(1, "a"), pr(2, "a", built_on="1")], []),
        ([pr(1, "a"), pr(2, "b", built_on="1"), pr(3, "a", built_on="2")], []),
        ([pr(1, "a", built_on="2"), pr(2, "a", built_on="1")], []),
        ([pr(1, "a"), pr(2, "a", repository="ada/app")], []),
        ([pr(1, "a", opened=NINE + timedelta(days=1)), pr(2, "a")], [("2", "1")]),
        ([pr(1, "a"), OpenPullRequest(repository="ada/shop", number="2", files=None)], []),
        ([pr(1, "poetry.lock", "a"), pr(2, "a"), pr(3, "poetry.lock")], [("1", "2"), ("1", "3")]),
    ],
)
def test_pairs(prs: list[OpenPullRequest], pairs: list[tuple[str, str]]) -> None:
    assert [conflict.numbers for conflict in shared_files(prs)] == pairs


def test_the_order_of_the_pull_requests_does_not_matter() -> None:
    prs = [pr(9, "a", "b"), pr(10, "b", "c"), pr(11, "c", "d"), pr(12, "d", "a", opened=NINE), pr(13, "a", opened=None)]
    expected = shared_files(prs)
    assert {shared_files(order) for order in permutations(prs)} == {expected}
    assert [conflict.numbers for conflict in expected if "13" in conflict.numbers] == [("13", "9"), ("13", "12")]


def test_what_was_tried_stands_beside_its_pair_and_conflicts_first() -> None:
    one, two, three = shared_files([pr(1, "a"), pr(2, "a"), pr(3, "a")])
    attempts = {
        ("ada/shop", one.numbers): MergeAttempt(MergeResult.CLEAN),
        ("ada/shop", three.numbers): MergeAttempt(MergeResult.CONFLICT),
        ("ada/app", two.numbers): MergeAttempt(MergeResult.CONFLICT),
    }
    assert with_attempts((one, two, three), attempts) == (
        Conflict(
            repository="ada/shop",
            numbers=three.numbers,
            files=("a",),
            attempt=MergeAttempt(MergeResult.CONFLICT),
        ),
        two,
        Conflict(repository="ada/shop", numbers=one.numbers, files=("a",), attempt=MergeAttempt(MergeResult.CLEAN)),
    )
