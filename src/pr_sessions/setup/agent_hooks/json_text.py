"""JSON with the place of everything in it, so that a file can be changed at one place and nowhere else.

Comments and trailing commas are read, too, and reported: the caller decides whether they are allowed. `removed` takes
out what `added` put in, byte for byte. A container that was empty must be empty again, and one that we made must go.
Only the spaces before our first child tell which it was: none where we made the container.
"""

import re
from json import loads
from typing import NoReturn

from msgspec import Struct

from pr_sessions.errors import UnreadableFile

DEEPEST = 100
BOM = "\ufeff"

_BLANK = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_PLAIN = re.compile(r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])")
_CLOSING = {"{": "}", "[": "]"}

# What stands before our first child in a container that we did not make.
WAS_EMPTY = " "  # an empty object or array
WAS_CLOSED = "  "  # the same without anything between its brackets
WAS_BLANK = "   "  # a file without anything in it

UNIT = "  "


class Node(Struct, frozen=True):
    """A value and its place.

    Attributes:
        kind: its first character: `{`, `[`, `"`, or another one for a number or a name.
        end: the place after its last character.
    """

    kind: str
    start: int
    end: int
    children: "tuple[Child, ...]" = ()

    def last(self, key: str) -> "Child | None":
        """Return the member of that name; of several the last, as every parser does."""
        return next((child for child in reversed(self.children) if child.key == key), None)


class Child(Struct, frozen=True):
    """A member of an object, or an item of an array, whose key is empty.

    Attributes:
        comma: where the comma after it stands; `None` without one.
    """

    key: str
    start: int
    value: Node
    comma: int | None = None

    @property
    def end(self) -> int:
        """The place after its last character."""
        return self.value.end


class Liberty(Struct, frozen=True):
    """Something that strict JSON does not know: a comment, a trailing comma."""

    what: str
    at: int


class Parsed(Struct, frozen=True):
    """A whole text; without a root it is blank."""

    root: Node | None
    liberties: tuple[Liberty, ...] = ()


def parse(text: str, name: str) -> Parsed:
    """Parse a text.

    Args:
        text: all of it; a byte order mark before it is allowed.
        name: what to call it in messages.

    Raises:
        UnreadableFile: it is no JSON; the message says where and why.
    """
    reader = _Reader(text, name)
    reader.skip()
    if reader.at == len(text):
        return Parsed(None, tuple(reader.liberties))
    root = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        reader.fail("nothing more was expected")
    return Parsed(root, tuple(reader.liberties))


def place(text: str, at: int) -> str:
    """Return the place for people: `line 3, column 5`."""
    start = text.rfind("\n", 0, at) + 1
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - start + 1 - text.startswith(BOM, start)}"


def refusal(name: str, text: str, at: int, problem: str) -> UnreadableFile:
    """Return the error for a file that cannot be changed."""
    return UnreadableFile(
        f"cannot change {name}: {place(text, at)}: {problem}", f"nothing was changed; fix {name}, then try again"
    )


def after_comments(text: str, at: int) -> int:
    """Return the place after the comments that begin on the same line."""
    while True:
        start = at + len(text[at:]) - len(text[at:].lstrip(" \t"))
        comment = _COMMENT.match(text, start)
        if comment is None:
            return at
        at = comment.end()


def blank_before(text: str, at: int) -> int:
    """Return where the white space begins that ends at this place."""
    return len(text[:at].rstrip(" \t\r\n"))


def newline(text: str) -> str:
    """Return how lines of this text end."""
    return "\r\n" if "\r\n" in text else "\n"


def indent_in(text: str, container: Node) -> str | None:
    """Return the white space before each child if each has its own line; `None` if they are on one line."""
    if not container.children:
        return None
    last = container.children[-1]
    _, broken, indent = text[blank_before(text, last.start) : last.start].rpartition("\n")
    return indent if broken else None


def added(text: str, container: Node, child: str) -> str:
    """Return the text with one more child at the container's end."""
    if container.children:
        return _after_last(text, container, child)
    return _put(text, container.start + 1, f"{WAS_EMPTY}{child}")


