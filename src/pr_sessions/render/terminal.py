"""What all output is made of: one JSON document, lines that make sense without colour, and what a runner reads.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from msgspec import json, to_builtins

from pr_sessions.core.visible_text import columns, one_line, one_line_around, visible, visible_json
from pr_sessions.errors import CannotWrite
from pr_sessions.io.places import Place, followed
from pr_sessions.render.table import Line, plain_lines, table_lines

WIDTH = 80
MOST_ROWS = 5
MOST_FILES = 3
# A runner of GitHub's takes a line that holds this for a command to itself, as one that begins with `::`.
_OLD_COMMAND = "##["
# GitHub takes no more of a step's summary.
MOST_SUMMARY = 1 << 20
CUT = "\n\n(The rest is too long for GitHub.)\n"


def show(data: Any, text: Iterable[Line], *, as_json: bool) -> None:
    """Print a result on stdout: the data as one JSON document, or the lines, with signs on a terminal."""
    for line in [_json(data)] if as_json else plain_lines(text, signs=sys.stdout is not None and sys.stdout.isatty()):
        _print(line)


def _print(line: str, *, drawn: bool = False) -> None:
    _echo(harmless(line), nl=not drawn, color=True if drawn else None)


def _echo(data: str | bytes, *, nl: bool, color: bool | None = None) -> None:
    """Print. Neither a full disk behind `>` nor a reader that has seen enough is a bug of ours."""
    try:
        click.echo(data, nl=nl, color=color)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite(f"cannot print the result: {error.strerror}", "what was recorded before is stored") from error


def print_drawn(text: str) -> None:
    """Print a text in which all escape sequences are ours, with its line breaks."""
    _print(text, drawn=True)


def print_bytes(data: bytes) -> None:
    """Print bytes for a program as they are."""
    _echo(data, nl=False)


def _json(data: Any) -> str:
    """Return one document of the same value, with escapes for what could steer a terminal or a runner.

    On a console that cannot show every character, everything but ASCII is escaped.
    """
    is_unicode = "utf" in (getattr(sys.stdout, "encoding", None) or "").lower()
    # It can stand in a string only; there this is the same to every parser.
    return visible_json(_encoded(data, is_unicode=is_unicode)).replace(_OLD_COMMAND, "#\\u0023[")


def _encoded(data: Any, *, is_unicode: bool) -> str:
    if is_unicode:
        try:
            return json.format(json.encode(data), indent=2).decode()
        except UnicodeEncodeError:
            pass  # A path of this machine that is no UTF-8 text holds halves of characters.
    from json import dumps

    return dumps(to_builtins(data), indent=2)


def note(text: str) -> None:
    """Print a message on stderr."""
    click.echo(harmless(visible(text)), err=True)


def can_ask() -> bool:
    """Return whether somebody can read a question on stderr and answer it on stdin."""
    # A stream that was closed is `None`.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def on_a_runner() -> bool:
    """Return whether GitHub reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def harmless(text: str) -> str:
    """Return the text, on a runner without what that would take for a command: a title or a path may hold one."""
    if not on_a_runner():
        return text
    import re

    return re.sub(r"((?:^|[\r\n])[^\S\r\n]*):(?=:)", r"\1: ", text).replace(_OLD_COMMAND, "# #[")


def heading(text: str) -> str:
    """Return a line that stands above a part of the output."""
    return click.style(text, bold=True)


def dim(text: str) -> str:
    """Return less important text."""
    return click.style(text, dim=True)


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> list[str]:
    """Return aligned columns, or `(nothing)` without rows."""
    return list(plain_lines(table_lines(rows, header)))


def word(text: str, *, known: bool) -> str:
    """Return a word of a fixed list for people; one that this version does not know is `unknown (WORD)`."""
    if known or text == "unknown":
        return text
    return f"unknown ({one_line(text, 40)})"


