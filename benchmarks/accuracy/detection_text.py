"""The figures of detection, for people and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.accuracy.aidev import Archive
from benchmarks.accuracy.detection import Detection, detection, signatures_digest
from pr_sessions.config.cache import package_signatures
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal

_HEADER = ("agent", "pull requests", "recognised", "share", "opened", "as another's", "as nobody's")


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
    yield from terminal.table([_row(name, each) for name, each in result.items()], _HEADER)
    for name, each in result.items():
        yield ""
        yield terminal.heading(f"{one_line(name, 60)}: by what")
        yield from terminal.table([(by, str(count)) for by, count in each.evidence.items()] or [("nothing", "")])
        if each.others:
            yield "  taken for another's:"
            yield from terminal.table([(f"  {by}", str(count)) for by, count in each.others.items()])
    yield ""
    yield f"rules: {signatures_digest(package_signatures())}"
    yield f"input: {archive.digest}"


def _row(name: str, each: Detection) -> tuple[str, ...]:
    share = f"{100 * each.recognised / each.total:.1f} %" if each.total else "-"
    counts = (each.opened, each.as_other, each.unrecognised)
    return (one_line(name, 60), str(each.total), str(each.recognised), share, *map(str, counts))
