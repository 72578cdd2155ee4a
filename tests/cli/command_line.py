"""What tests of commands share: how a command is run, times as text, and what time alone brings about."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct


class Result(Struct, frozen=True):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Cli = Callable[..., Result]
Git = Callable[..., str]


def day(clock: str) -> str:
    """A time of a day long past: `day("10:05")`."""
    return f"2025-11-22T{clock}:00Z"


def ago(minutes: float) -> str:
    """So many minutes before now."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def left_behind(root: Path, session_id: str, at: str) -> None:
    """A session that became current at that time, and that nobody has looked after since."""
    session = {"session_id": session_id, "author": "ada", "started": at, "last_activity": at, "status": "active"}
    marker = {"session_id": session_id, "author": "ada", "created": at, "last_updated": at}
    document = {"version": "1.0", "active_sessions": {session_id: session}, "completed_sessions": []}
    for path, content in (("docs/metrics/auto_pr_sessions.json", document), (".cursor/.session_id", marker)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(json.dumps(content))


def on_a_terminal(answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command on a terminal where somebody types the answer; return its exit code and all that is shown."""
    import pty

    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "pr_sessions", *arguments]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass  # Linux says so when the other end closes.
    os.close(ours)
    return process.wait(), shown.decode()
