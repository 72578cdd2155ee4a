"""Why a pull request is automatic, and why it is in its session, in plain words."""

from collections.abc import Callable, Mapping

from pr_sessions.sessions.agent import Evidence
from pr_sessions.sessions.pr_text import Form
from pr_sessions.sessions.session import Rung

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


def clause(found: Evidence, shown: Callable[[str], str]) -> str:
    """What a piece of evidence says.

    Args:
        found: the evidence; old files may hold any.
        shown: makes words from outside safe for where they are shown.
    """
    if found.detail in set(Form):
        return f"its {'title' if found.rule == 'title' else 'body'} carries our mark ({found.detail})"
    detail = shown(found.detail)
    return _RULES[found.rule].format(detail) if found.rule in _RULES else f"{shown(found.rule)}: {detail}"
