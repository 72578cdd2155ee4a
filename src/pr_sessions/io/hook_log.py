"""The log of what went wrong around hooks: one line each, bounded; the file before is kept once."""

import os
import time

from pr_sessions.io.folder import Folder
from pr_sessions.io.places import Place

LARGEST = 64 * 1024
_LONGEST = 300


def write(place: Place, what: str) -> None:
    """Add a line; characters other than printable ASCII are replaced.

    Raises:
        OSError: as the system says; `LinkInPath` where a component is a link.
    """
    plain = "".join(c if c.isprintable() else " " for c in what[:_LONGEST])
    line = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {plain}\n".encode("ascii", "replace")
    with Folder(place.parent) as folder:
        info = folder.status(place.name)
        if info and info.st_size >= LARGEST:
            folder.rename(place.name, f"{place.name}.1")
        descriptor = folder.open(place.name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, place.bits)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
