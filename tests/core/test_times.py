from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.times import FIRST_YEAR, LAST_YEAR, read_time, write_time
from pr_sessions.errors import InvalidValue
from strategies import ANY_MOMENT

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-11-22T10:00:00Z", "2025-11-22T10:00:00Z"),
        ("2025-11-22T10:00:00+00:00", "2025-11-22T10:00:00Z"),
        ("2025-11-22T10:00:00-05:00", "2025-11-22T15:00:00Z"),
        ("2025-11-22T10:00:00+0530", "2025-11-22T04:30:00Z"),
        ("2025-11-22T23:30:00-05:00", "2025-11-23T04:30:00Z"),
        ("2025-12-05T06:17:51.491514", "2025-12-05T06:17:51.491514Z"),
        ("2025-12-05T06:17:51.491Z", "2025-12-05T06:17:51.491000Z"),
        ("2025-12-05T06:17:51.000000Z", "2025-12-05T06:17:51Z"),
        ("2025-11-22 10:00:00", "2025-11-22T10:00:00Z"),
        ("2025-11-22T10:00", "2025-11-22T10:00:00Z"),
        ("2025-11-22", "2025-11-22T00:00:00Z"),
        ("20251122T100000Z", "2025-11-22T10:00:00Z"),
    ],
)
def test_a_time_is_read_in_any_spelling(text: str, instant: str) -> None:
    assert write_time(read_time(text)) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-11-22T10:00:00", "2025-11-22T15:00:00Z"),
        ("2025-07-01T10:00:00", "2025-07-01T14:00:00Z"),
        ("2025-03-09T02:30:00", "2025-03-09T07:30:00Z"),
        ("2025-11-02T01:30:00", "2025-11-02T05:30:00Z"),
        ("2025-11-02T02:30:00", "2025-11-02T07:30:00Z"),
        ("2025-11-22T10:00:00Z", "2025-11-22T10:00:00Z"),
    ],
    ids=["winter", "summer", "in the gap", "the first of the repeated hour", "after it", "a zone of its own"],
)
def test_a_naive_time_is_read_in_the_given_zone(text: str, instant: str) -> None:
    assert write_time(read_time(text, NEW_YORK)) == instant


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "now",
        "2025-W47-6",
        "2025-W47-6T10:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "10:00:00",
        "2025",
        "2025-11-22T25:00:00Z",
        "2025-11-22x10:00:00",
        "2025-11-22T10:00:00z",
        "2025-11-22T10:00:00 EST",
        "2025-11-22T10:00:00+99:00",
        "٢٠٢٥-11-22",
        "1732269600",
        pytest.param("x" * 100_000, id="long"),
        "2025-11-22T10:00:00Z\n",
        " 2025-11-22",
        None,
        17,
        ["2025-11-22"],
    ],
)
def test_what_is_no_time_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidValue, match=r"\Anot a date and time: .{0,60}\Z"):
        read_time(bad)


@pytest.mark.parametrize("far", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"])
def test_a_year_that_cannot_be_reckoned_with_is_refused(far: str) -> None:
    with pytest.raises(InvalidValue) as error:
        read_time(far)
    assert str(error.value) == f"{far} is outside the years {FIRST_YEAR} to {LAST_YEAR}"


@pytest.mark.parametrize("far", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_refused(far: str) -> None:
    with pytest.raises(InvalidValue):
        read_time(far)


@given(ANY_MOMENT, st.integers(-14 * 60, 14 * 60))
def test_a_time_that_is_written_is_read_as_the_same_instant(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_time(write_time(aware), NEW_YORK) == aware
    assert read_time(aware.isoformat(), NEW_YORK) == aware


@given(ANY_MOMENT, ANY_MOMENT)
def test_written_times_sort_like_instants_to_the_second(one: datetime, other: datetime) -> None:
    seconds = [moment.replace(microsecond=0) for moment in (one, other)]
    assert (write_time(seconds[0]) < write_time(seconds[1])) == (seconds[0] < seconds[1])
