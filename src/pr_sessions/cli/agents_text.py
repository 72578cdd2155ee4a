"""The agents of a pull request in plain words: what each did, how sure that is, and whose word it is."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pr_sessions.cli import output
from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role

THEIRS = "its author's own word"
_COMMITS = "the word of who wrote the commits"
_WORD: Mapping[str, str] = {
    "author": "the forge's word",
    "branch": THEIRS,
    "body": THEIRS,
    "comment": THEIRS,
    "title": THEIRS,
    "label": "the word of who set the label",
    "commit-author": _COMMITS,
    "co-author": _COMMITS,
    "trailer": _COMMITS,
    "told": "the word of who recorded it",
    "hook": "the word of a hook on this machine",
}
_HEADER = ("agent", "role", "confidence", "by", "which is")


def short(agent: Agent) -> str:
    """Its name, and what keeps it from having opened the pull request."""
    if agent.confidence is Confidence.HINT:
        return f"{agent.name} (hint)"
    return agent.name if agent.role is Role.OPENED else f"{agent.name} (assisted)"


def view(agents: Iterable[Agent]) -> list[dict[str, Any]]:
    """All of it in JSON."""
    return [
        {
            "name": agent.name,
            "role": agent.role.value,
            "confidence": agent.confidence.label,
            "runs": list(agent.runs),
            "evidence": [{"rule": e.rule, "detail": e.detail, "word": whose(e)} for e in agent.evidence],
        }
        for agent in agents
    ]


def lines(agents: Iterable[Agent]) -> Iterator[str]:
    """A row for each piece of evidence; nothing without agents."""
    rows = [row for agent in agents for row in _rows(agent)]
    if rows:
        yield ""
        yield from output.table(rows, _HEADER)


def whose(evidence: Evidence) -> str:
    """Who vouches for it: what the author of a pull request can write is no more than that."""
    return _WORD.get(evidence.rule, "its source's word")


def _rows(agent: Agent) -> Iterator[tuple[str, ...]]:
    head = (output.one_line(agent.name, 40), agent.role.value, agent.confidence.label)
    for evidence in agent.evidence:
        by = output.one_line(f"{evidence.rule}: {evidence.detail}", 80)
        yield (*head, by, whose(evidence))
        head = ("", "", "")
    if not agent.evidence:
        yield (*head, "-", "its source's word")
