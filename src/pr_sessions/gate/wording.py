"""Words and Markdown for comments, summaries and check runs. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pr_sessions.core.ids import MAX_ID, check_number
from pr_sessions.core.lifecycle import longest_break
from pr_sessions.core.models import Completion, Session, Trigger
from pr_sessions.core.policy import Policy
from pr_sessions.errors import InvalidValue

if TYPE_CHECKING:
    from pr_sessions.gate.status import Breach

MOST_REFERENCES = 30
LONGEST_IN_MINUTES = 120


def unread_words(count: int) -> str:
    """Return that overlaps with pull requests of other sessions may be missing."""
    several = f"{count} open pull requests of other sessions change"
    which = "an open pull request of another session changes" if count == 1 else several
    return f"What {which} was not read: overlaps may be missing."


def reference(number: str) -> str:
    """Return a pull request of this repository as GitHub links it, and anything else as text.

    A session file may hold anything, and a link to another repository leaves a trace there, in our name.
    """
    try:
        checked = check_number(number)
    except InvalidValue:
        return text(number)
    return text(checked) if "#" in checked else f"#{checked}"


def references(numbers: Sequence[str]) -> str:
    """Return `#12, #13`, cut where there are too many."""
    return listed([reference(number) for number in numbers], MOST_REFERENCES)


def name(session_id: str) -> str:
    """Return a session's id as code; that of an old session file may hold anything."""
    return code(session_id, MAX_ID)


def listed(items: Sequence[str], most: int) -> str:
    """Return `a, b and 3 more`; the items are Markdown already."""
    left_out = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + left_out


def counted(count: int, noun: str) -> str:
    """Return `1 pull request` or `2 pull requests`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def clock(moment: datetime | None) -> str:
    """Return a time as `2025-11-22 10:00 UTC`: comments are read in every zone."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"


def time_left(ends: datetime, now: datetime) -> str:
    """Return `in 12 min`, `in 2 h 05 min`, or `within a minute`, also where it has just run out."""
    left = max(ends - now, timedelta()) // timedelta(minutes=1)
    if left == 0:
        return "within a minute"
    return f"in {left // 60} h {left % 60:02} min" if left >= 60 else f"in {left} min"


def breach_words(breach: "Breach", shown: Callable[[str], str]) -> str:
    """Return by how much an agent has too many; `shown` escapes its name for where it is shown."""
    return f"{shown(breach.agent)} has {breach.open} open pull requests; gate.open_budget allows {breach.budget}"


def ended(completion: Completion, session: Session, policy: Policy) -> str:
    """Return when and why a session completed: `2025-11-22 10:30 UTC, after 30 minutes without activity`."""
    kind, _, marker = completion.trigger.partition(": ")
    if kind == Trigger.TIMEOUT:
        why = f"after {_length(longest_break(session, policy))} without activity"
    elif kind == Trigger.EXPLICIT_MARKER and marker:
        why = f"by {code(marker)}"
    else:
        why = text(completion.trigger.replace("_", " "))
    return f"{clock(completion.at)}, {why}"


def _length(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    return counted(minutes, "minute") if minutes <= LONGEST_IN_MINUTES else counted(minutes // 60, "hour")


MOST = 120

# What GitHub still makes links and pictures of after Markdown is done: `@name`, `#1`, `GH-1`, `GHSA-...`, addresses,
# commits, `:rocket:`. A space without width, which stands for nothing else here, takes it apart.
_BREAK = "\u200b"
_CALLS = re.compile(r"[@#]|:(?!\s)|-(?=[0-9])|ghsa(?=-)|www(?=\.)|[0-9a-f]{6}(?=[0-9a-f])", re.ASCII | re.IGNORECASE)
_ESCAPED = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_[]|~"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", _BREAK: "&#8203;"}
)
# What means something only where a line begins: lists, and the line under a heading or a table's head.
_BEGINS_A_BLOCK = re.compile(r"^([0-9]{1,9})?([-+=:.)])", re.ASCII)
_PLAIN_IN_CODE = re.compile(r"[^`|\\$<>&]+")


def text(raw: str, most: int = MOST) -> str:
    """Return text from outside on one line, for anywhere in Markdown, also for a table's cell.

    It says what it said and means nothing: every character with a meaning to Markdown or HTML is escaped, and mentions,
    references, addresses and names of emoji are taken apart. Long text is cut.

    Args:
        raw: whatever somebody wrote.
        most: characters that are shown, before anything is escaped.
    """
    taken_apart = _CALLS.sub(rf"\g<0>{_BREAK}", line(raw, most))
    return _BEGINS_A_BLOCK.sub(r"\1\\\2", taken_apart.translate(_ESCAPED))


def code(raw: str, most: int = MOST) -> str:
    """Return the same as a piece of code, where it holds nothing that could end that; else as `text`."""
    plain = line(raw, most)
    return f"`{plain}`" if _PLAIN_IN_CODE.fullmatch(plain) else text(raw, most)


def line(raw: str, most: int = MOST) -> str:
    """Return one line of at most so many printable characters, none that steers a terminal or the text direction."""
    # More than this of it is never shown, however much of that is space.
    shown = "".join(char if char.isprintable() else " " for char in raw[: most * 10])
    plain = " ".join(shown.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """Return a table; its cells are Markdown already, one line each."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
