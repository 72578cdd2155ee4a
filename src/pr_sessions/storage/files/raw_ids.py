"""Vendors' ids of agents' runs in documents of version 0.1.0: each gives way to its key as soon as a file is read."""

import re
from collections.abc import Callable
from typing import Any

from pr_sessions.core.json_text import read_json
from pr_sessions.core.runs import stored_key, without_ids
from pr_sessions.storage.files.record_codec import Record

# `runs` that hold anything but keys. Nothing in it can be repeated in two ways, so that it takes linear time.
_KEYS = rb'(?:\s*+"[0-9a-f]{20}"\s*+,?+)*+'
_RUNS = rb'(?:\s*+\{\s*+"agent"\s*+:\s*+"[^"]*+"\s*+,\s*+"id"\s*+:\s*+"[0-9a-f]{20}"[^}]*+\}\s*+,?+)*+'
_RAW = re.compile(rb'"runs"\s*+:\s*+\[(?!%b%b\s*+\])' % (_KEYS, _RUNS))


def may_hold_ids(data: bytes) -> bool:
    """Return whether the text of a document may hold a vendor's id; the text is not decoded, which is much quicker."""
    # Most documents have no runs: a search from the end takes half the time there.
    return data.rfind(b'"runs"') >= 0 and _RAW.search(data) is not None


def ids_in(data: bytes, name: str = "the session file") -> dict[str, str]:
    """Return the vendors' ids that the text of a document holds, by their keys.

    Raises:
        UnreadableFile: it is no JSON.
    """
    return take_ids(read_json(data, name, trusted=True)) if may_hold_ids(data) else {}


def take_ids(value: Any) -> dict[str, str]:
    """Replace the vendors' ids in a decoded document by their keys. Return the ids, by their keys."""
    ids: dict[str, str] = {}

    def keyed(text: str) -> str:
        key = stored_key(text)
        if text and key != text:
            ids[key] = text
        return key

    content = _object(value)
    for session in _sessions(content):
        metadata = _object(session.get("metadata"))
        for run in _objects(metadata.get("runs")):
            if type(text := run.get("id")) is str:
                run["id"] = keyed(text)
        for record in _objects([*_object(metadata.get("pull_requests")).values()]):
            _take_from_record(record, keyed)
    for record in _objects([*_object(content.get("unattributed")).values()]):
        _take_from_record(record, keyed)
    return ids


def _sessions(content: Record) -> list[Record]:
    return _objects([*_object(content.get("active_sessions")).values(), *_list(content.get("completed_sessions"))])


def _take_from_record(record: Record, keyed: Callable[[str], str]) -> None:
    for agent in _objects(record.get("agents")):
        if runs := _list(agent.get("runs")):
            unread = [run for run in runs if type(run) not in (str, int)]
            agent["runs"] = [*sorted({keyed(str(run)) for run in runs if run not in unread}), *unread]
    attribution = _object(record.get("placement"))
    if attribution.get("rung") == "vendor" and type(detail := attribution.get("detail")) is str:
        attribution["detail"] = without_ids(detail, keyed)


def _objects(values: Any) -> list[Record]:
    return [value for value in _list(values) if type(value) is dict]


def _object(value: Any) -> Record:
    return value if type(value) is dict else {}


def _list(value: Any) -> list[Any]:
    return value if type(value) is list else []
