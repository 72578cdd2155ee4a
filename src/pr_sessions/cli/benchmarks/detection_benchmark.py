"""`pr-sessions benchmark detection`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from pr_sessions.analytics.detection_benchmark import Detection, detection, signatures_digest
from pr_sessions.cli import options, output
from pr_sessions.history.aidev import Archive, read_archive
from pr_sessions.stores.signatures import package_signatures

SHOWN_BROKEN = 5
_HEADER = ("agent", "pull requests", "recognised", "share", "opened", "as another's", "as nobody's")


@click.command("detection")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@options.as_json
def command(folder: Path, json: bool) -> None:
    r"""Measure how many pull requests of agents are recognised as theirs.

    DIR holds a folder for each agent, with prs.csv and pr_commits.csv, as in the AIDev data set. The package's own
    signatures count, whatever a team switched off.

    \b
    Examples:
      pr-sessions benchmark detection aidev
      pr-sessions benchmark detection aidev --json
    """
    archive = read_archive(folder)
    result = measure(archive)
    if archive.broken:
        output.note(f"left out, since they could not be read: {output.plural(len(archive.broken), 'line')}")
    for place in archive.broken[:SHOWN_BROKEN]:
        output.note(f"  {output.one_line(place, 160)}")
    output.show(view(result, archive), text(result, archive), as_json=json)


def measure(archive: Archive) -> Mapping[str, Detection]:
    """The figures of each agent, by the name of its folder."""
    signatures = package_signatures()
    return {
        name: detection(name, (record.pull_request for record in records), signatures)
        for name, records in archive.agents.items()
    }


def view(result: Mapping[str, Detection], archive: Archive) -> dict[str, Any]:
    """Everything as JSON."""
    return {
        "agents": {
            name: {
                "total": each.total,
                "recognised": each.recognised,
                "as_other": each.as_other,
                "unrecognised": each.unrecognised,
                "evidence": dict(each.evidence),
            }
            for name, each in result.items()
        },
        "opened": {name: each.opened for name, each in result.items()},
        "others": {name: dict(each.others) for name, each in result.items()},
        "rules_sha256": signatures_digest(package_signatures()),
        "input_sha256": archive.digest,
        "broken_lines": list(archive.broken),
    }


def text(result: Mapping[str, Detection], archive: Archive) -> Iterator[str]:
    """The same for people."""
    yield from output.table([_row(name, each) for name, each in result.items()], _HEADER)
    for name, each in result.items():
        yield ""
        yield output.heading(f"{output.one_line(name, 60)}: by what")
        yield from output.table([(by, str(count)) for by, count in each.evidence.items()] or [("nothing", "")])
        if each.others:
            yield "  taken for another's:"
            yield from output.table([(f"  {by}", str(count)) for by, count in each.others.items()])
    yield ""
    yield f"rules: {signatures_digest(package_signatures())}"
    yield f"input: {archive.digest}"


def _row(name: str, each: Detection) -> tuple[str, ...]:
    share = f"{100 * each.recognised / each.total:.1f} %" if each.total else "-"
    counts = (each.opened, each.as_other, each.unrecognised)
    return (output.one_line(name, 60), str(each.total), str(each.recognised), share, *map(str, counts))
