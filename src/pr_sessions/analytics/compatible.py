"""The original's analytics over a session file as it stands, for scripts that call `calculate_analytics`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pr_sessions.analytics.breakdowns import BUCKETS, UNKNOWN, average, bucket, number

Record = Mapping[str, Any]


def original_analytics(data: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a session file's completed sessions, in the original's shape.

    Durations are minutes. An average of nothing is 0.0, since callers format it as a number. A field that is missing
    or of a wrong type counts as unknown, a negative duration too.

    Returns:
        `summary`, `authors`, `completion_triggers` and `duration_distribution`, or `error` where nothing is completed.
    """
    completed = _records(data.get("completed_sessions"))
    if not completed:
        return {"error": "No completed sessions found"}
    durations = Counter(map(bucket, _durations(completed)))
    return {
        "summary": _summary(completed, len(_records(data.get("active_sessions")))),
        "authors": _authors(completed),
        "completion_triggers": dict(Counter(_text(record.get("completion_trigger")) for record in completed)),
        "duration_distribution": {name: durations[name] for name in BUCKETS},
    }


def _records(value: object) -> list[Record]:
    """The records in a list, or in an object by id."""
    records = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [record for record in records if isinstance(record, Mapping)]


def _summary(completed: Sequence[Record], active: int) -> dict[str, float]:
    scores = [score for record in completed if (score := number(record.get("final_score"))) is not None]
    return {
        "total_completed": len(completed),
        "total_active": active,
        "avg_session_duration": average(_durations(completed)) or 0.0,
        "avg_prs_per_session": average([_prs(record) for record in completed]) or 0.0,
        "avg_score": average(scores) or 0.0,
    }


def _authors(completed: Iterable[Record]) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    for record in completed:
        row = rows.setdefault(_text(record.get("author")), {"sessions": 0, "prs": 0, "total_duration": 0})
        row["sessions"] += 1
        row["prs"] += _prs(record)
        row["total_duration"] += sum(_durations([record]))
    return rows


def _durations(records: Iterable[Record]) -> list[float]:
    """The known durations among those of the records."""
    durations = (number(record.get("duration_minutes")) for record in records)
    return [minutes for minutes in durations if minutes is not None and minutes >= 0]


def _prs(record: Record) -> int:
    prs = record.get("prs")
    return len({str(pr) for pr in prs}) if isinstance(prs, list | tuple) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else UNKNOWN
