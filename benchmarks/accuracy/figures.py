"""Rewrite the tables of figures measured on data that is no part of the project: `make figures DATA=folder`.

A second folder, `HISTORIES=folder`, holds real histories; what has no folder stays.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.accuracy import detection_text, git_truth, git_truth_text
from benchmarks.accuracy.aidev import read_archive
from benchmarks.accuracy.grouping import measure
from benchmarks.accuracy.grouping_text import view
from benchmarks.accuracy.known_sessions import known
from benchmarks.accuracy.rebuilt import read_histories

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference/accuracy.md"
BEGIN, END = "<!-- measured: {}, `make figures {}=folder` -->\n", "<!-- end of the measured part -->\n"
COLUMNS = ("pair_precision", "pair_recall", "exact_share", "b_cubed_f", "gain")


def tables(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of grouping rules, from the document of `grouping --json`."""
    split = document["split"]
    yield (
        f"Held-out half: {split['held_out_pull_requests']} pull requests, {split['held_out_sessions']} sessions, "
        f"{split['held_out_repositories']} repositories.\n"
    )
    yield from _table([(rule["name"], rule["held_out"]) for rule in document["rules"]])
    counts = [f"{document[noun]} {noun.replace('_', ' ')}" for noun in ("pull_requests", "sessions", "repositories")]
    yield f"\nAll: {', '.join(counts)}.\n"
    yield from _table([(rule["name"], rule) for rule in document["rules"]])
    drawn = document["intervals"]
    yield f"\nDefault: {document['default']}."
    yield f"Intervals: 95 %, {drawn['draws']} draws of repositories, seed {drawn['seed']}.\n"
    yield f"- rules: `{document['rules_sha256']}`"
    yield f"- input: `{document['input_sha256']}`"


def _table(rows: list[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Yield a row for each result, with every rule that has it."""
    rules: dict[str, list[str]] = {}
    for name, figures in rows:
        cells = [_cell(figures[column], figures["intervals"][column]) for column in COLUMNS]
        cells[2] = f"{figures['exact_sessions']}/{figures['sessions']}: {cells[2]}"
        rules.setdefault(" | ".join(cells), []).append(name)
    yield "| rule | pair precision | pair recall | sessions exactly right | B-cubed F | gain over one each |"
    yield "|---|---|---|---|---|---|"
    for result, names in rules.items():
        yield f"| {'; '.join(names)} | {result} |"


def _cell(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({interval[0]:.3f}…{interval[1]:.3f})" if interval else "")


def detection_table(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of agents, from the document of `detection --json`."""
    yield "| folder | pull requests | recognised | opened | as another's | as nobody's | by what |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    for name, each in document["agents"].items():
        share = f"{each['recognised']} ({100 * each['recognised'] / each['total']:.1f} %)"
        by = ", ".join(f"`{rule}` {count}" for rule, count in each["evidence"].items())
        counts = (document["opened"][name], each["as_other"], each["unrecognised"])
        yield f"| {name} | {each['total']} | {share} | {' | '.join(map(str, counts))} | {by} |"
    yield f"\n- rules: `{document['rules_sha256']}`"
    yield f"- input: `{document['input_sha256']}`"


def histories_table(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the table of real histories, from the document of `git-truth --json`."""
    yield (
        "| history | pull requests | with one id | of several, found exactly | pair precision | false joins "
        "| signs shown | one each | inferred | rules |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for name, each in document["histories"].items():
        hidden = each["hidden"]
        cells = [
            *(name, each["pull_requests"], each["with_one_id"]),
            f"{each['found_exactly']} of {each['sessions_of_several']}",
            _cell(each["pair_precision"], None),
            len(each["false_joins"]),
            f"{each['shown_with_an_agent']} of {each['with_a_sign']}",
            *(_cell(hidden[rule], None) for rule in ("one_each", "inferred")),
            ", ".join(f"{rule} ({count})" for rule, count in Counter(hidden["rules"]).items()),
        ]
        yield f"| {' | '.join(map(str, cells))} |"
    yield f"\nFound exactly: {document['found_exactly']} of {document['sessions_of_several']}.\n"
    yield f"- rules: `{document['rules_sha256']}`"
    yield f"- input: `{document['input_sha256']}`"


def rewrite(name: str, data: str, lines: Iterator[str]) -> None:
    """Replace the lines of one measured part of the page."""
    begin = BEGIN.format(name, data)
    before, _, rest = PAGE.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(END)
    text = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}{text}\n{END}{after}", "utf-8", newline="\n")


def main(data: str, histories: str) -> None:
    """Measure what there is a folder of, and rewrite the measured parts of the page."""
    if data:
        archive = read_archive(Path(data))
        result = measure(known(record.pull_request for each in archive.agents.values() for record in each))
        rewrite("grouping", "DATA", tables(view(result, archive)))
        rewrite("detection", "DATA", detection_table(detection_text.view(detection_text.measure(archive), archive)))
    if histories:
        read = read_histories(Path(histories))
        figures = {each.name: git_truth.measure(each) for each in read.histories}
        rewrite("histories", "HISTORIES", histories_table(git_truth_text.view(figures, read)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
