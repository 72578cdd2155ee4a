"""Codex CLI's hooks, and its `notify`.

Format: codex-rs/hooks/schema/generated. An answer with a field that it does not know is refused, so there is none.
"""

from pr_sessions.agents.hosts import Told, claude_code, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.agents.payload import Payload


def read(payload: "Payload") -> Told | None:
    """What is kept; `notify` tells of the end of a turn only."""
    if "thread-id" not in payload:
        return claude_code.read(payload)
    if payload.get("type") != "agent-turn-complete":
        return None
    return {"run": text(payload, "thread-id"), "turn": text(payload, "turn-id"), "event": "activity"}
