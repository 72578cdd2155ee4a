"""The state file of the minimal metadata as plain values: pull requests to sessions, and back."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import json

from pr_sessions.errors import UnreadableFile
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.pr_index import VERSION
from pr_sessions.stores.strict_json import read_json, way_out

State = dict[str, Any]

_PARTS = ("pr_to_session", "session_to_prs", "session_metadata")


def empty_state() -> State:
    """A file without a pull request."""
    return {"version": VERSION, "last_updated": None, **{part: {} for part in _PARTS}}


def read_state(path: Path) -> State:
    """What the file holds; nothing where there is none.

    Raises:
        UnreadableFile: it is no state file.
    """
    data = read_bytes(path)
    if data is None:
        return empty_state()
    value = read_json(data, str(path))
    if not isinstance(value, dict) or not all(isinstance(value.get(part, {}), dict) for part in _PARTS):
        raise UnreadableFile(f"cannot read {path}: it is no state file", way_out(str(path)))
    state = empty_state() | value
    if not all(isinstance(prs, list) for prs in state["session_to_prs"].values()):
        raise UnreadableFile(f"cannot read {path}: session_to_prs holds no lists", way_out(str(path)))
    return state


def as_bytes(state: State, now: datetime | None = None) -> bytes:
    """The file."""
    stamped = state | {"last_updated": write_time(now)} if now else state
    return json.format(json.encode(stamped, enc_hook=str), indent=2) + b"\n"


def link(state: State, number: str, session_id: str, metadata: Mapping[str, Any]) -> bool:
    """Puts a pull request into a session, and out of any other."""
    if state["pr_to_session"].get(number) != session_id:
        unlink(state, number)
    state["pr_to_session"][number] = session_id
    prs = {*map(str, state["session_to_prs"].get(session_id, [])), number}
    state["session_to_prs"][session_id] = sorted(prs, key=number_order)
    known = state["session_metadata"].get(session_id)
    state["session_metadata"][session_id] = {**(known if isinstance(known, dict) else {}), **metadata}
    return True


def unlink(state: State, number: str) -> bool:
    """Takes a pull request out; a session without any goes, too. Tells whether it was there."""
    session_id = state["pr_to_session"].pop(number, None)
    if session_id is None:
        return False
    rest = [n for n in state["session_to_prs"].get(session_id, []) if str(n) != number]
    if rest:
        state["session_to_prs"][session_id] = rest
    else:
        state["session_to_prs"].pop(session_id, None)
        state["session_metadata"].pop(session_id, None)
    return True
