"""The session file as text: `docs/metrics/auto_pr_sessions.json`, UTF-8, indented by 2."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, json

from pr_sessions.core.json_text import read_json, repair_hint
from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.storage.files.raw_ids import may_hold_ids, take_ids
from pr_sessions.storage.files.record_codec import Record, in_order

VERSION = "1.0"
LISTED = ("version", "last_updated", "active_sessions", "completed_sessions")
# One of them makes an object a session document. 0.1.0 and the original write all three.
IDENTIFYING = ("version", "active_sessions", "completed_sessions")
# MAJOR.MINOR and no more: the version of a package (`1.2.3`) makes no session document.
_VERSION = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?")


class Entry(Struct, frozen=True):
    """A session as it stands in the file.

    Attributes:
        completed: whether it stands among the completed ones.
    """

    id: str
    raw: Record
    completed: bool


class SessionFile(Struct, frozen=True):
    """A session file, taken apart but not understood.

    Attributes:
        entries: in the order of the file, active ones first.
        top: every other field at the top, `last_updated` and `unattributed` among them. Of `active_sessions` and
            `completed_sessions` it has what is no session: no object, or a completed one without an id.
        name: what to call it in messages.
        run_ids: the vendors' ids of runs, by the keys that stand in their place.
    """

    entries: tuple[Entry, ...] = ()
    top: Record = {}
    name: str = "the session file"
    run_ids: Mapping[str, str] = {}


def parse(data: bytes, name: str, *, trusted: bool = False) -> SessionFile:
    """The document of a file's bytes.

    Raises:
        NewerVersion: its major version is beyond ours.
        UnreadableFile: it is no session file; says where and why.
    """
    value = read_json(data, name, trusted=trusted)
    check_is_document(value, name)
    _check_version(value.get("version", VERSION), name)
    active = _part(value, "active_sessions", dict, name)
    completed = _part(value, "completed_sessions", list, name)
    _part(value, "unattributed", dict, name)
    run_ids = take_ids(value) if may_hold_ids(data) else {}
    going = [Entry(i, raw, completed=False) for key, raw in active.items() if (i := _id(raw, key))]
    # There may be ten thousand: they cost no call each.
    ended = [
        Entry(session_id, raw, completed=True)
        for raw in completed
        if type(raw) is dict and type(session_id := raw.get("session_id")) is str and session_id
    ]
    top = {key: field for key, field in value.items() if key not in ("active_sessions", "completed_sessions")}
    if len(going) < len(active):
        top["active_sessions"] = {key: raw for key, raw in active.items() if not _id(raw, key)}
    if len(ended) < len(completed):
        top["completed_sessions"] = [raw for raw in completed if not _id(raw)]
    return SessionFile((*going, *ended), top, name, run_ids)


def check_is_document(value: Any, name: str) -> None:
    """Check that a JSON value is a session document; `{}` is an empty one.

    Any other object belongs to somebody else: its fields must not travel, and nothing may be written over it.

    Raises:
        UnreadableFile: it is none; says what it lacks.
    """
    if not isinstance(value, dict):
        raise _wrong(name, "it holds no object")
    if value and not any(key in value for key in IDENTIFYING):
        raise UnreadableFile(
            f"cannot read {name}: it is no session file, which has at least one of {', '.join(IDENTIFYING)}",
            f"nothing was changed. Move {name} away if it belongs to something else; "
            "`pr-sessions doctor --repair` puts it into the quarantine and restores the sessions from other copies",
        )


def format_document(entries: Iterable[Entry], top: Record) -> bytes:
    """The bytes of a session file."""
    listed = tuple(entries)
    value: Record = {
        "version": top.get("version", VERSION),
        "last_updated": top.get("last_updated"),
        "active_sessions": {entry.id: entry.raw for entry in listed if not entry.completed},
        "completed_sessions": [entry.raw for entry in listed if entry.completed],
    }
    if strays := top.get("active_sessions"):
        value["active_sessions"] = in_order(strays) | value["active_sessions"]
    value["completed_sessions"] += map(in_order, top.get("completed_sessions", ()))
    value |= {key: in_order(top[key]) for key in sorted(top) if key not in (*LISTED, "unattributed")}
    if "unattributed" in top:
        value["unattributed"] = top["unattributed"]
    return json.format(json.encode(value), indent=2) + b"\n"


def _check_version(version: Any, name: str) -> None:
    read = _VERSION.fullmatch(str(version))
    if read is None:
        raise _wrong(name, f"version {str(version)[:40]!r} is no version")
    if int(read[1]) > int(VERSION.partition(".")[0]):
        raise NewerVersion(
            f"{name} has version {version}; this pr-sessions understands {VERSION}",
            "upgrade pr-sessions, from where it was installed",
        )


def _part(value: Record, key: str, kind: type, name: str) -> Any:
    part = value.get(key)
    if part is None:
        return kind()
    if not isinstance(part, kind):
        raise _wrong(name, f"{key} is no {'object' if kind is dict else 'list'}")
    return part


def _id(raw: Any, key: str = "") -> str:
    """Return the id of a session's record; the key under which it stands where it names none."""
    if type(raw) is not dict:
        return ""
    session_id = raw.get("session_id")
    return session_id if type(session_id) is str and session_id else key


def _wrong(name: str, reason: str) -> UnreadableFile:
    return UnreadableFile(f"cannot read {name}: {reason}", repair_hint(name))
