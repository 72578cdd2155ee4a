"""Time as text: ISO 8601, read in any spelling, written in UTC with `Z`."""

import re
from datetime import UTC, datetime, tzinfo

from pr_sessions.errors import InvalidValue

# No pull request is older than this, and a timeout can still be added to the last year.
FIRST_YEAR, LAST_YEAR = 1970, 9998
# Python reads week dates too, and any sign between date and time.
_SHAPE = re.compile(r"\d{4}(?:-\d\d-\d\d|\d{4})(?:[Tt ]\d\d[0-9:.,]*(?:Z|[+-][0-9:.]+)?)?", re.ASCII)


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
