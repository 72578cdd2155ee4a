"""`.cursor/data/session_state.json`: which session a pull request is in, without reading bodies. A cache."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from msgspec import json

from pr_sessions.core.json_text import read_json
from pr_sessions.core.models import Session
from pr_sessions.core.times import write_time
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import read_bytes, replace_file
from pr_sessions.io.places import Place

VERSION = "1.0"
PARTS = ("pr_to_session", "session_to_prs", "session_metadata")


def read_index(path: Place) -> dict[str, Any]:
    """Read the index as it stands in the file; an empty one where there is no file.

    Any other object belongs to somebody else, and nothing may be written over it.

    Raises:
        UnreadableFile: it is no index; says what it lacks.
    """
    data = read_bytes(path)
    value = {} if data is None else read_json(data, str(path))
    if not isinstance(value, dict):
        raise _no_index(path, "it holds no object")
    if value and not any(part in value for part in PARTS):
        raise _no_index(path, f"it is no index of pull requests, which has at least one of {', '.join(PARTS)}")
    wrong = next((part for part in PARTS if not isinstance(value.get(part, {}), dict)), None)
    if wrong:
        raise _no_index(path, f"{wrong} is no object")
    return value


def rebuild(path: Place, sessions: Iterable[Session]) -> bool:
    """Bring the index up to date with the sessions; return whether it had to be written.

    Raises:
        UnreadableFile: something else than an index is in its place.
        CannotWrite: the folder or its permissions refuse.
    """
    holding = [session for session in sessions if session.prs]
    index: dict[str, Any] = {
        "version": VERSION,
        "last_updated": max((write_time(s.latest) for s in holding if s.latest), default=None),
        "pr_to_session": _holders(holding),
        "session_to_prs": {session.id: list(session.prs) for session in holding},
        "session_metadata": {
            session.id: {
                "author": session.author,
                "timestamp": write_time(session.started) if session.started else None,
                "title": session.title,
            }
            for session in holding
        },
    }
    data = json.format(json.encode(index), indent=2) + b"\n"
    if read_bytes(path) == data:
        return False
    read_index(path)
    replace_file(path, data)
    return True


def agrees(path: Place, sessions: Iterable[Session]) -> bool:
    """Tell whether the index says what the sessions say."""
    return _read(path).get("pr_to_session") == _holders(tuple(sessions))


def sessions_by_number(path: Place) -> Mapping[str, str]:
    """Return the session id of each pull request, as far as the index knows."""
    index = _read(path).get("pr_to_session")
    if not isinstance(index, dict):
        return {}
    return {number: session_id for number, session_id in index.items() if isinstance(session_id, str)}


def _holders(sessions: Collection[Session]) -> dict[str, str]:
    """Return the session id of each pull request; of two sessions that list it, the one with its record holds it."""
    listed = {number: session.id for session in sessions for number in session.prs}
    return listed | {number: session.id for session in sessions for number in session.pull_requests}


def _read(path: Place) -> Mapping[str, Any]:
    """Read the index; an empty one where the file is no index."""
    with suppress(UnreadableFile):
        return read_index(path)
    return {}


def _no_index(path: Place, reason: str) -> UnreadableFile:
    return UnreadableFile(
        f"cannot read {path}: {reason}",
        "nothing was changed. Move it away: the next command that writes makes the index anew",
    )
