"""Times as text: ISO 8601, read in any spelling, written in UTC with `Z`; and as people name them, such as `2h`."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from pr_sessions.errors import InvalidValue

# No pull request is older than this, and a timeout can still be added to the last year.
FIRST_YEAR, LAST_YEAR = 1970, 9998
# Python reads week dates too, and any sign between date and time.
_SHAPE = re.compile(r"\d{4}(?:-\d\d-\d\d|\d{4})(?:[Tt ]\d\d[0-9:.,]*(?:Z|[+-][0-9:.]+)?)?", re.ASCII)
_HINT = "write it like 2025-11-22T10:00:00Z, 2025-11-22, 2h (two hours ago) or yesterday"
_DAYS_AGO = {"today": 0, "yesterday": 1}
# Compiled where they are used: few commands take such words.
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
# The bounds keep the sum within what `timedelta` holds.
_DURATION = r"(?:[0-9]{1,6}[smhdw]){1,5}"
_PART = r"([0-9]+)([smhdw])"
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def read_time(text: str, zone: tzinfo = UTC) -> datetime:
    """The instant that an ISO 8601 text names, in UTC.

    Args:
        text: a date and time with `Z`, an offset, or neither.
        zone: where a time without a zone was written. In a gap of its clock (spring) the offset before the change
            counts, in a repeated hour (autumn) the first of the two.

    Raises:
        InvalidValue: it is no date and time, or outside the years that can be kept.
    """
    try:
        moment = datetime.fromisoformat(text if _SHAPE.fullmatch(text) else "")
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        instant = aware.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise InvalidValue(
            f"not a date and time: {str(text)[:40]!r}",
            "write it like 2025-11-22T10:00:00Z or 2025-11-22T10:00:00-05:00",
        ) from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise InvalidValue(f"{text[:40]} is outside the years {FIRST_YEAR} to {LAST_YEAR}", "check the year")
    return instant


def write_time(moment: datetime) -> str:
    """The instant as ISO 8601 in UTC with `Z`; fractions of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def parse_when(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, that a person names.

    Args:
        text: ISO 8601 as in `read_time`; `now`; `today` or `yesterday`, which begin at midnight and take a time such
            as `yesterday 14:30`; or how long ago, such as `90s`, `30m`, `2h`, `3d`, `1w` or `1d12h`.
        now: the time.
        zone: of the person, for everything without a zone of its own.

    Raises:
        InvalidValue: it is none of these, or outside the years that can be kept.
    """
    words = text.strip().lower()
    age = timedelta() if words == "now" else parse_duration(words)
    day, _, clock = words.partition(" ")
    if day in _DAYS_AGO and re.fullmatch(_CLOCK, clock or "00:00"):
        date = now.astimezone(zone).date() - timedelta(days=_DAYS_AGO[day])
        words = f"{date}T{clock or '00:00'}"
    else:
        words = text.strip()
    try:
        return read_time(words, zone) if age is None else read_time((now - age).isoformat())
    except OverflowError:
        raise InvalidValue(f"{text[:40]} ago is before the year 1", "name a later time") from None
    except InvalidValue as error:
        if "date and time" not in str(error):
            raise
        raise InvalidValue(f"not a time: {text[:40]!r}", _HINT) from None


def parse_duration(text: str) -> timedelta | None:
    """Return how long `90s`, `30m`, `2h`, `3d`, `1w` or `1d12h` is; `None` for any other text."""
    if not re.fullmatch(_DURATION, text):
        return None
    return sum((int(count) * _UNITS[unit] for count, unit in re.findall(_PART, text)), timedelta())
