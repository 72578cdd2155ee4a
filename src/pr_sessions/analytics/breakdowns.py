"""Rows that split sessions or pull requests up, each into parts that add up to the whole, and their averages.

Averages say "not known" instead of dividing by nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import isfinite
from statistics import fmean, median

from msgspec import Struct

from pr_sessions.core.agents import Confidence, Involvement
from pr_sessions.core.models import TEAM_MARK, Basis, PullRequestRecord, Session, State, Trigger

LARGEST = 1e15  # no minutes or score are larger, and sums of such numbers stay finite
MINUTE = timedelta(minutes=1)


def average(values: Sequence[float]) -> float | None:
    """The mean, to two decimals."""
    return round(fmean(values), 2) if values else None


def middle(values: Sequence[float]) -> float | None:
    """The median, to two decimals."""
    return round(float(median(values)), 2) if values else None


def number(value: object) -> float | None:
    """The value where a file holds a usable number; `None` for text, truth values, NaN and the absurdly large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= LARGEST and isfinite(value) else None


UNKNOWN = "unknown"
CARRIED = "carried"
UNATTRIBUTED = "unattributed"
SIGNS = (Involvement.OPENED.value, Involvement.ASSISTED.value, TEAM_MARK, Involvement.NO_SIGN.value)
BUCKETS = ("0-30", "30-60", "60-90", "90+")
STATES = (*(state.value for state in State), UNKNOWN)
ATTRIBUTIONS = (
    *(basis.label for basis in sorted(Basis, reverse=True) if basis not in (Basis.NONE, Basis.UNKNOWN)),
    CARRIED,
    UNKNOWN,
    UNATTRIBUTED,
)


class Count(Struct, frozen=True):
    """How many there are of one kind."""

    name: str
    count: int


class Author(Struct, frozen=True):
    """What one author did.

    Attributes:
        prs: pull requests of the author's sessions, and the author's own that are in no session.
        avg_duration: minutes, over completed sessions of known duration.
    """

    name: str
    sessions: int
    prs: int
    avg_duration: float | None


class Period(Struct, frozen=True):
    """What was begun on one day or in one week; the name `unknown` holds what has no time."""

    name: str
    sessions: int
    prs: int


class Entry(Struct, frozen=True):
    """One pull request as it is counted.

    Attributes:
        author: the session's, or its own where it is in none.
        attribution: the name of its basis, `carried`, `unknown` or `unattributed`.
        record: empty for a carried one.
    """

    author: str
    attribution: str
    record: PullRequestRecord


def entries(sessions: Iterable[Session], unattributed: Mapping[str, PullRequestRecord]) -> Iterator[Entry]:
    """Every pull request, with or without facts, in a session or in none."""
    for session in sessions:
        for pr in session.prs:
            record = session.pull_requests.get(pr)
            yield Entry(session.author or UNKNOWN, _attribution(session, pr, record), record or PullRequestRecord())
    for record in unattributed.values():
        yield Entry(record.author or UNKNOWN, UNATTRIBUTED, record)


def _attribution(session: Session, pr: str, record: PullRequestRecord | None) -> str:
    if record and record.attribution and record.attribution.basis is not Basis.NONE:
        return record.attribution.basis.label
    return CARRIED if pr in session.carried else UNKNOWN


def count(names: Iterable[str], always: Sequence[str] = ()) -> tuple[Count, ...]:
    """The names with their number: those of `always` in that order, also at zero, then the most frequent first."""
    counts = Counter(names)
    first = [Count(name, counts.pop(name, 0)) for name in always]
    rest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return (*first, *(Count(name, number) for name, number in rest))


def bucket(minutes: float | None) -> str:
    """The half-open range of minutes that a duration falls into."""
    if minutes is None:
        return UNKNOWN
    return BUCKETS[min(int(minutes // 30), len(BUCKETS) - 1)]


def state(record: PullRequestRecord) -> str:
    """Return a pull request's state; one that this version does not know is as unknown as none."""
    return record.state.value if isinstance(record.state, State) else UNKNOWN


def duration_minutes(session: Session) -> float | None:
    """From start to completion, in minutes; `None` where it is not known."""
    return None if session.duration is None else session.duration / MINUTE


def trigger(session: Session) -> str:
    """The trigger's kind: every `explicit_marker: <marker>` is an `explicit_marker`."""
    kind = "" if session.completion is None else session.completion.trigger
    return Trigger.EXPLICIT_MARKER.value if _is_marker(kind) else kind or UNKNOWN


def markers(completed: Iterable[Session]) -> Iterator[str]:
    """The marker of each session that one completed."""
    for session in completed:
        if session.completion and _is_marker(session.completion.trigger):
            yield session.completion.trigger.partition(":")[2].strip() or UNKNOWN


def _is_marker(kind: str) -> bool:
    return kind.partition(":")[0] == Trigger.EXPLICIT_MARKER


def agents(record: PullRequestRecord) -> str:
    """The agents of a pull request as one name, so that it counts once; a mere hint is no agent."""
    known = {agent.name for agent in record.agents if agent.confidence > Confidence.HINT}
    return " + ".join(sorted(known)) or UNKNOWN


def sign(record: PullRequestRecord) -> str:
    """Return the part of agents in a pull request, as one of `SIGNS`; `unknown` where nothing is kept of it."""
    return record.verdict.sign if record != PullRequestRecord() else UNKNOWN


def authors(sessions: Sequence[Session], prs: Iterable[Entry]) -> tuple[Author, ...]:
    """A row for each author, most pull requests first."""
    of_author: defaultdict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        of_author[session.author or UNKNOWN].append(session)
    opened = Counter(entry.author for entry in prs)
    rows = (_author(name, of_author.get(name, []), opened[name]) for name in of_author.keys() | opened.keys())
    return tuple(sorted(rows, key=lambda row: (-row.prs, -row.sessions, row.name)))


def _author(name: str, sessions: Sequence[Session], prs: int) -> Author:
    known = [minutes for session in sessions if (minutes := duration_minutes(session)) is not None]
    return Author(name, len(sessions), prs, average(known))


def week(day: date) -> str:
    """The ISO week of a day, such as `2025-W47`."""
    year, number, _ = day.isocalendar()
    return f"{year:04}-W{number:02}"


def periods(
    sessions: Iterable[Session], prs: Iterable[Entry], zone: tzinfo, name: Callable[[date], str]
) -> tuple[Period, ...]:
    """A row for each day or week on which something began, oldest first, what has no time last."""
    begun = Counter(_period(session.started, zone, name) for session in sessions)
    opened = Counter(_period(_opened(entry.record), zone, name) for entry in prs)
    names = sorted(begun.keys() | opened.keys(), key=lambda row: (row == UNKNOWN, row))
    return tuple(Period(row, begun[row], opened[row]) for row in names)


def _opened(record: PullRequestRecord) -> datetime | None:
    """When it was opened or, where nobody said, when it was put into its session."""
    return record.created or (record.attribution.at if record.attribution else None)


def _period(at: datetime | None, zone: tzinfo, name: Callable[[date], str]) -> str:
    if at is None:
        return UNKNOWN
    try:
        return name(at.astimezone(zone).date())
    except OverflowError:  # the first and last day of the calendar have no other zone
        return name(at.astimezone(UTC).date())
