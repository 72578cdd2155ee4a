"""Cursor's hooks. It runs Claude's hooks, too, with capital event names.

Format: cursor.com/docs/agent/hooks. Cloud agents tell of no start and no end, `-p` of no prompt and no stop, so any
event may be the first one; a `tool_use_id` may hold a line break.
"""

from pr_sessions.agents.hosts import Told, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.agents.payload import Payload

# Not here: what a person types (`afterTabFileEdit`), and opening a window.
EVENTS = {
    "sessionStart": "start",
    "sessionEnd": "end",
    "beforeSubmitPrompt": "activity",
    "userPromptSubmit": "activity",
    "preToolUse": "activity",
    "postToolUse": "activity",
    "postToolUseFailure": "activity",
    "beforeShellExecution": "activity",
    "afterShellExecution": "activity",
    "beforeMCPExecution": "activity",
    "afterMCPExecution": "activity",
    "beforeReadFile": "activity",
    "afterFileEdit": "activity",
    "subagentStart": "activity",
    "subagentStop": "activity",
    "preCompact": "activity",
    "afterAgentResponse": "activity",
    "afterAgentThought": "activity",
    "stop": "activity",
}


def read(payload: "Payload") -> Told | None:
    """What is kept; `None` for events that are no agent's work."""
    said = payload.get("hook_event_name")
    name = said[:1].lower() + said[1:] if isinstance(said, str) else ""
    event = EVENTS.get(name)
    if event is None:
        return None
    parent = text(payload, "parent_conversation_id")
    told = {
        # A sub-agent's conversation is its parent's.
        "run": parent or text(payload, "conversation_id", "session_id"),
        "turn": text(payload, "generation_id"),
        "tool": text(payload, "tool_use_id"),
        "event": "activity" if parent else event,
    }
    return told | _evidence(name, payload)


def _evidence(name: str, payload: "Payload") -> Told:
    if name not in ("afterShellExecution", "afterMCPExecution", "postToolUse"):
        return {}
    from pr_sessions.agents import evidence

    if name == "afterShellExecution":
        return evidence.of_tool("shell", payload.get("command"), payload.get("output"))
    if name == "afterMCPExecution":
        return evidence.of_tool(payload.get("tool_name"), payload.get("tool_input"), payload.get("result_json"))
    result = payload["tool_output"] if "tool_output" in payload else payload.get("tool_response")
    return evidence.of_tool(payload.get("tool_name"), payload.get("tool_input"), result)
