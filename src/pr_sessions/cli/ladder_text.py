"""Every rung of the ladder for one pull request: what it found, which one decided, which ones would move it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from pr_sessions.cli import output
from pr_sessions.sessions.attribution import Tried
from pr_sessions.sessions.reasons import LADDER
from pr_sessions.sessions.session import Placement, Rung

_NOTHING = {
    Rung.HAND: "nobody put it there by hand",
    Rung.HOOK: "no agent's hook saw a session create it",
    Rung.VENDOR: "no id of an agent's run",
    Rung.MARK: "no mark of ours named a session",
    Rung.OWNED: "no working tree or branch named a session",
    Rung.COMMITS: "no other pull request of an agent's was found to share a commit with it",
    Rung.TIME: "no work of its author within the timeout",
}


class Step(Struct, frozen=True):
    """One rung.

    Attributes:
        standing: `decided`, `stronger` or `weaker` than what decided, `tried` where nothing did.
        candidates: sessions that it names by what is known now.
    """

    rung: Rung
    standing: str
    found: str
    candidates: tuple[str, ...]


def ladder(placement: Placement | None, tried: Sequence[Tried]) -> tuple[Step, ...]:
    """All rungs, strongest first.

    Args:
        placement: why it is where it is.
        tried: what the rungs find by what is kept of the pull request, which is no title and no body.
    """
    held = placement.rung if placement else Rung.NONE
    return tuple(_step(rung, held, placement, tried) for rung in LADDER)


def view(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """All of it in JSON."""
    return [
        {
            "rung": step.rung.label,
            "meaning": LADDER[step.rung],
            "decided": step.standing == "decided",
            "found": step.found,
            "candidates": list(step.candidates),
        }
        for step in steps
    ]


def lines(steps: Sequence[Step]) -> Iterator[str]:
    """The same for people."""
    yield ""
    yield "What can put a pull request into a session, strongest first; only something stronger would move it:"
    rows = [(_mark(step), step.rung.label, output.one_line(_told(step), 160)) for step in steps]
    yield from output.table(rows)


def _step(rung: Rung, held: Rung, placement: Placement | None, tried: Sequence[Tried]) -> Step:
    if placement and rung is held:
        return Step(rung, "decided", placement.detail or LADDER[rung], ())
    standing = "tried" if held is Rung.NONE else "stronger" if rung > held else "weaker"
    if rung is Rung.MARK and standing == "weaker":
        return Step(rung, standing, "not asked: titles and bodies are not kept", ())
    findings = [one for one in tried if one.rung is rung and (one.candidates or one.sees)]
    found = "; ".join(one.detail for one in findings) or _NOTHING[rung]
    return Step(rung, standing, found, tuple(sorted({i for one in findings for i in one.candidates})))


def _mark(step: Step) -> str:
    return "-> decided" if step.standing == "decided" else f"   {step.standing}"


def _told(step: Step) -> str:
    if step.standing == "decided" and step.found != LADDER[step.rung]:
        return f"{LADDER[step.rung]} ({step.found})"
    return f"{step.found}: {', '.join(step.candidates)}" if step.candidates else step.found
