"""How long to wait before a request is sent again, and when to give up. Pure.

After GitHub's best practices for its REST interface: `retry-after` first, then `x-ratelimit-reset`, else at least a
minute for a secondary limit and growing pauses for a server that fails.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

SECONDARY = timedelta(minutes=1)
LONGEST_STEP = timedelta(seconds=32)
_BROKEN = (500, 502, 503, 504)
_LIMITED = (403, 429)
_SECONDARY_WORDS = ("secondary rate limit", "abuse detection")
# What may have happened already is not asked for twice; to write the same words once more does no harm.
_REPEATABLE = ("GET", "HEAD", "PUT", "PATCH", "DELETE")


class Patience(Struct, frozen=True):
    """How much time one request may take with all its repetitions, and how often it is sent."""

    total: timedelta = timedelta(minutes=5)
    tries: int = 6


class Answer(Struct, frozen=True):
    """What came back.

    Attributes:
        headers: names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Struct, frozen=True):
    """Nothing usable came back.

    Attributes:
        reason: for people.
        sent: whether the request may have arrived all the same.
    """

    reason: str
    sent: bool


def pause_before_retry(method: str, outcome: Answer | NoAnswer, attempt: int, now: datetime) -> timedelta | None:
    """How long to wait before the same request; `None` where sending it again would be wrong or in vain.

    Args:
        method: `GET`, `POST`, ...
        outcome: of the last attempt.
        attempt: how many there were.
        now: UTC.
    """
    step = min(timedelta(seconds=2 ** (attempt - 1)), LONGEST_STEP)
    if isinstance(outcome, NoAnswer):
        return step if method in _REPEATABLE or not outcome.sent else None
    if is_limited(outcome):
        told = _told_pause(outcome, now)
        return SECONDARY * 2 ** (attempt - 1) if told is None else told
    if outcome.status in _BROKEN and method in _REPEATABLE:
        return _retry_after(outcome) or step
    return None


def is_limited(answer: Answer) -> bool:
    """Whether it was refused for being one too many, and not for a missing right."""
    if answer.status not in _LIMITED:
        return False
    if answer.status == 429 or "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0":
        return True
    said = answer.body[:2000].lower()
    return any(words.encode() in said for words in _SECONDARY_WORDS)


def limited_until(answer: Answer, now: datetime) -> datetime:
    """When a limited request may be sent again."""
    told = _told_pause(answer, now)
    return now + (SECONDARY if told is None else told)


def _told_pause(answer: Answer, now: datetime) -> timedelta | None:
    after = _retry_after(answer)
    if after is not None:
        return after
    reset = _number(answer.headers.get("x-ratelimit-reset"))
    if answer.headers.get("x-ratelimit-remaining") != "0" or reset is None:
        return None
    # Clocks differ: a second more than none is waited in any case.
    return max(datetime.fromtimestamp(reset, UTC) - now, timedelta(0)) + timedelta(seconds=1)


def _retry_after(answer: Answer) -> timedelta | None:
    seconds = _number(answer.headers.get("retry-after"))
    return None if seconds is None else timedelta(seconds=seconds)


def _number(text: str | None) -> int | None:
    """Digits that are a time that can be reckoned with."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 10 else None
