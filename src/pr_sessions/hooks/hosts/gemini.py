"""Gemini CLI's hooks: Claude Code's format with event names of its own.

Its answer has to be JSON. It does not wait for the hook of an end.
"""

from pr_sessions.hooks.host import (
    ACTIVITY,
    CONTRIBUTED,
    CREATE,
    CREATED,
    OPENED,
    OPENED_BY_TOOL,
    PUSHED,
    SECONDS,
    URL,
    Example,
    HookEvent,
    Host,
    documented,
    nested_entry,
)
from pr_sessions.hooks.hosts import generic
from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.hooks.payload import Payload

_EVENTS = {
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
# The events that Claude Code has no like of.
_ONLY_HERE = ("BeforeAgent", "AfterAgent", "BeforeTool", "AfterTool", "BeforeModel", "AfterModel", "PreCompress")


def _parse(payload: "Payload") -> list[HookEvent]:
    if "hook_event_name" not in payload:
        return generic.parse(payload)
    name = payload["hook_event_name"]
    kind = _EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        return []
    event = {"run": text(payload, "session_id"), "event": kind}
    if name == "AfterTool":
        from pr_sessions.hooks import evidence

        name, arguments, result = (payload.get(key) for key in ("tool_name", "tool_input", "tool_response"))
        return evidence.events_of_tool(event, name, arguments, result)
    return [event]


def _recognises(payload: "Payload") -> bool:
    if "hook_event_name" not in payload:
        return False
    return payload["hook_event_name"] in _ONLY_HERE or ("timestamp" in payload and "transcript_path" in payload)


def _examples(root: str) -> list[Example]:
    run = "0b9de7a4-6d4c-4a0e-9f2b-1a2b3c4d5e6f"
    common = {
        "session_id": run,
        "transcript_path": "/home/dev/.gemini/tmp/1.json",
        "cwd": root,
        "timestamp": "2026-11-22T10:00:00.000Z",
    }
    create = {"tool_name": "run_shell_command", "tool_input": {"command": CREATE}}
    request = {"llm_request": {"model": "gemini-2.5-pro"}}
    refused = {"llmContent": f"Error: {URL}", "returnDisplay": URL, "error": {"message": "exit code 1"}}
    answer = {"llmContent": [{"text": f'{{"html_url": "{URL}"}}'}], "returnDisplay": "created"}

    def ran(command: str, output: str) -> "Payload":
        content = f"Command: {command}\nDirectory: (root)\nOutput: {output}\nError: (none)\nExit Code: 0"
        result = {"llmContent": content, "returnDisplay": output}
        return {"tool_name": "run_shell_command", "tool_input": {"command": command}, "tool_response": result}

    examples: list[Example] = [
        ("SessionStart", {"source": "startup"}, {"event": "start"}),
        ("BeforeAgent", {"prompt": "Add a test"}, ACTIVITY),
        ("BeforeModel", request, ACTIVITY),
        ("AfterModel", {**request, "llm_response": {"text": "Done."}}, ACTIVITY),
        ("BeforeToolSelection", request, ACTIVITY),
        ("BeforeTool", create, ACTIVITY),
        ("AfterTool", ran(CREATE, CREATED), OPENED),
        ("AfterTool", ran("git push", PUSHED), CONTRIBUTED),
        ("AfterTool", {**create, "tool_response": refused}, ACTIVITY),
        (
            "AfterTool",
            {"tool_name": "create_pull_request", "tool_input": {"title": "Add a test"}, "tool_response": answer},
            OPENED_BY_TOOL,
        ),
        (
            "AfterAgent",
            {"prompt": "Add a test", "prompt_response": "Done.", "stop_hook_active": False},
            ACTIVITY,
        ),
        ("PreCompress", {"trigger": "auto"}, ACTIVITY),
        ("Notification", {"notification_type": "ToolPermission", "message": "Allow?", "details": {}}, None),
        ("SessionEnd", {"reason": "exit"}, {"event": "end"}),
    ]
    return documented(examples, common, {"host": "gemini", "run": run})


HOST = Host(
    "gemini",
    prefix="GEMINI_",
    parse=_parse,
    recognises=_recognises,
    examples=_examples,
    variable="GEMINI_PROJECT_DIR",
    folder_variables=("GEMINI_PROJECT_DIR", "CLAUDE_PROJECT_DIR"),
    answer=b"{}\n",
    events=("SessionStart", "SessionEnd", "BeforeAgent", "AfterTool", "AfterAgent"),
    command="gemini",
    folder=".gemini",
    file="settings.json",
    project_file=".gemini/settings.json",
    entry=lambda event, commands, shell: nested_entry(event, commands, shell, 1000 * SECONDS),
    comments=True,
)
