"""Quick answers about many records without decoding any: who holds a number, who was alive on a day, who ended when."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, tzinfo
from functools import cached_property
from itertools import chain
from typing import Any

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.times import read_time, write_time
from pr_sessions.stores.days import Days
from pr_sessions.stores.document import Entry
from pr_sessions.stores.records import Record, WrongType


class RecordIndex:
    """Over the entries of one document, whatever is later put over it."""

    def __init__(self, entries: Mapping[str, Entry], zone: tzinfo) -> None:
        self._entries = entries
        self._zone = zone

    @cached_property
    def holders(self) -> Mapping[str, str]:
        """Session id by pull request number; where two list the same number, the one that has facts of it."""
        listed: dict[str, str] = {}
        known: dict[str, str] = {}
        # Asked of every session on every write: plain loops are half as slow as anything shorter.
        for session_id, entry in self._entries.items():
            record = entry.record
            numbers = record.get("prs")
            for number in numbers if type(numbers) is list else _list(numbers, "prs"):
                listed[str(number)] = session_id
            if metadata := record.get("metadata"):
                told = (metadata if type(metadata) is dict else _object(metadata, "metadata")).get("pull_requests")
                for number in told if type(told) is dict else _object(told, "pull_requests"):
                    known[number] = session_id
        return listed | known

    def telling_of(self, numbers: Collection[str]) -> list[str]:
        """Sessions that list one of these numbers, carry it, or have facts of it."""
        wanted = frozenset(numbers)
        return [i for i, entry in self._entries.items() if not wanted.isdisjoint(_numbers(entry.record))]

    @cached_property
    def runs(self) -> Mapping[str, frozenset[str]]:
        """Session ids by the id of an agent's run: those that hooks saw, and those that pull requests carry."""
        found: dict[str, set[str]] = {}
        for session_id, entry in self._entries.items():
            if metadata := entry.record.get("metadata"):
                for run in _run_ids(_object(metadata, "metadata")):
                    found.setdefault(run, set()).add(session_id)
        return {run: frozenset(ids) for run, ids in found.items()}

    @cached_property
    def listed(self) -> frozenset[str]:
        """The numbers of all pull requests that sessions list."""
        lists = [_list(entry.record.get("prs"), "prs") for entry in self._entries.values()]
        return frozenset(map(str, chain.from_iterable(lists)))

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Session id by the ids that became part of it."""
        return {
            alias: session_id
            for session_id, entry in self._entries.items()
            if (metadata := entry.record.get("metadata"))
            for alias in _list(_object(metadata, "metadata").get("aliases"), "aliases")
            if isinstance(alias, str)
        }

    @cached_property
    def days(self) -> Days:
        """Who was alive when."""
        return Days((session_id, *_life(entry)) for session_id, entry in self._entries.items())

    def ends(self, entries: Mapping[str, Entry]) -> list[tuple[str, str]]:
        """Of the completed ones among these, a text that sorts like their end, and their id."""
        found = []
        for session_id, entry in entries.items():
            if entry.completed:
                record = entry.record
                text = record.get("completed") or record.get("last_activity")
                if type(text) is str and text[-1] == "Z":
                    found.append((text[:-1], session_id))
                else:
                    found.append((sortable(text, self._zone), session_id))
        return found


def _numbers(record: Record) -> Iterator[str]:
    yield from map(str, _list(record.get("prs"), "prs"))
    if metadata := record.get("metadata"):
        known = _object(metadata, "metadata")
        yield from _object(known.get("pull_requests"), "pull_requests")
        yield from map(str, _list(_object(known.get("carried_totals"), "carried_totals").get("prs"), "prs"))


def _run_ids(metadata: Record) -> Iterator[str]:
    for run in _list(metadata.get("runs"), "runs"):
        if isinstance(known := _object(run, "runs").get("id"), str):
            yield known
    for facts in _object(metadata.get("pull_requests"), "pull_requests").values():
        for agent in _list(_object(facts, "pull_requests").get("agents"), "agents"):
            # Earlier programs wrote an agent's bare name.
            if isinstance(agent, dict):
                yield from (run for run in _list(agent.get("runs"), "runs") if isinstance(run, str))


def names_of(entry: Entry) -> Iterator[str]:
    """Everything by which another document may tell of the same session: its ids and its pull requests."""
    yield entry.id
    yield from _numbers(entry.record)
    if metadata := entry.record.get("metadata"):
        yield from map(str, _list(_object(metadata, "metadata").get("aliases"), "aliases"))


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


def _life(entry: Entry) -> tuple[str, str]:
    """First and last day; an active session has no last one."""
    began = entry.record.get("started")
    ended = entry.record.get("completed") if entry.completed else None
    return (_day(began), _day(ended))


def _day(text: Any) -> str:
    """The day as it is written, `YYYY-MM-DD`; empty where it is written otherwise."""
    return text[:10] if isinstance(text, str) and text[4:5] == "-" else ""


def _list(value: Any, key: str) -> list[Any]:
    if value is None:
        return []
    if type(value) is not list:
        raise WrongType(f"{key}: {str(value)[:40]!r} is no list")
    return value


def _object(value: Any, key: str) -> Record:
    if value is None:
        return {}
    if type(value) is not dict:
        raise WrongType(f"{key}: {str(value)[:40]!r} is no object")
    return value
