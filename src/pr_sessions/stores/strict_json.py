"""JSON from files that people, merges and other programs touch: what is wrong is named with its place."""

import re
from typing import Any

from msgspec import DecodeError, json

from pr_sessions.errors import UnreadableFile

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONFLICT = b"<<<<<<< "
_WAY_OUT_OF_CONFLICT = "nothing was changed. `pr-sessions doctor --repair` joins both sides, after a backup"
_SURROGATES = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|(?P<half>\\u[dD][89a-fA-F])")


def read_json(data: bytes, name: str, *, trusted: bool = False) -> Any:
    """The value of a JSON text; a byte order mark before it is allowed.

    Args:
        data: the whole file.
        name: what to call it in messages.
        trusted: nobody but us writes it, so that it need not be searched for keys that stand twice.

    Raises:
        UnreadableFile: it is no JSON, or an object holds a key twice; says where and why.
    """
    text = data.removeprefix(_BOM)
    try:
        value = json.decode(text)
        if trusted or not _loses_keys(text, value):
            return value
        reason = _duplicate_key(text)
        if reason is None:
            return value
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = _why_not(text, error)
    hint = _WAY_OUT_OF_CONFLICT if _conflict_line(text) else way_out(name)
    raise UnreadableFile(f"cannot read {name}: {reason}", hint)


def way_out(name: str) -> str:
    """What to do about a file that cannot be read; it is never overwritten."""
    return (
        f"nothing was changed. Mend {name} by hand, or let `pr-sessions doctor --repair` put it aside and "
        "join whatever other copies know"
    )


def _loses_keys(text: bytes, value: Any) -> bool:
    """Only a text that shrinks by decoding can hold a key twice; spares almost every file the slow search."""
    return len(json.format(text, indent=-1)) != len(json.encode(value))


def _duplicate_key(text: bytes) -> str | None:
    from json import loads

    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            twice.extend(key for key in keys if keys.count(key) > 1)

    loads(text, object_pairs_hook=look)
    return f"the key {twice[0][:60]!r} stands twice in one object" if twice else None


def _why_not(text: bytes, error: Exception) -> str:
    if not text.strip():
        return "it is empty"
    if text.startswith(_UTF16) or b"\x00" in text[:64]:
        return "it is not UTF-8 text (UTF-16 perhaps)"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if (line := _conflict_line(text)) is not None:
        return f"line {line} holds a conflict marker of git"
    return _with_place(text, error)


def _conflict_line(text: bytes) -> int | None:
    start = 0 if text.startswith(_CONFLICT) else text.find(b"\n" + _CONFLICT) + 1
    return None if start == 0 and not text.startswith(_CONFLICT) else text.count(b"\n", 0, start) + 1


def _with_place(text: bytes, error: Exception) -> str:
    from json import JSONDecodeError, loads

    try:
        loads(text)
    except JSONDecodeError as place:
        return f"line {place.lineno}, column {place.colno}: {place.msg}"
    except UnicodeDecodeError as place:
        line = text.count(b"\n", 0, place.start) + 1
        return f"line {line} is not UTF-8 text"
    except (ValueError, RecursionError):
        pass
    half = next((found for found in _SURROGATES.finditer(text) if found["half"]), None)
    if half is not None:
        line = text.count(b"\n", 0, half.start()) + 1
        return f"line {line} holds an escape that is half a character"
    return str(error)
