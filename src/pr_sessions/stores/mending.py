"""A session of which some field cannot be read, without that field: the others are as good as they were."""

from collections.abc import Callable
from datetime import tzinfo

from msgspec.structs import replace

from pr_sessions.stores.document import Entry
from pr_sessions.stores.records import Record, WrongType, read_facts, read_session

Reads = Callable[[Record], object]


def mended(entry: Entry, zone: tzinfo) -> Entry | None:
    """The session without what cannot be read; `None` where the rest makes no session.

    One whose end cannot be read is active: a guessed end would beat the true one that another copy may know.
    """

    def reads(record: Record) -> object:
        return read_session(entry.id, record, zone, completed="completed" in record)

    record = _without_wrong({**entry.record, **_mended_metadata(entry.record, zone)}, reads)
    ended = entry.completed and record.get("completed") is not None
    if not ended:
        record = {key: value for key, value in record.items() if key != "completion_trigger"}
    found = replace(entry, record=record, completed=ended)
    return found if _is_sound(lambda r: read_session(entry.id, r, zone, completed=ended), record) else None


def _mended_metadata(record: Record, zone: tzinfo) -> Record:
    metadata = record.get("metadata")
    if not isinstance(metadata, dict):
        return {}
    told = metadata.get("pull_requests")
    if isinstance(told, dict):
        facts = {n: _without_wrong(f, lambda r: read_facts(r, zone)) for n, f in told.items() if isinstance(f, dict)}
        metadata = {**metadata, "pull_requests": facts}
    return {"metadata": _without_wrong(metadata, lambda r: read_session("any", {"metadata": r}, zone, completed=False))}


def _without_wrong(record: Record, reads: Reads) -> Record:
    return {key: value for key, value in record.items() if _is_sound(reads, {key: value})}


def _is_sound(reads: Reads, record: Record) -> bool:
    try:
        reads(record)
    except WrongType:
        return False
    return True
