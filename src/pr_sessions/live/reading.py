"""Asks GitHub for what matters about one pull request, or about all open ones; bounded, and never more than needed."""

from datetime import datetime

from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.event import Event
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy


async def team_policy(github: GitHub) -> tuple[Policy, tuple[str, ...]]:
    """The policy of the repository's default branch with its signatures, and what is doubtful about it.

    A configuration that is missing is all defaults; one that cannot be used is all defaults and a doubt.
    """
    raise NotImplementedError


async def read_around(github: GitHub, event: Event, policy: Policy, now: datetime) -> Snapshot:
    """What is needed to judge the event's pull request: its session's pull requests, comments, files, who may write.

    At most ten requests, and one for each page of the list of pull requests and of comments within the session's time,
    and one for each pull request of the session. What GitHub refuses becomes a doubt.
    """
    raise NotImplementedError


async def read_open(github: GitHub, policy: Policy, now: datetime) -> Snapshot:
    """All open pull requests with what they change, and what their sessions reach back to."""
    raise NotImplementedError
