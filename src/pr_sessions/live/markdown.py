"""Hostile text as Markdown that GitHub shows as plain text: no markup, no link, nobody called. Pure."""

import re
from collections.abc import Sequence

MOST = 120

# What GitHub still makes links and pictures of after Markdown is done: `@name`, `#1`, `GH-1`, `GHSA-...`, addresses,
# commits, `:rocket:`. A space without width, which stands for nothing else here, takes it apart.
_BREAK = "\u200b"
_CALLS = re.compile(r"[@#]|:(?!\s)|-(?=[0-9])|ghsa(?=-)|www(?=\.)|[0-9a-f]{6}(?=[0-9a-f])", re.ASCII | re.IGNORECASE)
_ESCAPED = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_[]|~"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", _BREAK: "&#8203;"}
)
# What means something only where a line begins: lists, and the line under a heading or a table's head.
_BEGINS_A_BLOCK = re.compile(r"^([0-9]{1,9})?([-+=:.)])", re.ASCII)
_PLAIN_IN_CODE = re.compile(r"[^`|\\$<>&]+")


def text(told: str, most: int = MOST) -> str:
    """Text from outside on one line, to be put anywhere into Markdown, into a table's cell too.

    It says what it said and means nothing: every character with a meaning to Markdown or HTML is escaped, and mentions,
    references, addresses and names of emoji are taken apart. Long text is cut.

    Args:
        told: whatever somebody wrote.
        most: characters that are shown, before anything is escaped.
    """
    taken_apart = _CALLS.sub(rf"\g<0>{_BREAK}", line(told, most))
    return _BEGINS_A_BLOCK.sub(r"\1\\\2", taken_apart.translate(_ESCAPED))


def code(told: str, most: int = MOST) -> str:
    """The same as a piece of code, where it holds nothing that could end that; else as `text`."""
    plain = line(told, most)
    return f"`{plain}`" if _PLAIN_IN_CODE.fullmatch(plain) else text(told, most)


def line(told: str, most: int = MOST) -> str:
    """One line of at most so many printable characters; nothing that steers a terminal or the direction of writing."""
    # More than this of it is never shown, however much of that is space.
    shown = "".join(char if char.isprintable() else " " for char in told[: most * 10])
    plain = " ".join(shown.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """A table; its cells are Markdown already, one line each."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
