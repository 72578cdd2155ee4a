import pytest

from pr_sessions.analytics.breakdowns import average, middle, number


@pytest.mark.parametrize(
    ("values", "mean", "median"),
    [((), None, None), ((2,), 2.0, 2.0), ((1, 2, 6), 3.0, 2.0), ((1, 2), 1.5, 1.5), ((1, 1, 2), 1.33, 1.0)],
)
def test_averages_have_two_decimals_and_nothing_has_none(
    values: tuple[float, ...], mean: float | None, median: float | None
) -> None:
    assert (average(values), middle(values)) == (mean, median)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0.0),
        (7.5, 7.5),
        (-251, -251.0),
        (True, None),
        ("7", None),
        (None, None),
        ([7], None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (1e308, None),
    ],
)
def test_only_a_finite_number_of_sensible_size_is_a_number(value: object, expected: float | None) -> None:
    assert number(value) == expected
