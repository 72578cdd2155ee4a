"""Who was alive around a day."""

from datetime import timedelta

from pr_sessions.core.overlay import Days
from scene import START


def test_a_life_that_is_known_changes_nothing() -> None:
    day = START.strftime("%Y-%m-%d")
    days = Days().with_life("a", day, day).with_life("b", day, "")

    assert (days.with_life("a", day, day), days.with_life("b", day, "")) == (days, days)
    assert list(days.near(START, timedelta(hours=1))) == ["a", "b"]


def test_an_index_of_lives_is_a_value() -> None:
    day = START.strftime("%Y-%m-%d")
    before = Days([("a", day, day)])
    before.with_life("b", day, day)
    before.with_life("c", day, "")

    assert list(before.near(START, timedelta(hours=1))) == ["a"]
