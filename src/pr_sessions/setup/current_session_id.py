"""Print the id of the session that is current in a working tree. Git's hook runs this file, isolated.

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
_DEFAULT = timedelta(minutes=30)


def current_id(marker: str, git_dir: str, state: str, now: datetime) -> str:
    """Return the id in the marker; empty if the marker is missing, broken or expired."""
    fields = _read(marker)
    session_id, last = fields.get("session_id"), fields.get("last_updated")
    if not isinstance(session_id, str) or not _ID.fullmatch(session_id) or not isinstance(last, str):
        return ""
    timeout, zone = _rules(git_dir, state)
    at = datetime.fromisoformat(last)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return session_id if now - at <= timeout else ""


def _rules(git_dir: str, state: str) -> tuple[timedelta, tzinfo]:
    """Return the team's timeout and the zone of old times, from the clone's copy of the configuration."""
    git_dir = os.path.realpath(git_dir)
    worktree = "" if git_dir == os.path.realpath(f"{state}/..") else f"-{git_dir.rpartition(os.sep)[2]}"
    policy = _read(f"{state}/policy{worktree}.json").get("policy")
    settings = policy if isinstance(policy, dict) else {}
    seconds = _SECONDS.fullmatch(str(settings.get("timeout", "")))
    timeout = timedelta(seconds=float(seconds[1])) if seconds else _DEFAULT
    zone = str(settings.get("time_zone", "UTC"))
    if zone == "UTC":
        return timeout, UTC
    from zoneinfo import ZoneInfo

    return timeout, ZoneInfo(zone)


def _read(path: str) -> dict[str, object]:
    """Return the JSON object in a file; empty if there is none, or if the file or its folder is a link."""
    from pr_sessions.io.folder import content
    from pr_sessions.io.places import Place

    folder, name = os.path.split(os.path.abspath(path))
    root, below = os.path.split(folder)
    try:
        value = json.loads(content(Place(root, f"{below}/{name}"), _LIMIT) or b"")
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


if __name__ == "__main__":
    # Packages of these names without their `__init__`, which would import what is not needed: a commit waits for this.
    package_folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for name in ("pr_sessions", "pr_sessions.io"):
        package = type(sys)(name)
        package.__path__ = [package_folder + name[len("pr_sessions") :].replace(".", os.sep)]
        sys.modules[name] = package
    marker, git_dir, state = sys.argv[1:4]
    sys.stdout.write(current_id(marker, git_dir, state, datetime.now(UTC)))
