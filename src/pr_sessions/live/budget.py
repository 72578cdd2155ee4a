"""How many open pull requests an agent may have. Pure."""

from msgspec import Struct

from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy


class Breach(Struct, frozen=True):
    """An agent with more open pull requests than it may have."""

    agent: str
    open: int
    budget: int


def breaches(number: str, snapshot: Snapshot, live: Live, policy: Policy) -> tuple[Breach, ...]:
    """The agents that opened a pull request and have more open ones in the repository than the team allows."""
    raise NotImplementedError
