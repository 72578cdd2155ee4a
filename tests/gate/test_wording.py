from datetime import timedelta

import pytest

from pr_sessions.gate.wording import listed, reference, time_left
from strategies import START


@pytest.mark.parametrize(
    ("minutes", "words"), [(-5, "within a minute"), (0.5, "within a minute"), (12, "in 12 min"), (125, "in 2 h 05 min")]
)
def test_the_time_that_is_left(minutes: float, words: str) -> None:
    assert time_left(START + timedelta(minutes=minutes), START) == words


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("12", "#12"),
        ("octo/app#12", "octo/app#&#8203;12"),
        ("GH-1", "GH-&#8203;1"),
        ("9" * 19, "&#8203;".join(["9" * 6] * 3) + "&#8203;9"),
        ("![x](y)", "!\\[x\\](y)"),
    ],
)
def test_a_number_of_an_old_file_cannot_be_markdown(number: str, shown: str) -> None:
    assert reference(number) == shown


@pytest.mark.parametrize(("most", "shown"), [(3, "a, b, c"), (2, "a, b and 1 more")])
def test_a_list_is_cut(most: int, shown: str) -> None:
    assert listed(["a", "b", "c"], most) == shown
