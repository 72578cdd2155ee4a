"""Claude Code's hooks, whose format several other hosts use, too.

Format: code.claude.com/docs/en/hooks. A sub-agent's events carry `agent_id` as well as the session's id. A session may
end without `SessionEnd`, and standard input is not always closed.
"""

from pr_sessions.hooks.host import (
    ACTIVITY,
    CONTRIBUTED,
    CREATE,
    CREATED,
    OPENED,
    OPENED_BY_TOOL,
    PUSHED,
    URL,
    Example,
    HookEvent,
    Host,
    documented,
)
from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.hooks.payload import Payload

_EVENTS = {
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


def parse(payload: "Payload") -> list[HookEvent]:
    """Return what is kept; nothing for events that show no work, such as a notification."""
    name = payload.get("hook_event_name")
    kind = _EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        return []
    # A sub-agent's work belongs to its session.
    if payload.get("agent_id") or payload.get("agent_type"):
        kind = "activity"
    event = {
        "run": text(payload, "session_id"),
        "turn": text(payload, "turn_id", "prompt_id"),
        "tool": text(payload, "tool_use_id"),
        "event": kind,
    }
    if name == "PostToolUse":
        from pr_sessions.hooks import evidence

        result = payload["tool_response"] if "tool_response" in payload else payload.get("tool_result")
        return evidence.events_of_tool(event, payload.get("tool_name"), payload.get("tool_input"), result)
    return [event]


def _examples(root: str) -> list[Example]:
    run = "3d0e8a52-1f7b-4f0e-8f57-6a0c5e2b7d11"
    common = {"session_id": run, "transcript_path": "/home/dev/.claude/projects/demo/1.jsonl", "cwd": root}
    common["permission_mode"] = "default"
    call = {"tool_use_id": "toolu_11"}
    kept = {"tool": "toolu_11"}
    part = {"agent_id": "agent-7", "agent_type": "general-purpose"}
    create = {"tool_name": "Bash", "tool_input": {"command": CREATE}}
    heredoc = "gh pr create --title 'Add a test' --body \"$(cat <<'EOF'\n## Summary\n- it's tested\nEOF\n)\""
    answer = [{"type": "text", "text": f'{{"id": "2201", "url": "{URL}"}}'}]

    def bash(command: str, stdout: str, stderr: str = "") -> "Payload":
        result = {"stdout": stdout, "stderr": stderr, "interrupted": False, "isImage": False}
        return {
            "tool_name": "Bash",
            "tool_input": {"command": command, "description": "run"},
            "tool_response": result,
            **call,
        }

    examples: list[Example] = [
        ("SessionStart", {"source": "startup", "model": "claude-opus-4"}, {"event": "start"}),
        ("SessionStart", {"source": "resume", "model": "claude-opus-4"}, {"event": "start"}),
        ("UserPromptSubmit", {"prompt": "Add a test"}, ACTIVITY),
        ("PreToolUse", {**create, **call}, ACTIVITY | kept),
        ("PermissionRequest", create, ACTIVITY),
        (
            "PostToolUse",
            {
                "tool_name": "Write",
                "tool_input": {"file_path": f"{root}/a.py", "content": "x = 1\n"},
                "tool_response": {"filePath": f"{root}/a.py", "success": True},
                **call,
            },
            ACTIVITY | kept,
        ),
        (
            "PostToolUse",
            bash(
                f"git add -A && git commit -qm 'Add a test' && {heredoc}", f"{URL}\n", CREATED.partition("\n")[0] + "\n"
            ),
            OPENED | kept,
        ),
        ("PostToolUse", bash("git push -u origin topic", "", PUSHED), CONTRIBUTED | kept),
        ("PostToolUse", bash('echo "gh pr create"; cat notes.md', f"{URL}\n"), ACTIVITY | kept),
        (
            "PostToolUse",
            {
                "tool_name": "mcp__github__create_pull_request",
                "tool_input": {"owner": "octo", "repo": "demo", "title": "Add a test"},
                "tool_response": answer,
                **call,
            },
            OPENED_BY_TOOL | kept,
        ),
        ("PostToolUse", {**part, **bash(CREATE, f"{URL}\n")}, OPENED | kept),
        ("PostToolUseFailure", {**create, **call, "error": "exit code 1", "is_interrupt": False}, ACTIVITY | kept),
        ("SubagentStart", part, ACTIVITY),
        ("SessionStart", {"source": "startup", **part}, ACTIVITY),
        ("SubagentStop", {**part, "stop_hook_active": False}, ACTIVITY),
        ("PreCompact", {"trigger": "auto", "custom_instructions": ""}, ACTIVITY),
        ("WorktreeCreate", {"name": "topic"}, None),
        ("CwdChanged", {"old_cwd": root, "new_cwd": root}, None),
        (
            "Notification",
            {"message": "Claude is waiting for your input", "notification_type": "idle_prompt"},
            None,
        ),
        ("Stop", {"stop_hook_active": False, "last_assistant_message": "Done."}, ACTIVITY),
        ("StopFailure", {"error": "rate_limit"}, ACTIVITY),
        ("SessionEnd", {"reason": "prompt_input_exit"}, {"event": "end"}),
    ]
    return documented(examples, common, {"host": "claude-code", "run": run})


HOST = Host(
    "claude-code",
    prefix="CLAUDE",
    parse=parse,
    recognises=lambda _payload: False,
    examples=_examples,
    variable="CLAUDE_PROJECT_DIR",
    folder_variables=("CLAUDE_PROJECT_DIR",),
    events=("SessionStart", "SessionEnd", "UserPromptSubmit", "PostToolUse", "Stop"),
    command="claude",
    folder=".claude",
    home_variable="CLAUDE_CONFIG_DIR",
    file="settings.json",
    project_file=".claude/settings.json",
    local_file=".claude/settings.local.json",
    windows="sh",
    can_be_off=True,
)
