"""How many pull requests, of which it is known what agent opened them, signatures take for that agent's."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from msgspec import Struct, json

from pr_sessions.core.agents import Agent, Confidence
from pr_sessions.core.models import PullRequest
from pr_sessions.core.signature import Signature
from pr_sessions.core.signatures import find_agents


class Detection(Struct, frozen=True, kw_only=True):
    """One agent's pull requests. The three shares add up to the total.

    Attributes:
        recognised: those in which the agent was found, in whatever role.
        as_other: those in which only others were found.
        unrecognised: those in which nobody was found, or by a hint alone.
        opened: those of the recognised that it is believed to have opened.
        evidence: how many of the recognised each signature of the agent fits.
        others: how many of those taken for another's each signature fits.
    """

    total: int
    recognised: int
    as_other: int
    unrecognised: int
    opened: int
    evidence: Mapping[str, int]
    others: Mapping[str, int]


def detection(name: str, told: Iterable[PullRequest], signatures: Sequence[Signature]) -> Detection:
    """The figures of one agent, by the name that the data gives it."""
    agent = slug(name, {signature.agent for signature in signatures})
    found = [[a for a in find_agents(pr, signatures) if a.confidence > Confidence.HINT] for pr in told]
    mine = [one for agents in found for one in agents if one.name == agent]
    others = [agents for agents in found if agents and all(one.name != agent for one in agents)]
    return Detection(
        total=len(found),
        recognised=len(mine),
        as_other=len(others),
        unrecognised=len(found) - len(mine) - len(others),
        opened=sum(1 for one in mine if one.opened),
        evidence=_evidence(mine),
        others=_evidence(one for agents in others for one in agents),
    )


def slug(name: str, known: Iterable[str]) -> str:
    """The agent that a folder is named after: `OpenAI_Codex` is `codex`; a name that fits none is itself."""
    text = name.casefold().replace("_", "-").replace(" ", "-")
    return max((agent for agent in known if text == agent or text.endswith(f"-{agent}")), key=len, default=text)


def signatures_digest(signatures: Sequence[Signature]) -> str:
    """SHA-256 over everything that the signatures say."""
    return sha256(json.encode(signatures)).hexdigest()


def _evidence(agents: Iterable[Agent]) -> dict[str, int]:
    """By signature, the most frequent first."""
    counts = Counter(evidence.detail for agent in agents for evidence in agent.evidence)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
