"""Evidence and the ladder of sessions in plain words."""

from collections.abc import Iterable, Mapping
from typing import Any

from pr_sessions.cli.output import clock, one_line
from pr_sessions.sessions.agent import Evidence
from pr_sessions.sessions.attribution import Choice
from pr_sessions.sessions.pr_text import Form
from pr_sessions.sessions.session import Placement, Rung
from pr_sessions.sessions.times import write_time

# Strongest first.
LADDER: Mapping[Rung, str] = {
    Rung.HAND: "somebody put it there by hand",
    Rung.HOOK: "an agent's hook saw the session create it",
    Rung.VENDOR: "its body or a trailer carries the id of an agent's run that belongs to the session",
    Rung.MARK: "our mark in its title, body or commits names the session",
    Rung.OWNED: "it comes from the working tree or the branch of the session",
    Rung.COMMITS: "an agent opened it, and it shares a commit with the others there or stands alone",
    Rung.TIME: "its author worked in this repository within the timeout",
}
NO_REASON = "an older file lists it without a reason"

_RULES = {
    "title": "its title matches {}",
    "commit message": "a commit message matches {}",
    "agent": "the agent {} had part in it",
    "small change": "it changes {}",
    "hook": "a hook saw it opened ({})",
}


def evidence_words(evidence: Iterable[Evidence]) -> list[str]:
    """What speaks for "automatic", one clause each."""
    return [_clause(found) for found in evidence]


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


def _clause(found: Evidence) -> str:
    if found.detail in set(Form):
        return f"its {'title' if found.rule == 'title' else 'body'} carries our mark ({found.detail})"
    detail = one_line(found.detail)
    return _RULES[found.rule].format(detail) if found.rule in _RULES else f"{one_line(found.rule)}: {detail}"
