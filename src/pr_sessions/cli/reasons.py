"""Evidence and the ladder of sessions in plain words."""

from collections.abc import Iterable
from typing import Any

from pr_sessions.cli.output import clock, one_line
from pr_sessions.sessions.agent import Evidence
from pr_sessions.sessions.attribution import Choice
from pr_sessions.sessions.reasons import LADDER, NO_REASON, clause
from pr_sessions.sessions.session import Placement
from pr_sessions.sessions.times import write_time


def evidence_words(evidence: Iterable[Evidence]) -> list[str]:
    """What speaks for "automatic", one clause each."""
    return [clause(found, one_line) for found in evidence]


def evidence_view(evidence: Iterable[Evidence]) -> list[dict[str, str]]:
    """The same in JSON."""
    return [{"rule": found.rule, "detail": found.detail} for found in evidence]


def placement_words(placement: Placement | None) -> str:
    """Why a pull request is in its session, as one clause."""
    if placement is None or placement.rung not in LADDER:
        return NO_REASON
    if placement.by:
        return f"{one_line(placement.by)} put it there by hand at {clock(placement.at)}"
    detail = f" ({one_line(placement.detail, 120)})" if placement.detail else ""
    return LADDER[placement.rung] + detail


def placement_view(placement: Placement | None) -> dict[str, Any] | None:
    """The same in JSON."""
    if placement is None:
        return None
    return {"rung": placement.rung.label, "at": write_time(placement.at), "detail": placement.detail} | {
        "by": placement.by or None
    }


def no_session_words(choice: Choice) -> str:
    """Why nothing is chosen."""
    if choice.placement:
        return taken_out_words(choice.placement)
    if choice.ambiguous:
        return f"several fit equally well: {one_line(', '.join(choice.tried[-1].candidates), 200)}"
    return "no author is known, and no session is current in this working tree"


def taken_out_words(placement: Placement) -> str:
    """Who put it into no session."""
    return f"{one_line(placement.by) or 'somebody'} took it out by hand at {clock(placement.at)}"
