"""A team's patterns on titles, in linear time whatever the team wrote."""

import re
from collections.abc import Callable
from functools import cache

from pr_sessions.errors import InvalidValue

_LITERAL = re.compile(r"\^((?:[^\\.^$*+?{}\[\]()|]|\\[ !-/:-@\[-`{-~])*)")
_SHOWN = 80
_ESCAPE = re.compile(r"\\(.)")


def literal(pattern: str) -> str | None:
    r"""The text that an anchored literal such as `^\[auto\]` asks for, `None` for any other pattern."""
    found = _LITERAL.fullmatch(pattern)
    return None if found is None else _ESCAPE.sub(r"\1", found[1])


@cache
def matcher(pattern: str) -> Callable[[str], bool]:
    """A test whether the pattern is found in a text, without regard to case.

    Raises:
        InvalidValue: the pattern is empty, google-re2 refuses it, or needs to be installed for it.
    """
    prefix = literal(pattern)
    if prefix == "" or not pattern.strip():
        raise InvalidValue(f"pattern {pattern!r} is empty and would match every title", "remove it")
    return _expression(pattern) if prefix is None else _prefix(prefix)


def _prefix(prefix: str) -> Callable[[str], bool]:
    folded = prefix.casefold()
    return lambda text: text[: len(prefix)].casefold() == folded


def _expression(pattern: str) -> Callable[[str], bool]:
    try:
        import re2
    except ImportError as error:
        raise InvalidValue(
            f"pattern {_short(pattern)} needs google-re2, which is not installed",
            "pip install 'pr-sessions[patterns]', or use an anchored literal such as ^auto-pr:",
        ) from error
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        expression = re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        raise InvalidValue(
            f"pattern {_short(pattern)} is refused: {_reason(error)}",
            "write it in the syntax of google-re2 (no look-around, no back-references)",
        ) from error
    # JSON can carry half a surrogate pair, which UTF-8 cannot.
    return lambda text: expression.search(text.encode("utf-8", "replace")) is not None


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= _SHOWN else pattern[:_SHOWN] + "...")


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return text[:_SHOWN]
