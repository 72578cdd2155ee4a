"""The figures as a page to read and as JSON."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from msgspec import to_builtins

from pr_sessions.analytics.breakdowns import UNKNOWN, Count, Period
from pr_sessions.analytics.markdown import escape, table
from pr_sessions.analytics.metrics import Corrected, Metrics, Reduction, Summary
from pr_sessions.sessions.times import write_time

COUNTED = (
    "completion_triggers",
    "explicit_markers",
    "duration_distribution",
    "agents",
    "states",
    "placements",
    "evidence",
)
LATEST_DAYS = 14
TITLE = "Auto-PR Session Analytics"
NO_COMPLETED = "No session has completed yet."
NO_PULL_REQUESTS = "No pull requests yet."


def render_markdown(metrics: Metrics, title: str = TITLE) -> str:
    """The figures as one Markdown page. Text from outside is escaped; what is empty is said to be."""
    at = write_time(metrics.at)
    head = [f"# {escape(title)}", f"As of {at}. Durations are minutes, days are those of {escape(metrics.time_zone)}."]
    if not metrics.weeks:
        return "\n\n".join([*head, "No sessions and no pull requests are recorded yet."]) + "\n"
    return "\n\n".join([*head, _headline(metrics.reduction), *_sections(metrics)]) + "\n"


def file_name(day: date) -> str:
    """What a saved report is called: one for each day, the day's last one stays."""
    return f"session_analytics_{day:%Y%m%d}.md"


def as_json(metrics: Metrics) -> dict[str, Any]:
    """The figures as plain JSON values: breakdowns as objects by name, periods as lists, oldest first."""
    plain: dict[str, Any] = to_builtins(metrics)
    plain["at"] = write_time(metrics.at)
    for name in COUNTED:
        plain[name] = {row["name"]: row["count"] for row in plain[name]}
    for name in ("weeks", "days"):
        plain[name] = list(plain[name])
    plain["authors"] = {row.pop("name"): row for row in plain["authors"]}
    return plain


def _headline(reduction: Reduction) -> str:
    if reduction.factor is None:
        return "No session holds a pull request yet."
    prs, sessions = _many(reduction.pull_requests, "pull request"), _many(reduction.sessions, "session")
    return f"**{prs} in {sessions}**: one review covers {reduction.factor:.1f} on average."


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _sections(m: Metrics) -> Iterable[str]:
    yield _section("Summary", ("Measure", "Value"), _summary(m.summary))
    yield _section(
        "Authors",
        ("Author", "Sessions", "Pull requests", "Average duration"),
        [(escape(a.name), str(a.sessions), str(a.prs), _decimal(a.avg_duration)) for a in m.authors],
    )
    yield _counts("Completion triggers", ("Trigger", "Sessions"), _present(m.completion_triggers), NO_COMPLETED)
    yield _counts(
        "Explicit markers", ("Marker", "Sessions"), m.explicit_markers, "No session was completed by a marker."
    )
    durations = m.duration_distribution if m.summary.total_completed else ()
    yield _counts("Durations", ("Minutes", "Sessions"), durations, NO_COMPLETED)
    yield _counts("Agents", ("Agent", "Pull requests"), m.agents, NO_PULL_REQUESTS)
    yield _counts("States", ("State", "Pull requests"), _present(m.states), NO_PULL_REQUESTS)
    yield _counts("Why in their session", ("Reason", "Pull requests"), _present(m.placements), NO_PULL_REQUESTS)
    yield _evidence(m)
    yield from _corrections(m.corrections)
    yield _periods("Weeks", "Week", m.weeks)
    yield _periods(f"Days (the latest {LATEST_DAYS} with work)", "Day", m.days[-LATEST_DAYS:])


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], empty: str = "") -> str:
    return f"## {title}\n\n{table(heads, rows) if rows else empty}"


def _summary(s: Summary) -> list[tuple[str, str]]:
    return [
        ("Completed sessions", str(s.total_completed)),
        ("Active sessions", str(s.total_active)),
        ("... idle longer than the timeout", str(s.total_idle)),
        ("Sessions without pull requests", str(s.empty_sessions)),
        ("Pull requests", str(s.total_pull_requests)),
        ("... automatic", str(s.automatic_pull_requests)),
        ("... in no session", str(s.unattributed_pull_requests)),
        ("Pull requests per session, average", _decimal(s.avg_prs_per_session)),
        ("Pull requests per session, median", _decimal(s.median_prs_per_session)),
        ("Session duration, average", _decimal(s.avg_session_duration)),
        ("Session duration, median", _decimal(s.median_session_duration)),
        ("Sessions of unknown duration", str(s.unknown_durations)),
        ("Active minutes, average", _decimal(s.avg_active_minutes)),
        ("Files changed", str(s.files_changed)),
        ("Test files added", str(s.test_files_added)),
        ("Score, average", _decimal(s.avg_score)),
    ]


def _decimal(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f}"


def _present(rows: Iterable[Count]) -> list[Count]:
    return [row for row in rows if row.count]


def _counts(title: str, heads: tuple[str, str], rows: Sequence[Count], empty: str) -> str:
    total = sum(row.count for row in rows)
    cells = [(escape(row.name), str(row.count), f"{row.count / total:.0%}") for row in rows]
    return _section(title, (*heads, "Share"), cells, empty)


def _evidence(m: Metrics) -> str:
    cells = [(escape(row.name), str(row.count)) for row in m.evidence]
    return _section("Evidence for automatic ones", ("Rule", "Pull requests"), cells, "No evidence is recorded.")


def _corrections(corrected: Corrected) -> Iterable[str]:
    """Only where there are any."""
    rows = [
        ("Pull requests put into their session", corrected.linked),
        ("Pull requests taken out", corrected.unlinked),
        ("Sessions merged into another", corrected.merged),
        ("Sessions reopened", corrected.reopened),
    ]
    if any(count for _, count in rows):
        yield _section("Corrections by hand", ("Correction", "Count"), [(name, str(count)) for name, count in rows])


def _periods(title: str, name: str, rows: Sequence[Period]) -> str:
    cells = [(row.name, str(row.sessions), str(row.prs)) for row in rows]
    return _section(title, (name, "Sessions", "Pull requests"), cells)
