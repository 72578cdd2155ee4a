"""How many open pull requests an agent may have. Pure."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import Recorded
from pr_sessions.sessions.session import State


class Breach(Struct, frozen=True):
    """An agent with more open pull requests than it may have."""

    agent: str
    open: int
    budget: int


def breaches(number: str, snapshot: Snapshot, live: Live, policy: Policy) -> tuple[Breach, ...]:
    """The agents that opened a pull request and have more open ones in the repository than the team allows.

    One that is closed, or taken out of sessions, breaches nothing and counts nowhere.
    """
    budget = policy.open_budget
    mine = set(_openers(number, snapshot, live)) if budget is not None else set()
    if budget is None or not mine:
        return ()
    counts = Counter(agent for other in live.recorded for agent in _openers(other, snapshot, live) if agent in mine)
    return tuple(Breach(agent, counts[agent], budget) for agent in sorted(mine) if counts[agent] > budget)


def undecided(snapshot: Snapshot, live: Live) -> tuple[str, ...]:
    """Logins of people whose open pull requests count only if they may write, of whom nobody has asked that yet."""
    numbers = (n for n, recorded in live.recorded.items() if n not in live.believed and any(_opened(recorded)))
    told = (snapshot.pull_requests[number] for number in numbers)
    return tuple(one.author.login for one in told if one.pull_request.state is State.OPEN)


def _openers(number: str, snapshot: Snapshot, live: Live) -> Iterator[str]:
    """The agents that opened it, if it is open; what somebody says who is not known to write counts for nothing."""
    told, recorded = snapshot.pull_requests.get(number), live.recorded.get(number)
    if told and recorded and told.pull_request.state is State.OPEN and number in live.believed:
        yield from _opened(recorded)


def _opened(recorded: Recorded) -> Iterator[str]:
    yield from (agent.name for agent in recorded.agents if agent.opened)
