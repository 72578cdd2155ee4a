"""What teams and signatures write to match texts, in linear time whatever they wrote.

A pattern matches titles. A template matches what begins like it, such as `https://vendor.dev/runs/{hex}`; it is plain
enough to become a set operation. A place in it is `{alphabet}` or `{prefix+alphabet}`. What stands in `hex`, `uuid`,
`digits`, `id` and `word` is a run's id, prefix included; `name` and `number` are passed over. What stands in `agent`
and `known-agent` is an agent's name. Everything else stands for itself.
"""

import re
from collections.abc import Callable
from functools import cache

from msgspec import Struct

from pr_sessions.errors import InvalidValue

_LITERAL = re.compile(r"\^((?:[^\\.^$*+?{}\[\]()|]|\\[ !-/:-@\[-`{-~])*)")
_SHOWN = 80
_ESCAPE = re.compile(r"\\(.)")


def literal(pattern: str) -> str | None:
    r"""Return the text that an anchored literal such as `^\[auto\]` stands for, `None` for any other pattern."""
    match = _LITERAL.fullmatch(pattern)
    return None if match is None else _ESCAPE.sub(r"\1", match[1])


@cache
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test whether the pattern is match in a text, without regard to case.

    Raises:
        InvalidValue: the pattern is empty, google-re2 refuses it, or needs to be installed for it.
    """
    prefix = literal(pattern)
    if prefix == "" or not pattern.strip():
        raise InvalidValue(f"pattern {pattern!r} is empty and would match every title", "remove it")
    if prefix is None:
        return _expression(pattern)
    folded, length = prefix.casefold(), len(prefix)
    return lambda text: text[:length].casefold() == folded


def _expression(pattern: str) -> Callable[[str], bool]:
    try:
        import re2
    except ImportError as error:
        raise InvalidValue(
            f"pattern {_short(pattern)} needs google-re2, which is not installed",
            "install google-re2 (the extra `patterns`), or use an anchored literal such as ^auto-pr:",
        ) from error
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        expression = re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidValue(
            f"pattern {_short(pattern)} is refused: {text[:_SHOWN]}",
            "write it in the syntax of google-re2 (no look-around, no back-references)",
        ) from error
    # JSON can carry half a surrogate pair, which UTF-8 cannot.
    return lambda text: expression.search(text.encode("utf-8", "replace")) is not None


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= _SHOWN else pattern[:_SHOWN] + "...")


# Compiled where they are used: recording looks at templates and seldom needs one.
_PLACE = r"\{([^{}]*)\}"
_PREFIX = r"[A-Za-z0-9_.-]{0,40}"
_NOT_ON = "(?![A-Za-z0-9_-])"
_RUNS = {
    "hex": "[0-9a-f]{8,64}+",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "digits": "[0-9]{4,32}+",
    "id": "[A-Za-z0-9_-]{4,100}+",
    "word": "[A-Za-z0-9]{14,30}+",
}
_PASSED_OVER = {"name": "[A-Za-z0-9_.-]{1,100}+", "number": "[0-9]{4,32}+"}
# What comes before an address is the name of a person.
_AGENT = "[A-Za-z][A-Za-z0-9 _.-]{1,40}+(?![@<])"
_AGENTS = ("agent", "known-agent")
_ALPHABETS = (*_RUNS, *_PASSED_OVER, *_AGENTS)
_FORM = f"a place is {{alphabet}} or {{prefix+alphabet}}; alphabets: {', '.join(_ALPHABETS)}"


class Finding(Struct, frozen=True):
    """What a template finds in a text.

    Attributes:
        agent: what the text calls an agent, as it is written; `None` where the template has no place for that.
    """

    runs: frozenset[str] = frozenset()
    agent: str | None = None


@cache
def compiled(template: str) -> re.Pattern[str]:
    """Return an expression for the start of a text; its groups are the ids of runs.

    Raises:
        InvalidValue: a place is none.
    """
    literals, places = re.split(_PLACE, template)[::2], re.findall(_PLACE, template)
    if any(set(literal) & {"{", "}"} for literal in literals):
        raise InvalidValue(f"{template[:60]!r} holds a brace that is not closed", _FORM)
    if sum(place.rpartition("+")[2] in _AGENTS for place in places) > 1:
        raise InvalidValue(f"{template[:60]!r} names two agents", _FORM)
    pairs = zip(literals, [*map(_place, places), ""], strict=True)
    end = _NOT_ON if literals[-1][-1:].isalnum() else ""
    return re.compile("".join(re.escape(literal) + place for literal, place in pairs) + end)


@cache
def start(template: str) -> str:
    """Return the text that stands before the first place."""
    return template.partition("{")[0]


def find_in(template: str, text: str, *, whole: bool = False) -> Finding | None:
    """Return what a template finds at the start of a text; `None` where it does not fit.

    Args:
        template: literal text with places.
        text: one line.
        whole: nothing may follow in the text.
    """
    if not text.startswith(start(template)):
        return None
    match = compiled(template).match(text)
    if match is None or (whole and match.end() < len(text)):
        return None
    at = match.re.groupindex.get("agent")
    runs = frozenset(run for place, run in enumerate(match.groups(), start=1) if place != at)
    return Finding(runs, match[at] if at else None)


def _place(text: str) -> str:
    prefix, _, alphabet = text.rpartition("+")
    if not re.fullmatch(_PREFIX, prefix) or alphabet not in _ALPHABETS:
        raise InvalidValue(f"no place for an id: {{{text[:40]}}}", _FORM)
    if alphabet in _RUNS:
        return f"({re.escape(prefix)}{_RUNS[alphabet]}){_NOT_ON}"
    if alphabet in _AGENTS:
        return f"{re.escape(prefix)}(?P<agent>{_AGENT})"
    return re.escape(prefix) + _PASSED_OVER[alphabet]
