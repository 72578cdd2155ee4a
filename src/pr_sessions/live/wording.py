"""Numbers, times and names in what people read of the gate: comments and summaries. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pr_sessions.errors import InvalidValue
from pr_sessions.live.budget import Breach
from pr_sessions.live.markdown import code, text
from pr_sessions.sessions.ids import MAX_ID, check_number
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Completion, Trigger

MOST_REFERENCES = 30


def reference(number: str) -> str:
    """A pull request as GitHub makes a link of it."""
    try:
        checked = check_number(number)
    except InvalidValue:
        # An old session file may hold anything.
        return text(number)
    return checked if "#" in checked else f"#{checked}"


def references(numbers: Sequence[str]) -> str:
    """`#12, #13`, cut where there are too many."""
    return listed([reference(number) for number in numbers], MOST_REFERENCES)


def name(session_id: str) -> str:
    """A session's id; that of an old session file may hold anything."""
    return code(session_id, MAX_ID)


def listed(items: Sequence[str], most: int) -> str:
    """`a, b and 3 more`; the items are Markdown already."""
    left_out = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + left_out


def counted(count: int, noun: str) -> str:
    """`1 pull request`, `2 pull requests`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def clock(moment: datetime | None) -> str:
    """`2025-11-22 10:00 UTC`: comments are read in every zone."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"


def time_left(ends: datetime, now: datetime) -> str:
    """`in 12 min`, `in 2 h 05 min`, `within a minute`, also where it has just run out."""
    left = max(ends - now, timedelta()) // timedelta(minutes=1)
    if left == 0:
        return "within a minute"
    return f"in {left // 60} h {left % 60:02} min" if left >= 60 else f"in {left} min"


def breach_words(breach: Breach, shown: Callable[[str], str]) -> str:
    """By how much an agent has too many; `shown` makes its name harmless where that is to stand."""
    return f"{shown(breach.agent)} has {breach.open} open pull requests; gate.open_budget allows {breach.budget}"


def ended(completion: Completion, policy: Policy) -> str:
    """When and why a session completed: `2025-11-22 10:30 UTC, after 30 minutes without activity`."""
    kind, _, marker = completion.trigger.partition(": ")
    if kind == Trigger.TIMEOUT:
        why = f"after {counted(policy.timeout // timedelta(minutes=1), 'minute')} without activity"
    elif kind == Trigger.EXPLICIT_MARKER and marker:
        why = f"by {code(marker)}"
    else:
        why = text(completion.trigger.replace("_", " "))
    return f"{clock(completion.at)}, {why}"
