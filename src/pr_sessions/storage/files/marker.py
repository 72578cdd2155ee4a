"""`.cursor/.session_id`: the current session of one working tree."""

from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct, json

from pr_sessions.core.ids import clean, is_valid_id
from pr_sessions.core.json_text import read_json
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import read_time, write_time
from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.io.files import read_bytes, remove_file, replace_file
from pr_sessions.io.places import Place

_LIMIT = 64 * 1024


class Marker(Struct, frozen=True):
    """The current session of a working tree.

    Attributes:
        created: when the session became current.
        last_updated: the last activity seen here; the marker is good until the timeout after it.
    """

    session_id: str
    author: str
    created: datetime
    last_updated: datetime

    def expired(self, now: datetime, policy: Policy) -> bool:
        """Tell whether it has been idle for longer than the timeout."""
        return now - self.last_updated > policy.timeout


def read_marker(path: Place, zone: tzinfo) -> Marker | None:
    """Read the marker; `None` where there is none.

    Raises:
        UnreadableFile: it is no marker.
    """
    data = read_bytes(path, _LIMIT)
    if data is None:
        return None
    value = read_json(data, str(path))
    try:
        return _marker(value, zone)
    except InvalidValue as error:
        raise UnreadableFile(
            f"cannot read {path}: {error}", f"remove {path}; it names the current session only"
        ) from None


def write_marker(path: Place, marker: Marker) -> None:
    """Write the marker, if the file says something else."""
    record = {
        "session_id": marker.session_id,
        "author": marker.author,
        "created": write_time(marker.created),
        "last_updated": write_time(marker.last_updated),
    }
    data = json.format(json.encode(record), indent=2) + b"\n"
    if read_bytes(path, _LIMIT) != data:
        # The document knows what went on; an older marker does no harm, and hooks must not wait for the disk.
        replace_file(path, data, lasting=False)


def remove_marker(path: Place) -> None:
    """Remove the marker: no session is current here any more."""
    remove_file(path)


def _marker(value: Any, zone: tzinfo) -> Marker:
    session_id = value.get("session_id") if isinstance(value, dict) else None
    if not isinstance(session_id, str) or not is_valid_id(session_id):
        raise InvalidValue("it names no session")
    last = read_time(value.get("last_updated"), zone)
    created = read_time(value["created"], zone) if value.get("created") else last
    author = value.get("author")
    return Marker(session_id, clean(author) if isinstance(author, str) else "", created, last)
