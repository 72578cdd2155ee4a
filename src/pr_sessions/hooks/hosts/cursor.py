"""Cursor's hooks. It runs Claude Code's hooks, too, with capital event names.

Format: cursor.com/docs/agent/hooks. Cloud agents report no start and no end, `-p` no prompt and no stop, so any event
may be the first one. A `tool_use_id` may hold a line break. A command that fails is reported twice, and its exit code
may stand in the JSON text of its output. A pull request may be opened by a tool of Cursor's own.
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
)
from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pr_sessions.hooks.payload import Payload

_OWN_TOOL = "ManagePullRequest"
# What a person types (`afterTabFileEdit`) and opening a window are no agent's work.
_EVENTS = {
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


def _parse(payload: "Payload") -> list[HookEvent]:
    full_name = payload.get("hook_event_name")
    name = full_name[:1].lower() + full_name[1:] if isinstance(full_name, str) else ""
    kind = _EVENTS.get(name)
    if kind is None:
        return []
    # A sub-agent's conversation is its parent's.
    parent = text(payload, "parent_conversation_id")
    event = {
        "run": parent or text(payload, "conversation_id", "session_id"),
        "turn": text(payload, "generation_id"),
        "tool": text(payload, "tool_use_id"),
        "event": "activity" if parent else kind,
    }
    if name not in ("afterShellExecution", "afterMCPExecution", "postToolUse"):
        return [event]
    from pr_sessions.hooks import evidence

    if name == "afterShellExecution":
        return evidence.events_of_tool(event, "shell", payload.get("command"), payload.get("output"))
    if name == "afterMCPExecution":
        result = payload.get("result_json")
    else:
        result = payload["tool_output"] if "tool_output" in payload else payload.get("tool_response")
    return evidence.events_of_tool(event, payload.get("tool_name"), payload.get("tool_input"), result)


def _entry(event: str, commands: "Mapping[str, str]", shell: str) -> "dict[str, Any]":
    # All other tools are seen by events of their own.
    matcher = {"matcher": _OWN_TOOL} if event == "postToolUse" else {}
    return {"command": commands[shell], **matcher, "timeout": SECONDS}


def _examples(root: str) -> list[Example]:
    from json import dumps

    run, turn = "7f3c2a10-5b1e-4c55-9a77-0d2f6f1f9c01", "b1f0a7de-33aa-4d0f-8b5c-9f9a1a2b3c4d"
    common = {
        "conversation_id": run,
        "generation_id": turn,
        "model": "gpt-5",
        "cursor_version": "2.0.43",
        "workspace_roots": [root],
        "user_email": "dev@example.com",
        "transcript_path": "/home/dev/.cursor/transcripts/1.jsonl",
    }
    ls = {"tool_name": "Shell", "tool_input": {"command": "ls"}, "tool_use_id": "toolu_01", "cwd": root}
    failed = {"tool_use_id": "toolu_02", "cwd": root, "error_message": "exit status 1", "failure_type": "error"}
    tool = {"tool_name": "create_pull_request", "tool_input": '{"title":"Add a test"}'}
    answer = f'{{"content": [{{"type": "text", "text": "{{\\"id\\": \\"2201\\", \\"url\\": \\"{URL}\\"}}"}}]}}'
    managed = {"tool_name": _OWN_TOOL, "tool_output": f'{{"url": "{URL}"}}', "cwd": root, "duration": 900}
    file = {"file_path": f"{root}/a.py"}
    part = {"subagent_id": "sub-1", "subagent_type": "explore"}

    def ran(command: str, output: str, duration: int) -> "Payload":
        return {"command": command, "output": output, "duration": duration, "sandbox": False}

    examples: list[Example] = [
        (
            "sessionStart",
            {"session_id": run, "is_background_agent": False, "composer_mode": "agent"},
            {"event": "start"},
        ),
        (
            "beforeSubmitPrompt",
            {"prompt": "Add a test", "attachments": [{"type": "file", "file_path": "a.py"}]},
            ACTIVITY,
        ),
        ("preToolUse", ls, {**ACTIVITY, "tool": "toolu_01"}),
        (
            "postToolUse",
            {**ls, "tool_output": '{"output":"a.py"}', "duration": 12},
            {**ACTIVITY, "tool": "toolu_01"},
        ),
        (
            "postToolUseFailure",
            {"tool_name": "Shell", "tool_input": {"command": CREATE}, **failed, "duration": 40},
            {**ACTIVITY, "tool": "toolu_02"},
        ),
        ("beforeShellExecution", {"command": CREATE, "cwd": root}, ACTIVITY),
        ("afterShellExecution", ran(CREATE, CREATED, 1840), OPENED),
        ("afterShellExecution", ran(CREATE, dumps({"output": CREATED, "exitCode": 0}), 1840), OPENED),
        ("afterShellExecution", ran(CREATE, dumps({"output": CREATED, "exitCode": 1}), 1840), ACTIVITY),
        ("afterShellExecution", ran("git push", PUSHED, 900), CONTRIBUTED),
        (
            "postToolUse",
            {**managed, "tool_input": {"action": "create_pr", "title": "Add a test"}},
            {**OPENED_BY_TOOL, "how": "ManagePullRequest"},
        ),
        ("postToolUse", {**managed, "tool_input": {"action": "update_pr"}}, ACTIVITY),
        ("afterShellExecution", ran("echo 'gh pr create'; gh pr view", f"{URL}\n", 300), ACTIVITY),
        ("beforeMCPExecution", {**tool, "command": "npx github-mcp"}, ACTIVITY),
        ("afterMCPExecution", {**tool, "result_json": answer, "duration": 700}, OPENED_BY_TOOL),
        ("beforeReadFile", {**file, "content": "x = 1\n", "attachments": []}, ACTIVITY),
        ("afterFileEdit", {**file, "edits": [{"old_string": "x = 1", "new_string": "x = 2"}]}, ACTIVITY),
        ("subagentStart", {**part, "task": "look around"}, ACTIVITY),
        ("subagentStop", {**part, "status": "completed"}, ACTIVITY),
        ("preCompact", {"trigger": "auto"}, ACTIVITY),
        ("afterAgentResponse", {"text": "Done."}, ACTIVITY),
        ("afterAgentThought", {"text": "Let me see.", "duration_ms": 400}, ACTIVITY),
        ("stop", {"status": "completed", "loop_count": 0}, ACTIVITY),
        (
            "sessionEnd",
            {
                "session_id": run,
                "reason": "completed",
                "duration_ms": 93000,
                "is_background_agent": False,
                "final_status": "completed",
            },
            {"event": "end"},
        ),
        ("beforeTabFileRead", {**file, "content": "x = 1\n"}, None),
        ("afterTabFileEdit", {**file, "edits": []}, None),
        ("workspaceOpen", {}, None),
    ]
    return documented(examples, common, {"host": "cursor", "run": run, "turn": turn})


HOST = Host(
    "cursor",
    prefix="CURSOR_",
    parse=_parse,
    recognises=lambda payload: "cursor_version" in payload,
    examples=_examples,
    variable="CURSOR_VERSION",
    folder_variables=("CURSOR_PROJECT_DIR", "CLAUDE_PROJECT_DIR"),
    events=(
        "sessionStart",
        "sessionEnd",
        "beforeSubmitPrompt",
        "afterFileEdit",
        "afterShellExecution",
        "afterMCPExecution",
        "stop",
        "postToolUse",
    ),
    command="cursor",
    folder=".cursor",
    file="hooks.json",
    project_file=".cursor/hooks.json",
    entry=_entry,
    known_events=frozenset((*_EVENTS, "beforeTabFileRead", "afterTabFileEdit", "workspaceOpen")) - {"userPromptSubmit"},
    versioned=True,
)
