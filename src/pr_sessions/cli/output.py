"""How results are shown: one JSON document, or text for people that makes sense without colour."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from msgspec import json, to_builtins

from pr_sessions.errors import CannotWrite

# A runner of GitHub's takes a line that holds this for a command to itself, as one that begins with `::`.
_OLD_COMMAND = "##["


def show(data: Any, text: Iterable[str], *, as_json: bool) -> None:
    """Prints the result on stdout: the data as one JSON document, or the lines."""
    for line in [_json(data)] if as_json else text:
        _print(line)


def _print(line: str) -> None:
    """A full disk behind `>` is no bug of ours; a reader that has seen enough is none either."""
    try:
        click.echo(harmless(line))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite(f"cannot print the result: {error.strerror}", "what was recorded before is stored") from error


def _json(data: Any) -> str:
    """One document; where the console cannot show every character, all but ASCII is escaped as JSON does it."""
    if "utf" in (getattr(sys.stdout, "encoding", None) or "").lower():
        text = json.format(json.encode(data), indent=2).decode()
    else:
        from json import dumps

        text = dumps(to_builtins(data), indent=2)
    # It can stand in a string only; there this is the same to whoever reads the document.
    return text.replace(_OLD_COMMAND, "#\\u0023[")


def note(text: str) -> None:
    """Talk, on stderr."""
    click.echo(harmless(text), err=True)


def on_a_runner() -> bool:
    """Whether GitHub reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def harmless(text: str) -> str:
    """The text; on a runner without what would be a command to that, from whatever title or path it came."""
    if not on_a_runner():
        return text
    import re

    return re.sub(r"((?:^|[\r\n])[^\S\r\n]*):(?=:)", r"\1: ", text).replace(_OLD_COMMAND, "# #[")


def heading(text: str) -> str:
    """A line above a part of the output."""
    return click.style(text, bold=True)


def dim(text: str) -> str:
    """Something less important."""
    return click.style(text, dim=True)


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> list[str]:
    """Aligned columns; `(nothing)` where there are no rows."""
    if not rows:
        return ["  (nothing)"]
    lines = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    widths = [max(len(row[i]) for row in lines) for i in range(len(lines[0]))]
    shown = ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in lines]
    return [dim(shown[0]), *shown[1:]] if header else shown


def one_line(text: str, width: int = 60) -> str:
    """Text from outside, as one short line without control characters."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= width else line[: width - 1] + "…"


def clock(moment: datetime | None) -> str:
    """A time for people, in this machine's zone: `2025-11-22 10:00`."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "-"


def span(duration: timedelta | None) -> str:
    """A duration for people: `2 h 05 min`, `21 min`, `under a minute`; `unknown` where it is."""
    if duration is None:
        return "unknown"
    minutes = duration // timedelta(minutes=1)
    if minutes == 0:
        return "under a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def plural(count: int, noun: str) -> str:
    """`1 session`, `2 sessions`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
