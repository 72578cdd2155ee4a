"""The session file as text: `docs/metrics/auto_pr_sessions.json`, UTF-8, indented by 2."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, json

from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.stores.records import Record, in_order
from pr_sessions.stores.strict_json import read_json, way_out

VERSION = "1.0"
LISTED = ("version", "last_updated", "active_sessions", "completed_sessions")


class Entry(Struct, frozen=True):
    """A session as it stands in the file.

    Attributes:
        completed: whether it stands among the completed ones.
    """

    id: str
    record: Record
    completed: bool


class Document(Struct, frozen=True):
    """A session file, taken apart but not understood.

    Attributes:
        entries: in the order of the file, active ones first.
        top: every other field at the top, `last_updated` and `unattributed` among them.
        name: what to call it in messages.
    """

    entries: tuple[Entry, ...] = ()
    top: Record = {}
    name: str = "the session file"


def parse(data: bytes, name: str, *, trusted: bool = False) -> Document:
    """The document of a file's bytes.

    Raises:
        NewerVersion: its major version is beyond ours.
        UnreadableFile: it is no session file; says where and why.
    """
    value = read_json(data, name, trusted=trusted)
    if not isinstance(value, dict):
        raise _wrong(name, "it holds no object")
    _check_version(value.get("version", VERSION), name)
    active = _part(value, "active_sessions", dict, name)
    completed = _part(value, "completed_sessions", list, name)
    entries = [_entry(record, name, "active_sessions", key, key) for key, record in active.items()]
    entries += _completed(completed, name)
    top = {key: field for key, field in value.items() if key not in ("active_sessions", "completed_sessions")}
    return Document(tuple(entries), top, name)


def format_document(entries: Iterable[Entry], top: Record) -> bytes:
    """The bytes of a session file."""
    listed = tuple(entries)
    value: Record = {
        "version": top.get("version", VERSION),
        "last_updated": top.get("last_updated"),
        "active_sessions": {entry.id: entry.record for entry in listed if not entry.completed},
        "completed_sessions": [entry.record for entry in listed if entry.completed],
    }
    value |= {key: in_order(top[key]) for key in sorted(top) if key not in (*LISTED, "unattributed")}
    if "unattributed" in top:
        value["unattributed"] = top["unattributed"]
    return json.format(json.encode(value), indent=2) + b"\n"


def _check_version(version: Any, name: str) -> None:
    major = str(version).partition(".")[0]
    if not (major.isascii() and major.isdigit() and len(major) < 10):
        raise _wrong(name, f"version {str(version)[:40]!r} is no version")
    if int(major) > int(VERSION.partition(".")[0]):
        raise NewerVersion(
            f"{name} has version {version}; this pr-sessions understands {VERSION}",
            "upgrade: pip install --upgrade pr-sessions",
        )


def _part(value: Record, key: str, kind: type, name: str) -> Any:
    part = value.get(key)
    if part is None:
        return kind()
    if not isinstance(part, kind):
        raise _wrong(name, f"{key} is no {'object' if kind is dict else 'list'}")
    return part


def _completed(records: list[Any], name: str) -> list[Entry]:
    """There may be ten thousand: those that are as they should be cost no call each."""
    return [
        Entry(session_id, record, completed=True)
        if type(record) is dict and type(session_id := record.get("session_id")) is str and session_id
        else _entry(record, name, "completed_sessions", place)
        for place, record in enumerate(records)
    ]


def _entry(record: Any, name: str, part: str, place: str | int, key: str | None = None) -> Entry:
    session_id = record.get("session_id", key) if type(record) is dict else None
    if type(session_id) is str and session_id:
        return Entry(session_id, record, key is None)
    reason = "has no session_id" if isinstance(record, dict) else "is no object"
    raise _wrong(name, f"{part}[{place}] {reason}" if isinstance(place, int) else f"{part}.{place[:60]} {reason}")


def _wrong(name: str, reason: str) -> UnreadableFile:
    return UnreadableFile(f"cannot read {name}: {reason}", way_out(name))
