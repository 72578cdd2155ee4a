"""When which repository is looked at: each once a night, all of them spread over six hours. Pure.

A repository has its own moment of the night by its number. A server that slept through it makes up for it.
"""

from datetime import UTC, datetime, time, timedelta
from hashlib import sha256

LASTS = timedelta(hours=6)


def night_of(now: datetime) -> datetime:
    """Return the beginning of the night, midnight in UTC, that was the last to begin."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def moment_of(number: int, night: datetime) -> datetime:
    """Return the moment of a repository in a night, by its number."""
    part = int.from_bytes(sha256(str(number).encode()).digest()[:4], "big") / 2**32
    return night + part * LASTS


def is_due(number: int, reconciled: datetime | None, now: datetime) -> bool:
    """Return whether a repository was not looked at since its last moment."""
    if reconciled is None:
        return True
    moment = moment_of(number, night_of(now))
    if moment > now:
        moment -= timedelta(days=1)
    # A time that lies ahead was written by a clock that was wrong.
    return reconciled < moment or reconciled > now + timedelta(hours=1)