def clock(moment: datetime | None) -> str:
    """Return a time in this machine's zone: `2025-11-22 10:00`."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "-"


def span(duration: timedelta | None) -> str:
    """Return a duration: `2 h 05 min`, `21 min`, `under a minute`, or `unknown` for `None`."""
    if duration is None:
        return "unknown"
    minutes = duration // timedelta(minutes=1)
    if minutes == 0:
        return "under a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def age(opened: datetime | None, at: datetime) -> str:
    """Return how long something is open: `21 min`, `3 days`."""
    if opened is None:
        return "unknown"
    passed = max(at - opened, timedelta())
    return span(passed) if passed < timedelta(days=1) else plural(passed // timedelta(days=1), "day")


def short_age(moment: datetime, at: datetime) -> str:
    """Return how long ago something was, in one unit: `5 min`, `2 h`, `3 d`."""
    minutes = max(at - moment, timedelta()) // timedelta(minutes=1)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h" if minutes < 1440 else f"{minutes // 1440} d"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `1 session`, `2 sessions`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def cut(lines: Sequence[str], most: int = MOST_ROWS) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], dim(f"  ... and {more} more")] if more > 0 else list(lines)


def number_ranges(numbers: Sequence[str]) -> str:
    """Return numbers of pull requests in order, neighbours as one: `#3-#5, #9`."""
    runs: list[list[int]] = []
    for number in sorted(map(int, numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"#{run[0]}" if len(run) == 1 else f"#{run[0]}-#{run[-1]}" for run in runs)


def file_list(files: Sequence[str], width: int = 1000) -> str:
    """Return how many files there are, and the names of the first ones; what tools wrote stands last.

    As many names stand there as fit into so many columns. The first one does, with its middle cut where it must be.
    """
    from pr_sessions.core.paths import is_generated

    if not files:
        return plural(0, "file")
    ordered = sorted(files, key=is_generated)
    for count in range(min(MOST_FILES, len(files)), 1, -1):
        text = _files(ordered[:count], len(files))
        if columns(text) <= width:
            return text
    others = columns(_files([""], len(files)))
    return _files([one_line_around(ordered[0], max(width - others, 8))], len(files))


def _files(names: Sequence[str], count: int) -> str:
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return f"{plural(count, 'file')}: {', '.join(names)}{more}"


def path_from(root: Path, place: Place) -> str:
    """Return a path as seen from the repository's root."""
    path = Path(place.path)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(place)


def output_lines(values: Mapping[str, str], random: Callable[[], str] = lambda: os.urandom(16).hex()) -> str:
    """Return the lines of an outputs file. Each value is between two random delimiters, which it cannot contain.

    Args:
        values: by name; they may hold text from outside.
        random: returns a new word at each call.
    """
    return "".join(_with_delimiter(name, value, random) for name, value in values.items())


def write_outputs(path: Path, values: Mapping[str, str]) -> None:
    """Append outputs to the file that the runner reads.

    Raises:
        CannotWrite: the jobs after this one would not know what was decided.
    """
    from pr_sessions.io.files import append_bytes

    append_bytes(followed(path), output_lines(values).encode("utf-8", "replace"))


def append_summary(path: Path, markdown: str) -> None:
    """Append as much to the step's summary as GitHub takes.

    Raises:
        CannotWrite: nobody can read there why the checks run.
    """
    from pr_sessions.io.files import append_bytes, status

    place = followed(path)
    existing = status(place)
    room = MOST_SUMMARY - (existing.st_size if existing else 0)
    append_bytes(place, _within(markdown, room).encode("utf-8", "replace"))


def annotation(level: str, title: str, message: str) -> str:
    """Return a workflow command that shows a message with the run.

    Args:
        level: `notice`, `warning` or `error`.
        title: a few words.
        message: may hold text from outside; it cannot end the command or begin another.
    """
    return f"::{level} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(message)}"


def _with_delimiter(name: str, value: str, random: Callable[[], str]) -> str:
    delimiter = random()
    while delimiter in value:
        delimiter = random()
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _within(markdown: str, room: int) -> str:
    """Return whole lines of at most so many bytes; nothing where even the note about it has no room."""
    if len(markdown.encode("utf-8", "replace")) <= room:
        return markdown
    left, kept = room - len(CUT), []
    for line in markdown.splitlines(keepends=True):
        left -= len(line.encode("utf-8", "replace"))
        if left < 0:
            break
        kept.append(line)
    return "".join(kept) + CUT if room >= len(CUT) else ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
