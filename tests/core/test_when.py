"""Times as people name them, each read at one moment in one zone."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.times import parse_duration, parse_when, read_time, write_time
from pr_sessions.errors import InvalidValue
from strategies import ANY_MOMENT

BERLIN = ZoneInfo("Europe/Berlin")
# In Berlin it is 00:30 of the 23rd.
NOW = datetime(2025, 11, 22, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-11-22T10:00:00Z", "2025-11-22T10:00:00Z"),
        ("2025-11-22T10:00:00-05:00", "2025-11-22T15:00:00Z"),
        ("2025-11-22T10:00", "2025-11-22T09:00:00Z"),
        ("2025-07-22 10:00", "2025-07-22T08:00:00Z"),
        ("2025-11-22", "2025-11-21T23:00:00Z"),
        (" 2025-11-22 ", "2025-11-21T23:00:00Z"),
        ("now", "2025-11-22T23:30:00Z"),
        ("90s", "2025-11-22T23:28:30Z"),
        ("30m", "2025-11-22T23:00:00Z"),
        ("2h", "2025-11-22T21:30:00Z"),
        ("2H", "2025-11-22T21:30:00Z"),
        ("0h", "2025-11-22T23:30:00Z"),
        ("3d", "2025-11-19T23:30:00Z"),
        ("1w", "2025-11-15T23:30:00Z"),
        ("1d12h", "2025-11-21T11:30:00Z"),
        ("today", "2025-11-22T23:00:00Z"),
        ("yesterday", "2025-11-21T23:00:00Z"),
        ("Yesterday", "2025-11-21T23:00:00Z"),
        ("yesterday 14:30", "2025-11-22T13:30:00Z"),
        ("today 00:10:05", "2025-11-22T23:10:05Z"),
    ],
)
def test_a_time_is_read(text: str, instant: str) -> None:
    assert write_time(parse_when(text, NOW, BERLIN)) == instant


def test_yesterday_begins_at_midnight_where_the_clock_changed_since() -> None:
    """On 30 March 2025 Berlin went from UTC+1 to UTC+2."""
    now = datetime(2025, 3, 31, 10, 0, tzinfo=UTC)
    assert [write_time(parse_when(text, now, BERLIN)) for text in ("today", "yesterday")] == [
        "2025-03-30T22:00:00Z",
        "2025-03-29T23:00:00Z",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "noon", "2", "2x", "h", "-2h", "2h ago", "h2", "1.5h", "tomorrow", "yesterday noon", "today 25:00", "٢h"],
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        parse_when(text, NOW, BERLIN)
    assert (str(error.value), error.value.hint) == (
        f"not a time: {text!r}",
        "write it like 2025-11-22T10:00:00Z, 2025-11-22, 2h (two hours ago) or yesterday",
    )


@pytest.mark.parametrize("text", ["999999w", "99999d", "1066-10-14"])
def test_what_no_file_can_keep_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"before the year 1|outside the years 1970 to 9998"):
        parse_when(text, NOW, BERLIN)


@given(ANY_MOMENT)
def test_what_read_time_reads_means_the_same(moment: datetime) -> None:
    text = write_time(moment)
    assert parse_when(text, NOW, BERLIN) == read_time(text, BERLIN)


@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_refused(text: str) -> None:
    with suppress(InvalidValue):
        assert parse_when(text, NOW, BERLIN).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "2", "2 h", "yesterday", "1h" * 6])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None
