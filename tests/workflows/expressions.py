"""The expressions of GitHub's workflows, as far as ours use them; anything else is refused, never guessed.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Value = Any
Functions = Mapping[str, Callable[..., Value]]
_HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|[!().,]))"
)
_WORDS: Mapping[str, Value] = {"true": True, "false": False, "null": None}


def filled(text: str, contexts: Mapping[str, Value], functions: Functions) -> Value:
    """A value of a workflow with its expressions worked out; one expression alone keeps its value's kind."""
    whole = _HOLE.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return evaluated(whole[1], contexts, functions)
    return _HOLE.sub(lambda hole: written(evaluated(hole[1], contexts, functions)), text)


def evaluated(text: str, contexts: Mapping[str, Value], functions: Functions) -> Value:
    """One expression."""
    parser = _Parser(text, contexts, functions)
    value = parser.either()
    parser.expect_end()
    return value


def names_in(text: str) -> set[str]:
    """The functions that the expressions of a text call."""
    return set(re.findall(r"([A-Za-z]+)\(", " ".join(_HOLE.findall(text))))


def written(value: Value) -> str:
    """A value as GitHub puts it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    assert isinstance(value, str | int), value
    return str(value)


class _Parser:
    def __init__(self, text: str, contexts: Mapping[str, Value], functions: Functions) -> None:
        self._tokens = list(_tokens(text))
        self._contexts, self._functions = contexts, functions

    def either(self) -> Value:
        value = self.both()
        while self._takes("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Value:
        value = self.compared()
        while self._takes("&&"):
            other = self.compared()
            value = value and other
        return value

    def compared(self) -> Value:
        value = self.one()
        for sign, wanted in (("==", True), ("!=", False)):
            if self._takes(sign):
                return equal(value, self.one()) is wanted
        return value

    def one(self) -> Value:
        if self._takes("!"):
            return not self.one()
        if self._takes("("):
            value = self.either()
            self._expect(")")
            return value
        kind, token = self._tokens.pop(0)
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return int(token)
        assert kind == "name", f"{token!r} is not understood"
        return _WORDS[token] if token in _WORDS else self._called(token) if self._takes("(") else self._found(token)

    def expect_end(self) -> None:
        assert not self._tokens, f"left over: {self._tokens}"

    def _called(self, name: str) -> Value:
        arguments = []
        while not self._takes(")"):
            arguments.append(self.either())
            self._takes(",")
        return self._functions[name](*arguments)

    def _found(self, name: str) -> Value:
        value: Value = self._contexts[name]
        while self._takes("."):
            _, key = self._tokens.pop(0)
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def _takes(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("sign", sign):
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, sign: str) -> None:
        assert self._takes(sign), f"{sign} is missing before {self._tokens}"


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        assert match, f"{text[place:]!r} is not understood"
        assert match.lastgroup
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def equal(one: Value, other: Value) -> bool:
    """GitHub compares texts without regard to case, and different kinds as numbers."""
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return bool(_number(one) == _number(other))


def _number(value: Value) -> float:
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"\d+", value) else 0.0 if not value else float("nan")
    assert value is None or isinstance(value, bool | int), value
    return float(value or 0)
