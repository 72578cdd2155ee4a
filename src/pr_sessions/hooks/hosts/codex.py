"""Codex CLI's hooks, and its `notify`.

Format: codex-rs/hooks/schema/generated. An answer with a field that it does not know is refused, so there is none.
"""

from pr_sessions.hooks.host import (
    ACTIVITY,
    CONTRIBUTED,
    CREATE,
    CREATED,
    OPENED,
    PUSHED,
    Example,
    HookEvent,
    Host,
    documented,
)
from pr_sessions.hooks.hosts import claude_code
from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.hooks.payload import Payload

NOTIFY = "agent-turn-complete"


def _parse(payload: "Payload") -> list[HookEvent]:
    """Return what is kept; `notify` reports the end of a turn only."""
    if "thread-id" not in payload:
        return claude_code.parse(payload)
    if payload.get("type") != NOTIFY:
        return []
    return [{"run": text(payload, "thread-id"), "turn": text(payload, "turn-id"), "event": "activity"}]


def _recognises(payload: "Payload") -> bool:
    fields = {"hook_event_name", "turn_id", "model"}
    return "thread-id" in payload or (fields <= payload.keys() and "prompt_id" not in payload)


def _examples(root: str) -> list[Example]:
    run, turn = "019a8d2e-7c40-7b61-b3f4-2c1d0e9f8a77", "turn-3"
    kept = {"host": "codex", "run": run, "turn": turn}
    common = {
        "session_id": run,
        "turn_id": turn,
        "transcript_path": None,
        "cwd": root,
        "model": "gpt-5-codex",
        "permission_mode": "default",
    }

    def used(number: int, command: str | list[str], response: str | None, name: str = "Bash") -> "Payload":
        result = {} if response is None else {"tool_response": response}
        return {"tool_name": name, "tool_input": {"command": command}, **result, "tool_use_id": f"call_{number}"}

    examples: list[Example] = [
        ("SessionStart", {"source": "startup"}, {"event": "start"}),
        ("UserPromptSubmit", {"prompt": "Add a test"}, ACTIVITY),
        ("PreToolUse", used(1, CREATE, None), {**ACTIVITY, "tool": "call_1"}),
        ("PostToolUse", used(1, CREATE, CREATED), {**OPENED, "tool": "call_1"}),
        (
            "PostToolUse",
            used(2, ["bash", "-lc", "git push origin HEAD"], PUSHED),
            {**CONTRIBUTED, "tool": "call_2"},
        ),
        (
            "PostToolUse",
            used(3, "*** Begin Patch\n*** End Patch", "Success", "apply_patch"),
            {**ACTIVITY, "tool": "call_3"},
        ),
        ("Stop", {"stop_hook_active": False, "last_assistant_message": "Done."}, ACTIVITY),
        # Since 0.145: it was archived, closed, or idle for thirty minutes.
        ("SessionEnd", {"reason": "idle"}, {"event": "end"}),
    ]
    end = {"type": NOTIFY, "thread-id": run, "turn-id": turn, "client": "codex-tui"}
    messages = {"input-messages": ["Add a test"], "last-assistant-message": "Done."}
    return [*documented(examples, common, kept), (NOTIFY, {**end, "cwd": root, **messages}, {**kept, **ACTIVITY})]


HOST = Host(
    "codex",
    prefix="CODEX_",
    parse=_parse,
    recognises=_recognises,
    examples=_examples,
    events=("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd"),
    command="codex",
    folder=".codex",
    home_variable="CODEX_HOME",
    file="hooks.json",
    project_file=".codex/hooks.json",
    windows="cmd",
    note="codex runs hooks only after you have trusted them: type /hooks in codex",
)
