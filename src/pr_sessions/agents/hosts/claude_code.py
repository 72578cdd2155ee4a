"""Claude Code's hooks, and the hosts that speak its format: Devin CLI, Copilot CLI with capital event names.

Format: code.claude.com/docs/en/hooks. A sub-agent's events carry `agent_id` beside the session's own id; a session may
end without `SessionEnd`, and its standard input is not always closed.
"""

from pr_sessions.agents.hosts import Told, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.agents.payload import Payload

EVENTS = {
    "SessionStart": "start",
    "SessionEnd": "end",
    "UserPromptSubmit": "activity",
    "PreToolUse": "activity",
    "PermissionRequest": "activity",
    "PostToolUse": "activity",
    "PostToolUseFailure": "activity",
    "SubagentStart": "activity",
    "SubagentStop": "activity",
    "PreCompact": "activity",
    "PostCompact": "activity",
    "Stop": "activity",
    "StopFailure": "activity",
    "ErrorOccurred": "activity",
}
_OF_A_PART = ("agent_id", "agent_type")


def read(payload: "Payload") -> Told | None:
    """What is kept; `None` for events that show no work, such as a notification."""
    name = payload.get("hook_event_name")
    event = EVENTS.get(name) if isinstance(name, str) else None
    if event is None:
        return None
    told = {
        "run": text(payload, "session_id"),
        "turn": text(payload, "turn_id", "prompt_id"),
        "tool": text(payload, "tool_use_id"),
        # A sub-agent's work is its session's.
        "event": "activity" if any(payload.get(key) for key in _OF_A_PART) else event,
    }
    if name == "PostToolUse":
        from pr_sessions.agents import evidence

        result = payload["tool_response"] if "tool_response" in payload else payload.get("tool_result")
        told |= evidence.of_tool(payload.get("tool_name"), payload.get("tool_input"), result)
    return told
