"""What the compatible scripts print: one document on stdout, everything else on stderr."""

import sys
from collections.abc import Callable
from typing import Any

from pr_sessions.core.visible_text import visible, visible_json
from pr_sessions.errors import Paused, PrSessionsError

DONE, FAILED, INTERRUPTED = 0, 1, 130


def warn(problem: PrSessionsError | str, outcome: str = "") -> None:
    """Write on stderr what is wrong, what comes of it, and a hint."""
    note(f"warning: {problem}{f' - {outcome}' if outcome else ''}")
    if isinstance(problem, PrSessionsError) and problem.hint:
        note(f"hint: {problem.hint}")


def hint(problem: str, way: str) -> None:
    """Say on stderr what changes nothing, and what may have been meant."""
    note(f"warning: {problem}{f'; {way}' if way else ''}")


def note(text: str) -> None:
    """Write a line on stderr; a console that cannot show a character gets an escape in its place."""
    sys.stderr.write(_showable(text, sys.stderr.encoding) + "\n")


def print_json(data: Any) -> int:
    """Write the result on stdout, as one JSON document that every console can show; return the exit code 0."""
    from json import dumps

    encoding = (sys.stdout.encoding or "ascii").lower()
    text = dumps(data, indent=2, ensure_ascii=encoding not in ("utf-8", "utf8"))
    sys.stdout.write(visible_json(text) + "\n")
    return DONE


def print_text(text: str) -> int:
    """Write the result on stdout, as text; return the exit code 0."""
    sys.stdout.write(_showable(text, sys.stdout.encoding))
    return DONE


def run(command: Callable[[], int]) -> int:
    """Run a script's command; return its exit code, 1 with a message where the user can do something about it."""
    try:
        return command()
    except PrSessionsError as error:
        note(f"{'paused' if isinstance(error, Paused) else 'error'}: {error}")
        if error.hint:
            note(f"hint: {error.hint}")
        return DONE if isinstance(error, Paused) else FAILED
    except OSError as error:
        if not error.filename:
            raise
        note(f"error: cannot use {error.filename}: {error.strerror or error}")
        return FAILED
    except KeyboardInterrupt:
        note("interrupted; what was saved before is safe")
        return INTERRUPTED


def _showable(text: str, encoding: str | None) -> str:
    known = encoding or "ascii"
    return visible(text).encode(known, "backslashreplace").decode(known)
