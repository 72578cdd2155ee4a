"""Copilot's hooks with camelCase names; with capital names it speaks Claude's format.

Format: docs.github.com, copilot/reference/hooks-reference. The payload does not name its event, but each has a shape
of its own. A prompt may arrive before the start of its session.
"""

from pr_sessions.agents.hosts import Told, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.agents.payload import Payload


def read(payload: "Payload") -> Told | None:
    """What is kept."""
    told = {"run": text(payload, "sessionId"), "event": _event(payload)}
    if "toolResult" in payload:
        from pr_sessions.agents import evidence

        told |= evidence.of_tool(payload.get("toolName"), payload.get("toolArgs"), payload["toolResult"])
    return told


def _event(payload: "Payload") -> str:
    if "toolName" in payload or "agentName" in payload:
        return "activity"
    if "source" in payload or "initialPrompt" in payload:
        return "start"
    return "end" if "reason" in payload else "activity"
