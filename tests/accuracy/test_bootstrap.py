import pytest
from benchmarks.accuracy.agreement import Tally
from benchmarks.accuracy.bootstrap import DRAWS, draws, interval, redrawn


def test_every_round_draws_as_many_as_there_are() -> None:
    drawn = draws(7, seed=4)
    assert len(drawn) == DRAWS
    assert {sum(counts.values()) for counts in drawn} == {7}
    assert {place for counts in drawn for place in counts} == set(range(7))


def test_a_seed_draws_the_same_in_every_version_and_on_every_machine() -> None:
    assert [sorted(counts.items()) for counts in draws(5, seed=4)[:3]] == FIRST_DRAWS
    assert draws(5, seed=4) == draws(5, seed=4) != draws(5, seed=5)


def test_what_is_drawn_twice_counts_twice() -> None:
    one, other = Tally(items=1, pairs_both=1), Tally(items=10)
    counts = draws(2, seed=1)
    expected = [Tally(items=c[0] + 10 * c[1], pairs_both=c[0]) for c in counts]
    assert list(redrawn([one, other], counts)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([0.5], (0.5, 0.5)),
        ([None, *range(1000)], (25, 974)),
        (list(reversed(range(40))), (1, 38)),
    ],
)
def test_an_interval_holds_the_middle_of_what_is_known(
    values: list[float | None], expected: tuple[float, float] | None
) -> None:
    assert interval(values) == expected


FIRST_DRAWS = [[(0, 3), (1, 2)], [(1, 1), (2, 1), (3, 1), (4, 2)], [(0, 2), (1, 2), (2, 1)]]
