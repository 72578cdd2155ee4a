"""A payload, read within bounds: 1 MiB is kept, and nobody waits for the end of a stream that does not end."""

import _thread
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Payload = dict[str, "Any"]

LARGEST = 1024 * 1024
PATIENCE = 1.0  # seconds
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
    """What a thread of its own has read: waiting for a pipe cannot be broken off in any other way on all systems."""

    def __init__(self, descriptor: int) -> None:
        self.kept = bytearray()
        self.size = 0
        self.ended = False
        self.news = _thread.allocate_lock()
        self.news.acquire()
        _thread.start_new_thread(self._read, (descriptor,))

    def _read(self, descriptor: int) -> None:
        try:
            while chunk := os.read(descriptor, _CHUNK):
                self.size += len(chunk)
                self.kept += chunk[: LARGEST - len(self.kept)]
                self._tell()
        except OSError:
            pass  # A closed stream says nothing more, either.
        self.ended = True
        self._tell()

    def _tell(self) -> None:
        if self.news.locked():
            self.news.release()


def read(descriptor: int, patience: float = PATIENCE) -> tuple[Payload | None, int]:
    """The JSON object that comes first, as soon as it is whole; `None` if none comes. And how many bytes came.

    Args:
        descriptor: of the stream.
        patience: seconds after which what has not come is not waited for.
    """
    stream, deadline = _Stream(descriptor), time.monotonic() + patience
    while True:
        stream.news.acquire(timeout=max(0.0, deadline - time.monotonic()))
        ended = stream.ended or time.monotonic() >= deadline
        if ended or stream.size > LARGEST or stream.kept.rstrip().endswith(b"}"):
            found = parse(bytes(stream.kept).decode("utf-8", "replace")) if stream.size <= LARGEST else None
            if found is not None or ended:
                return found, stream.size


def parse(text: str) -> Payload | None:
    """The JSON object at the start of the text; `None` if there is no whole one."""
    text = text.removeprefix("\ufeff").lstrip()
    try:
        value = _decode(text)
    # The scanner has a `SystemError` for bad text while the library itself is not imported.
    except (StopIteration, ValueError, RecursionError, SystemError):
        return None
    return value if isinstance(value, dict) else None


def quoted(text: str) -> str:
    """The text as a JSON string."""
    try:
        from _json import encode_basestring_ascii
    except ImportError:
        from json import dumps

        return dumps(text)
    return encode_basestring_ascii(text)


def _decode(text: str) -> "Any":
    try:
        from _json import make_scanner

        scan = make_scanner(_Options)  # type: ignore[arg-type] # any object with these attributes
    except (ImportError, AttributeError, TypeError):
        # The scanner is the library's own affair; with the library it costs 1.8 times a bare interpreter.
        from json import JSONDecoder

        return JSONDecoder(strict=False).raw_decode(text)[0]
    return scan(text, 0)[0]
