"""The figures of real histories, for people and as JSON."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from msgspec import json

from benchmarks.accuracy.git_truth import Figures
from benchmarks.accuracy.rebuilt import Histories
from pr_sessions.core import clues, inference
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal

_VISIBLE = ("history", "pull requests", "with one id", "sessions of several", "pair precision", "false", "signs shown")
_HIDDEN = ("history", "one each", "inferred", "within blocks", "rules")


def view(figures: Mapping[str, Figures], histories: Histories) -> Mapping[str, Any]:
    """Everything as JSON."""
    sessions = [each.visible.sessions for each in figures.values()]
    return {
        "histories": {name: _view(each) for name, each in figures.items()},
        "sessions_of_several": sum(several for several, _ in sessions),
        "found_exactly": sum(exact for _, exact in sessions),
        "blocks": inference.BLOCKS,
        "rules_sha256": rules_digest(),
        "input_sha256": histories.digest,
        "broken_lines": list(histories.broken),
    }


def text(figures: Mapping[str, Figures], histories: Histories) -> Iterator[str]:
    """The same for people."""
    yield terminal.heading("Ids visible")
    yield from terminal.table([_visible(name, each) for name, each in figures.items()], _VISIBLE)
    yield ""
    yield terminal.heading("Ids hidden: B-cubed F")
    yield from terminal.table([_hidden(name, each) for name, each in figures.items()], _HIDDEN)
    yield ""
    yield f"{inference.BLOCKS} blocks of equal count by time, each by the rule that was learnt on the others"
    yield f"rules: {rules_digest()}"
    yield f"input: {histories.digest}"


def rules_digest() -> str:
    """Return the SHA-256 of all of the inference that is not learnt, by which a table of figures names its rules."""
    given = [
        [*clues.TIMES.values()],
        [bound.total_seconds() for bound in clues.TIMES],
        [clues.MOST_NEIGHBOURS, clues.MOST_PATHS, clues.MOST_REFERENCES],
        [*clues.AUTHORS, *clues.SCOPES, *clues.PATHS, *clues.REFERENCES],
        [inference.ENOUGH_KNOWN, inference.CHANCE, inference.BLOCKS],
        [gap.total_seconds() for gap in inference.GAPS],
    ]
    return sha256(json.encode(given)).hexdigest()


def _view(each: Figures) -> dict[str, Any]:
    visible, hidden = each.visible, each.hidden
    return {
        "pull_requests": each.pull_requests,
        "with_one_id": each.with_one_id,
        "sessions": visible.tally.groups,
        "sessions_of_several": visible.sessions[0],
        "found_exactly": visible.sessions[1],
        "pair_precision": _rounded(visible.tally.pair_precision),
        "false_joins": list(visible.false_joins),
        "with_a_sign": visible.signed[0],
        "shown_with_an_agent": visible.signed[1],
        "hidden": {
            "one_each": _rounded(hidden.one_each.b_cubed_f),
            "inferred": _rounded(hidden.inferred.b_cubed_f),
            "within_blocks": _rounded(hidden.within.b_cubed_f),
            "rules": list(hidden.rules),
        },
    }


def _visible(name: str, each: Figures) -> tuple[str, ...]:
    visible = each.visible
    return (
        one_line(name, 60),
        str(each.pull_requests),
        str(each.with_one_id),
        f"{visible.sessions[1]} of {visible.sessions[0]}",
        _cell(visible.tally.pair_precision),
        str(len(visible.false_joins)),
        f"{visible.signed[1]} of {visible.signed[0]}",
    )


def _hidden(name: str, each: Figures) -> tuple[str, ...]:
    tallies = (each.hidden.one_each, each.hidden.inferred, each.hidden.within)
    return (one_line(name, 60), *(_cell(tally.b_cubed_f) for tally in tallies), ", ".join(each.hidden.rules))


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
