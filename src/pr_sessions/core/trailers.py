"""Trailers such as `Session-ID: ID`, in commit messages, squash messages and descriptions.

They count in every paragraph that consists of trailers alone: GitHub's squash puts the co-authors below those of the
commits. A line of dashes ends a paragraph. What was copied from other commits counts for nothing: a revert's text, and
what follows "Squashed commit of the following".

All functions take text whose quotes, code and comments are hidden already, and take linear time.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

# Stands for what is hidden. Python takes it for whitespace, and yet it makes no blank line: a quote parts no paragraph.
HIDDEN = "\x1f"

_TRAILER = re.compile(r" {0,3}(?!https?://)([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]*(.*)", re.DOTALL)
# What git and agents write among trailers.
_AMONG = ("(cherry picked from commit ", "https://", "http://", "🤖 ")
_WRITTEN_BY_TOOLS = ("(cherry picked from commit ", "signed-off-by: ", "co-authored-by: ")
_DASHES = re.compile(r"-{3,}[ \t\r]*")
_BLANKS = " \t\r"
# One or more lines that part paragraphs, with the line break before them.
_GAP = re.compile(r"\n(?:(?:-{3,}+)?[ \t\r]*+(?:\n|\Z))++")
_ITEM = "* "
_LATER_ITEM = re.compile(rf"\n[ \t\r{HIDDEN}]*\n\* ")
_REVERT = 'Revert "'
_COPIES = re.compile(r" {0,3}(?:\* )?(?:This reverts (?:commit|merge request) |Squashed commit of the following:)")
_COPIED = ("This reverts ", "Squashed commit of the following:", f"{_ITEM}{_REVERT}")


class Paragraph(Struct, frozen=True):
    """A paragraph of trailers.

    Attributes:
        start: where it begins in the text; it ends before `end`.
        pairs: keys in lower case, and values.
    """

    start: int
    end: int
    pairs: tuple[tuple[str, str], ...]


def trailer_paragraphs(text: str) -> Iterator[Paragraph]:
    """Yield the paragraphs that consist of trailers alone; as the last one, also what git takes for a block of them."""
    text = text.rstrip()
    if ":" not in text:
        return
    for start, end in _paragraphs(text):
        # Most paragraphs are prose, which their first line shows.
        if end < len(text) and not _is_among_trailers(text[start : text.find("\n", start)], is_first=True):
            continue
        lines = text[start : end - 1].split("\n")
        others = sum(1 for place, line in enumerate(lines) if not _is_among_trailers(line, is_first=place == 0))
        if others and not (end >= len(text) and _is_block(lines, others)):
            continue
        if pairs := tuple(_pairs(lines)):
            yield Paragraph(start, end, pairs)


def without_copied(text: str, subject: str = "") -> str:
    """Return the text with what was copied from other commits hidden, position by position.

    Args:
        text: a description, or the message of a commit.
        subject: of the commit, where its message does not begin with it.
    """
    if (subject or text).lstrip().startswith(_REVERT):
        return _hidden(text)
    if not any(words in text for words in _COPIED):
        return text
    lines = text.split("\n")
    return "\n".join(
        _hidden(line) if is_copied else line for line, is_copied in zip(lines, _copied(lines), strict=True)
    )


def is_squashed(text: str) -> bool:
    """Return whether a message lists several commits as GitHub's squash does: `* SUBJECT`, and each one's own text."""
    text = text.lstrip()
    return text.startswith(_ITEM) and _LATER_ITEM.search(text) is not None


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start of each paragraph, and where the line behind it starts."""
    start = 0
    # A line break before the text, so that lines without words are found there as well.
    for gap in _GAP.finditer(f"\n{text}\n"):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end() - 1


def _is_among_trailers(line: str, *, is_first: bool) -> bool:
    """Return whether a line is a trailer, goes on with one, or is what is often written among them."""
    return line.startswith(_AMONG) or _TRAILER.match(line) is not None or (not is_first and line[0] in _BLANKS)


def _is_block(lines: Sequence[str], others: int) -> bool:
    """Return whether git takes it for trailers all the same: tools wrote some, and a quarter of the lines are enough.

    As git does, tools add more to such a block; that of co-authors counts as well.
    """
    return any(line.lower().startswith(_WRITTEN_BY_TOOLS) for line in lines) and (len(lines) - others) * 3 >= others


def _pairs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    key = ""
    values: list[str] = []
    for line in lines:
        if match := _TRAILER.match(line):
            yield from _pair(key, values)
            key, values = match[1].lower(), [match[2].strip()]
        elif line[0] in _BLANKS and key:
            values.append(line.strip())
        else:
            yield from _pair(key, values)
            key, values = "", []
    yield from _pair(key, values)


def _pair(key: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    if key:
        yield key, " ".join(filter(None, values))


def _copied(lines: Sequence[str]) -> Iterator[bool]:
    """Yield for each line whether it was copied: up to the next commit of a list, or to GitHub's co-authors below."""
    is_list = next((line for line in lines if line.strip()), "").startswith(_ITEM)
    co_authors = _co_authors(lines)
    is_copied, before = False, ""
    for place, line in enumerate(lines):
        if place == co_authors:
            is_copied = False
        elif is_list and line.startswith(_ITEM) and not before.strip(_BLANKS):
            is_copied = line.startswith(_ITEM + _REVERT)
        is_copied = is_copied or _COPIES.match(line) is not None
        before = line
        yield is_copied


def _co_authors(lines: Sequence[str]) -> int:
    """Return the place of the dashes above the co-authors that GitHub writes at the end; -1 where there are none."""
    for place in range(len(lines) - 1, -1, -1):
        if _DASHES.fullmatch(lines[place]):
            return place
        if lines[place].strip() and not lines[place].lower().startswith("co-authored-by:"):
            break
    return -1


def _hidden(text: str) -> str:
    return "\n".join(HIDDEN * len(line) for line in text.split("\n"))
