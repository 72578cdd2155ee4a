"""Rewrites the tables of figures measured on data that is no part of the project: `make figures DATA=folder`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pr_sessions.analytics.grouping_benchmark import measure
from pr_sessions.analytics.known_sessions import known
from pr_sessions.cli.benchmarks import detection_benchmark
from pr_sessions.cli.benchmarks.grouping_benchmark import view
from pr_sessions.history.aidev import read_archive

PAGE = Path(__file__).parent / "reference/grouping.md"
AGENTS = Path(__file__).parent / "concepts/agents.md"
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


def detection_table(told: Mapping[str, Any]) -> Iterator[str]:
    """The measured part of the page on agents, from what `benchmark detection --json` tells."""
    yield "| folder | pull requests | recognised | opened | as another's | as nobody's | by what |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    for name, each in told["agents"].items():
        share = f"{each['recognised']} ({100 * each['recognised'] / each['total']:.1f} %)"
        by = ", ".join(f"`{rule}` {count}" for rule, count in each["evidence"].items())
        counts = (told["opened"][name], each["as_other"], each["unrecognised"])
        yield f"| {name} | {each['total']} | {share} | {' | '.join(map(str, counts))} | {by} |"
    yield f"\n- rules: `{told['rules_sha256']}`"
    yield f"- input: `{told['input_sha256']}`"


def rewrite(page: Path, lines: Iterator[str]) -> None:
    """Puts lines between the two comments of a page."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    told = "\n".join(lines)
    page.write_text(f"{before}{BEGIN}{told}\n{END}{after}", "utf-8", newline="\n")


def main(folder: Path) -> None:
    """Measures, and rewrites the measured part of each page."""
    archive = read_archive(folder)
    result = measure(known(record.pull_request for each in archive.agents.values() for record in each))
    rewrite(PAGE, tables(view(result, archive)))
    rewrite(AGENTS, detection_table(detection_benchmark.view(detection_benchmark.measure(archive), archive)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
