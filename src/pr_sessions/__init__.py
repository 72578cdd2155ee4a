"""Knows which work session every pull request came from."""

# The library's own module of that name takes longer than a hook may.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pr_sessions.core.agents import Agent
    from pr_sessions.core.models import PullRequest, PullRequestRecord, Session, State, Status
    from pr_sessions.core.policy import Policy
    from pr_sessions.errors import PrSessionsError
    from pr_sessions.tracker import Tracker, open_tracker

__all__ = [
    "Agent",
    "Policy",
    "PrSessionsError",
    "PullRequest",
    "PullRequestRecord",
    "Session",
    "State",
    "Status",
    "Tracker",
    "open_tracker",
]

_HOMES = {
    "Agent": "pr_sessions.core.agents",
    "PullRequestRecord": "pr_sessions.core.models",
    "Policy": "pr_sessions.core.policy",
    "PrSessionsError": "pr_sessions.errors",
    "PullRequest": "pr_sessions.core.models",
    "Session": "pr_sessions.core.models",
    "State": "pr_sessions.core.models",
    "Status": "pr_sessions.core.models",
    "Tracker": "pr_sessions.tracker",
    "open_tracker": "pr_sessions.tracker",
}


def __getattr__(name: str) -> "Any":
    """Imports a public name when it is first used: the command line must not pay for all of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
