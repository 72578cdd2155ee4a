"""The figures of grouping, for people and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.accuracy.aidev import Archive
from benchmarks.accuracy.bootstrap import DRAWS, Interval
from benchmarks.accuracy.grouping import MEASURES, SEED, Figures, Result
from pr_sessions.core.similarity import rules_digest
from pr_sessions.render import terminal


def view(result: Result, archive: Archive) -> Mapping[str, Any]:
    """Everything as JSON; top-level figures of a rule are over all pull requests, `held_out` over the half."""
    return {
        "default": result.default,
        "rules": [
            {"name": name, **_figures(figures), "held_out": _figures(result.held_out[name])}
            for name, figures in result.all.items()
        ],
        "pull_requests": _whole(result.all).items,
        "sessions": _whole(result.all).groups,
        "repositories": result.repositories[0],
        "split": {
            "by": "the last bit of the first byte of the SHA-256 of owner/name in lower case; 1 is held out",
            "held_out_repositories": result.repositories[1],
            "held_out_pull_requests": _whole(result.held_out).items,
            "held_out_sessions": _whole(result.held_out).groups,
        },
        "intervals": {"level": 0.95, "drawn": "repositories", "draws": DRAWS, "seed": SEED},
        "rules_sha256": rules_digest(),
        "input_sha256": archive.digest,
        "broken_lines": list(archive.broken),
    }


def text(result: Result, archive: Archive) -> Iterator[str]:
    """The same for people."""
    held, every = _whole(result.held_out), _whole(result.all)
    yield terminal.heading("Held-out half: nothing was learnt from it")
    yield f"{held.items} pull requests, {held.groups} sessions, {result.repositories[1]} repositories"
    yield from terminal.table(_rows(result.held_out), _HEADER)
    yield ""
    yield terminal.heading("All whose session is known")
    yield f"{every.items} pull requests, {every.groups} sessions, {result.repositories[0]} repositories"
    yield from terminal.table(_rows(result.all), _HEADER)
    yield ""
    yield f"default: {result.default}"
    yield "  a rule is the default where, on the held-out half, the interval of its gain excludes zero and its pair"
    yield "  precision is at least 0.8, and where it needs nothing but what is kept of a pull request"
    yield f"intervals: 95 %, {DRAWS} draws of repositories, seed {SEED}; gain: B-cubed F against one session each"
    yield "split: by the SHA-256 of owner/name"
    yield f"rules: {rules_digest()}"
    yield f"input: {archive.digest}"


_HEADER = ("rule", "pair precision", "pair recall", "exactly right", "B-cubed F", "gain")


def _rows(figures: Mapping[str, Figures]) -> list[tuple[str, ...]]:
    return [(name, *_cells(each)) for name, each in figures.items()]


def _cells(each: Figures) -> Iterator[str]:
    for name, read in MEASURES.items():
        yield _cell(read(each.tally), each.intervals[name])
    yield _cell(each.gain, each.gain_interval)


def _cell(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _figures(each: Figures) -> dict[str, Any]:
    values = {name: _rounded(read(each.tally)) for name, read in MEASURES.items()}
    return {
        **values,
        "exact_sessions": each.tally.exact,
        "sessions": each.tally.groups,
        "pull_requests": each.tally.items,
        "pairs_found": each.tally.pairs_found,
        "pairs_true": each.tally.pairs_true,
        "pairs_both": each.tally.pairs_both,
        "gain": _rounded(each.gain),
        "intervals": {name: _pair(each.intervals[name]) for name in MEASURES} | {"gain": _pair(each.gain_interval)},
    }


def _pair(interval: Interval | None) -> list[float] | None:
    return [round(end, 6) for end in interval] if interval else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _whole(figures: Mapping[str, Figures]) -> Any:
    return next(iter(figures.values())).tally
