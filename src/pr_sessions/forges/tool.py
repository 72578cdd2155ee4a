"""Run the user's own command-line tool of a forge: no shell, no questions, bounded in time and output."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from pr_sessions.core.ids import clean
from pr_sessions.core.json_text import decode
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.commands import acting_environment
from pr_sessions.io.programs import find_program

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import Popen
    from typing import IO

T = TypeVar("T")
MANUALLY = "or open it manually, and record it: pr-sessions add NUMBER --session ID"
SECONDS = 60.0
MOST = 4 * 1024 * 1024
# Between two looks at how much was printed.
_PAUSE = 0.05
# Between asking a tool to end and ending it.
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
# They make the tools print as if to a terminal, or print what they send.
_LOUD = ("GH_FORCE_TTY", "CLICOLOR_FORCE", "GH_DEBUG", "DEBUG")
_REMARKS = ("Warning:", "Creating ", "!")


class ToolFailed(PrSessionsError):
    """A forge's tool is missing, or refused."""


class ToolOutput(Struct, frozen=True):
    """What a tool printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """Return why it failed, as one line."""
        lines = (line.strip() for line in (self.err.strip() or self.out.strip()).splitlines())
        errors = [line for line in lines if line and not line.startswith(_REMARKS)]
        return clean("; ".join(errors[-3:]), 300) or f"status {self.status}"


def call_tool(root: Path, name: str, *arguments: str, text: str = "", seconds: float = SECONDS) -> ToolOutput:
    """Return all that a tool printed, whether or not it failed.

    Output goes to nameless files: a helper that stays behind holds nothing up, and no thread reads pipes.
    `subprocess.run` would neither end the children of a tool that takes too long, nor one that prints without end.

    Args:
        root: the working tree in which it runs.
        name: of the program.
        arguments: one each.
        text: its standard input.
        seconds: after so many it is ended.

    Raises:
        ToolFailed: it is missing, takes too long, or prints too much.
    """
    from subprocess import Popen
    from tempfile import TemporaryFile

    path = find_program(name)
    if path is None:
        raise ToolFailed(
            f"{name} is not installed, or not on PATH", f"install it and log in: {name} auth login; {MANUALLY}"
        )
    environment = {key: value for key, value in acting_environment(root).items() if key not in _LOUD} | _QUIET
    with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
        stdin.write(text.encode("utf-8", "replace"))
        stdin.seek(0)
        try:
            # A session of its own: no helper asks at the terminal, and all can be ended together.
            process = Popen(
                [path, *arguments], cwd=root, env=environment, stdin=stdin, stdout=stdout, stderr=stderr,
                start_new_session=os.name != "nt",
            )  # fmt: skip
        except OSError as error:
            raise ToolFailed(f"{name} cannot be started: {error.strerror or error}") from error
        try:
            status = _wait(process, name, seconds, (stdout, stderr))
        finally:
            _end(process)
        if _is_too_much(stdout, stderr):
            raise _too_much(name)
        stdout.seek(0)
        stderr.seek(0)
        return ToolOutput(status, *(file.read(MOST).decode(errors="replace") for file in (stdout, stderr)))


def _wait(process: Popen[bytes], name: str, seconds: float, files: tuple[IO[bytes], IO[bytes]]) -> int:
    """Return the exit status."""
    from subprocess import TimeoutExpired
    from time import monotonic

    deadline = monotonic() + seconds
    while True:
        try:
            return process.wait(max(0.0, min(_PAUSE, deadline - monotonic())))
        except TimeoutExpired:
            if _is_too_much(*files):
                raise _too_much(name) from None
            if monotonic() >= deadline:
                raise ToolFailed(f"{name} did not answer within {seconds:g} seconds") from None


def _is_too_much(*files: IO[bytes]) -> bool:
    return any(os.fstat(file.fileno()).st_size > MOST for file in files)


def _too_much(name: str) -> ToolFailed:
    return ToolFailed(f"{name} said more than {MOST // 1024 // 1024} MiB")


def _end(process: Popen[bytes]) -> None:
    """End a process that still runs, with everything that it started."""
    from contextlib import suppress
    from signal import SIGTERM
    from subprocess import TimeoutExpired

    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, SIGTERM)
    try:
        process.wait(_GRACE)
    except TimeoutExpired:
        process.kill()
        process.wait()


def decode_output(text: str, into: type[T], tool: str) -> T:
    """Return what a tool printed, as values. Raises `ToolFailed` if it is something else."""
    try:
        return decode(text.encode("utf-8", "surrogatepass"), into)
    except msgspec.DecodeError as error:
        raise ToolFailed(f"{tool} printed something else than was asked for", f"update {tool}") from error


def no_address(tool: str) -> ToolFailed:
    """Return the error for a tool that opened a pull request and did not print where."""
    return ToolFailed(
        f"{tool} gave no address of a pull request", "if there is one now, `pr-sessions open` finds and records it"
    )
