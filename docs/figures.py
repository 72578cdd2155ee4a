"""Rewrites the tables of figures measured on data that is no part of the project: `make figures DATA=folder`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pr_sessions.analytics.grouping_benchmark import measure
from pr_sessions.analytics.known_sessions import known
from pr_sessions.cli.benchmarks.grouping_benchmark import view
from pr_sessions.history.aidev import read_archive

PAGE = Path(__file__).parent / "reference/grouping.md"
BEGIN, END = "<!-- measured: `make figures DATA=folder` -->\n", "<!-- end of the measured part -->\n"
COLUMNS = ("pair_precision", "pair_recall", "exact_share", "b_cubed_f", "gain")


def tables(told: Mapping[str, Any]) -> Iterator[str]:
    """The measured part of the page, from what `benchmark grouping --json` tells."""
    split = told["split"]
    yield (
        f"Held-out half: {split['held_out_pull_requests']} pull requests, {split['held_out_sessions']} sessions, "
        f"{split['held_out_repositories']} repositories.\n"
    )
    yield from _table([(rule["name"], rule["held_out"]) for rule in told["rules"]])
    counts = [f"{told[noun]} {noun.replace('_', ' ')}" for noun in ("pull_requests", "sessions", "repositories")]
    yield f"\nAll: {', '.join(counts)}.\n"
    yield from _table([(rule["name"], rule) for rule in told["rules"]])
    drawn = told["intervals"]
    yield f"\nDefault: {told['default']}."
    yield f"Intervals: 95 %, {drawn['draws']} draws of repositories, seed {drawn['seed']}.\n"
    yield f"- rules: `{told['rules_sha256']}`"
    yield f"- input: `{told['input_sha256']}`"


def _table(rows: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    yield "| rule | pair precision | pair recall | sessions exactly right | B-cubed F | gain over one each |"
    yield "|---|---|---|---|---|---|"
    for name, figures in rows:
        cells = [_cell(figures[column], figures["intervals"][column]) for column in COLUMNS]
        cells[2] = f"{figures['exact_sessions']} of {figures['sessions']}: {cells[2]}"
        yield f"| {name} | {' | '.join(cells)} |"


def _cell(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def main(folder: Path) -> None:
    """Measures, and puts the tables between the two comments of the page."""
    archive = read_archive(folder)
    result = measure(known(record.pull_request for each in archive.agents.values() for record in each))
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    told = "\n".join(tables(view(result, archive)))
    PAGE.write_text(f"{before}{BEGIN}{told}\n{END}{after}", "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
