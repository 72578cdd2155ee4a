"""What can be read of a session file that cannot be read as a whole."""

from datetime import tzinfo
from typing import Any

from msgspec import Struct, json
from msgspec.structs import replace

from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.stores.conflicts import sides
from pr_sessions.stores.document import Document, Entry, parse
from pr_sessions.stores.mending import mended
from pr_sessions.stores.records import WrongType, read_all_facts, read_session
from pr_sessions.stores.strict_json import read_json


class Salvage(Struct, frozen=True):
    """A session file as far as it can be read.

    Attributes:
        documents: what it tells; both sides of a conflict. None where nothing can be read.
        problem: what is wrong with it; empty for a sound file.
        complete: whether everything in it can be read, if only in two parts.
        broken: ids of sessions, and numbers of unattributed pull requests, of which something cannot be read.
    """

    documents: tuple[Document, ...] = ()
    problem: str = ""
    complete: bool = False
    broken: tuple[str, ...] = ()


def salvage(data: bytes, name: str, zone: tzinfo) -> Salvage:
    """Reads what can be read.

    Raises:
        NewerVersion: a newer pr-sessions wrote it; nothing is wrong with it.
    """
    try:
        return _sound(parse(data, name), zone)
    except NewerVersion:
        raise
    except UnreadableFile as error:
        problem = str(error)
    pair = sides(data)
    parts = [_part(side, name, zone) for side in pair] if pair else [_part(data, name, zone)]
    return Salvage(
        tuple(document for part in parts for document in part.documents),
        problem,
        complete=pair is not None and all(part.complete for part in parts),
        broken=tuple(dict.fromkeys(what for part in parts for what in part.broken)),
    )


def _part(data: bytes, name: str, zone: tzinfo) -> Salvage:
    """One side, or a file that is JSON and still no session file: without what does not belong there."""
    try:
        return _sound(_parse_what_fits(data, name), zone)
    except NewerVersion:
        raise
    except UnreadableFile as error:
        return Salvage(problem=str(error))


def _parse_what_fits(data: bytes, name: str) -> Document:
    try:
        return parse(data, name)
    except NewerVersion:
        raise
    except UnreadableFile:
        value = read_json(data, name)
        if not isinstance(value, dict):
            raise
        active, completed = value.get("active_sessions"), value.get("completed_sessions")
        active = active if isinstance(active, dict) else {}
        completed = completed if isinstance(completed, list) else []
        value["active_sessions"] = {key: record for key, record in active.items() if _fits(record, key)}
        value["completed_sessions"] = [record for record in completed if _fits(record)]
        return parse(json.encode(value), name)


def _fits(record: Any, key: str = "") -> bool:
    return isinstance(record, dict) and isinstance(name := record.get("session_id", key), str) and bool(name)


def _sound(document: Document, zone: tzinfo) -> Salvage:
    """The document without the fields, or at worst the sessions, that cannot be read."""
    judged = [(entry, _why_not(entry, zone)) for entry in document.entries]
    entries = tuple(kept for entry, reason in judged if (kept := mended(entry, zone) if reason else entry))
    wrong = {entry.id: reason for entry, reason in judged if reason}
    top, numbers = _sound_top(document, zone)
    reasons = [f"session {i[:60]}: {reason}" for i, reason in wrong.items()]
    reasons += [f"unattributed pull request {n[:60]} cannot be read" for n in numbers]
    return Salvage(
        (replace(document, entries=entries, top=top),),
        problem=f"cannot read {document.name}: {'; '.join(reasons)}" if reasons else "",
        complete=not reasons,
        broken=(*wrong, *numbers),
    )


def _why_not(entry: Entry, zone: tzinfo) -> str:
    try:
        read_session(entry.id, entry.record, zone, completed=entry.completed)
    except WrongType as error:
        return str(error)
    return ""


def _sound_top(document: Document, zone: tzinfo) -> tuple[dict[str, Any], tuple[str, ...]]:
    told = document.top.get("unattributed")
    if told is None:
        return document.top, ()
    records = told if isinstance(told, dict) else {}
    good = {number: record for number, record in records.items() if _reads(number, record, zone)}
    wrong = tuple(number for number in records if number not in good) if records else ("unattributed",)
    return {**document.top, "unattributed": good}, wrong if good != told else ()


def _reads(number: str, record: Any, zone: tzinfo) -> bool:
    try:
        read_all_facts({number: record}, zone)
    except WrongType:
        return False
    return True
