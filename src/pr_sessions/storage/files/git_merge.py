"""Merge two versions of the session file as git hands them over, with their common ancestor.

The ancestor is good for one thing: which side changed a field that we do not know. It decides nothing else.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from msgspec import json
from msgspec.structs import replace

from pr_sessions.core.models import REPORTED
from pr_sessions.core.policy import Policy
from pr_sessions.errors import UnreadableFile
from pr_sessions.storage.files.codec import METADATA_KEYS, SESSION_KEYS
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.people import without_people
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.files.session_file import LISTED, SessionFile, parse

_TOP_KEYS = (*LISTED, "unattributed")
_FACT_KEYS = (*REPORTED, "created", "agents", "is_auto", "evidence", "placement", "seen")

Pair = tuple[Record, Record]


def decide_unknown(base: SessionFile, left: SessionFile, right: SessionFile) -> tuple[SessionFile, SessionFile]:
    """Both documents, with the changed value of each unknown field that only one of them changed since the base."""
    old, right_entries = ({entry.id: entry.raw for entry in content.entries} for content in (base, right))
    decided = {
        entry.id: _decide_session(old[entry.id], entry.raw, right_entries[entry.id])
        for entry in left.entries
        if entry.id in old and entry.id in right_entries and entry.raw != right_entries[entry.id]
    }
    tops = _decide(base.top, left.top, right.top, _TOP_KEYS)
    return _with(left, decided, tops, 0), _with(right, decided, tops, 1)


def _with(content: SessionFile, decided: Mapping[str, Pair], tops: Pair, side: int) -> SessionFile:
    entries = tuple(
        replace(entry, raw=decided[entry.id][side]) if entry.id in decided else entry for entry in content.entries
    )
    return replace(content, entries=entries, top=tops[side])


def _decide_session(base: Record, left: Record, right: Record) -> Pair:
    pair = _decide(base, left, right, SESSION_KEYS)
    metadata = _decide_part("metadata", base, pair, METADATA_KEYS)
    parts = [raw.get("metadata") for raw in (base, *metadata)]
    if not all(isinstance(part, dict) and isinstance(part.get("pull_requests"), dict) for part in parts):
        return metadata
    record = [part["pull_requests"] for part in parts if part]
    both: Pair = (record[1], record[2])
    for number in record[0].keys() & both[0].keys() & both[1].keys():
        both = _decide_part(number, record[0], both, _FACT_KEYS)
    left, right = (
        {**raw, "metadata": {**raw["metadata"], "pull_requests": record}}
        for raw, record in zip(metadata, both, strict=True)
    )
    return left, right


def _decide_part(key: str, base: Record, pair: Pair, known: Collection[str]) -> Pair:
    """An object inside of both, whose known fields the join decides."""
    old, left, right = (raw.get(key) for raw in (base, *pair))
    if not (isinstance(old, dict) and isinstance(left, dict) and isinstance(right, dict)):
        return pair
    left, right_entries = _decide(old, left, right, known)
    return {**pair[0], key: left}, {**pair[1], key: right_entries}


def _decide(base: Record, left: Record, right: Record, known: Collection[str] = ()) -> Pair:
    left, right = dict(left), dict(right)
    for key in (base.keys() & left.keys() & right.keys()) - set(known):
        left[key], right[key] = _decide_value(base[key], left[key], right[key])
    return left, right


def _decide_value(base: Any, left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(base, dict) and isinstance(left, dict) and isinstance(right, dict):
        return _decide(base, left, right)
    if _same(left, base):
        return right, right
    if _same(right, base):
        return left, left
    return left, right


def _same(left: Any, right: Any) -> bool:
    """To the letter: 1 is not true, and not 1.0."""
    return json.encode(left) == json.encode(right)


def merge_versions(
    base: bytes, ours: bytes, theirs: bytes, name: str, zone: tzinfo, policy: Policy | None = None
) -> bytes:
    """The bytes of the joined session file; the same whichever side is called ours.

    Args:
        base: their common ancestor; empty where there is none. What cannot be read decides nothing.
        ours: one version.
        theirs: the other one.
        name: what to call the file in messages.
        zone: where naive times were written.
        policy: whether people are hidden; they are not if it is not given.

    Raises:
        UnreadableFile: one of the two is no session file, or holds a session that cannot be read.
    """
    left, right = parse(ours, f"our {name}"), parse(theirs, f"their {name}")
    if base:
        with suppress(UnreadableFile):
            left, right = decide_unknown(parse(base, "the base"), left, right)
    merged = merge_collections(FileSessions(left, zone), FileSessions(right, zone))
    return without_people(merged, policy).to_bytes()
