"""Prints the id of the session that is current in a working tree. Run by git's hook, with the standard library alone.

Arguments: the marker, git's folder of the working tree, the clone's own folder. Without a session it prints nothing.
"""

import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta, tzinfo

_LIMIT = 64 * 1024
_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}", re.ASCII)
_SECONDS = re.compile(r"PT([0-9.]+)S")
_USUAL = timedelta(minutes=30)


def current_id(marker: str, git_dir: str, state: str, now: datetime) -> str:
    """The id that the marker names while it is good; empty otherwise."""
    told = _read(marker)
    session_id, last = told.get("session_id"), told.get("last_updated")
    if not isinstance(session_id, str) or not _ID.fullmatch(session_id) or not isinstance(last, str):
        return ""
    timeout, zone = _rules(git_dir, state)
    at = datetime.fromisoformat(last)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return session_id if now - at <= timeout else ""


def _rules(git_dir: str, state: str) -> tuple[timedelta, tzinfo]:
    """The team's timeout and the zone of old times, from the clone's copy of the configuration."""
    git_dir = os.path.realpath(git_dir)
    own = "" if git_dir == os.path.realpath(f"{state}/..") else f"-{git_dir.rpartition(os.sep)[2]}"
    policy = _read(f"{state}/policy{own}.json").get("policy")
    told = policy if isinstance(policy, dict) else {}
    seconds = _SECONDS.fullmatch(str(told.get("timeout", "")))
    return timedelta(seconds=float(seconds[1])) if seconds else _USUAL, _zone(str(told.get("time_zone", "UTC")))


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _read(path: str) -> dict[str, object]:
    try:
        # A commit waits for this, and pathlib costs as much as all the rest.
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            told = json.loads(file.read(_LIMIT))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


if __name__ == "__main__":
    marker, git_dir, state = sys.argv[1:4]
    sys.stdout.write(current_id(marker, git_dir, state, datetime.now(UTC)))
