"""Runs the user's own command-line tool of a forge: no shell, no questions, bounded in time and output."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from pr_sessions.errors import PrSessionsError
from pr_sessions.sessions.ids import clean

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import Popen

BY_HAND = "or open it by hand, and record it: pr-sessions add NUMBER --session ID"
SECONDS = 60.0
MOST = 4 * 1024 * 1024
# After its end a helper that it left behind may still hold the pipes.
_GRACE = 2.0
_QUIET = {
    "GH_PROMPT_DISABLED": "1",
    "GH_NO_UPDATE_NOTIFIER": "1",
    "GLAB_NO_PROMPT": "1",
    "NO_PROMPT": "1",
    "GLAB_CHECK_UPDATE": "false",
    "GIT_TERMINAL_PROMPT": "0",
    "NO_COLOR": "1",
}
# They make the tools talk as if to a terminal, or print what they send.
_LOUD = ("GH_FORCE_TTY", "CLICOLOR_FORCE", "GH_DEBUG", "DEBUG")
_REMARKS = ("Warning:", "Creating ", "!")


class ToolFailed(PrSessionsError):
    """A forge's tool is missing, or refused what it was asked."""


class Said(Struct, frozen=True):
    """What a tool said, and the status with which it ended."""

    status: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """Why it failed, as one line."""
        lines = (line.strip() for line in (self.err.strip() or self.out.strip()).splitlines())
        told = [line for line in lines if line and not line.startswith(_REMARKS)]
        return clean("; ".join(told[-3:]), 300) or f"status {self.status}"


def has_tool(name: str) -> bool:
    """Whether the tool is installed."""
    return _find(name) is not None


def call_tool(root: Path, name: str, *arguments: str, text: str = "", seconds: float = SECONDS) -> Said:
    """All that the tool said, whether or not it failed.

    Args:
        root: the working tree in which it runs.
        name: of the program.
        arguments: its own, one each.
        text: what it reads.
        seconds: it is ended after so many.

    Raises:
        ToolFailed: it is missing, takes too long, or says too much.
    """
    from subprocess import PIPE, Popen
    from tempfile import TemporaryFile

    path = _find(name)
    if path is None:
        raise ToolFailed(
            f"{name} is not installed, or not on PATH", f"install it and log in: {name} auth login; {BY_HAND}"
        )
    with TemporaryFile() as stdin:
        stdin.write(text.encode("utf-8", "replace"))
        stdin.seek(0)
        try:
            # A session of its own: no helper asks at the terminal, and none survives it.
            process = Popen(
                [path, *arguments], cwd=root, env=_environment(), stdin=stdin, stdout=PIPE, stderr=PIPE,
                start_new_session=os.name != "nt",
            )  # fmt: skip
        except OSError as error:
            raise ToolFailed(f"{name} cannot be started: {error.strerror or error}") from error
    try:
        return _listen(process, name, seconds)
    finally:
        _end(process)


def _listen(process: Popen[bytes], name: str, seconds: float) -> Said:
    from subprocess import TimeoutExpired
    from threading import Thread

    heard = (bytearray(), bytearray())
    pipes = (process.stdout, process.stderr)
    readers = [Thread(target=_read, args=(p, h, process), daemon=True) for p, h in zip(pipes, heard, strict=True)]
    for reader in readers:
        reader.start()
    try:
        status = process.wait(seconds)
    except TimeoutExpired:
        raise ToolFailed(f"{name} did not answer within {seconds:g} seconds") from None
    for reader in readers:
        reader.join(_GRACE)
    if any(len(each) > MOST for each in heard):
        raise ToolFailed(f"{name} said more than {MOST // 1024 // 1024} MiB")
    out, err = (bytes(each).decode(errors="replace") for each in heard)
    return Said(status, out, err)


def _read(pipe: IO[bytes], heard: bytearray, process: Popen[bytes]) -> None:
    with pipe:
        while chunk := os.read(pipe.fileno(), 65536):
            heard += chunk
            if len(heard) > MOST:
                _end(process)
                return


def _end(process: Popen[bytes]) -> None:
    """Ends it with everything that it started."""
    from contextlib import suppress
    from signal import SIGTERM

    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, SIGTERM)
    from subprocess import TimeoutExpired

    try:
        process.wait(_GRACE)
    except TimeoutExpired:
        process.kill()
        process.wait()


def _find(name: str) -> str | None:
    """Its full path; none in the current folder, where Windows looks first, and no `.cmd`, which needs a shell."""
    from pathlib import Path
    from shutil import which

    found = which(name)
    if found is None or not Path(found).is_absolute():
        return None
    return found if os.name != "nt" or found.lower().endswith(".exe") else None


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _LOUD} | _QUIET
