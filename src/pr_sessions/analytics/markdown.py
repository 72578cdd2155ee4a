"""Markdown that a terminal, GitHub and a browser all show as it was meant."""

import re
from collections.abc import Sequence
from unicodedata import combining, east_asian_width

LONGEST = 60  # characters of one text in a cell
NARROWEST = 4  # what the line under a heading needs

# An underscore inside a word and brackets without a target mean nothing, so `a_b` and `x[bot]` stay readable.
_MARKUP = re.compile(r"[\\`*|~$]|(?<!\w)_|_(?!\w)|\](?=[(\[])")


def escape(text: str) -> str:
    """Text from outside on one line, without any meaning to Markdown or HTML; long text is cut."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > LONGEST:
        line = line[: LONGEST - 3] + "..."
    plain = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\g<0>", plain)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with aligned columns, the first to the left and the others to the right. Cells are escaped already."""
    widths = [max(NARROWEST, *map(_width, column)) for column in zip(heads, *rows, strict=True)]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(cells, widths) for cells in (heads, rule, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    spaces = [" " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)]
    numbers = [space + cell for cell, space in zip(cells[1:], spaces[1:], strict=True)]
    return "| " + " | ".join([cells[0] + spaces[0], *numbers]) + " |"


def _width(text: str) -> int:
    """Columns that it takes in a terminal."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
