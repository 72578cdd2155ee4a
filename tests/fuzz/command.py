"""The command line in this process: its exit code, and everything that it printed."""

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

from pr_sessions.cli.main import run


class _Console(io.TextIOWrapper):
    """A console as `main` sets it up: what it cannot show is escaped, and nothing else is forgiven."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)

    def text(self) -> str:
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


def run_command(words: Sequence[str]) -> tuple[int, str]:
    """One command."""
    code, out, err = run_apart(words)
    return code, out + err


def run_apart(words: Sequence[str]) -> tuple[int, str, str]:
    """One command, with stdout and stderr apart."""
    out, err = _Console(), _Console()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(list(words))
    return code, out.text(), err.text()
