"""Draw on a terminal with rich: its width, colours, links and the pager of the environment. Elsewhere text is plain.

Imported by the commands that show tables; rich itself is imported only where a terminal, or FORCE_COLOR, wants it.
"""

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pr_sessions.core.visible_text import one_line_around, visible
from pr_sessions.io.programs import child_environment, find_program
from pr_sessions.render import terminal
from pr_sessions.render.table import Line, Markdown, Table, fitting, plain_lines, spans

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.measure import Measurement
    from rich.text import Text

_NARROWEST = 6
_ASCII = str.maketrans({"✓": "+", "✗": "x", "…": "~", "●": "*", "○": "o", "→": ">", "·": "-"})


def show(data: Any, lines: Iterable[Line], *, as_json: bool) -> None:
    """Print a result: the data as one JSON document, or the lines, drawn for the terminal that stdout is.

    Through `PAGER` where that is set and the text is higher than the terminal.
    """
    if as_json or not is_drawn():
        terminal.show(data, () if as_json else plain_lines(lines), as_json=as_json)
        return
    from rich.console import Console

    # As `COLUMNS` and `LINES` change it.
    print_drawn(draw(lines, Console(file=sys.stdout).size.width))


def print_drawn(text: str) -> None:
    """Print a text in which all escape sequences are ours, by `PAGER` where it is higher than the terminal."""
    from rich.console import Console

    height = Console(file=sys.stdout).size.height
    if not (sys.stdout.isatty() and text.count("\n") >= height and _paged(text)):
        terminal.print_drawn(text)


def redraw(lines: Iterable[Line]) -> None:
    """Show lines in the place of what the terminal shows, as many as it has room for."""
    from rich.console import Console

    size = Console(file=sys.stdout).size
    drawn = draw(lines, size.width).splitlines(keepends=True)
    room = max(size.height - 1, 1)
    shown = drawn if len(drawn) <= room else [*drawn[: room - 1], f"... and {len(drawn) - room + 1} more lines"]
    terminal.print_drawn("\x1b[H\x1b[2J" + "".join(shown))


def is_terminal() -> bool:
    """Return whether a person reads stdout."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_drawn(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether stdout is a terminal, or FORCE_COLOR says to draw as for one."""
    return bool(environ.get("FORCE_COLOR")) or is_terminal()


def draw(lines: Iterable[Line], width: int) -> str:
    """Return the lines as a terminal of so many columns shows them. Links are for terminals alone."""
    from io import StringIO

    from rich.console import Console

    buffer = StringIO()
    console = Console(
        file=buffer,
        width=max(width, 1),
        force_terminal=True,
        no_color=bool(os.environ.get("NO_COLOR")) or None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in lines:
        if isinstance(line, Markdown):
            from rich.markdown import Markdown as RichMarkdown

            console.print(RichMarkdown(visible(line.text), hyperlinks=False))
            continue
        for shown in _wrapped(line, console) if isinstance(line, str) else _table_lines(line, console):
            shown.rstrip()
            console.print(shown, soft_wrap=True)
    text = buffer.getvalue()
    return text if "utf" in (sys.stdout.encoding or "").lower() else text.translate(_ASCII)


class _Cell:
    """A text that is cut where its column is narrower: in its middle, so that what differs is seen."""

    def __init__(self, text: "Text") -> None:
        # A column may come to have no width at all, and rich would leave out the line.
        self._text = text if text.plain else _text(" ")

    def __rich_measure__(self, console: "Console", options: "ConsoleOptions") -> "Measurement":
        from rich.measure import Measurement

        full = self._text.cell_len
        return Measurement(min(full, _NARROWEST), full)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        width = options.max_width
        if self._text.cell_len > width and len(self._text.spans) <= 1:
            style = self._text.spans[0].style if self._text.spans else ""
            yield _text(one_line_around(self._text.plain, max(width, 1)), style)
        else:
            self._text.truncate(width, overflow="ellipsis")
            yield self._text


def _table_lines(table: Table, console: "Console") -> Iterator["Text"]:
    """Yield the lines of a table; rich finds the widths, and what stands over and under a row is put between."""
    from rich.table import Table as RichTable

    shown = fitting(table, console.width)
    drawn = RichTable(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=table.has_head, header_style="")
    for place in shown:
        column = table.columns[place]
        drawn.add_column(
            _Cell(_text(column.title, "dim")), no_wrap=not (column.shrinks or column.wraps), overflow="fold"
        )
    for row in table.rows:
        cells = ((_cell(row.cells[place]), table.columns[place].wraps) for place in shown)
        drawn.add_row(*(_wrapping(text) if wraps else _Cell(text) for text, wraps in cells))
    indent = 2 if console.width > 40 else 0
    options = console.options.update_width(max(console.width - indent, 1))
    lines = [_of_segments(segments, indent) for segments in console.render_lines(drawn, options, pad=False)]
    if any(column.wraps for column in table.columns):
        yield from lines
        return
    if table.has_head:
        yield lines.pop(0)
    for row, line in zip(table.rows, lines, strict=True):
        for text in row.over:
            yield from _wrapped(text, console)
        yield line
        for text in row.under:
            yield from _wrapped(text, console)


def _cell(cell: Any) -> "Text":
    from rich.style import Style

    has_links = is_terminal()
    text = _text("")
    for span in spans(cell):
        style = Style.parse(span.tone or "none")
        if span.link and has_links:
            style += Style(link=span.link)
        text.append(f"{span.sign} {visible(span.text)}" if span.sign else visible(span.text), style)
    return text


def _wrapping(text: "Text") -> "Text":
    text.no_wrap = False
    return text


def _of_segments(segments: Iterable[Any], indent: int) -> "Text":
    text = _text(" " * indent)
    for segment in segments:
        text.append(segment.text, segment.style)
    return text


def _wrapped(line: str, console: "Console") -> Iterator["Text"]:
    """Yield the lines of a text, those after the first below its beginning."""
    from rich.text import Text

    text = Text.from_ansi(visible(line))
    blanks = len(text.plain) - len(text.plain.lstrip())
    if text.cell_len <= console.width:
        yield text
        return
    indent = min(blanks, max(console.width - 10, 0))
    for part in text[blanks:].wrap(console, max(console.width - indent, 1), overflow="fold"):
        yield _text(" " * indent).append_text(part)


def _text(text: str, style: Any = "") -> "Text":
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, end="")


def _paged(text: str) -> bool:
    """Show a text by the user's pager; return whether there is one. A pager that ends early has seen enough."""
    from contextlib import suppress
    from subprocess import PIPE, Popen

    command = _pager()
    if not command:
        return False
    # As git does: colours pass, and what fits is printed at once.
    environ = {"LESS": "FRX", "LV": "-c", **child_environment()}
    try:
        with Popen(command, stdin=PIPE, env=environ) as pager, suppress(BrokenPipeError):
            pager.communicate(text.encode(errors="backslashreplace"))
    except OSError as error:
        terminal.note(f"PAGER cannot be started: {error.strerror or error}")
        return False
    return True


def _pager() -> list[str]:
    """Return the command that `PAGER` names; nothing where there is none, or no such program."""
    try:
        words = shlex.split(os.environ.get("PAGER", ""))
    except ValueError:  # A quotation that does not end.
        return []
    program = words[0] if words and Path(words[0]).is_absolute() else find_program(words[0]) if words else None
    return [program, *words[1:]] if program else []
