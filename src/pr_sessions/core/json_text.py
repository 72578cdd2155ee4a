"""JSON from files that people, merges and other programs touch: what is wrong is named with its place."""

import re
from typing import Any, TypeVar, overload

from msgspec import DecodeError, json

from pr_sessions.errors import UnreadableFile
from pr_sessions.io.strict_json import DEEPEST, TOO_DEEP

T = TypeVar("T")
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONFLICT = b"<<<<<<< "
_CONFLICT_HINT = "nothing was changed. `pr-sessions doctor --repair` joins both sides, after a backup"
_SURROGATES = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|(?P<half>\\u[dD][89a-fA-F])")
# JSON has line breaks between its values only, so these cannot stand in a string: indented by 1, and as we write.
_DEEPER = b"\n" + b" " * (DEEPEST + 1)
_DEEPER_AS_WRITTEN = b"\n" + b"  " * (DEEPEST + 1)
# A float as a string that takes as much room as the float took in the text.
_AS_LONG = json.Decoder(float_hook=lambda spelled: "0" * (len(spelled) - 2))


def read_json(data: bytes, name: str, *, trusted: bool = False) -> Any:
    """Return the value of a JSON text; a byte order mark before it is allowed.

    Args:
        data: the whole file.
        name: what to call it in messages.
        trusted: only we write it, in our own layout, so that it is not searched for duplicate keys.

    Raises:
        UnreadableFile: it is no JSON, is nested too deeply, or an object holds a key twice; says where and why.
    """
    text = data.removeprefix(_BOM)
    try:
        value = json.decode(text)
        reason = _own_fault(text) if trusted else _fault(text, value)
        if reason is None:
            return value
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = _why_not(text, error)
    hint = _CONFLICT_HINT if _conflict_line(text) else repair_hint(name)
    raise UnreadableFile(f"cannot read {name}: {reason}", hint)


@overload
def decode(text: bytes) -> Any: ...
@overload
def decode(text: bytes, into: type[T]) -> T: ...
def decode(text: bytes, into: Any = Any) -> Any:
    """Return the value of a short JSON text from outside, as msgspec decodes it, within the same bound of nesting.

    Raises:
        DecodeError: it is no JSON, no such value, not UTF-8, or nested too deeply.
    """
    try:
        if _has_many_brackets(text) and _DEEPER in json.format(text, indent=1):
            raise DecodeError(TOO_DEEP)
        return json.decode(text, type=into)
    except UnicodeDecodeError as error:
        raise DecodeError("it is not UTF-8 text") from error
    except RecursionError as error:
        raise DecodeError(TOO_DEEP) from error


def repair_hint(name: str) -> str:
    """What to do about a file that cannot be read; it is never overwritten."""
    return (
        f"nothing was changed. Correct {name} manually, or let `pr-sessions doctor --repair` put it aside and "
        "join whatever other copies know"
    )


def _own_fault(text: bytes) -> str | None:
    return TOO_DEEP if _DEEPER_AS_WRITTEN in text else None


def _fault(text: bytes, value: Any) -> str | None:
    """Return what is wrong with a text that can be decoded."""
    if _is_as_written(text, value):
        return _own_fault(text)
    if _has_many_brackets(text) and _DEEPER in json.format(text, indent=1):
        return TOO_DEEP
    return _duplicate_key(text) if _shrinks(text) else None


def _is_as_written(text: bytes, value: Any) -> bool:
    """Return whether we would write this very text: then nothing of it was lost, and its layout shows its depth."""
    written = json.format(json.encode(value), indent=2)
    return text.startswith(written) and text[len(written) :] in (b"", b"\n")


def _has_many_brackets(text: bytes) -> bool:
    return text.count(b"{") + text.count(b"[") > DEEPEST


def _shrinks(text: bytes) -> bool:
    """Return whether decoding drops anything; only then can a key stand twice.

    Strings and integers never take more room when they are written again. Floats do, 1e15 becomes 1000000000000000.0,
    and could make up for a key that was dropped.
    """
    return len(json.format(text, indent=-1)) != len(json.encode(_AS_LONG.decode(text)))


def _duplicate_key(text: bytes) -> str | None:
    """Return which key stands twice; numbers are not read, since Python limits their length."""
    from json import loads

    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            twice.extend(key for key in keys if keys.count(key) > 1)

    loads(text, object_pairs_hook=look, parse_int=str, parse_float=str)
    return f"the key {twice[0][:60]!r} stands twice in one object" if twice else None


def _why_not(text: bytes, error: Exception) -> str:
    if not text.strip():
        return "it is empty"
    if text.startswith(_UTF16) or b"\x00" in text[:64]:
        return "it is not UTF-8 text (UTF-16 perhaps)"
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if (line := _conflict_line(text)) is not None:
        return f"line {line} holds a conflict marker of git"
    return _with_place(text, error)


def _conflict_line(text: bytes) -> int | None:
    start = 0 if text.startswith(_CONFLICT) else text.find(b"\n" + _CONFLICT) + 1
    return None if start == 0 and not text.startswith(_CONFLICT) else text.count(b"\n", 0, start) + 1


def _with_place(text: bytes, error: Exception) -> str:
    from json import JSONDecodeError, loads

    try:
        loads(text, parse_int=str, parse_float=str)
    except JSONDecodeError as place:
        return f"line {place.lineno}, column {place.colno}: {place.msg}"
    except UnicodeDecodeError as place:
        line = text.count(b"\n", 0, place.start) + 1
        return f"line {line} is not UTF-8 text"
    except (ValueError, RecursionError):
        pass
    half = next((match for match in _SURROGATES.finditer(text) if match["half"]), None)
    if half is not None:
        line = text.count(b"\n", 0, half.start()) + 1
        return f"line {line} holds an escape that is half a character"
    return str(error)
