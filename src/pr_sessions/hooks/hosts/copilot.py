"""Copilot's hooks with camelCase names; with capital names it speaks Claude Code's format.

Format: docs.github.com, copilot/reference/hooks-reference. The payload does not name its event, but each event has a
shape of its own. A prompt may arrive before the start of its session.
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
from pr_sessions.hooks.hosts import claude_code, generic
from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pr_sessions.hooks.payload import Payload


def _parse(payload: "Payload") -> list[HookEvent]:
    if "sessionId" not in payload:
        return claude_code.parse(payload) if "hook_event_name" in payload else generic.parse(payload)
    if "toolName" in payload or "agentName" in payload:
        kind = "activity"
    elif "source" in payload or "initialPrompt" in payload:
        kind = "start"
    else:
        kind = "end" if "reason" in payload else "activity"
    event = {"run": text(payload, "sessionId"), "event": kind}
    if "toolResult" in payload:
        from pr_sessions.hooks import evidence

        return evidence.events_of_tool(event, payload.get("toolName"), payload.get("toolArgs"), payload["toolResult"])
    return [event]


def _recognises(payload: "Payload") -> bool:
    in_claudes_format = "hook_event_name" in payload and "timestamp" in payload and "transcript_path" not in payload
    return "sessionId" in payload or in_claudes_format


def _entry(_event: str, commands: "Mapping[str, str]", _shell: str) -> "dict[str, Any]":
    return {"type": "command", "bash": commands["sh"], "powershell": commands["powershell"], "timeoutSec": SECONDS}


def _examples(root: str) -> list[Example]:
    run = "c2f7d6b8-9e31-4d67-8a55-7b6c5d4e3f20"
    kept = {"host": "copilot", "run": run}
    create = f'{{"command": "{CREATE}"}}'
    transcript = {"transcriptPath": "/home/dev/.copilot/1.jsonl"}
    exists = f'a pull request for branch "topic" into branch "main" already exists:\n{URL}'

    def used(arguments: object, result: str, kind: str = "success", name: str = "bash") -> "Payload":
        return {
            "toolName": name,
            "toolArgs": arguments,
            "toolResult": {"resultType": kind, "textResultForLlm": result},
        }

    examples: list[Example] = [
        ("userPromptSubmitted", {"prompt": "Add a test"}, ACTIVITY),
        ("sessionStart", {"source": "new", "initialPrompt": "Add a test"}, {"event": "start"}),
        ("preToolUse", {"toolName": "bash", "toolArgs": create}, ACTIVITY),
        ("postToolUse", used(create, f"{CREATED}<exited with exit code 0>"), OPENED),
        ("postToolUse", used(create, exists, "failure"), ACTIVITY),
        ("postToolUse", used({"command": "git push"}, PUSHED), CONTRIBUTED),
        (
            "postToolUse",
            used('{"title": "Add a test"}', f'{{"url": "{URL}"}}', name="github-mcp-server-create_pull_request"),
            OPENED_BY_TOOL,
        ),
        ("agentStop", {**transcript, "stopReason": "end_turn", "stop_hook_active": False}, ACTIVITY),
        ("subagentStart", {"agentName": "explore", **transcript}, ACTIVITY),
        ("subagentStop", {"agentName": "explore", **transcript, "stopReason": "end_turn"}, ACTIVITY),
        (
            "errorOccurred",
            {
                "error": {"message": "timeout", "name": "TimeoutError", "stack": ""},
                "errorContext": "model_call",
                "recoverable": True,
            },
            ACTIVITY,
        ),
        ("preCompact", {**transcript, "trigger": "auto"}, ACTIVITY),
        ("sessionEnd", {"reason": "complete"}, {"event": "end"}),
    ]
    result = {"result_type": "success", "text_result_for_llm": CREATED}
    created = {"tool_name": "bash", "tool_input": {"command": CREATE}, "tool_result": result}
    in_claudes_format: list[Example] = [
        ("SessionStart", {"source": "new", "initial_prompt": "Add a test"}, {"event": "start"}),
        ("UserPromptSubmit", {"prompt": "Add a test"}, ACTIVITY),
        ("PostToolUse", created, OPENED),
        ("Stop", {"stop_hook_active": False}, ACTIVITY),
        ("SessionEnd", {"reason": "complete"}, {"event": "end"}),
    ]
    common = {"cwd": root, "timestamp": "2026-11-22T10:00:00.000Z"}
    return [
        *documented(examples, {"sessionId": run, "timestamp": 1763805600000, "cwd": root}, kept, named=False),
        *documented(in_claudes_format, {"session_id": run, **common}, kept),
    ]


HOST = Host(
    "copilot",
    prefix="COPILOT_",
    parse=_parse,
    recognises=_recognises,
    examples=_examples,
    events=("sessionStart", "sessionEnd", "userPromptSubmitted", "postToolUse", "agentStop"),
    command="copilot",
    folder=".copilot",
    home_variable="COPILOT_HOME",
    file="hooks/pr-sessions.json",
    project_file=".github/hooks/pr-sessions.json",
    inline_file=".github/copilot/settings.json",
    entry=_entry,
    can_be_off=True,
    versioned=True,
)
