"""YAML as values that know their place. Loads the YAML parser: import it inside the function that parses."""

import re
from typing import Any, Literal

import yaml
from msgspec import Struct

Kind = Literal["text", "number", "flag", "list", "empty", "other"]

MAX_EVENTS = 10_000  # Bounds the time that a hostile file takes; a configuration has about fifty.
MAX_DEPTH = 20

TAG = "tag:yaml.org,2002:"
# YAML 1.1 also reads 1:30, 0x1F and 010 as numbers; nobody who writes them means minutes.
PLAIN_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class NotYamlError(Exception):
    """Text that is not YAML, or YAML that no configuration needs: aliases, deep nesting, thousands of parts."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Item(Struct, frozen=True):
    """A value and its place.

    Attributes:
        value: a str, number, bool or tuple of items, as `kind` says; otherwise `None`.
        line: counted from 1.
        start: where it begins in the text, in characters.
        end: where it ends.
    """

    kind: Kind
    value: Any
    line: int
    start: int
    end: int


class Entry(Struct, frozen=True):
    """A key of the top level and its value. A key that is not a scalar is the empty text."""

    key: str
    line: int
    item: Item


class TopLevel(Struct, frozen=True):
    """The top level of a file.

    Attributes:
        indent: the column of its keys.
    """

    entries: tuple[Entry, ...] = ()
    indent: int = 0


def top_level(text: str) -> TopLevel:
    """The keys and values of a YAML text, repeated keys included; nothing is built from tags.

    Raises:
        NotYamlError: for text that cannot be read, or that is not a mapping.
    """
    try:
        _refuse_excess(text)
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark or error.context_mark)
        raise NotYamlError(error.problem or "cannot be read", line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYamlError("holds a character that YAML does not allow", line) from error
    except (ValueError, OverflowError) as error:
        # The parser converts the numbers of escapes and directives without a check.
        raise NotYamlError("holds an impossible escape or version", 1) from error
    if root is None or root.tag == f"{TAG}null":
        return TopLevel()
    if not isinstance(root, yaml.MappingNode):
        raise NotYamlError("expected `key: value` lines", _line(root.start_mark))
    return TopLevel(tuple(_entry(key, value) for key, value in root.value), root.start_mark.column)


def _refuse_excess(text: str) -> None:
    """Stops before anything is composed that would grow or recurse without bound."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            raise NotYamlError("aliases are not supported", line)
        if depth > MAX_DEPTH:
            raise NotYamlError("nested too deeply", line)
        if count > MAX_EVENTS:
            raise NotYamlError("too many values", line)


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 1


def _entry(key: yaml.Node, value: yaml.Node) -> Entry:
    name = key.value if isinstance(key, yaml.ScalarNode) else ""
    return Entry(name, _line(key.start_mark), _item(value))


def _item(node: yaml.Node) -> Item:
    kind, value = _meaning(node)
    return Item(kind, value, _line(node.start_mark), node.start_mark.index, node.end_mark.index)


def _meaning(node: yaml.Node) -> tuple[Kind, Any]:
    if isinstance(node, yaml.SequenceNode):
        return "list", tuple(_item(child) for child in node.value)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.tag.removeprefix(TAG), node.value)
    return "other", None


def _scalar(tag: str, text: str) -> tuple[Kind, Any]:
    if tag == "null":
        return "empty", None
    if tag == "str":
        return "text", text
    if tag == "bool" and text.lower() in FLAGS:
        return "flag", FLAGS[text.lower()]
    if tag in {"int", "float"} and PLAIN_NUMBER.fullmatch(text):
        return "number", float(text) if "." in text else int(text)
    return "other", None
