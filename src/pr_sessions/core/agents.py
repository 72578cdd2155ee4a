"""Coding agents: their part in a pull request, the evidence for it, and their runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from functools import reduce
from itertools import chain

from msgspec import Struct

from pr_sessions.core.merge_json import join_rests, names, word_in


class Evidence(Struct, frozen=True, order=True):
    """The reason for what is assumed about a pull request.

    Attributes:
        rule: the rule that matched: `title`, `commit message`, `body mark`, `agent`, `small change`, `head branch`, ...
        detail: the team's pattern, the signature or the mark that matched; never the pull request's own text.
        rest: what a file says of it that this version does not understand, as JSON; empty for nothing.
    """

    rule: str
    detail: str
    rest: str = ""


class Role(StrEnum):
    """What an agent did: it opened the pull request, or it helped a person who did.

    `UNKNOWN` is what a file lacks or a newer version wrote.
    """

    OPENED = "opened"
    ASSISTED = "assisted"
    UNKNOWN = "unknown"


class Confidence(IntEnum):
    """How strong a piece of evidence is. A hint alone causes nothing automatic.

    `UNKNOWN` is what a file lacks or a newer version wrote: it counts like a hint.
    """

    UNKNOWN = 0
    HINT = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def label(self) -> str:
        """Its name in files and in output."""
        return self.name.lower()


class Agent(Struct, frozen=True, order=True):
    """An agent with a part in a pull request.

    Attributes:
        name: a slug such as `claude-code`.
        evidence: the reasons, sorted.
        runs: keys of its conversations or tasks, sorted; see `run_key`.
        rest: what a file says of it that this version does not understand, as JSON, an unknown role among it.
    """

    name: str
    role: Role = Role.OPENED
    confidence: Confidence = Confidence.LIKELY
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[str, ...] = ()
    rest: str = ""

    @property
    def role_label(self) -> str:
        """Return its role as its file has it; `unknown` where the file has none."""
        return (self.role is Role.UNKNOWN and word_in(self.rest, "role")) or self.role.value

    @property
    def confidence_label(self) -> str:
        """Return its confidence as its file has it; `unknown` where the file has none."""
        return (self.confidence is Confidence.UNKNOWN and word_in(self.rest, "confidence")) or self.confidence.label

    @property
    def opened(self) -> bool:
        """Whether it opened the pull request, by more than a hint."""
        return self.role is Role.OPENED and self.confidence >= Confidence.LIKELY


class FoundRun(Struct, frozen=True):
    """A run that a text names.

    Attributes:
        id: the vendor's own, which is private: it is shown to the user who looks, and never shared.
    """

    agent: str
    id: str


class Run(Struct, frozen=True, order=True):
    """One conversation or task of one agent, as hooks saw it or as it made a session.

    Attributes:
        id: its key; see `run_key`. The first one where it has several.
        rest: what a file says of it that this version does not understand, as JSON.
        also: its other keys, sorted: a vendor may have one id of a run on the machine and one in its cloud.
    """

    agent: str
    id: str
    started: datetime
    last_activity: datetime
    rest: str = ""
    also: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """All its keys."""
        return frozenset((self.id, *self.also))


class Involvement(StrEnum):
    """An agent's part in a pull request. One without a sign may still be an agent's work."""

    OPENED = "opened"
    ASSISTED = "assisted"
    NO_SIGN = "no_sign"


def involvement(agents: Iterable[Agent]) -> Involvement:
    """Return the strongest part of any agent; a hint is no sign."""
    shown = [agent for agent in agents if agent.confidence >= Confidence.LIKELY]
    if any(agent.opened for agent in shown):
        return Involvement.OPENED
    return Involvement.ASSISTED if shown else Involvement.NO_SIGN


def merge_agents(*groups: Iterable[Agent]) -> tuple[Agent, ...]:
    """Merge what is known of each agent: the strongest role and confidence, all evidence, all runs; sorted by name.

    A value of a newer version is stronger than any that this one knows, so that it is never lost.
    """
    known: dict[str, list[Agent]] = {}
    for agent in chain.from_iterable(groups):
        known.setdefault(agent.name, []).append(agent)
    return tuple(_merge(known[name]) for name in sorted(known))


def merge_runs(*groups: Iterable[Run]) -> tuple[Run, ...]:
    """Return each run once, from its earliest start to its latest activity; sorted by agent and id.

    What has a key in common is one run, with the keys of all.
    """
    known: dict[tuple[str, str], Run] = {}
    for run in chain.from_iterable(groups):
        same = {each.id: each for key in run.keys if (each := known.get((run.agent, key)))}
        merged = reduce(_merge_runs, same.values(), run)
        known |= {(run.agent, key): merged for key in merged.keys}
    return tuple(sorted(set(known.values())))


def _merge_runs(left: Run, right: Run) -> Run:
    first, *others = sorted(left.keys | right.keys)
    started, last = min(left.started, right.started), max(left.last_activity, right.last_activity)
    return Run(left.agent, first, started, last, join_rests(left.rest, right.rest), tuple(others))


def _merge(agents: Sequence[Agent]) -> Agent:
    return Agent(
        agents[0].name,
        max(agents, key=_role_order).role,
        max(agents, key=_confidence_order).confidence,
        tuple(sorted({piece for agent in agents for piece in agent.evidence})),
        tuple(sorted({run for agent in agents for run in agent.runs})),
        reduce(join_rests, (agent.rest for agent in agents)),
    )


def _role_order(agent: Agent) -> int:
    """Order roles: none, those of this version, those of a newer one."""
    return (_NEWER if names(agent.rest, "role") else 0) if agent.role is Role.UNKNOWN else _ROLES.index(agent.role)


def _confidence_order(agent: Agent) -> int:
    if agent.confidence is Confidence.UNKNOWN:
        return _NEWER if names(agent.rest, "confidence") else 0
    return agent.confidence


_ROLES = (Role.UNKNOWN, Role.ASSISTED, Role.OPENED)
_NEWER = len(Confidence)
