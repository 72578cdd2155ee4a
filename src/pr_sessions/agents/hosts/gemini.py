"""Gemini CLI's hooks: Claude's format with names of its own. Its answer has to be JSON; it does not await the end."""

from pr_sessions.agents.hosts import Told, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.agents.payload import Payload

EVENTS = {
    "SessionStart": "start",
    "SessionEnd": "end",
    "BeforeAgent": "activity",
    "AfterAgent": "activity",
    "BeforeModel": "activity",
    "AfterModel": "activity",
    "BeforeToolSelection": "activity",
    "BeforeTool": "activity",
    "AfterTool": "activity",
    "PreCompress": "activity",
}


def read(payload: "Payload") -> Told | None:
    """What is kept; `None` for a notification."""
    name = payload.get("hook_event_name")
    event = EVENTS.get(name) if isinstance(name, str) else None
    if event is None:
        return None
    told = {"run": text(payload, "session_id"), "event": event}
    if name == "AfterTool":
        from pr_sessions.agents import evidence

        told |= evidence.of_tool(payload.get("tool_name"), payload.get("tool_input"), payload.get("tool_response"))
    return told
