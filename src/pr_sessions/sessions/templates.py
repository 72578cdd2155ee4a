"""Texts with places for ids, such as `https://vendor.dev/runs/{hex}`: plain enough to become a set operation.

A place is `{alphabet}` or `{prefix+alphabet}`. What stands in `hex`, `uuid`, `digits` and `id` is a run's id, prefix
included; `name` and `number` are passed over. Everything else stands for itself. All of it takes linear time.
"""

import re
from functools import cache

from pr_sessions.errors import InvalidValue

# Compiled where they are used: recording looks at templates and seldom needs one.
_PLACE = r"\{([^{}]*)\}"
_PREFIX = r"[A-Za-z0-9_.-]{0,40}"
_NOT_ON = "(?![A-Za-z0-9_-])"
_RUNS = {
    "hex": "[0-9a-f]{8,64}+",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "digits": "[0-9]{4,32}+",
    "id": "[A-Za-z0-9_-]{4,100}+",
}
_PASSED_OVER = {"name": "[A-Za-z0-9_.-]{1,100}+", "number": "[0-9]{4,32}+"}
_FORM = f"a place is {{alphabet}} or {{prefix+alphabet}}; alphabets: {', '.join([*_RUNS, *_PASSED_OVER])}"


@cache
def compiled(template: str) -> re.Pattern[str]:
    """An expression for the start of a text; its groups are the ids of runs.

    Raises:
        InvalidValue: a place is none.
    """
    literals, places = re.split(_PLACE, template)[::2], re.findall(_PLACE, template)
    if any(set(literal) & {"{", "}"} for literal in literals):
        raise InvalidValue(f"{template[:60]!r} holds a brace that is not closed", _FORM)
    pairs = zip(literals, [*map(_place, places), ""], strict=True)
    end = _NOT_ON if literals[-1][-1:].isalnum() else ""
    return re.compile("".join(re.escape(literal) + place for literal, place in pairs) + end)


@cache
def start(template: str) -> str:
    """The text that stands before the first place."""
    return template.partition("{")[0]


def runs_in(template: str, text: str) -> frozenset[str] | None:
    """The ids of runs at the start of a text that fits; `None` for one that does not."""
    if not text.startswith(start(template)):
        return None
    found = compiled(template).match(text)
    return None if found is None else frozenset(filter(None, found.groups()))


def _place(text: str) -> str:
    prefix, _, alphabet = text.rpartition("+")
    if not re.fullmatch(_PREFIX, prefix) or alphabet not in {*_RUNS, *_PASSED_OVER}:
        raise InvalidValue(f"no place for an id: {{{text[:40]}}}", _FORM)
    if alphabet in _RUNS:
        return f"({re.escape(prefix)}{_RUNS[alphabet]}){_NOT_ON}"
    return re.escape(prefix) + _PASSED_OVER[alphabet]
