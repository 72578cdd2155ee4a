"""The log of what went wrong around hooks: one line each, bounded; the file before is kept once."""

import os
import time

LARGEST = 64 * 1024
_LONGEST = 300
_BINARY = getattr(os, "O_BINARY", 0)


def write(path: str, what: str) -> None:
    """Adds a line; what is not printable ASCII does not get in."""
    try:
        if os.stat(path).st_size >= LARGEST:
            os.replace(path, f"{path}.1")
    except FileNotFoundError:
        pass
    plain = "".join(c if c.isprintable() else " " for c in what[:_LONGEST])
    line = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {plain}\n".encode("ascii", "replace")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, 0o666)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
