"""Tables as values: what people read is put together here, and drawn plainly or, on a terminal, by `render/screen.py`.

No cell holds an escape sequence: colours, links and signs are attributes.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import click
from msgspec import Struct

from pr_sessions.core.visible_text import columns, filled, visible

SHRUNK = 24


class Tone(StrEnum):
    """How a piece of text looks; a sign or a word says the same without colour."""

    PLAIN = ""
    STRONG = "bold"
    DIM = "dim"
    GOOD = "green"
    BAD = "red"
    BUSY = "yellow"
    NAME = "cyan"


class Span(Struct, frozen=True):
    """A piece of text.

    Attributes:
        text: on one line; from outside it has to be bounded.
        sign: one character that stands before it on a terminal.
        link: an address that a terminal opens; empty for none.
    """

    text: str
    tone: Tone = Tone.PLAIN
    sign: str = ""
    link: str = ""


Cell = str | Span | tuple[Span, ...]


class Column(Struct, frozen=True):
    """A column of a table.

    Attributes:
        title: in the table's head.
        dropped: its place among those that a narrow terminal leaves out, the first of which is 1; 0 for never.
        shrinks: whether it is cut first where there is too little room, in its middle: names differ at their ends.
        wraps: whether its text goes on in the next line instead; no row of the table has lines over or under it then.
    """

    title: str = ""
    dropped: int = 0
    shrinks: bool = False
    wraps: bool = False


class TableRow(Struct, frozen=True):
    """A row with lines over and under it, which have the width of the whole table."""

    cells: tuple[Cell, ...]
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()


class Table(Struct, frozen=True):
    """Rows with the same columns."""

    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]

    @property
    def has_head(self) -> bool:
        """Return whether any column has a title."""
        return any(column.title for column in self.columns)


class Markdown(Struct, frozen=True):
    """A text in Markdown, in which everything from outside is escaped; a terminal shows it laid out."""

    text: str


Line = str | Table | Markdown


def table_lines(rows: Sequence[Sequence[Cell]], header: Sequence[str] = (), most: int | None = None) -> list[Line]:
    """Return a table of the first rows, and how many more there are; `(nothing)` without rows.

    On a narrow terminal, columns with a head are cut, the widest first; without heads the last one goes on below.
    """
    if not rows:
        return ["  (nothing)"]
    titles = header or [""] * len(rows[0])
    last = len(titles) - 1
    columns = (
        Column(title, shrinks=bool(header), wraps=not header and place == last) for place, title in enumerate(titles)
    )
    table = Table(tuple(columns), tuple(TableRow(tuple(row)) for row in rows[:most]))
    more = len(rows) - len(table.rows)
    return [table, click.style(f"  ... and {more} more", dim=True)] if more else [table]


def spans(cell: Cell) -> tuple[Span, ...]:
    """Return the pieces of a cell."""
    if isinstance(cell, tuple):
        return cell
    return (cell,) if isinstance(cell, Span) else (Span(cell),)


def plain_lines(lines: Iterable[Line], *, signs: bool = False) -> Iterator[str]:
    """Yield lines with every column in full width and with colours, which `click.echo` takes out behind a pipe.

    Args:
        lines: texts and tables.
        signs: whether signs are shown, as on a terminal.
    """
    for line in lines:
        if isinstance(line, str):
            yield visible(line)
        elif isinstance(line, Markdown):
            yield visible(line.text)
        else:
            yield from _plain_table(line, signs=signs)


def fitting(table: Table, width: int) -> list[int]:
    """Return which columns have room in so many columns of a terminal, where those that shrink have the least width."""
    texts = (
        [column.title, *(_text(row.cells[place], signs=True) for row in table.rows)]
        for place, column in enumerate(table.columns)
    )
    natural = [max(map(columns, column)) for column in texts]
    needed = [min(w, SHRUNK) if column.shrinks else w for w, column in zip(natural, table.columns, strict=True)]
    shown = list(range(len(needed)))
    order = sorted((place for place in shown if table.columns[place].dropped), key=lambda p: table.columns[p].dropped)
    for place in order:
        if sum(needed[p] for p in shown) + 2 * len(shown) <= width:
            break
        shown.remove(place)
    return shown


def _plain_table(table: Table, *, signs: bool) -> Iterator[str]:
    head = [TableRow(tuple(Span(column.title, Tone.DIM) for column in table.columns))] if table.has_head else []
    texts = [[_text(cell, signs=signs) for cell in row.cells] for row in (*head, *table.rows)]
    widths = [max((columns(text) for text in column), default=0) for column in zip(*texts, strict=True)]
    for row, cells in zip((*head, *table.rows), texts, strict=True):
        yield from map(visible, row.over)
        yield _plain_row(row.cells, cells, widths, signs=signs)
        yield from map(visible, row.under)


def _plain_row(cells: Sequence[Cell], texts: Sequence[str], widths: Sequence[int], *, signs: bool) -> str:
    last = max((place for place, text in enumerate(texts) if text.strip()), default=-1)
    styled = []
    for place, (cell, text, width) in enumerate(zip(cells[: last + 1], texts, widths, strict=False)):
        blanks = "" if place == last else filled(text, width)[len(text) :]
        styled.append("".join(_styled(span, signs=signs) for span in spans(cell)) + blanks)
    return "  " + "  ".join(styled) if styled else ""


def _text(cell: Cell, *, signs: bool) -> str:
    return "".join(_shown(span, signs=signs) for span in spans(cell))


def _shown(span: Span, *, signs: bool) -> str:
    text = visible(span.text)
    return f"{span.sign} {text}" if signs and span.sign else text


def _styled(span: Span, *, signs: bool) -> str:
    text = _shown(span, signs=signs)
    match span.tone:
        case Tone.PLAIN:
            return text
        case Tone.STRONG:
            return click.style(text, bold=True)
        case Tone.DIM:
            return click.style(text, dim=True)
        case _:
            return click.style(text, fg=span.tone)


def link_or_none(address: str) -> str:
    """Return an address that a terminal may open: of the web, in ASCII without blanks; otherwise nothing."""
    is_web = address.startswith(("https://", "http://"))
    return address if is_web and address.isascii() and address.isprintable() and " " not in address else ""