def opened(text: str, container: Node, child: str, indent: str) -> str:
    """Return the text with the first child of an empty container on its own line.

    Args:
        text: the whole text.
        container: the empty object.
        child: the text to add.
        indent: the white space before the line on which the container ends.
    """
    closed = container.end - container.start == len("{}")
    lead = f"{WAS_CLOSED if closed else WAS_EMPTY}{newline(text)}{indent}{indent or UNIT}"
    tail = f"{newline(text)}{indent}" if closed else ""
    return _put(text, container.start + 1, f"{lead}{child}{tail}")


def removed(text: str, container: Node, index: int) -> str:
    """Return the text without one child, the white space before it, and one comma."""
    child = container.children[index]
    spans = [(blank_before(text, child.start), child.end)]
    # The comma after the child, else the one before it.
    comma = child.comma if child.comma is not None or index == 0 else container.children[index - 1].comma
    spans += [] if comma is None else [(comma, comma + 1)]
    tail = (child.end, container.end - 1)
    if len(container.children) == 1 and came_to(text, container) == WAS_CLOSED and not text[slice(*tail)].strip():
        spans.append(tail)
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def came_to(text: str, container: Node) -> str:
    """Return what the container was before its first child was added: one of the three, or empty if we made it."""
    first = container.children[0].start
    return text[blank_before(text, first) : first].partition("\n")[0].removesuffix("\r")


def was_there(came: str) -> bool:
    """Tell whether that means that the container existed before."""
    return came in (WAS_EMPTY, WAS_CLOSED, WAS_BLANK)


def replaced(text: str, node: Node, value: str) -> str:
    """Return the text with another value in place of this one."""
    return text[: node.start] + value + text[node.end :]


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


def _put(text: str, at: int, new: str) -> str:
    return text[:at] + new + text[at:]


class _Reader:
    """Read the text from a place onwards."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.at = len(BOM) if text.startswith(BOM) else 0
        self.liberties: list[Liberty] = []

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise refusal(self.name, self.text, self.at if at is None else at, problem)

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        """Skip white space and comments."""
        while True:
            self.at = self._past(_BLANK)
            if self.here() != "/":
                return
            self.liberties.append(Liberty("a comment", self.at))
            end = self._past(_COMMENT)
            if end == self.at:
                self.fail("a comment that does not end")
            self.at = end

    def value(self, depth: int) -> Node:
        if depth > DEEPEST:
            self.fail("nested too deeply")
        start, kind = self.at, self.here()
        if kind in _CLOSING:
            return self._container(kind, depth)
        end = self._past(_STRING if kind == '"' else _PLAIN)
        if end == start:
            self.fail("a string that does not end, or holds what it may not" if kind == '"' else "a value was expected")
        self.at = end
        return Node(kind, start, end)

    def _container(self, kind: str, depth: int) -> Node:
        start = self.at
        self.at += 1
        children: list[Child] = []
        self.skip()
        while self.here() != _CLOSING[kind]:
            if children and children[-1].comma is None:
                self.fail(f"a comma or {_CLOSING[kind]} was expected")
            children.append(self._child(kind, depth))
        if children and children[-1].comma is not None:
            self.liberties.append(Liberty("a comma after the last one", children[-1].comma))
        self.at += 1
        return Node(kind, start, self.at, tuple(children))

    def _child(self, kind: str, depth: int) -> Child:
        start = self.at
        key = self._key() if kind == "{" else ""
        value = self.value(depth + 1)
        self.skip()
        comma = self.at if self.here() == "," else None
        if comma is not None:
            self.at += 1
            self.skip()
        return Child(key, start, value, comma)

    def _key(self) -> str:
        start, end = self.at, self._past(_STRING)
        if end == start:
            self.fail("a name in quotes was expected")
        self.at = end
        self.skip()
        if self.here() != ":":
            self.fail("a colon was expected")
        self.at += 1
        self.skip()
        return str(loads(self.text[start:end]))

    def _past(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        return match.end() if match else self.at
