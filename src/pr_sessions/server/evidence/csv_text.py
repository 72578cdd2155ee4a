"""Rows of the evidence report as CSV, see RFC 4180; no cell begins a formula in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from pr_sessions.core.times import write_time
from pr_sessions.server.evidence.rows import EvidenceRow

HEADER = (
    "repository",
    "number",
    "agent",
    "requester",
    "merged_at",
    "merged_by",
    "head",
    "approvals",
    "checks",
    "exceptions",
    "unknowns",
)
# A spreadsheet reads a cell that begins so as a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(rows: Iterable[EvidenceRow]) -> str:
    """Return the table; lists stand in one cell, with `; ` between."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([_safe(cell) for cell in _cells(row)] for row in rows)
    return out.getvalue()


def _cells(row: EvidenceRow) -> Iterator[str]:
    yield from (
        row.repository,
        row.number,
        row.agent,
        row.requester,
        write_time(row.merged_at),
        row.merged_by,
        row.head,
    )
    yield "; ".join(f"{each.by} at {each.head}{'' if each.counts else ' (not merged)'}" for each in row.approvals)
    yield "; ".join(f"{each.name}: {each.outcome}" for each in row.checks)
    yield "; ".join(row.exceptions)
    yield "; ".join(row.unknowns)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
