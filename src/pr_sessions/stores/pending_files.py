"""Which files of hooks wait for the tracker. Stands alone, since every command asks and most find nothing."""

import os
from pathlib import Path

from pr_sessions.errors import UnreadableFile

EVENTS = "events.jsonl"


def waiting_files(folder: Path) -> tuple[Path, ...]:
    """Those that were moved aside first, in their order, with those of hooks that could not wait for the lock.

    Raises:
        UnreadableFile: the folder may not be looked into.
    """
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if e.name.endswith(".jsonl") and e.is_file() and e.stat().st_size]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise UnreadableFile(
            f"cannot look into {folder}: {error.strerror or error}", f"give yourself read permission for {folder}"
        ) from error
    return tuple(folder / name for name in sorted(names, key=lambda n: (n == EVENTS, n.partition("-")[2])))
