"""Quick answers about many records without decoding any: who holds a number, who was alive on a day, who ended when."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.times import read_time, write_time
from pr_sessions.stores.document import Entry
from pr_sessions.stores.records import Record, WrongType

_NEVER = "9999"


class RecordIndex:
    """Over the entries of one document, whatever is later put over it."""

    def __init__(self, entries: Mapping[str, Entry], zone: tzinfo) -> None:
        self._entries = entries
        self._zone = zone

    @cached_property
    def holders(self) -> Mapping[str, str]:
        """Session id by pull request number; where two list the same number, the one that has facts of it."""
        found: dict[str, str] = {}
        for session_id, entry in self._entries.items():
            for number in _list(entry.record, "prs"):
                found[str(number)] = session_id
        for session_id, entry in self._entries.items():
            for number in _object(_object(entry.record, "metadata"), "pull_requests"):
                found[number] = session_id
        return found

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Session id by the ids that became part of it."""
        return {
            alias: session_id
            for session_id, entry in self._entries.items()
            for alias in _list(_object(entry.record, "metadata"), "aliases")
            if isinstance(alias, str)
        }

    @cached_property
    def _days(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((*_days_of(entry), session_id) for session_id, entry in self._entries.items())

    def alive(self, first: datetime, last: datetime) -> Iterable[str]:
        """Ids of at least the sessions that were alive between the two instants, more than a day's zone away."""
        start, end = first.strftime("%Y-%m-%d"), last.strftime("%Y-%m-%d")
        return [session_id for began, ended, session_id in self._days if began <= end and ended >= start]

    def end_of(self, entry: Entry) -> str:
        """A text that sorts completed sessions by their end."""
        return sortable(entry.record.get("completed") or entry.record.get("last_activity"), self._zone)


def sortable(text: Any, zone: tzinfo = UTC) -> str:
    """A text that sorts like the instant it names; what names none comes first."""
    if not isinstance(text, str):
        return ""
    if text.endswith("Z"):
        return text[:-1]
    try:
        return write_time(read_time(text, zone))[:-1]
    except InvalidValue:
        return ""


def _days_of(entry: Entry) -> tuple[str, str]:
    record = entry.record
    began = record.get("started")
    ended = record.get("completed") if entry.completed else _NEVER
    return (began[:10] if isinstance(began, str) else "", ended[:10] if isinstance(ended, str) else _NEVER)


def _list(record: Record, key: str) -> list[Any]:
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise WrongType(f"{key}: {str(value)[:40]!r} is no list")
    return value


def _object(record: Record, key: str) -> Record:
    value = record.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongType(f"{key}: {str(value)[:40]!r} is no object")
    return value
