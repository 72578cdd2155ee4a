from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.importers.numbering import Named, not_rising, others

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def bracket(number: int, **fields: Any) -> Named:
    return Named(number, BEGIN, "bracket", **{"is_sure": False, **fields})


def merge(number: int, form: Any = "github", **fields: Any) -> Named:
    return Named(number, BEGIN, form, is_sure=True, **fields)


@pytest.mark.parametrize(
    ("named", "forge", "places"),
    [
        # The remote decides.
        ([bracket(12)], "github", {}),
        ([bracket(12)], "gitea", {}),
        ([bracket(12)], "gitlab", {0: "issue"}),
        ([bracket(12)], "bitbucket", {0: "issue"}),
        ([bracket(12)], "azure", {0: "issue"}),
        # Where it says nothing, the history's own words do.
        ([bracket(12)], None, {}),
        ([merge(11), bracket(630624)], None, {}),
        ([merge(11, "gitlab"), bracket(12)], None, {1: "issue"}),
        ([bracket(630624)], None, {0: "issue"}),
        # A mirror on GitHub of what is worked on elsewhere.
        ([merge(11, "gitlab"), bracket(12)], "github", {1: "issue"}),
        # What GitHub committed is GitHub's, also in a history that moved.
        ([bracket(12, is_sure=True)], "gitlab", {}),
        # A merge script names its own merges in another way.
        ([merge(50, "script"), bracket(12, is_in_branch=True)], "github", {1: "issue"}),
        ([merge(50), bracket(12, is_in_branch=True)], "github", {}),
    ],
)
def test_a_bracket_is_an_issue_or_a_pull_request(named: list[Named], forge: Any, places: dict[int, str]) -> None:
    assert others(named, forge, commits=10) == places


@pytest.mark.parametrize(
    ("named", "places"),
    [
        ([merge(90, repository="o/shop"), merge(3, repository="o/gui"), merge(91, repository="o/shop")], [1]),
        # renamed: the numbers go on
        ([merge(89, repository="old/shop"), merge(90, repository="o/shop"), merge(91, repository="o/shop")], []),
        ([merge(1), merge(2), merge(1, origin="root"), merge(3)], [2]),
        ([merge(1, origin="root"), merge(2), merge(3)], []),
        ([merge(1, origin="root")], []),
    ],
)
def test_numbers_of_other_repositories_are_told_apart(named: list[Named], places: list[int]) -> None:
    assert others(named, "github", commits=10) == dict.fromkeys(places, "other_repository")


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        ([], []),
        ([5, 1], []),
        ([1, 2, 3, 900, 4, 5, 6, 7, 8, 9], [3]),
        # bugs of a tracker before the forge
        ([630624, 640000, 1, 2, 3, 4, 5, 6], [0, 1]),
        # the newest of all
        ([1, 2, 3, 4, 5, 6, 7, 630624], [7]),
        # one that waited for long, and a jump
        ([1, 2, 300, 301, 3, 302, 303, 4, 304], []),
        ([1, 2, 3, 4, 5, 5001, 5002, 5003, 5004, 5005], []),
        # a fork begins anew: nothing of what was before is its own
        ([*range(1, 1000), *range(1, 30)], [*range(999)]),
    ],
)
def test_what_is_far_above_all_that_follow_is_no_pull_request(numbers: list[int], places: list[int]) -> None:
    assert not_rising(numbers, [True] * len(numbers)) == places


def test_brackets_are_measured_by_what_the_forge_made() -> None:
    numbers = [10, 9000, 11, 9001, 12, 9002, 13, 9003, 14, 9004, 15, 16, 17]
    is_sure = [number < 9000 for number in numbers]

    assert not_rising(numbers, is_sure) == [1, 3, 5]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.integers(1, 200_000))
def test_pull_requests_that_are_merged_in_any_near_order_are_all_kept(delays: list[int], first: int) -> None:
    merged = sorted(range(len(delays)), key=lambda place: (place + delays[place], place))

    assert not_rising([first + place for place in merged], [True] * len(merged)) == []


def test_time_grows_with_the_numbers() -> None:
    started = datetime.now(UTC)
    not_rising(list(range(1, 200_000)), [True] * 199_999)

    assert datetime.now(UTC) - started < timedelta(seconds=5)
