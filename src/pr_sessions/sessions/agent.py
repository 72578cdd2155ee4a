"""Coding agents and what speaks for them: who had part in a pull request, how sure that is, and by which run."""

from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct


class Evidence(Struct, frozen=True, order=True):
    """Why something is believed of a pull request.

    Attributes:
        rule: which rule spoke: `title`, `commit message`, `body mark`, `agent`, `small change`, `head branch`, ...
        detail: the team's pattern, the signature or the mark that matched; never the pull request's own words.
    """

    rule: str
    detail: str


class Role(StrEnum):
    """What an agent did: it opened the pull request, or it helped a person who did."""

    OPENED = "opened"
    ASSISTED = "assisted"


class Confidence(IntEnum):
    """How much a piece of evidence is worth. A hint alone makes nothing automatic."""

    HINT = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def label(self) -> str:
        """Its name in files and in output."""
        return self.name.lower()


class Agent(Struct, frozen=True, order=True):
    """An agent that had part in a pull request.

    Attributes:
        name: a slug such as `claude-code`.
        evidence: why it is believed, sorted.
        runs: the vendor's ids of its conversations or tasks, sorted.
    """

    name: str
    role: Role = Role.OPENED
    confidence: Confidence = Confidence.LIKELY
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def opened(self) -> bool:
        """Whether it opened the pull request, as far as that is more than a hint."""
        return self.role is Role.OPENED and self.confidence >= Confidence.LIKELY


class Run(Struct, frozen=True, order=True):
    """One conversation or task of one agent, as hooks saw it.

    Attributes:
        id: the vendor's own.
    """

    agent: str
    id: str
    started: datetime
    last_activity: datetime


def join_agents(*told: Iterable[Agent]) -> tuple[Agent, ...]:
    """Everything that is known of each agent: the strongest role and confidence, all evidence, all runs; by name."""
    known: dict[str, Agent] = {}
    for agent in (agent for agents in told for agent in agents):
        known[agent.name] = _join(known.get(agent.name, agent), agent)
    return tuple(known[name] for name in sorted(known))


def join_runs(*told: Iterable[Run]) -> tuple[Run, ...]:
    """Each run once, from its earliest start to its latest activity; by agent and id."""
    known: dict[tuple[str, str], Run] = {}
    for run in (run for runs in told for run in runs):
        same = known.get((run.agent, run.id), run)
        first, last = min(same.started, run.started), max(same.last_activity, run.last_activity)
        known[run.agent, run.id] = Run(run.agent, run.id, first, last)
    return tuple(known[key] for key in sorted(known))


def _join(one: Agent, other: Agent) -> Agent:
    return Agent(
        one.name,
        Role.OPENED if Role.OPENED in (one.role, other.role) else Role.ASSISTED,
        max(one.confidence, other.confidence),
        tuple(sorted({*one.evidence, *other.evidence})),
        tuple(sorted({*one.runs, *other.runs})),
    )
