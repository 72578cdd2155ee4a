"""The order of review."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.relations import review_order

SIZES = {"1": 9, "2": 1, "3": 4, "4": None, "5": 1}
NUMBERS = st.sampled_from(list("123456789"))


@pytest.mark.parametrize(
    ("numbers", "stacks", "order"),
    [
        ("12345", [], "25314"),
        ("12345", [("1", "2")], "53124"),
        ("12345", [("1", "2", "3")], "51234"),
        ("12345", [("4", "2"), ("4", "5")], "31425"),
        ("25", [("2", "1", "5")], "25"),
        ("52", [("5", "9", "2")], "52"),
        ("12", [("1", "2"), ("2", "1")], "21"),
        ("", [("1", "2")], ""),
    ],
    ids=["small", "base", "chain", "fork", "through", "other", "circle", "none"],
)
def test_the_base_of_a_stack_comes_first_then_what_is_small(
    numbers: str, stacks: list[tuple[str, ...]], order: str
) -> None:
    assert review_order(numbers, SIZES, stacks) == tuple(order)


@given(
    st.sets(NUMBERS),
    st.dictionaries(NUMBERS, st.none() | st.integers(0, 5)),
    st.lists(st.lists(NUMBERS, unique=True, max_size=4).map(sorted), max_size=4),
)
def test_everything_is_there_once_and_above_what_it_is_built_on(
    numbers: set[str], sizes: dict[str, int | None], stacks: list[list[str]]
) -> None:
    order = review_order(numbers, sizes, stacks)
    chains = [[order.index(number) for number in chain if number in numbers] for chain in stacks]

    assert sorted(order) == sorted(numbers)
    assert chains == [sorted(chain) for chain in chains]
