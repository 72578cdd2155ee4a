"""The figures as a page to read and as JSON. A terminal, GitHub and a browser all show the page as it was meant."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from unicodedata import combining, east_asian_width

from msgspec import to_builtins

from pr_sessions.analytics.breakdowns import UNKNOWN, Count, Period
from pr_sessions.analytics.metrics import Corrected, Metrics, Reduction, Summary
from pr_sessions.core.times import write_time

LONGEST = 60  # characters of one text in a cell
NARROWEST = 4  # what the line under a heading needs

# An underscore inside a word and brackets without a target mean nothing, so `a_b` and `x[bot]` stay readable.
_MARKUP = re.compile(r"[\\`*|~$]|(?<!\w)_|_(?!\w)|\](?=[(\[])")


def escape(text: str) -> str:
    """Text from outside on one line, without any meaning to Markdown or HTML; long text is cut."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > LONGEST:
        line = line[: LONGEST - 3] + "..."
    plain = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\g<0>", plain)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with aligned columns, the first to the left and the others to the right. Cells are escaped already."""
    widths = [max(NARROWEST, *map(_width, column)) for column in zip(heads, *rows, strict=True)]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(cells, widths) for cells in (heads, rule, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    spaces = [" " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)]
    numbers = [space + cell for cell, space in zip(cells[1:], spaces[1:], strict=True)]
    return "| " + " | ".join([cells[0] + spaces[0], *numbers]) + " |"


def _width(text: str) -> int:
    """Columns that it takes in a terminal."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


COUNTED = (
    "completion_triggers",
    "explicit_markers",
    "duration_distribution",
    "agents",
    "signs",
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
    yield _counts("Signs of agents", ("Sign", "Pull requests"), _present(m.signs), NO_PULL_REQUESTS)
    yield _counts("States", ("State", "Pull requests"), _present(m.states), NO_PULL_REQUESTS)
    yield _counts("Why in their session", ("Reason", "Pull requests"), _present(m.attributions), NO_PULL_REQUESTS)
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
        yield _section("Manual corrections", ("Correction", "Count"), [(name, str(count)) for name, count in rows])


def _periods(title: str, name: str, rows: Sequence[Period]) -> str:
    cells = [(row.name, str(row.sessions), str(row.prs)) for row in rows]
    return _section(title, (name, "Sessions", "Pull requests"), cells)
