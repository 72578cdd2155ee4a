"""JSON that this version does not understand: kept as it was read, and joined without being understood.

Every join is commutative, associative and idempotent, so that the order of joining never shows.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import json


def merge_json(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of both; of two different values the one whose text is larger."""
    joined = {**right, **left}
    for key in left.keys() & right.keys():
        joined[key] = _larger(left[key], right[key])
    return joined


def merge_unknown(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of both, as `merge_json` does, with every entry of two lists."""
    joined = {**right, **left}
    for key in left.keys() & right.keys():
        left_value, right_value = left[key], right[key]
        both_lists = isinstance(left_value, list) and isinstance(right_value, list)
        joined[key] = entries([*left_value, *right_value]) if both_lists else _larger(left_value, right_value)
    return joined


def join_rests(left: str, right: str) -> str:
    """Return the rest of two entries that name the same thing. See `rest_of`."""
    if not left or not right or left == right:
        return left or right
    return _encode(merge_json(json.decode(left), json.decode(right)))


def rest_of(fields: Mapping[str, Any]) -> str:
    """Return fields of an entry as one JSON text, the same whatever their order; empty without any."""
    return _encode(fields) if fields else ""


def names(rest: str, key: str) -> bool:
    """Return whether a rest has the field."""
    return bool(rest) and key in json.decode(rest)


def word_in(rest: str, key: str) -> str:
    """Return a text that stands in a rest, such as a role that a newer version wrote; empty where none does."""
    value = json.decode(rest).get(key) if rest else None
    return value if isinstance(value, str) else ""


def entries(values: list[Any]) -> list[Any]:
    """Return each value once, in the order of their texts."""
    texts = {_text(value): value for value in values}
    return [texts[text] for text in sorted(texts)]


def _encode(fields: Mapping[str, Any]) -> str:
    return json.encode(fields, order="sorted").decode()


def _larger(left: Any, right: Any) -> Any:
    if isinstance(left, dict) and isinstance(right, dict):
        return merge_json(left, right)
    return max(left, right, key=_text)


def _text(value: Any) -> tuple[bool, str, bytes]:
    """Return what sorts a value, whatever the order of its fields: writing changes that order."""
    return isinstance(value, dict), type(value).__name__, json.encode(value, order="sorted")
