"""The real script in a process of its own, as an agent starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pr_sessions
from pr_sessions.hooks.host import Example
from pr_sessions.hooks.hosts import HOSTS

PACKAGE = Path(pr_sessions.__file__).parent
SCRIPT = PACKAGE / "hooks/hook.py"
# Of an agent that may run these tests.
FOREIGN = ("CURSOR_", "CLAUDE", "CODEX_", "GEMINI_", "COPILOT_", "DEVIN_")

Payload = dict[str, Any]


def documented(root: Path) -> Iterator[tuple[str, Example]]:
    """Every documented payload for this working tree, with the name of its host."""
    for name, host in HOSTS.items():
        for example in host.examples(str(root)):
            yield name, example


def clean_environment(**more: str) -> dict[str, str]:
    """This one, without what another agent around us says."""
    return {**{k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}, **more}


def hook(
    payload: Payload | bytes | str, *arguments: str, cwd: Path | str = os.sep, **environ: str
) -> subprocess.CompletedProcess[bytes]:
    """One event, from its start to its end."""
    data = json.dumps(payload).encode() if isinstance(payload, dict) else payload
    data = data.encode() if isinstance(data, str) else data
    command = [sys.executable, "-I", "-S", str(SCRIPT), *(arguments or ("claude-code",))]
    return subprocess.run(
        command, input=data, capture_output=True, cwd=cwd, env=clean_environment(**environ), check=False
    )


def set_up(root: Path) -> Path:
    """The clone's own folder, by which a hook knows that it is wanted."""
    state = root / ".git/pr-sessions"
    (state / "pending").mkdir(parents=True, exist_ok=True)
    (state / "README").write_text("Sessions of this clone\n")
    return state


def records(root: Path) -> list[dict[str, Any]]:
    """What waits for the tracker."""
    path = root / ".git/pr-sessions/pending/events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def claude(event: str, root: Path, **more: Any) -> Payload:
    """An event of Claude Code."""
    return {"session_id": "run-1", "cwd": str(root), "hook_event_name": event, "permission_mode": "default", **more}


def bash(root: Path, command: str, output: str, **more: Any) -> Payload:
    """A command that Claude Code ran."""
    response = {"stdout": output, "stderr": "", "interrupted": False}
    told = {"tool_name": "Bash", "tool_input": {"command": command}, "tool_response": response, "tool_use_id": "t1"}
    return claude("PostToolUse", root, **told, **more)
