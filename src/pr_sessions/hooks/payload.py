"""The payload of an event, read within bounds: at most 1 MiB, from a stream that may never end.

The JSON reader is our own use of the standard library's scanner: importing `json` alone would break the hook's budget.
"""

import _thread
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

Payload = dict[str, "Any"]

LARGEST = 1024 * 1024
TIMEOUT = 1.0  # seconds
_LONGEST = 200  # characters of a field
_CHUNK = 64 * 1024


class _Options:
    """How the scanner of the standard library's decoder is set up."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


class _Stream:
    """What a thread has read so far: on some systems nothing else can stop waiting for a pipe."""

    def __init__(self, descriptor: int) -> None:
        self.data = bytearray()
        self.size = 0
        self.ended = False
        self.changed = _thread.allocate_lock()
        self.changed.acquire()
        _thread.start_new_thread(self._read, (descriptor,))

    def _read(self, descriptor: int) -> None:
        try:
            while chunk := os.read(descriptor, _CHUNK):
                self.size += len(chunk)
                self.data += chunk[: LARGEST - len(self.data)]
                self._notify()
        except OSError:
            pass  # as at its end
        self.ended = True
        self._notify()

    def _notify(self) -> None:
        if self.changed.locked():
            self.changed.release()


def read(descriptor: int, timeout: float = TIMEOUT) -> tuple[Payload | None, int]:
    """Return the first JSON object as soon as it is complete, `None` if there is none, and how many bytes came.

    Args:
        descriptor: of the stream.
        timeout: seconds to wait for it.
    """
    stream, deadline = _Stream(descriptor), time.monotonic() + timeout
    while True:
        stream.changed.acquire(timeout=max(0.0, deadline - time.monotonic()))
        ended = stream.ended or time.monotonic() >= deadline
        if ended or stream.size > LARGEST or stream.data.rstrip().endswith(b"}"):
            payload = parse(bytes(stream.data).decode("utf-8", "replace")) if stream.size <= LARGEST else None
            if payload is not None or ended:
                return payload, stream.size


def parse(text: str) -> Payload | None:
    """Return the JSON object at the start of the text; `None` if there is no complete one."""
    text = text.removeprefix("\ufeff").lstrip()
    try:
        value = _decode(text)
    # The scanner has a `SystemError` for bad text while `json` is not imported.
    except (StopIteration, ValueError, RecursionError, SystemError):
        return None
    if not isinstance(value, dict):
        return None
    # The other readers' bound. Almost no payload has so many brackets that another module must be loaded for it.
    if text.count("{") + text.count("[") > 100:
        from pr_sessions.io.strict_json import nests_too_deeply

        return None if nests_too_deeply(value) else value
    return value


def quoted(text: str) -> str:
    """Return the text as a JSON string."""
    try:
        from _json import encode_basestring_ascii
    except ImportError:
        from json import dumps

        return dumps(text)
    return encode_basestring_ascii(text)


def text(payload: "Mapping[str, Any]", *names: str) -> str:
    """Return the first of these fields that is not blank, as one bounded line of printable characters."""
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value.strip():
            line = value.strip().split("\n", 1)[0][:_LONGEST]
            return "".join(c for c in line if c.isprintable()).strip()
    return ""


def folders(payload: Payload) -> list[str]:
    """Return where the agent says that it works, the most exact first."""
    roots = payload["workspace_roots"] if "workspace_roots" in payload else payload.get("workspacePaths")
    paths = [payload.get("cwd"), *(roots[:20] if isinstance(roots, list) else [])]
    # Cursor writes `/c:/work` on Windows.
    return [
        path[1:] if len(path) > 3 and path[0] == "/" and path[2] == ":" else path
        for path in paths
        if isinstance(path, str) and path and "\0" not in path
    ]


def _decode(text: str) -> "Any":
    try:
        from _json import make_scanner

        scan = make_scanner(_Options)  # type: ignore[arg-type] # any object with these attributes
    except (ImportError, AttributeError, TypeError):
        # The scanner is private; with the public module a hook costs 1.8 times a bare interpreter.
        from json import JSONDecoder

        return JSONDecoder(strict=False).raw_decode(text)[0]
    return scan(text, 0)[0]
