"""Time as text: ISO 8601, read in any spelling, written in UTC with `Z`."""

from datetime import UTC, datetime, tzinfo

from pr_sessions.errors import InvalidValue


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
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise InvalidValue(
            f"not a date and time: {str(text)[:40]!r}",
            "write it like 2025-11-22T10:00:00Z or 2025-11-22T10:00:00-05:00",
        ) from None


def write_time(moment: datetime) -> str:
    """The instant as ISO 8601 in UTC with `Z`; fractions of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
