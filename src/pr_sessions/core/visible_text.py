"""Escape invisible characters that control a terminal or change the direction of text.

The ones that reorder text are those of Trojan Source, https://trojansource.codes (CVE-2021-42574).
"""

import re
from functools import cache, lru_cache

# A column may hold several characters that combine, and not thousands.
MOST_IN_COLUMN = 4

# C1 and DEL; soft hyphen; the marks, embeddings, overrides and isolates of bidirectional text; characters without
# width, line and paragraph separators; annotations; tags and variation selectors of plane 14; halves of characters.
_UNSEEN = (
    "\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff"
)


@cache
def _in_json() -> re.Pattern[str]:
    # Compiled when it is needed: most text is plain, and every command would pay for it.
    return re.compile(f"[{_UNSEEN}]")


@cache
def _in_text() -> re.Pattern[str]:
    # Colours, which we write ourselves, stay in text; so do line breaks and tabs.
    return re.compile(f"(\x1b\\[[0-9;]*m)|[\x00-\x08\x0b-\x1f{_UNSEEN}]")


@cache
def _on_page() -> re.Pattern[str]:
    # Emoji and some scripts need the two joiners, which on a page steer nothing; there are no colours of ours.
    return re.compile(f"(?![\u200c\u200d])[\x00-\x08\x0b-\x1f{_UNSEEN}]")


def visible_json(text: str) -> str:
    """Return a JSON text with these characters as escapes: the same value to every parser, and harmless to look at.

    Args:
        text: JSON, in which control characters below U+0020 are escaped already, as JSON demands.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return _in_json().sub(lambda match: _units(match[0]), text)


def visible(text: str) -> str:
    r"""Return text for people with these characters as escapes such as `\u202e`; colours and line breaks stay."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return _in_text().sub(lambda match: match[1] or _escape(match[0]), text)


def visible_on_page(text: str) -> str:
    r"""Return text for a page with these characters as escapes such as `\u202e`; it is not yet escaped for HTML."""
    if text.isascii() and text.isprintable():
        return text
    return _on_page().sub(lambda match: _escape(match[0]), text)


def _units(char: str) -> str:
    data = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{data[at : at + 4]}" for at in range(0, len(data), 4))


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str, width: int = 60) -> str:
    """Return text from outside as one short line without control characters, at most so many columns wide."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if _fits(line, width) else _beginning(line, width - 1) + "…"


def one_line_around(text: str, width: int) -> str:
    """Return text from outside as one short line of which the middle is cut: names differ at their ends."""
    line = one_line(text, len(text) * 2)
    if _fits(line, width):
        return line
    last = _beginning(line[::-1], (width - 1) // 2)[::-1]
    # What only combines takes no column, and yet its share of the characters.
    taken = max(columns(last), -(-len(last) // MOST_IN_COLUMN))
    return f"{_beginning(line, width - 1 - taken)}…{last}"


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: wide characters two, those that combine none."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def filled(text: str, width: int) -> str:
    """Return the text with blanks behind it, up to so many columns."""
    return text + " " * (width - columns(text))


def _fits(text: str, width: int) -> bool:
    return len(text) <= width * MOST_IN_COLUMN and columns(text) <= width


def _beginning(text: str, width: int) -> str:
    """Return as much as fits into so many columns, with what combines with the last character."""
    text = text[: width * MOST_IN_COLUMN]
    for place, char in enumerate(text):
        width -= _columns_of(char)
        if width < 0:
            return text[:place]
    return text


@lru_cache(maxsize=1 << 13)
def _columns_of(char: str) -> int:
    from unicodedata import category, east_asian_width  # Most text needs no table.

    if char.isascii():
        return 1
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
