"""Times as we write them, without the library that knows calendars."""

import time


def time_text(moment: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 in UTC, with microseconds."""
    seconds, rest = divmod(moment, 1_000_000_000)
    y, mo, d, h, mi, s, *_ = time.gmtime(seconds)
    return f"{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{rest // 1000:06}Z"
