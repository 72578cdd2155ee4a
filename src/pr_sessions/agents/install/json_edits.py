"""One change at one place of a JSON text. Whatever `added` puts in, `removed` takes out again, byte for byte.

What we find empty must be empty afterwards, and what we had to make must go. Nothing else remembers which it was, so
the spaces before the first thing that we put in say it: none where we made the container ourselves, else one of these.
"""

from pr_sessions.agents.install.json_text import Node, after_comments, blank_before

WAS_EMPTY = " "  # an empty object or array
WAS_CLOSED = "  "  # the same without anything between its brackets
WAS_BLANK = "   "  # a file without anything in it

UNIT = "  "


def newline(text: str) -> str:
    """How lines of this text end."""
    return "\r\n" if "\r\n" in text else "\n"


def indent_in(text: str, container: Node) -> str | None:
    """The white space before each child where they have a line each; `None` where they stand in one line."""
    if not container.children:
        return None
    last = container.children[-1]
    _, broken, indent = text[blank_before(text, last.start) : last.start].rpartition("\n")
    return indent if broken else None


def added(text: str, container: Node, child: str) -> str:
    """The text with one more child at the container's end."""
    return _after_last(text, container, child) if container.children else _first(text, container, child)


def opened(text: str, container: Node, child: str, indent: str) -> str:
    """The text with the first child of an empty container on a line of its own.

    Args:
        text: the whole text.
        container: the empty object.
        child: what comes in.
        indent: the white space before the line on which the container ends.
    """
    closed = container.end - container.start == len("{}")
    lead = f"{WAS_CLOSED if closed else WAS_EMPTY}{newline(text)}{indent}{indent or UNIT}"
    tail = f"{newline(text)}{indent}" if closed else ""
    return _put(text, container.start + 1, f"{lead}{child}{tail}")


def removed(text: str, container: Node, index: int) -> str:
    """The text without one child: with the white space before it, and with one comma."""
    child = container.children[index]
    spans = [(blank_before(text, child.start), child.end), *_comma(container, index)]
    tail = (child.end, container.end - 1)
    if len(container.children) == 1 and came_to(text, container) == WAS_CLOSED and not text[slice(*tail)].strip():
        spans.append(tail)
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def came_to(text: str, container: Node) -> str:
    """What the container was before its first child came: one of the three, or empty where we made it."""
    first = container.children[0].start
    return text[blank_before(text, first) : first].partition("\n")[0].removesuffix("\r")


def was_there(came: str) -> bool:
    """Whether that says that the container was there before us."""
    return came in (WAS_EMPTY, WAS_CLOSED, WAS_BLANK)


def replaced(text: str, node: Node, value: str) -> str:
    """The text with another value in the place of this one."""
    return text[: node.start] + value + text[node.end :]


def _first(text: str, container: Node, child: str) -> str:
    return _put(text, container.start + 1, f"{WAS_EMPTY}{child}")


def _after_last(text: str, container: Node, child: str) -> str:
    last = container.children[-1]
    comma = last.comma
    at = after_comments(text, last.end if comma is None else comma + 1)
    indent = indent_in(text, container)
    after_line = "//" in text[last.end : at]
    lead = " " if indent is None and not after_line else f"{newline(text)}{indent or ''}"
    if comma is not None:
        return _put(text, at, f"{lead}{child},")
    return _put(_put(text, at, f"{lead}{child}"), last.end, ",")


def _comma(container: Node, index: int) -> list[tuple[int, int]]:
    """The comma that goes with a child: the one after it, else the one before it."""
    comma = container.children[index].comma
    if comma is None and index > 0:
        comma = container.children[index - 1].comma
    return [] if comma is None else [(comma, comma + 1)]


def _put(text: str, at: int, new: str) -> str:
    return text[:at] + new + text[at:]
