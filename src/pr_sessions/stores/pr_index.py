"""`.cursor/data/session_state.json`: which session a pull request is in, without reading bodies. A cache."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import json

from pr_sessions.errors import UnreadableFile
from pr_sessions.sessions.session import Session
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.files import read_bytes, replace_file
from pr_sessions.stores.strict_json import read_json

VERSION = "1.0"


def look_up(path: Path, number: str) -> str | None:
    """The id of the session that holds the pull request, as far as the index knows."""
    found = _read(path).get("pr_to_session", {})
    session_id = found.get(number) if isinstance(found, dict) else None
    return session_id if isinstance(session_id, str) else None


def rebuild(path: Path, sessions: Iterable[Session]) -> bool:
    """Brings the index up to date with the sessions; tells whether it had to be written."""
    holding = [session for session in sessions if session.prs]
    index: dict[str, Any] = {
        "version": VERSION,
        "last_updated": max((write_time(s.latest) for s in holding if s.latest), default=None),
        "pr_to_session": _homes(holding),
        "session_to_prs": {session.id: list(session.prs) for session in holding},
        "session_metadata": {session.id: _metadata(session) for session in holding},
    }
    data = json.format(json.encode(index), indent=2) + b"\n"
    if read_bytes(path) == data:
        return False
    replace_file(path, data)
    return True


def agrees(path: Path, sessions: Iterable[Session]) -> bool:
    """Whether the index says what the sessions say."""
    return _read(path).get("pr_to_session") == _homes(tuple(sessions))


def listed(path: Path) -> tuple[str, ...]:
    """The pull requests of which the index knows a session."""
    found = _read(path).get("pr_to_session", {})
    return tuple(found) if isinstance(found, dict) else ()


def _homes(sessions: Collection[Session]) -> dict[str, str]:
    """Where two sessions list the same number, the one that has facts of it holds it."""
    listed = {number: session.id for session in sessions for number in session.prs}
    return listed | {number: session.id for session in sessions for number in session.pull_requests}


def _metadata(session: Session) -> Mapping[str, str | None]:
    started = write_time(session.started) if session.started else None
    return {"author": session.author, "timestamp": started, "title": session.title}


def _read(path: Path) -> Mapping[str, Any]:
    """What cannot be read says nothing: the next write makes it anew."""
    try:
        value = read_json(read_bytes(path) or b"{}", str(path))
    except UnreadableFile:
        return {}
    return value if isinstance(value, dict) else {}
