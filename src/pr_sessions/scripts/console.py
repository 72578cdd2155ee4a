"""How the compatible scripts talk: stdout is one document, stderr everything else."""

import sys
from collections.abc import Callable
from typing import Any

from pr_sessions.errors import Paused, PrSessionsError

DONE, FAILED, INTERRUPTED = 0, 1, 130


def warn(problem: PrSessionsError | str, outcome: str = "") -> None:
    """Says on stderr what is wrong, what comes of it, and the way out."""
    note(f"warning: {problem}{f' - {outcome}' if outcome else ''}")
    if isinstance(problem, PrSessionsError) and problem.hint:
        note(f"hint: {problem.hint}")


def note(text: str) -> None:
    """Talk, on stderr; a console that cannot show a character gets an escape in its place."""
    sys.stderr.write(_showable(text, sys.stderr.encoding) + "\n")


def print_json(data: Any) -> None:
    """The result on stdout: one JSON document that every console can show."""
    from json import dumps

    encoding = (sys.stdout.encoding or "ascii").lower()
    sys.stdout.write(dumps(data, indent=2, ensure_ascii=encoding not in ("utf-8", "utf8")) + "\n")


def print_text(text: str) -> None:
    """The result on stdout, as text."""
    sys.stdout.write(_showable(text, sys.stdout.encoding))


def run(command: Callable[[], int]) -> int:
    """The exit code of a script's command: 0, or 1 with a message where the user can mend it."""
    try:
        return command()
    except PrSessionsError as error:
        note(f"{'paused' if isinstance(error, Paused) else 'error'}: {error}")
        if error.hint:
            note(f"hint: {error.hint}")
        return DONE if isinstance(error, Paused) else FAILED
    except KeyboardInterrupt:
        note("interrupted; what was saved before is safe")
        return INTERRUPTED


def _showable(text: str, encoding: str | None) -> str:
    known = encoding or "ascii"
    return text.encode(known, "backslashreplace").decode(known)
