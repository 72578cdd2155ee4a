"""The vendors' ids of runs, by their keys: private to the clone, so that its user can open a run again."""

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from pr_sessions.core.json_text import decode
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import MIB, read_bytes, replace_file
from pr_sessions.io.places import Place

# The newest; one takes about 80 bytes.
MOST = 20_000
_LONGEST = 500


def read_run_ids(path: Place) -> dict[str, str]:
    """Return the ids that are known here; none where the file is missing or damaged."""
    with suppress(UnreadableFile, msgspec.DecodeError):
        return decode(read_bytes(path, 16 * MIB) or b"{}", dict[str, str])
    return {}


def add_run_ids(path: Place, ids: Mapping[str, str]) -> None:
    """Add ids by their keys; the file is written only where one is new.

    Raises:
        CannotWrite: the disk, the folder or its permissions refuse.
    """
    known = read_run_ids(path)
    new = {key: run_id for key, run_id in ids.items() if known.get(key) != run_id and len(run_id) <= _LONGEST}
    if new:
        newest = list((known | new).items())[-MOST:]
        replace_file(path, msgspec.json.encode(dict(newest)), mode=0o600)
