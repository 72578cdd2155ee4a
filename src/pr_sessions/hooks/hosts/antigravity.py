"""Antigravity (`agy`), Gemini CLI's successor. Its hooks stand under a name of their own in its file.

The payload does not name its event, and has neither the output of a tool nor the start or the end of a session: what
opens a pull request is only possible. A tool waits for an answer, so none but those after its use are registered.
"""

from pr_sessions.hooks.host import ACTIVITY, CREATE, SECONDS, Example, HookEvent, Host, documented
from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pr_sessions.hooks.payload import Payload


def _parse(payload: "Payload") -> list[HookEvent]:
    event = {"run": text(payload, "conversationId"), "event": "activity"}
    call = payload.get("toolCall")
    if not isinstance(call, dict) or payload.get("error"):
        return [event]
    from pr_sessions.hooks import evidence

    return evidence.events_of_tool(event, call.get("name"), call.get("args"), None)


def _entry(event: str, commands: "Mapping[str, str]", shell: str) -> "dict[str, Any]":
    hook = {"type": "command", "command": commands[shell], "timeout": SECONDS}
    return {"matcher": "*", "hooks": [hook]} if event.endswith("ToolUse") else hook


def _examples(root: str) -> list[Example]:
    run = "5c1a7f7e-2f0b-4a63-9d52-0e7f6c5b4a31"
    common = {
        "conversationId": run,
        "transcriptPath": "/home/dev/.gemini/antigravity-cli/1.jsonl",
        "workspacePaths": [root],
        "modelName": "gemini-3-pro",
    }

    def used(name: str, arguments: "Payload") -> "Payload":
        return {"toolCall": {"name": name, "args": arguments}, "stepIdx": 7}

    create = used("run_command", {"CommandLine": CREATE, "Cwd": root})
    possible = {"event": "possible", "how": "gh pr create"}
    examples: list[Example] = [
        ("PreInvocation", {"invocationNum": 0, "initialNumSteps": 1}, ACTIVITY),
        ("PostInvocation", {"invocationNum": 0}, ACTIVITY),
        ("PostToolUse", used("view_file", {"AbsolutePath": f"{root}/a.py"}), ACTIVITY),
        ("PostToolUse", create, possible),
        ("PostToolUse", {**create, "error": "exit status 1"}, ACTIVITY),
        ("Stop", {"executionNum": 1, "terminationReason": "model_stop", "fullyIdle": True}, ACTIVITY),
    ]
    return documented(examples, common, {"host": "antigravity", "run": run}, named=False)


HOST = Host(
    "antigravity",
    prefix="ANTIGRAVITY_",
    parse=_parse,
    recognises=lambda payload: "conversationId" in payload,
    examples=_examples,
    answer=b"{}\n",
    events=("PreInvocation", "PostToolUse", "Stop"),
    command="agy",
    folder=".gemini/config",
    file="hooks.json",
    project_file=".agents/hooks.json",
    member="pr-sessions",
    entry=_entry,
)
