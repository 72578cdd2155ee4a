"""A judgement for people and for programs: the decision in a line, or everything that led to it."""

from collections.abc import Iterable, Iterator
from typing import Any

from pr_sessions.cli import agents_text, ladder_text, output, reasons
from pr_sessions.cli.views import time_view
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.reasons import clauses
from pr_sessions.live.runner.outputs import step_outputs
from pr_sessions.live.runner.summary import headline
from pr_sessions.live.view import SessionView
from pr_sessions.live.wording import time_left
from pr_sessions.sessions.gate import Standing
from pr_sessions.sessions.recording import Recorded

WIDTH = 160
MOST_ROWS = 50


def view(judgement: Judgement, *, whole: bool) -> dict[str, Any]:
    """The decision in JSON; with `whole` everything."""
    decided = {
        "number": _number(judgement) or None,
        **_typed(judgement),
        "gate": judgement.policy.gate.value,
        "reasons": [{"why": reason.why.value, "detail": reason.detail} for reason in judgement.decision.reasons],
        "breaches": list(judgement.breaches),
        "doubts": list(judgement.snapshot.doubts),
        "requests": judgement.requests,
    }
    return decided | (_everything(judgement) if whole else {})


def lines(judgement: Judgement, *, whole: bool) -> Iterator[str]:
    """The same for people."""
    why = "; ".join(clauses(judgement.decision.reasons, _short))
    yield f"{headline(judgement)}{f': {why}' if why else ''}."
    if whole:
        yield from _part("What happened", _event(judgement))
        yield from _recorded(judgement.live.recorded.get(_number(judgement)))
        yield from _part("How it stands", _standing(judgement.standing))
        yield from _part("Its session", _session(judgement.view, judgement))
        yield from _part("Who is believed", _believed(judgement))
        yield from _part("What people asked for", _commands(judgement))
        yield from _part("What could not be found out", [(_short(doubt), "") for doubt in judgement.doubts])
        yield ""
        yield f"{output.plural(judgement.requests, 'request')} to GitHub."


def _number(judgement: Judgement) -> str:
    return judgement.event.number or judgement.standing.number


def _typed(judgement: Judgement) -> dict[str, Any]:
    """The step's outputs as what they are."""
    told = dict(step_outputs(judgement))
    prs = list(judgement.view.session.prs) if judgement.view else []
    flags = {name: value == "true" for name, value in told.items() if name not in ("session_id", "prs")}
    return flags | {"session_id": judgement.standing.session_id, "prs": prs}


def _everything(judgement: Judgement) -> dict[str, Any]:
    event, recorded = judgement.event, judgement.live.recorded.get(_number(judgement))
    return {
        "at": time_view(judgement.at),
        "event": {
            "name": event.name,
            "action": event.action,
            "repository": event.repository,
            "sha": event.sha,
            "by": event.sender.login,
            "at": time_view(event.at),
            "problem": event.problem or None,
        },
        **(_recorded_view(recorded) if recorded else {}),
        "standing": judgement.standing,
        "session": _session_view(judgement.view) if judgement.view else None,
        "believed": judgement.live.believed,
        "writers": judgement.snapshot.writers,
        "commands": list(judgement.live.commands),
    }


def _recorded_view(recorded: Recorded) -> dict[str, Any]:
    placement = recorded.facts.placement if recorded.facts else None
    return {
        "evidence": reasons.evidence_view(recorded.verdict.evidence),
        "agents": agents_text.view(recorded.agents),
        "placement": reasons.placement_view(placement),
        "ladder": ladder_text.view(ladder_text.ladder(placement, recorded.choice.tried)),
    }


def _session_view(seen: SessionView) -> dict[str, Any]:
    return {
        "open": list(seen.open),
        "review": list(seen.review),
        "stacks": list(seen.stacks),
        "independent": list(seen.independent),
        "overlaps": list(seen.overlaps),
        "agents": list(seen.agents),
        "ends": time_view(seen.ends),
    }


def _part(title: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    every = list(rows)
    if every:
        yield from ("", output.heading(title), *output.table(every[:MOST_ROWS]))
    if more := every[MOST_ROWS:]:
        yield output.dim(f"  ... and {len(more)} more")


def _event(judgement: Judgement) -> Iterator[tuple[str, str]]:
    event = judgement.event
    yield "event", _short(f"{event.name or 'unknown'} {event.action}".strip())
    yield "where", _short(event.repository or "unknown")
    yield "by", _short(event.sender.login or "unknown")
    yield "looked at", output.clock(judgement.at)
    if event.problem:
        yield "problem", _short(event.problem)


def _recorded(recorded: Recorded | None) -> Iterator[str]:
    """Why it is automatic, whose word that is, and every rung that could put it into a session."""
    if recorded is None:
        return
    clauses = reasons.evidence_words(recorded.verdict.evidence) or ["Nothing says that it is."]
    yield from ("", output.heading("Why automatic"), *(f"  {clause}" for clause in clauses))
    yield from agents_text.lines(recorded.agents)
    placement = recorded.facts.placement if recorded.facts else None
    yield from ladder_text.lines(ladder_text.ladder(placement, recorded.choice.tried))


def _standing(standing: Standing) -> Iterator[tuple[str, str]]:
    yield "state", standing.state.value if standing.state else "unknown"
    for name, holds in (
        ("from a fork, or unknown", standing.is_fork),
        ("author believed", standing.believed),
        ("automatic", standing.is_auto),
        ("left out by a label", standing.excluded),
        ("session goes on", standing.live),
        ("approved", standing.approved),
        ("ready for review", standing.ready),
        ("merges by itself", standing.auto_merge),
    ):
        yield name, "yes" if holds else "no"
    files = standing.files
    yield "files", "unknown" if files is None else _short(f"{len(files)}: {', '.join(files[:20])}")


def _session(seen: SessionView | None, judgement: Judgement) -> Iterator[tuple[str, str]]:
    if seen is None:
        return
    end = seen.session.completion
    yield "id", _short(seen.session.id)
    yield "pull requests", _short(", ".join(seen.session.prs))
    yield "to review", _short(", ".join(seen.review) or "none")
    yield "agents", _short(", ".join(seen.agents) or "none")
    yield "ends", _short(end.trigger) if end else time_left(seen.ends, judgement.at) if seen.ends else "not by itself"


def _believed(judgement: Judgement) -> Iterator[tuple[str, str]]:
    for number, believed in judgement.live.believed.items():
        yield f"the author of #{number}", "yes" if believed else "no"
    for login, may_write in judgement.snapshot.writers.items():
        yield _short(login), "yes" if may_write else "no"


def _commands(judgement: Judgement) -> Iterator[tuple[str, str, str]]:
    for one in judgement.live.commands:
        yield f"#{one.number}", _short(f"{one.ask} {one.target}".strip()), _short(f"{one.by}, {output.clock(one.at)}")


def _short(told: str) -> str:
    return output.one_line(told, WIDTH)
