"""YAML with the place of every value. Loads the YAML parser: import it inside the function that parses."""

import re

import yaml
from msgspec import Struct

MAX_EVENTS = 10_000  # Bounds the time that a hostile file takes; a configuration has about fifty.
MAX_DEPTH = 20

TAG = "tag:yaml.org,2002:"
# YAML 1.1 also reads 1:30, 0x1F and 010 as numbers; nobody who writes them means minutes.
PLAIN_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

Value = str | int | float | bool | list["Value"] | dict[str, object] | None
"""What a node says. A mapping, a tag or a number that no setting can be is an empty `dict`."""


class NotYamlError(Exception):
    """Text that is not YAML, or YAML that no configuration needs: aliases, deep nesting, thousands of parts."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Entry(Struct, frozen=True):
    """A key and its value.

    Attributes:
        key: empty where it is not a scalar.
        line: counted from 1.
        column: counted from 0.
        node: the value; its marks say where it begins and ends.
    """

    key: str
    line: int
    column: int
    node: yaml.Node


def top_level(text: str, most: int = MAX_EVENTS) -> list[Entry]:
    """Return the keys and values of a YAML text, repeated keys included; nothing is built from tags.

    Args:
        text: the YAML.
        most: how many parts it may have.

    Raises:
        NotYamlError: the text cannot be read, or is not a mapping.
    """
    try:
        _refuse_excess(text, most)
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYamlError(error.problem or "cannot be read", mark.line + 1 if mark else 1) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYamlError("holds a character that YAML does not allow", line) from error
    except (ValueError, OverflowError) as error:
        # The parser converts the numbers of escapes and directives without a check.
        raise NotYamlError("holds an impossible escape or version", 1) from error
    if root is None or root.tag == f"{TAG}null":
        return []
    if not isinstance(root, yaml.MappingNode):
        raise NotYamlError("expected `key: value` lines", line_of(root))
    return entries_of(root)


def entries_of(mapping: yaml.MappingNode) -> list[Entry]:
    """Return the keys and values of a mapping, repeated keys included."""
    return [
        Entry(key.value if isinstance(key, yaml.ScalarNode) else "", line_of(key), key.start_mark.column, node)
        for key, node in mapping.value
    ]


def _refuse_excess(text: str, most: int) -> None:
    """Stop before anything is composed that would grow or recurse without bound."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise NotYamlError("aliases are not supported", line)
        if depth > MAX_DEPTH:
            raise NotYamlError("nested too deeply", line)
        if count > most:
            raise NotYamlError("too many values", line)


def line_of(node: yaml.Node) -> int:
    """Return the line on which a value begins, counted from 1."""
    return int(node.start_mark.line) + 1


def value_of(node: yaml.Node) -> Value:
    """Return what a value says, by the rules of YAML 1.1 but for numbers, which are plain decimal ones."""
    if isinstance(node, yaml.SequenceNode):
        return [value_of(child) for child in node.value]
    if not isinstance(node, yaml.ScalarNode):
        return {}
    tag, text = node.tag.removeprefix(TAG), str(node.value)
    if tag == "str":
        return text
    if tag == "bool":
        return FLAGS.get(text.lower(), {})
    if tag in {"int", "float"} and PLAIN_NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return None if tag == "null" else {}
