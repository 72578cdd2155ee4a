"""Devin CLI, which speaks Claude Code's format; `init` does not register its hooks."""

from pr_sessions.hooks.host import Host
from pr_sessions.hooks.hosts import claude_code

HOST = Host(
    "devin",
    prefix="DEVIN_",
    parse=claude_code.parse,
    recognises=lambda payload: (
        "hook_event_name" in payload and "prompt_id" in payload and "transcript_path" not in payload
    ),
    examples=lambda _root: (),
    variable="DEVIN_PROJECT_DIR",
    folder_variables=("DEVIN_PROJECT_DIR",),
)
