"""JSON with the place of everything in it, so that a file can be changed at one place and nowhere else.

Comments and trailing commas are read, too; whether they may stand there is for the caller to say.
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


class Node(Struct, frozen=True):
    """A value and where it stands.

    Attributes:
        kind: its first character: `{`, `[`, `"`, or another one for a number or a name.
        end: the place after its last character.
    """

    kind: str
    start: int
    end: int
    children: "tuple[Child, ...]" = ()

    def last(self, key: str) -> "Child | None":
        """The member of that name; of several the last, as every parser takes it."""
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
    """Reads a text.

    Args:
        text: all of it; a byte order mark before it is allowed.
        name: what to call it in messages.

    Raises:
        UnreadableFile: it is no JSON; says where and why.
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
    """The place for people: `line 3, column 5`."""
    start = text.rfind("\n", 0, at) + 1
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - start + 1 - text.startswith(BOM, start)}"


def refusal(name: str, text: str, at: int, problem: str) -> UnreadableFile:
    """The error for a file that cannot be changed."""
    return UnreadableFile(
        f"cannot change {name}: {place(text, at)}: {problem}", f"nothing was changed; mend {name} by hand, then again"
    )


def after_comments(text: str, at: int) -> int:
    """The place after the comments that begin on the same line."""
    while True:
        start = at + len(text[at:]) - len(text[at:].lstrip(" \t"))
        comment = _COMMENT.match(text, start)
        if comment is None:
            return at
        at = comment.end()


def blank_before(text: str, at: int) -> int:
    """Where the white space begins that ends at this place."""
    return len(text[:at].rstrip(" \t\r\n"))


class _Reader:
    """Stands at a place in the text and moves on."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.at = len(BOM) if text.startswith(BOM) else 0
        self.liberties: list[Liberty] = []

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise refusal(self.name, self.text, self.at if at is None else at, problem)

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        """Past white space and comments."""
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
        found = pattern.match(self.text, self.at)
        return found.end() if found else self.at
