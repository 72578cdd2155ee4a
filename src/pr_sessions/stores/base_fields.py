"""What a common ancestor is good for: which side changed a field that we do not know. It decides nothing else."""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import json
from msgspec.structs import replace

from pr_sessions.sessions.session import REPORTED
from pr_sessions.stores.document import LISTED, Document
from pr_sessions.stores.records import METADATA_KEYS, SESSION_KEYS, Record

_TOP_KEYS = (*LISTED, "unattributed")
_FACT_KEYS = (*REPORTED, "created", "agents", "is_auto", "evidence", "placement", "seen")

Pair = tuple[Record, Record]


def decide_unknown(base: Document, one: Document, other: Document) -> tuple[Document, Document]:
    """Both documents, with the changed value of each unknown field that only one of them changed since the base."""
    old, theirs = ({entry.id: entry.record for entry in document.entries} for document in (base, other))
    decided = {
        entry.id: _decide_session(old[entry.id], entry.record, theirs[entry.id])
        for entry in one.entries
        if entry.id in old and entry.id in theirs and entry.record != theirs[entry.id]
    }
    tops = _decide(base.top, one.top, other.top, _TOP_KEYS)
    return _with(one, decided, tops, 0), _with(other, decided, tops, 1)


def _with(document: Document, decided: Mapping[str, Pair], tops: Pair, side: int) -> Document:
    entries = tuple(
        replace(entry, record=decided[entry.id][side]) if entry.id in decided else entry for entry in document.entries
    )
    return replace(document, entries=entries, top=tops[side])


def _decide_session(base: Record, one: Record, other: Record) -> Pair:
    pair = _decide(base, one, other, SESSION_KEYS)
    metadata = _decide_part("metadata", base, pair, METADATA_KEYS)
    parts = [record.get("metadata") for record in (base, *metadata)]
    if not all(isinstance(part, dict) and isinstance(part.get("pull_requests"), dict) for part in parts):
        return metadata
    facts = [part["pull_requests"] for part in parts if part]
    both: Pair = (facts[1], facts[2])
    for number in facts[0].keys() & both[0].keys() & both[1].keys():
        both = _decide_part(number, facts[0], both, _FACT_KEYS)
    one, other = (
        {**record, "metadata": {**record["metadata"], "pull_requests": told}}
        for record, told in zip(metadata, both, strict=True)
    )
    return one, other


def _decide_part(key: str, base: Record, pair: Pair, known: Collection[str]) -> Pair:
    """An object inside of both, whose known fields the join decides."""
    old, one, other = (record.get(key) for record in (base, *pair))
    if not (isinstance(old, dict) and isinstance(one, dict) and isinstance(other, dict)):
        return pair
    mine, theirs = _decide(old, one, other, known)
    return {**pair[0], key: mine}, {**pair[1], key: theirs}


def _decide(base: Record, one: Record, other: Record, known: Collection[str] = ()) -> Pair:
    one, other = dict(one), dict(other)
    for key in (base.keys() & one.keys() & other.keys()) - set(known):
        one[key], other[key] = _decide_value(base[key], one[key], other[key])
    return one, other


def _decide_value(base: Any, one: Any, other: Any) -> tuple[Any, Any]:
    if isinstance(base, dict) and isinstance(one, dict) and isinstance(other, dict):
        return _decide(base, one, other)
    if _same(one, base):
        return other, other
    if _same(other, base):
        return one, one
    return one, other


def _same(one: Any, other: Any) -> bool:
    """To the letter: 1 is not true, and not 1.0."""
    return json.encode(one) == json.encode(other)
