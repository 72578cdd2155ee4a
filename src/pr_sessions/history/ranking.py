"""Who and what stands most often, first. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from pr_sessions.history.overview import AgentCount
from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role

T = TypeVar("T", str, Evidence, tuple[str, Role, int])


def ranked(counts: Counter[T]) -> list[tuple[T, int]]:
    """The most frequent first; those that are as frequent in their own order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def busiest_first(agents: Iterable[Agent]) -> tuple[str, ...]:
    """The names of those that had part in single pull requests."""
    return tuple(name for name, _ in ranked(Counter(agent.name for agent in agents)))


def agent_counts(agents: Iterable[Agent]) -> tuple[AgentCount, ...]:
    """In how many pull requests each had part, by role and by how sure that is; the surest before the others."""
    found = Counter((agent.name, agent.role, -agent.confidence) for agent in agents)
    return tuple(AgentCount(name, role, Confidence(-sure).label, count) for (name, role, sure), count in ranked(found))
