"""Random host files: JSON with any white space, and with comments and trailing commas where a host allows them."""

from itertools import cycle
from json import dumps
from typing import Any

from hypothesis import strategies as st

from pr_sessions.hooks.host import Host
from pr_sessions.setup.agent_hooks.commands import Program, Shell, direct, portable

PROGRAM = Program("/opt/my python/bin/python3", "/opt/my python/lib/pr_sessions/agents/hook.py")
OTHER = Program("/usr/bin/python3.11", "/usr/lib/pr_sessions/agents/hook.py")
EVENTS = ("stop", "Stop", "sessionStart", "SessionStart", "AfterTool", "theirs")

_BLANK = st.sampled_from(["", "", " ", "\n", "\n  ", "\r\n\t", "  ", "   "])
_COMMENT = st.sampled_from(['// } " ,\n', "/* ] // */", "/**/", " // x\r\n"])
_SOME_BOOLEANS = st.lists(st.booleans(), min_size=1, max_size=3)
_FOREIGN = st.sampled_from(
    [
        {"command": "./mine.sh"},
        {"matcher": "Bash", "hooks": [{"type": "command", "command": "echo 'pr_sessions/hooks/hook.py'"}]},
        {"hooks": []},
        {},
        "text",
    ]
)


def entries_of(host: Host, program: Program = PROGRAM) -> dict[str, dict[str, Any]]:
    """Our entries with the paths of a program."""
    commands = {shell.value: direct(program, host.name, shell) for shell in Shell}
    return {event: host.entry(event, commands, Shell.SH) for event in host.events}


def portable_entries_of(host: Host) -> dict[str, dict[str, Any]]:
    """Our entries for a committed file."""
    commands = {shell.value: portable(host.name, shell) for shell in Shell}
    return {event: host.entry(event, commands, Shell.SH) for event in host.events}


def _values() -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
    )


def _documents() -> st.SearchStrategy[dict[str, Any]]:
    hooks = st.dictionaries(st.sampled_from(EVENTS), st.lists(_FOREIGN, max_size=3), max_size=4)
    rest = st.dictionaries(st.text().filter(lambda key: key != "hooks"), _values(), max_size=3)
    parts = st.tuples(rest, st.none() | hooks, st.sampled_from([None, 1]), rest)

    def joined(drawn: tuple[Any, ...]) -> dict[str, Any]:
        before, ours, version, after = drawn
        middle = {key: value for key, value in (("hooks", ours), ("version", version)) if value is not None}
        return {**before, **middle, **after}

    return parts.map(joined)


@st.composite
def files(draw: st.DrawFn, *, liberal: bool) -> tuple[bytes, dict[str, Any]]:
    """A file and what it means."""
    trivia = st.lists(_BLANK | _COMMENT, max_size=3).map("".join) if liberal else _BLANK
    # A few in turn: to draw each by itself would take longer than the tests.
    gaps, ends_in_comma = cycle(draw(st.lists(trivia, min_size=1, max_size=7))), cycle(draw(_SOME_BOOLEANS))
    plain = draw(st.booleans())

    def gap() -> str:
        return next(gaps)

    def written(value: Any) -> str:
        if isinstance(value, dict):
            return _container("{}", [f"{dumps(key)}{gap()}:{gap()}{written(item)}" for key, item in value.items()])
        if isinstance(value, list):
            return _container("[]", [written(item) for item in value])
        return dumps(value, ensure_ascii=plain)

    def _container(ends: str, parts: list[str]) -> str:
        last = "," + gap() if liberal and parts and next(ends_in_comma) else ""
        return ends[0] + ",".join(f"{gap()}{part}{gap()}" for part in parts) + (gap() if not parts else last) + ends[1]

    meaning = draw(_documents())
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return f"{mark}{gap()}{written(meaning)}{gap()}".encode(), meaning
