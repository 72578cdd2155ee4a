"""Knows which work session every pull request came from."""

# The library's own module of that name takes longer than a hook may.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pr_sessions.errors import PrSessionsError
    from pr_sessions.sessions.agent import Agent
    from pr_sessions.sessions.policy import Policy
    from pr_sessions.sessions.session import Facts, PullRequest, Session, State, Status
    from pr_sessions.tracker import Tracker, open_tracker

__all__ = [
    "Agent",
    "Facts",
    "Policy",
    "PrSessionsError",
    "PullRequest",
    "Session",
    "State",
    "Status",
    "Tracker",
    "open_tracker",
]

_HOMES = {
    "Agent": "pr_sessions.sessions.agent",
    "Facts": "pr_sessions.sessions.session",
    "Policy": "pr_sessions.sessions.policy",
    "PrSessionsError": "pr_sessions.errors",
    "PullRequest": "pr_sessions.sessions.session",
    "Session": "pr_sessions.sessions.session",
    "State": "pr_sessions.sessions.session",
    "Status": "pr_sessions.sessions.session",
    "Tracker": "pr_sessions.tracker",
    "open_tracker": "pr_sessions.tracker",
}


def __getattr__(name: str) -> "Any":
    """Imports a public name when it is first used: the command line must not pay for all of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
